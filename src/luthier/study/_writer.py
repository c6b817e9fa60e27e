"""One background thread that does all writing, so that a training never waits for a disk or a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from itertools import groupby

from luthier.errors import StorageError

#: Seconds that a write may wait for others, so that one fsync serves them all. CPU per point falls from 250 to
#: under 30 µs once 20 share it (benchmarks/storage.py); what a ``kill -9`` can cost is this much of the study.
LINGER = 0.1

Job = Callable[[], None]


class Writer:
    """Runs jobs in the order they were put, those that need no answer inside ``together()``, all after ``check()``.

    The first exception ends the writing: it is raised as StorageError by every later call.
    """

    def __init__(
        self, together: Callable[[], AbstractContextManager[None]], check: Callable[[], None] = lambda: None
    ) -> None:
        self._together, self._check_first = together, check
        self._jobs: list[tuple[bool, Job]] = []
        self._change = threading.Condition()
        self._put = self._done = 0
        self._hurry = self._closed = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="luthier-study", daemon=True)
        self._thread.start()

    def put(self, job: Job, *, alone: bool = False) -> None:
        """Has ``job`` run soon; ``alone`` when it reads what it wrote. Raises StorageError."""
        with self._change:
            self._check()
            self._jobs.append((alone, job))
            self._put += 1
            if len(self._jobs) == 1:
                self._change.notify_all()

    def hurry(self) -> None:
        """Has what was put so far written without lingering, and does not wait for it."""
        with self._change:
            self._hurry = True
            self._change.notify_all()

    def flush(self) -> None:
        """Returns when everything put so far is written and durable. Raises StorageError when it cannot be."""
        with self._change:
            upto = self._put
            self._hurry = True
            self._change.notify_all()
            self._change.wait_for(lambda: self._done >= upto or self._error is not None)
            self._check()

    def close(self) -> None:
        """Flushes and ends the thread; again does nothing. Raises StorageError."""
        with self._change:
            self._closed = self._hurry = True
            self._change.notify_all()
        self._thread.join()
        with self._change:
            self._check()

    def _check(self) -> None:
        if self._error is not None:
            reason = " ".join(str(self._error).split()) or type(self._error).__name__
            raise StorageError(
                f"the study can no longer be written ({reason}); what it held is whole: "
                "mend that and give the same command again to continue"
            ) from self._error

    def _run(self) -> None:
        while (jobs := self._next()) is not None:
            try:
                self._check_first()
                for alone, group in groupby(jobs, key=lambda entry: entry[0]):
                    if alone:
                        _run_all(group)
                    else:
                        with self._together():
                            _run_all(group)
            except Exception as error:  # whatever a disk, a server or Optuna can raise is kept for the caller
                self._error = error
            with self._change:
                self._done += len(jobs)
                self._change.notify_all()
                if self._error is not None:
                    self._jobs.clear()
                    return

    def _next(self) -> list[tuple[bool, Job]] | None:
        """The jobs that are due; None when the writer is closed and nothing is left."""
        with self._change:
            self._change.wait_for(lambda: self._jobs or self._closed)
            self._change.wait_for(lambda: self._hurry, timeout=LINGER)
            self._hurry = self._closed
            jobs, self._jobs = self._jobs, []
            return jobs or None


def _run_all(entries: Iterable[tuple[bool, Job]]) -> None:
    for _, job in entries:
        job()
