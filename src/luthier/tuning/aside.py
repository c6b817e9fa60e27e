"""Something worked out in another process while this one goes on."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

import torch

from luthier.executors import can_fork

T = TypeVar("T")


class Aside(Generic[T]):
    """Begins ``work``, which uses the CPU alone; ``result`` waits for it.

    Where no process can be forked, or it dies, ``result`` does the work itself.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._connection: Connection | None = None
        if can_fork() and not torch.cuda.is_initialized():  # a fork could not read what lies there
            self._connection = self._fork()

    def result(self) -> T:
        """What ``work`` returned."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(EOFError, OSError):  # it died
                found: T = connection.recv()
                return found
        return self._work()

    def _fork(self) -> Connection:
        context = multiprocessing.get_context("fork")
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=self._run, args=(here, there), name="luthier-aside", daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # as for workers: no lock is taken over there
            process.start()
        there.close()
        return here

    def _run(self, here: Connection, there: Connection) -> None:
        torch.set_num_threads(1)  # the threads of this process were not forked
        gc.freeze()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; who asked decides
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        here.close()
        with suppress(Exception):  # it comes again where the result is asked for
            there.send(self._work())
