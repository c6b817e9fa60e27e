"""What every search is: results in, decisions out. No I/O, no training."""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

from luthier.errors import UsageError
from luthier.records import Config, Decision, Direction, Forecast, SliceResult
from luthier.space import Space


def check_given(direction: Direction, max_epochs: float, interval: float) -> None:
    """Raises UsageError for what no search can work with."""
    if direction not in ("maximize", "minimize"):
        raise UsageError(f"direction is {direction!r}; it must be maximize or minimize")
    for name, value in (("max_epochs", max_epochs), ("interval", interval)):
        if not (math.isfinite(value) and value > 0):
            raise UsageError(f"{name} is {value}; it must be a number of epochs above 0")


def check_length(space: Space, max_epochs: float, baseline: Config | None) -> None:
    """Raises UsageError where ``max_epochs`` is not the longest training: of the space, or the user's own setting."""
    if "epochs" not in space.names:
        return
    longest: float = space.max_epochs(0)
    own = None if baseline is None else baseline.get("epochs")
    if isinstance(own, (int, float)) and own > longest:  # a range may end before
        longest = min(own, max(longest, max_epochs))
    if max_epochs != longest:
        raise UsageError(
            f"max_epochs is {max_epochs:g}, but the longest training has {longest:g} epochs; "
            f"give max_epochs={longest:g}, or leave epochs out of the space"
        )


def check_points(result: SliceResult) -> None:
    """Raises UsageError for a point before the first step. A curve may be told as a whole again."""
    early = next((p.epoch for p in result.points if not p.epoch > 0), None)
    if early is not None:
        raise UsageError(
            f"training {result.slice.training} was told a point at epoch {early:g}; give points of trained models, "
            "their epochs above 0 and counted from the training's begin"
        )


class Search(Protocol):
    """Decides which slice is run next.

    The state of a search is what it was told and its seed: a fresh search that is told the same results in the same
    order decides the same. So a study is continued by telling its results again (the note of each slice comes
    back with it), and results of trainings that the search never asked for, such as the user's own setting, are
    welcome.
    """

    def ask(self, n: int = 1) -> list[Decision]:
        """Up to ``n`` slices worth running at the same time, and any number of Ends.

        Fewer slices, or none, when the others must be told first or the search is over (``finished``). Training
        numbers are consecutive: a new training gets the smallest number that was neither asked nor told before.
        """
        ...

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order."""
        ...

    @property
    def finished(self) -> bool:
        """Whether nothing is left to ask for, now or after any tell."""
        ...


@runtime_checkable
class Forecasting(Search, Protocol):
    """A search that says what it expects."""

    def gain(self, epochs: float) -> Forecast:
        """How much the best score will improve over the next ``epochs`` of all trainings, in the metric's unit.

        Raises UsageError before any value was told.
        """
        ...

    def is_enough(self, epochs: float, least: float) -> bool:
        """Whether so much is known that a gain below ``least`` over the next ``epochs`` may be believed."""
        ...

    def plateau(self, training: int | None = None, *, tolerance: float) -> float:
        """The fewest epochs after which a training is predicted within ``tolerance`` of the best it will come to.

        Without a number it is that of the best value so far. Raises UsageError for a training that it cannot predict.
        """
        ...
