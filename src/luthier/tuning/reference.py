"""The score that others are compared with, found while the trainings run."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

from luthier.errors import StorageError, StudyError
from luthier.events import Event, Listener
from luthier.task import Task, reference_of
from luthier.tuning.aside import Aside
from luthier.tuning.source import note_reference, read_source


class Reference:
    """Works out ``reference_of(task)`` in another process, unless the study in ``folder`` has it noted.

    Make it before a GPU is in use, beside which nothing can be forked, and before the study is opened: a forked process
    would share the lock on it.
    """

    def __init__(self, task: Task, folder: Path) -> None:
        self._folder = folder
        known = read_source(folder).get("reference") is not None
        self._aside = None if known else Aside(partial(reference_of, task))

    def listener(self, listener: Listener | None) -> Listener:
        """``listener``, before which the reference is noted as soon as it is there."""

        def listen(event: Event) -> None:
            if self._aside is not None and self._aside.is_done():
                self.note()
            if listener is not None:
                listener(event)

        return listen

    def note(self) -> None:
        """Waits for it, and notes it in the folder. Where that cannot be written, the study itself says so."""
        if self._aside is not None:
            aside, self._aside = self._aside, None
            with suppress(StorageError, StudyError):
                note_reference(self._folder, aside.result())
