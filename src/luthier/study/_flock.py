"""A lock on a file or folder that the kernel releases when its process dies, ``kill -9`` included."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def lock(path: Path, *, wait: bool = False) -> int | None:
    """An open descriptor that holds the lock on ``path`` until it is closed.

    None where there are no such locks (Windows, some network file systems). Raises BlockingIOError when someone
    else holds it, unless it is to ``wait``, and OSError when ``path`` cannot be opened.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for the lock on ``path`` and holds it meanwhile. Raises OSError when ``path`` cannot be opened."""
    descriptor = lock(path, wait=True)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
