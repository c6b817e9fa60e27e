"""What every executor is: slices in, results out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor

from luthier.records import Point, Slice, SliceResult

OnPoint = Callable[[Slice, Point], None]


class Executor(Protocol):
    """Runs slices somewhere."""

    @property
    def capacity(self) -> int:
        """How many slices it runs at the same time."""
        ...

    def submit(self, cut: Slice) -> None:
        """Takes a slice, to be run as soon as there is room."""
        ...

    def wait(self) -> SliceResult:
        """The next slice to come back; one must have been submitted."""
        ...

    def best_weights(self, cut: Slice) -> Mapping[str, Tensor]:
        """The weights of the best epoch of a training up to ``cut.stop``, on the CPU."""
        ...

    def drop(self, training: int) -> None:
        """Forgets a training that will not be continued."""
        ...

    def close(self) -> None:
        """Freezes what could be continued, and lets go of everything."""
        ...
