"""Runs the experiment into an ordinary study, replicate after replicate, until the budget is spent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from luthier.events import BudgetState, Listener, StudyOpened
from luthier.executors import Inline
from luthier.records import Config, Options, Slice
from luthier.report.claims import LEAST_REPLICATES, MOST_REPLICATES, NOTE, Extent, Verdict, extent, judge
from luthier.report.history import read_history
from luthier.space import Space, integer, log_uniform
from luthier.study import CheckpointStore, Study
from luthier.task import Task, load_task
from luthier.training.seeding import derive
from luthier.tuning.budget import Budget, parse_budget
from luthier.tuning.claims import design
from luthier.tuning.claims.design import Step
from luthier.tuning.claims.gradients import gradient_variance
from luthier.tuning.claims.held_out import held_out_task
from luthier.tuning.claims.recorder import Recorder
from luthier.tuning.reference import Reference
from luthier.tuning.setup import check_options, prepare
from luthier.tuning.source import write_source


@dataclass(frozen=True)
class Claims:
    """What the experiment found."""

    verdicts: tuple[Verdict, ...]
    folder: Path
    metric: str
    trainings: int
    epochs: float
    budget: BudgetState
    interrupted: bool  #: by the user
    extent: Extent  #: how far the experiment has come
    #: about what the first verdicts take; None when there are some, or an epoch's time is unknown
    needed: Budget | None


def claims(
    task: Task | str,
    *,
    budget: str | float | Budget = "5m",
    baseline: Mapping[str, Any] | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    options: Options | None = None,
    on_event: Listener | None = None,
    stop: Callable[[], bool] | None = None,
) -> Claims:
    """Tests eleven common claims about learning rate, batch size and epochs on ``task``, around your own setting.

    Your setting comes first, as it is; then learning rate x batch size, each with a constant schedule and on several
    seeds, in replicates, until ``budget`` is spent or eight are done. Of ``baseline`` and the task's defaults all but
    lr, batch size and the schedules stays. The trainings become a study in ``folder`` (luthier-studies/NAME-claims);
    the same call again continues it, after a kill as well. What is run depends on the seed and, where the budget is a
    time, on the time of an epoch, which is measured first. ``stop`` is asked before every evaluation interval.

    Raises UsageError before anything is trained, TooManyFailures when three trainings in a row raise, StorageError.
    """
    asked = parse_budget(budget)
    task = load_task(task) if isinstance(task, str) else task
    own = prepare(task, {}, baseline).baseline
    sizes = design.batch_sizes(int(own.batch_size), len(task.train))
    told = {name: own[name] for name in {**task.defaults, **(baseline or {})}}
    setup = prepare(task, _space(own, sizes, told), dict(design.constant(own)))
    options = options or Options()
    folder = Path(folder) if folder is not None else Path("luthier-studies") / f"{task.name}-claims"
    reference = Reference(task, folder)
    check_options(setup, options, seed)
    study = Study.open(
        folder,
        name=f"{task.name}-claims",
        task=task.describe(),
        space=setup.space.to_json(),
        direction=task.direction,
        metric=task.metric_name,
        seed=seed,
        search=NOTE,
    )
    with study:
        write_source(folder, task, setup.baseline)
        recorder = Recorder(
            study, folder, asked, task.evaluations_per_epoch, reference.listener(on_event), stop or (lambda: False)
        )
        experiment = _Experiment(task, own, sizes, study.description.seed, options, recorder, folder)
        experiment.run(asked)
        study.add_spent(recorder.seconds)
        study.flush()
        reference.note()
        history = read_history(study)
        verdicts = tuple(judge(history))
        return Claims(
            verdicts,
            folder,
            task.metric_name,
            recorder.trainings,
            recorder.epochs,
            recorder.budget,
            recorder.stopped and recorder.budget.fraction < 1,
            extent(history),
            None if any(v.replicates >= LEAST_REPLICATES for v in verdicts) else experiment.needed(asked),
        )


def _space(own: Config, sizes: list[int], told: Mapping[str, Any]) -> Space:
    """What the experiment varies, so that reports draw it, and the rest of the setting, which stays in a study."""
    lrs = design.pilot_lrs(own.optimizer)
    ranges: dict[str, Any] = {"lr": log_uniform(design.grid_lrs(lrs[0])[0], design.grid_lrs(lrs[-1])[-1])}
    if len(sizes) > 1:
        ranges["batch_size"] = integer(sizes[0], sizes[-1], log=True)
    return Space({**told, **ranges})


class _Experiment:
    """The steps in their order; what the recorder knows already is not run again."""

    def __init__(
        self,
        task: Task,
        user: Config,
        sizes: list[int],
        seed: int,
        options: Options,
        recorder: Recorder,
        folder: Path,
    ) -> None:
        self._task, self._sizes, self._seed, self._options = task, sizes, seed, options
        self._user, self._base = user, design.constant(user)
        self._recorder, self._folder = recorder, folder
        self._own = min(sizes, key=lambda size: abs(math.log(size / user.batch_size)))

    def run(self, asked: Budget) -> None:
        """All of it, or what the budget and the user allow."""
        recorder = self._recorder
        checkpoints = CheckpointStore(self._folder / "checkpoints")
        inline = Inline(self._task, self._options, checkpoints, recorder.on_point, recorder.interrupted)
        other = held_out_task(self._task)
        held = (
            None
            if other is None
            else Inline(other[0], self._options, checkpoints, recorder.on_point, recorder.interrupted)
        )
        name, task = self._task.name, self._task
        recorder.emit(
            StudyOpened(self._folder, name, task.metric_name, task.direction, recorder.trainings, recorder.budget)
        )
        try:
            self._do(inline, Step("own", 0, self._user, float(self._user.epochs), self._replicate_seed(0)), {}, 0)
            epochs = self._length(inline, asked)
            best = None if epochs is None else self._pilot(inline, epochs)
            if best is None or epochs is None:
                return
            for replicate in range(MOST_REPLICATES):
                if recorder.interrupted():
                    return
                self._replicate(replicate, inline, held, 0.0 if other is None else other[1], epochs, best)
        finally:
            inline.close()
            if held is not None:
                held.close()

    def needed(self, asked: Budget) -> Budget | None:
        """What the first verdicts take, in the unit that was asked for; None when no epoch's time is known."""
        epochs, seconds = self._recorder.length or design.FEWEST_EPOCHS, self._recorder.seconds_per_epoch
        if seconds is None and asked.unit == "seconds":
            return None
        found = design.needed(asked.unit, self._user.epochs, epochs, len(self._sizes), seconds or 0.0)
        return found if found.total > asked.total else None

    def _length(self, inline: Inline, asked: Budget) -> int | None:
        """Epochs of a training of the grid; as it was decided when the study was begun."""
        known = self._recorder.length
        if known is not None:
            return known
        own = int(self._base.epochs)
        if asked.unit == "trainings":
            return max(design.FEWEST_EPOCHS, own)
        total = asked.total
        if asked.unit == "seconds":
            seconds = []
            for size in self._sizes:
                lr = design.pilot_lrs(self._base.optimizer)[0]
                config = self._base.replace(batch_size=size, lr=lr, epochs=design.PACE_EPOCHS)
                points = self._do(inline, Step("pace", 0, config, float(config.epochs), self._replicate_seed(0)), {}, 0)
                if not points:
                    return None
                seconds.append(points[-1].seconds * self._task.evaluations_per_epoch)
            total = (
                design.TRAINING_SHARE * (asked.total - self._recorder.seconds) / max(1e-6, sum(seconds) / len(seconds))
            )
        return design.affordable_epochs(own, len(self._sizes), total)

    def _pilot(self, inline: Inline, epochs: int) -> float | None:
        """The learning rate with the lowest validation loss in short trainings."""
        scores: dict[float, float] = {}
        length = design.pilot_epochs(epochs)
        for lr in design.pilot_lrs(self._base.optimizer):
            config = self._base.replace(batch_size=self._own, lr=lr, epochs=length)
            step = Step("pilot", 0, config, float(length), self._replicate_seed(0))
            points = self._do(inline, step, {}, epochs)
            if self._recorder.interrupted() and not self._recorder.done(step):
                return None
            if not self._recorder.diverged(step):
                scores[lr] = min((p.val_loss for p in points), default=math.inf)
        return min(scores, key=scores.__getitem__) if scores else None

    def _replicate(
        self, replicate: int, inline: Inline, held: Inline | None, share: float, epochs: int, best: float
    ) -> None:
        seed, recorder = self._replicate_seed(replicate), self._recorder
        long = design.LONG * epochs
        row: dict[float, float] = {}
        for size in [self._own, *(s for s in self._sizes if s != self._own)]:
            for lr in design.grid_lrs(best):
                config = self._base.replace(batch_size=size, lr=lr, epochs=long)
                step = Step("grid", replicate, config, float(epochs), seed)
                points = self._do(inline, step, {}, epochs)
                if not recorder.done(step):
                    return
                if size == self._own and not recorder.diverged(step):
                    row[lr] = min((p.val_loss for p in points if p.epoch <= epochs), default=math.inf)
        if row:
            config = self._base.replace(batch_size=self._own, lr=min(row, key=row.__getitem__), epochs=long)
            self._follow_up(replicate, config, seed, inline, held, share, epochs)
        for number in recorder.live(replicate):
            recorder.end(number, inline)

    def _follow_up(
        self, replicate: int, config: Config, seed: int, inline: Inline, held: Inline | None, share: float, epochs: int
    ) -> None:
        """What only the replicate's best learning rate gets: a decay, more epochs, batch-size schedules."""
        trunk = Step("grid", replicate, config, float(config.epochs), seed)
        branch_at = float(epochs - max(1, round(design.COOLDOWN * epochs)))
        origin = Slice(self._recorder.number(trunk), config, 0.0, branch_at, seed)
        cooled = config.replace(epochs=epochs, schedule="cooldown", cooldown=1 - branch_at / epochs)
        self._do(inline, Step("cooldown", replicate, cooled, float(epochs), seed, origin), {}, epochs)
        low, high = self._sizes[0], self._sizes[-1]
        if low < high:
            scheduled = config.replace(epochs=epochs, batch_schedule="geometric")
            grow = scheduled.replace(batch_size=low, batch_size_end=high)
            shrink = scheduled.replace(batch_size=high, batch_size_end=low)
            self._do(inline, Step("grow", replicate, grow, float(epochs), seed), {}, epochs)
            self._do(inline, Step("shrink", replicate, shrink, float(epochs), seed), {}, epochs)
        if self._recorder.interrupted():
            return
        measured: dict[str, Any] = {}
        if not self._recorder.done(trunk):
            measured = {"gradient_variance": gradient_variance(self._task, config, seed, self._options)}
        self._do(inline, trunk, measured, epochs)
        if held is not None and self._recorder.done(trunk) and not self._recorder.diverged(trunk):
            self._do(
                held, replace(trunk, role="held-out"), {"share": share}, epochs, again=self._recorder.number(trunk)
            )

    def _do(
        self, executor: Inline, step: Step, more: Mapping[str, Any], epochs: int, again: int | None = None
    ) -> tuple[Any, ...]:
        about = {"role": step.role, "replicate": step.replicate, "epochs": epochs, "batch_size": self._own, **more}
        return self._recorder.take(executor, step, about, again)

    def _replicate_seed(self, replicate: int) -> int:
        """Other seeds for other studies, so that they share no luck."""
        return derive(self._seed, "claims", replicate)
