"""Ctrl-C: the first one ends the run after the current step, the second at once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import FrameType, TracebackType
from typing import Any, Self

STOPPING = "stopping after this step; again to quit at once"


class Interrupt(AbstractContextManager["Interrupt"]):
    """While it is entered, SIGINT and SIGTERM set ``asked`` once, and quit the second time.

    ``tell`` gets one sentence for the user; it is called in a signal handler. Outside the main thread signals stay
    as they are.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.signal = 0  #: the signal that asked for the end; 0: none
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether the run should end after the current step."""
        return self.signal != 0

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells have it; 130 for Ctrl-C. 0 when nobody asked."""
        return 128 + self.signal if self.signal else 0

    def __enter__(self) -> Self:
        with suppress(ValueError):  # not the main thread
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number
        self._tell(STOPPING)
