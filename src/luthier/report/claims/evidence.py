"""The trainings of a study of claims, by the part that each plays in the experiment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from luthier.records import Point, Status
from luthier.report.history import History, Trained

#: The entry of a slice's note that says which part its training plays.
NOTE = "claims"
#: With more, intervals shrink slowly.
MOST_REPLICATES = 8
#: own: the user's setting as it is. pace: how long an epoch takes. pilot: which learning rates work at all. grid:
#: learning rate x batch size, constant; one of them goes on three times as long. held-out: that one again, evaluated on
#: data that chose nothing. cooldown: a branch of it with a decay at the end. grow, shrink: batch-size schedules.
Role = Literal["own", "pace", "pilot", "grid", "held-out", "cooldown", "grow", "shrink"]


def of_claims(history: History) -> bool:
    """Whether the study is of claims, not a search."""
    return history.search == NOTE


@dataclass(frozen=True)
class Seen:
    """A training of one replicate."""

    replicate: int
    lr: float
    batch_size: int
    points: tuple[Point, ...]  #: all of them, to the last epoch it was taken to
    diverged: bool
    whole: bool  #: it came to the end of its setting, or can come no further
    about: Mapping[str, Any]  #: the note's entry, of the last slice

    def upto(self, epochs: float) -> tuple[Point, ...]:
        """The points of a training that is ``epochs`` long."""
        return tuple(p for p in self.points if p.epoch <= epochs + 1e-9)

    def lowest(self, epochs: float) -> float:
        """The lowest validation loss within ``epochs``; infinity without one."""
        return min((p.val_loss for p in self.upto(epochs)), default=math.inf)


class Evidence:
    """All that a history holds for the claims."""

    def __init__(self, history: History) -> None:
        self._seen: dict[Role, list[Seen]] = {}
        for training in history.trainings:
            if NOTE in training.note:
                seen = _seen(training)
                self._seen.setdefault(seen.about["role"], []).append(seen)
        grid = self._seen.get("grid", [])
        self.epochs: float = grid[0].about["epochs"] if grid else 0.0  #: length of the trainings of the grid
        self.batch_size: int = grid[0].about["batch_size"] if grid else 0  #: the user's own
        self.grid = {(s.replicate, s.batch_size, s.lr): s for s in grid if self._reached(s)}
        self.lrs = sorted({lr for _, _, lr in self.grid})
        self.batch_sizes = sorted({size for _, size, _ in self.grid})
        self.replicates = sorted({r for r, _, _ in self.grid})
        self.varies_size = "batch_size" in history.space.get("ranges", {})
        pilot = self._seen.get("pilot", [])
        self.pilot_failed = bool(pilot) and not grid and all(seen.diverged for seen in pilot)

    def _reached(self, seen: Seen) -> bool:
        return seen.diverged or (bool(seen.points) and seen.points[-1].epoch >= self.epochs - 1e-9)

    def role(self, role: Role) -> dict[int, Seen]:
        """The trainings of a role other than the grid, by replicate."""
        return {s.replicate: s for s in self._seen.get(role, [])}

    @property
    def complete(self) -> bool:
        """Whether all replicates are done, so that more budget changes nothing."""
        return len(self.replicates) >= MOST_REPLICATES and all(map(self._done, self.replicates))

    def _done(self, replicate: int) -> bool:
        """Whether the last steps of a replicate were taken: the long training, and its second look if there are any."""
        long = [s for (r, _, _), s in self.grid.items() if r == replicate and "gradient_variance" in s.about]
        held = self.role("held-out")
        again = not held or replicate in held
        return any(s.whole and (s.diverged or again) for s in long) and (replicate not in held or held[replicate].whole)

    def continued(self) -> dict[int, Seen]:
        """The trainings of the grid that went on, by replicate."""
        return {r: s for (r, _, _), s in self.grid.items() if s.points and s.points[-1].epoch > self.epochs + 1e-9}

    def at(self, replicate: int, batch_size: int, lr: float) -> Seen | None:
        """One training of the grid."""
        return self.grid.get((replicate, batch_size, lr))

    def best_lr(self, batch_size: int) -> float | None:
        """The learning rate with the least mean log of the lowest validation loss; never one that diverged."""
        scores: dict[float, float] = {}
        for lr in self.lrs:
            row = [s for r in self.replicates if (s := self.at(r, batch_size, lr)) is not None]
            if row and not any(s.diverged for s in row):
                scores[lr] = sum(log(s.lowest(self.epochs)) for s in row) / len(row)
        return min(scores, key=scores.__getitem__) if scores else None

    def lower(self, lr: float, steps: int) -> float | None:
        """The learning rate up to ``steps`` below ``lr`` in the grid; None when ``lr`` is the lowest."""
        place = self.lrs.index(lr)
        return self.lrs[max(0, place - steps)] if place else None

    def higher(self, lr: float, steps: int) -> float | None:
        """The learning rate up to ``steps`` above."""
        place = self.lrs.index(lr)
        return self.lrs[min(len(self.lrs) - 1, place + steps)] if place < len(self.lrs) - 1 else None


def _seen(training: Trained) -> Seen:
    note = training.slices[-1].slice.note if training.slices else training.note
    about = dict(note[NOTE])
    config = training.config
    status = training.outcome.status if training.outcome is not None else Status.PAUSED
    whole = status.final or training.curve.epoch >= config.epochs - 1e-9
    diverged = status is Status.DIVERGED
    return Seen(about["replicate"], config.lr, config.batch_size, training.curve.points, diverged, whole, about)


def log(value: float) -> float:
    """The natural logarithm; of a loss of 0 that of a tiny one."""
    return math.log(max(value, 1e-12))
