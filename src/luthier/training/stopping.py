"""When the validation loss stops falling: early stopping, and the drops of the schedule "plateau"."""

from __future__ import annotations

from dataclasses import dataclass

from luthier.records import Config, Point


@dataclass
class Patience:
    """Counts epochs without a validation loss lower by more than ``min_delta`` than the lowest so far."""

    min_delta: float = 0.0
    lowest: float = float("inf")
    since: float = 0.0  #: epoch of the lowest

    def waited(self, point: Point) -> float:
        """Epochs since the validation loss last fell, ``point`` included."""
        if point.val_loss < self.lowest - self.min_delta:
            self.lowest, self.since = point.val_loss, point.epoch
        return point.epoch - self.since


@dataclass
class Stopping:
    """What the validation loss decides in a training."""

    early: Patience
    plateau: Patience
    drops: int = 0  #: how often the schedule "plateau" has dropped
    over: bool = False  #: the training has stopped early

    @classmethod
    def of(cls, config: Config) -> Stopping:
        """At the start of a training."""
        return cls(Patience(config.min_delta), Patience())

    def see(self, config: Config, point: Point) -> None:
        """Takes a new point, which may drop the learning rate or end the training."""
        if config.schedule == "plateau" and self.plateau.waited(point) > config.plateau_patience * config.epochs:
            self.drops += 1
            self.plateau = Patience(lowest=self.plateau.lowest, since=point.epoch)
        waited = self.early.waited(point)
        self.over = config.patience is not None and waited >= config.patience
