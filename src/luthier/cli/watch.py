"""Shows a progress on stderr while it changes: redrawn in place on a terminal, line by line elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from threading import Lock
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)

LINE_EVERY = 5.0  #: seconds between lines, at least, where stderr is no terminal
REDRAWN = 4.0  #: times a second


class Shown(Protocol[E_contra]):
    """A progress: what it is after an event, and how it looks."""

    def after(self, event: E_contra, /) -> Self:
        """The progress once ``event`` has happened."""
        ...

    def notices(self, event: E_contra, /) -> list[str]:
        """Lines about ``event`` that stay."""
        ...

    def panel(self, since: float = 0.0, width: int = 80) -> RenderableType:
        """The live display, ``since`` seconds after the last event."""
        ...

    def line(self, since: float = 0.0) -> str:
        """The same in one line."""
        ...


def say(text: str) -> None:
    """A line on stderr past all streams, which may be in the middle of a write. Safe in a signal handler."""
    with suppress(OSError):
        os.write(2, f"\n{text}\n".encode())


class Silent(AbstractContextManager["Silent"]):
    """Shows nothing."""

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        pass

    def __call__(self, event: object) -> None:
        """Takes an event."""

    def note(self, text: str) -> None:
        """Tells the user something at once."""
        say(text)


class Watch(AbstractContextManager["Watch[E]"], Generic[E]):
    """Shows ``progress`` on ``console``; called with each event, from any thread."""

    def __init__(
        self, progress: Shown[E], console: Console, *, live: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = progress
        self._console = console
        self._clock = clock
        self._lock = Lock()
        self._changed = clock()
        self._said = -LINE_EVERY  # the first line comes at once
        self._note = ""
        self._live: Live | None = None
        if live:
            self._live = Live(
                get_renderable=self._panel,
                console=console,
                transient=True,
                refresh_per_second=REDRAWN,
                redirect_stdout=False,
                redirect_stderr=False,
            )

    def __enter__(self) -> Self:
        self._said += self._clock()
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: E) -> None:
        """Takes an event."""
        with self._lock:
            self._progress = self._progress.after(event)
            self._changed = self._clock()
            notices = self._progress.notices(event)
            due = not self._live and not notices and self._changed - self._said >= LINE_EVERY
            if due:
                self._said = self._changed
                notices = [self._progress.line()]
        for notice in notices:
            self._console.print(Text(notice), soft_wrap=not self._live)

    def note(self, text: str) -> None:
        """Tells the user something at once. Safe in a signal handler."""
        if self._live:
            self._note = text
        else:
            say(text)

    def _panel(self) -> RenderableType:
        panel = self._progress.panel(self._clock() - self._changed, self._console.width)
        return Group(panel, Text(self._note, style="bold yellow")) if self._note else panel
