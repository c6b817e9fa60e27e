"""Something worked out in another process while this one goes on, on what processor time others leave."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

import torch

from luthier.executors import can_fork, fork

T = TypeVar("T")


class Aside(Generic[T]):
    """Begins ``work``, which uses the CPU alone; ``result`` waits for it.

    Where no process can be forked, or it dies, ``result`` does the work itself.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._connection: Connection | None = None
        if can_fork() and not torch.cuda.is_initialized():  # a fork could not read what lies there
            self._connection, there = multiprocessing.Pipe(duplex=False)
            fork(self._send, there, name="luthier-aside", daemon=True)
            there.close()

    def is_done(self) -> bool:
        """Whether ``result`` need not wait for the other process."""
        return self._connection is not None and self._connection.poll()

    def result(self) -> T:
        """What ``work`` returned."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(EOFError, OSError):  # it died
                found: T = connection.recv()
                return found
        return self._work()

    def _send(self, there: Connection) -> None:
        os.nice(19)
        with suppress(Exception):  # it comes again where the result is asked for
            there.send(self._work())
