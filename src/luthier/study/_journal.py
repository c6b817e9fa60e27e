"""Optuna's journal file with group commit: many small writes, one append, one fsync.

Measured by benchmarks/storage.py; the file stays one that Optuna and optuna-dashboard open by themselves.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend, JournalFileBackend, JournalFileOpenLock


class Journal(BaseJournalBackend):
    """A journal file that already exists.

    What a thread writes inside ``with journal.held()`` is appended at its end as a whole, and read back only then.
    So it serves writes that need no answer (values and attributes of a trial), not the creation of a trial.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = JournalFileBackend(str(path))
        self._lock = JournalFileOpenLock(str(path))  # the same lock file as that of Optuna's default lock
        self._held: list[dict[str, Any]] = []
        self._holder: int | None = None  # the thread inside held()

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """The entries of the file from this number on; none while they would miss what is held."""
        return () if self._holder == threading.get_ident() else self._file.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Appends the entries, durably and as a whole, or holds them. Raises OSError."""
        if self._holder == threading.get_ident():
            self._held += logs
        else:
            self._append(logs)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Collects what this thread writes; appends it at the end, also after an exception. Raises OSError."""
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = None
            logs, self._held = self._held, []
            if logs:
                self._append(logs)

    def recover(self) -> None:
        """Removes what a killed process left: its lock file, and a last line without its end.

        Only for the one process that may write to the file. Raises OSError.
        """
        Path(f"{self._path}.lock").unlink(missing_ok=True)
        self._lock.acquire()
        try:
            whole = _whole_lines(self._path)
            if whole < self._path.stat().st_size:
                os.truncate(self._path, whole)
        finally:
            self._lock.release()

    def _append(self, logs: list[dict[str, Any]]) -> None:
        data = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        self._lock.acquire()
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                _write(descriptor, data)
            finally:
                os.close(descriptor)
        finally:
            self._lock.release()


def damaged_line(path: Path) -> int | None:
    """The number of the first whole line that is no entry, counted from 1; None when all are. Raises OSError."""
    with path.open("rb") as file:
        return next((n for n, line in enumerate(file, 1) if line.endswith(b"\n") and not _is_entry(line)), None)


def _is_entry(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:  # a UnicodeDecodeError is one, too
        return False
    return isinstance(entry, dict) and "op_code" in entry


def _write(descriptor: int, data: bytes) -> None:
    """Appends all of ``data`` durably, or leaves the file as it was (a full disk takes half a line)."""
    size = os.fstat(descriptor).st_size
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _whole_lines(path: Path) -> int:
    """Bytes up to the end of the last whole line."""
    step = 1 << 20
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - step)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                return start + at + 1
            end = start
    return 0
