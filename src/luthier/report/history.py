"""A study as the report sees it: its trainings with their whole curves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from luthier.records import Belief, Config, Curve, Direction, Outcome, Point, Prospect, Slice, SliceResult, Status
from luthier.study import Study
from luthier.task import Chance
from luthier.training import straight


@dataclass(frozen=True)
class Trained:
    """One training and all that it has shown."""

    number: int
    config: Config
    seed: int
    note: Mapping[str, Any]
    origin: Slice | None  #: what it branched from
    curve: Curve
    slices: tuple[SliceResult, ...]  #: in the order they were run; the pieces of the curve
    outcome: Outcome | None  #: of its last slice; None when no slice has come back
    over: bool  #: it will not be continued

    @property
    def plain(self) -> bool:
        """Whether its config and its seed alone repeat it: what it branched from, if anything, makes no difference."""
        return straight(Slice(self.number, self.config, 0.0, self.config.epochs, self.seed, {}, self.origin))

    @property
    def failed(self) -> bool:
        """Whether it diverged, ran out of memory or raised."""
        return self.outcome is not None and self.outcome.status in (
            Status.DIVERGED,
            Status.OUT_OF_MEMORY,
            Status.FAILED,
        )

    @property
    def confirms(self) -> int | None:
        """The training whose config it runs again on a fresh seed; None when it competes itself."""
        number = self.note.get("confirms")
        return int(number) if number is not None else None


@dataclass(frozen=True)
class History:
    """All that a study holds."""

    name: str
    task: Mapping[str, Any]  #: what ``Task.describe`` said
    space: Mapping[str, Any]  #: ``Space.to_json()``: "ranges" and "fixed"
    metric: str
    direction: Direction
    seed: int
    search: str
    seconds: float  #: wall-clock
    trainings: tuple[Trained, ...]
    chance: Chance | None = None  #: what a constant answer scores; None when that is not known
    reference: float | None = None  #: validation loss of a forest of trees; None when that is not known
    parameters: int | None = None  #: that the model of the baseline can learn
    targets: int | None = None  #: numbers or labels in the training data
    sources: Mapping[str, str] = field(default_factory=dict)  #: where ranges come from, by hyperparameter
    beliefs: tuple[Belief, ...] = ()  #: that the search was told
    options: Mapping[str, Any] = field(default_factory=dict)  #: of the runs: ``Study.options``
    prospect: Prospect | None = None  #: what going on was expected to bring; None when nobody said

    @property
    def baseline(self) -> Trained | None:
        """The user's own setting: training 0."""
        return self.trainings[0] if self.trainings else None

    @property
    def competing(self) -> tuple[Trained, ...]:
        """The trainings that may win: not second looks at another's config, and not the trunks of cooldowns."""
        return tuple(t for t in self.trainings if t.confirms is None and "apart" not in t.note)

    def best_point(self, training: Trained) -> Point | None:
        """The best point of a training."""
        return training.curve.best(self.direction)

    @property
    def winner(self) -> Trained | None:
        """The competing training with the best point; the earlier of equals. None when nothing was evaluated."""
        best: Trained | None = None
        for training in self.competing:
            point = self.best_point(training)
            leading = None if best is None else self.best_point(best)
            if point is not None and (leading is None or point.better(leading, self.direction)):
                best = training
        return best

    def seconds_before(self, training: Trained) -> float | None:
        """Seconds of what a training branched from, up to there; 0 without a branch, None where they are not known."""
        origin = training.origin
        if origin is None:
            return 0.0
        trunk = next((t for t in self.trainings if t.number == origin.training), None)
        if trunk is None or trunk.origin is not None or (trunk.config, trunk.seed) != (origin.config, origin.seed):
            return None
        if trunk.curve.epoch < origin.stop - 1e-9:
            return None
        return sum(p.seconds for p in trunk.curve if p.epoch <= origin.stop + 1e-9)

    def confirmations(self, training: Trained) -> tuple[Trained, ...]:
        """The finished trainings that run a training's config again on fresh seeds."""
        return tuple(t for t in self.trainings if t.confirms == training.number and t.over and not t.failed)


def read_history(where: Study | str | Path, storage: str | None = None) -> History:
    """The history of a study: an open one, or that in a folder or of an Optuna URL (``storage``).

    Safe while another process writes it. Raises StudyError when there is none, or it cannot be read.
    """
    study = where if isinstance(where, Study) else load_study(where, storage)
    results: dict[int, list[SliceResult]] = {}
    for result in study.results():
        results.setdefault(result.slice.training, []).append(result)
    begun = {cut.training: cut for cut in study.pending()}
    ended, about = study.ended(), study.description
    noted = {} if isinstance(where, Study) else _noted(Path(where))
    chance = noted.get("chance")
    trainings = [
        _trained(results.get(number, []), begun.get(number), number in ended) for number in sorted({*results, *begun})
    ]
    return History(
        name=about.name,
        task=about.task,
        space=about.space,
        metric=about.metric,
        direction=about.direction,
        seed=about.seed,
        search=about.search,
        seconds=study.spent_seconds,
        trainings=tuple(trainings),
        chance=None if chance is None else Chance(**chance),
        reference=noted.get("reference"),
        parameters=noted.get("parameters"),
        targets=noted.get("targets"),
        sources=study.sources,
        beliefs=tuple(study.beliefs or ()),
        options=study.options,
        prospect=study.prospect,
    )


def load_study(folder: str | Path, storage: str | None) -> Study:
    """The study in ``folder``, or that of this folder in a database. Raises StudyError."""
    return Study.load(storage, _noted(Path(folder)).get("name")) if storage else Study.load(folder)


def _noted(folder: Path) -> dict[str, Any]:
    """What ``tune`` noted in a study's folder about its task; nothing when that is not there."""
    try:
        noted: dict[str, Any] = json.loads((folder / "task.json").read_text())
    except (OSError, ValueError):
        return {}
    return noted


def _trained(results: list[SliceResult], begun: Slice | None, over: bool) -> Trained:
    cut = results[0].slice if results else begun
    assert cut is not None
    return Trained(
        number=cut.training,
        config=cut.config,
        seed=cut.seed,
        note=cut.note,
        origin=cut.origin,
        curve=Curve(tuple(point for result in results for point in result.points)),
        slices=tuple(results),
        outcome=results[-1].outcome if results else None,
        over=over,
    )
