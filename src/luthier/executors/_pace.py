"""How often a checkpoint is worth its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: A checkpoint is due when this many times its own cost has passed since the last, and not sooner than
#: FREEZE_SECONDS: it costs at most 1 %, and a crash loses an epoch or a few seconds.
FREEZE_AFTER_COSTS = 100.0
FREEZE_SECONDS = 1.0
#: Trainings at rest stay in memory up to this many bytes; beyond it the longest unused are on disk only.
LIVE_BYTES = 1 << 30


class Pace:
    """Says when the next checkpoint is due."""

    def __init__(self) -> None:
        self._last, self._cost = time.perf_counter(), 0.0

    def due(self) -> bool:
        """Whether enough time has passed since the last."""
        return time.perf_counter() - self._last > max(FREEZE_SECONDS, FREEZE_AFTER_COSTS * self._cost)

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Around one that is being written."""
        start = time.perf_counter()
        yield
        self._last = time.perf_counter()
        self._cost = self._last - start
