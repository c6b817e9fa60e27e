"""What one training shows while it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.text import Text

from luthier.cli import words
from luthier.records import Point


@dataclass(frozen=True)
class TrainingProgress:
    """All that is shown of one training."""

    title: str
    metric: str
    epochs: float  #: length of the training
    point: Point | None = None
    seconds: float = 0.0  #: of all points so far

    def after(self, point: Point) -> TrainingProgress:
        """The progress once ``point`` was measured."""
        return replace(self, point=point, seconds=self.seconds + point.seconds)

    def notices(self, point: Point) -> list[str]:
        """Nothing of a training stays on the screen before its result."""
        return []

    def panel(self, since: float = 0.0, width: int = 80) -> RenderableType:
        """The live display, ``since`` seconds after the last point."""
        done = self.point.epoch if self.point else 0.0
        bar = ProgressBar(total=self.epochs, completed=min(done, self.epochs), width=width)
        return Group(Text(f"{self.title}{self._left(since)}"), bar, Text(self.point_text()))

    def line(self, since: float = 0.0) -> str:
        """The progress in one line, for a file or a pipe."""
        return f"{self.point_text()}{self._left(since)}"

    def point_text(self) -> str:
        """The last evaluation."""
        p = self.point
        if not p:
            return "no epoch done yet"
        return (
            f"epoch {p.epoch:g} of {self.epochs:g}: {self.metric} {words.number(p.metric)}, "
            f"loss {words.number(p.train_loss)} (validation {words.number(p.val_loss)}), "
            f"lr {words.value(p.lr)}, batch size {p.batch_size}"
        )

    def _left(self, since: float) -> str:
        if not self.point or not 0 < self.point.epoch < self.epochs:
            return ""
        seconds = self.seconds * (self.epochs / self.point.epoch - 1) - since
        return f", about {words.duration(max(0.0, seconds))} left"
