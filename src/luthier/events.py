"""What a run tells whoever watches it.

The core prints nothing; the command line, a notebook or a test renders these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from luthier.records import Config, Curve, End, Point, Slice, SliceResult


@dataclass(frozen=True)
class BudgetState:
    """How much of the budget is used, in the budget's own unit."""

    unit: Literal["seconds", "epochs", "trainings"]
    total: float
    spent: float
    seconds: float  #: wall-clock of the study so far, whatever the unit

    @property
    def fraction(self) -> float:
        """Used share in [0, 1]."""
        return min(1.0, self.spent / self.total) if self.total else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated wall-clock until the budget is spent; None before anything was spent."""
        if self.unit == "seconds":
            return max(0.0, self.total - self.spent)
        return self.seconds * (1 / self.fraction - 1) if self.spent else None


@dataclass(frozen=True)
class StudyOpened:
    """A study was begun, or continued where it was left."""

    folder: Path
    name: str
    metric: str
    direction: Literal["maximize", "minimize"]
    trainings: int  #: already in the study; 0 when it is new
    budget: BudgetState


@dataclass(frozen=True)
class SliceStarted:
    """A slice is handed to a worker."""

    slice: Slice
    budget: BudgetState


@dataclass(frozen=True)
class PointAdded:
    """A training was evaluated."""

    training: int
    config: Config
    point: Point
    budget: BudgetState


@dataclass(frozen=True)
class SliceFinished:
    """A slice came back."""

    result: SliceResult
    budget: BudgetState


@dataclass(frozen=True)
class TrainingEnded:
    """The search will not continue a training."""

    end: End


@dataclass(frozen=True)
class NewBest:
    """A training's best point now beats all others."""

    training: int
    config: Config
    point: Point
    curve: Curve


@dataclass(frozen=True)
class Probed:
    """A probe has measured the task."""

    what: str
    sentences: tuple[str, ...]  #: its answer in words


@dataclass(frozen=True)
class Warned:
    """Something that the user should know and that did not end the run."""

    message: str


Event = StudyOpened | SliceStarted | PointAdded | SliceFinished | TrainingEnded | NewBest | Probed | Warned
Listener = Callable[[Event], None]
