"""Trainings that keep a run waiting which is to end: one step of theirs may never come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

#: Seconds without an evaluation after which a training is late: at least, and as a multiple of its longest interval.
LEAST, TIMES = 30.0, 5.0


class Overdue:
    """When each training under way was last heard of, by ``clock``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[int, float] = {}  # by training under way
        self._longest: dict[int, float] = {}  # seconds of an interval, by training
        self._told: set[int] = set()

    def begin(self, training: int) -> None:
        """A slice of it begins."""
        self._since[training] = self._clock()

    def reached(self, training: int) -> None:
        """It was evaluated."""
        now = self._clock()
        self._longest[training] = max(self._longest.get(training, 0.0), now - self._since[training])
        self._since[training] = now

    def end(self, training: int) -> None:
        """Its slice came back."""
        self._since.pop(training, None)

    def sentences(self) -> Iterator[str]:
        """What to say of those that are late, of each training once."""
        now = self._clock()
        for training, since in self._since.items():
            if training in self._told or now - since < max(LEAST, TIMES * self._longest.get(training, 0.0)):
                continue
            self._told.add(training)
            yield (
                f"the run is to end and waits for training {training}, which has not come to its next evaluation for "
                f"{now - since:.0f} s; Ctrl-C twice ends it at once"
            )
