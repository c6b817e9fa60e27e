"""From a folder or an Optuna URL to an open Optuna storage."""

from __future__ import annotations

import json
import os
import re
import shlex
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import optuna

from luthier.errors import LuthierError, StudyError
from luthier.files import full_disk
from luthier.study._database import Ownership, file_of, own, without_password
from luthier.study._flock import lock
from luthier.study._journal import Journal, damaged_line

JOURNAL = "study.journal"  #: the file's name in the study's folder
NOTES = "task.json"  #: what ``tune`` notes in it, also when the study is in a database


class Storage:
    """An open Optuna storage."""

    def __init__(
        self,
        storage: optuna.storages.RDBStorage | optuna.storages.JournalStorage,
        where: str,
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
        locks: Iterable[int] = (),
    ) -> None:
        self.optuna = storage
        self.where = where  #: for messages: the folder, or the URL without its password
        self.together = together  #: around writes that may share an fsync
        self._locks = list(locks)  # descriptors that keep other processes from writing
        self._owned = Ownership()

    def own(self, name: str) -> None:
        """Keeps other processes from writing to the study of this name; a folder is locked when it is opened.

        Raises StudyError when another process writes to it.
        """
        if isinstance(self.optuna, optuna.storages.RDBStorage):
            try:
                self._owned = own(self.optuna.engine, name)
            except BlockingIOError:
                raise StudyError(
                    f"study {name!r} in {self.where} is in use by another process; wait until it ends, or choose "
                    "another storage"
                ) from None

    def check_owned(self) -> None:
        """Raises when it is no longer sure that no other process writes to the study: the server was lost."""
        self._owned.check()

    def close(self) -> None:
        """Lets other processes write; again does nothing."""
        while self._locks:
            os.close(self._locks.pop())
        owned, self._owned = self._owned, Ownership()
        owned.release()
        if isinstance(self.optuna, optuna.storages.RDBStorage):
            self.optuna.engine.dispose()  # it opens new connections when it is read again


def open_folder(folder: Path, *, writable: bool) -> Storage:
    """The journal in ``folder``; made when it is not there and ``writable``.

    Raises StudyError when there is none, when it cannot be read or written, or when another process writes to it.
    """
    path = folder / JOURNAL
    if not writable and not path.is_file():
        raise StudyError(_why_no_journal(folder))
    locks: list[int] = []
    try:
        if writable:
            path.open("ab").close()
            if (descriptor := lock(path)) is not None:
                locks.append(descriptor)
        journal = Journal(path)
        if writable:
            journal.recover()
        return Storage(optuna.storages.JournalStorage(journal), str(folder), journal.held, locks)
    except BlockingIOError:
        raise StudyError(
            f"the study in {folder} is in use by another process; wait until it ends, or choose another folder"
        ) from None
    except Exception as error:  # Optuna raises whatever a damaged line leads to
        for descriptor in locks:
            os.close(descriptor)
        why = _damage(path) or _sentence(error)
        raise full_disk(error) or StudyError(f"the study in {folder} cannot be opened: {why}") from error


def _why_no_journal(folder: Path) -> str:
    try:
        where = json.loads((folder / NOTES).read_text()).get("storage")
    except (OSError, ValueError, AttributeError):
        where = None
    if where:
        return f"the study in {folder} is kept in {where}; give its URL, too: --storage URL, storage= in Python"
    if (folder / "best" / "winner.json").is_file() and not (folder / NOTES).exists():
        return (
            f"there is no study in {folder}: it holds the weights of one 'luthier train'; to keep a study of one "
            "training, use luthier tune TASK --budget 1trainings, with --set NAME=VALUE for its setting"
        )
    return (
        f"there is no study in {folder}: it holds no {JOURNAL}; give the folder of a study, and with --storage the "
        "URL of one that is kept in a database"
    )


def _damage(path: Path) -> str:
    """Where a journal is damaged and how to go on without the rest; nothing when its lines are whole."""
    try:
        number = damaged_line(path)
    except OSError:
        return ""
    if number is None:
        return ""
    if number == 1:
        return f"{path} is damaged from its first line on; choose another folder, or bring back a copy of the file"
    file, copy = shlex.quote(str(path)), shlex.quote(f"{path}.damaged")
    return (
        f"line {number} of {path} is damaged, the {number - 1} before it are whole; keep a copy and go on from these "
        f"with: cp {file} {copy} && head -n {number - 1} {copy} > {file}"
    )


def open_url(url: str, *, writable: bool) -> Storage:
    """The database at an Optuna URL; its tables are made when they are not there and it is to be ``writable``.

    Raises StudyError when it cannot be opened, or there is none to be read.
    """
    shown = without_password(url)
    file = None if writable else file_of(url)
    if file is not None and not file.is_file():
        raise StudyError(
            f"there is no database {file}, which {shown} names; give the URL that the study was begun with"
        )
    # psycopg 3 is what the postgres extra installs; SQLAlchemy before 2.1 would look for psycopg2.
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    try:
        return Storage(optuna.storages.RDBStorage(url, skip_table_creation=not writable), shown)
    except ImportError as error:
        raise StudyError(
            f"storage {shown} needs a driver that is not installed ({error}); for PostgreSQL: "
            "pip install 'luthier[postgres]'"
        ) from error
    except Exception as error:  # SQLAlchemy, its drivers and Optuna each have their own
        raise full_disk(error) or StudyError(
            f"storage {shown} cannot be opened: {_sentence(error)}; "
            "give an Optuna URL such as sqlite:///study.db or postgresql://user@host/database"
        ) from error


def check_folder(folder: Path) -> None:
    """Makes ``folder`` when it is not there. Raises StudyError when nothing can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise full_disk(error) or StudyError(
            f"nothing can be written in folder {folder} ({error.strerror}); choose another folder"
        ) from error


@contextmanager
def closed_on_error(opened: Storage) -> Iterator[None]:
    """Closes the storage when the study in it cannot be used.

    Raises StudyError in place of foreign exceptions, StorageError of a full disk.
    """
    try:
        yield
    except LuthierError:
        opened.close()
        raise
    except Exception as error:  # damaged attributes, a lost server
        opened.close()
        sentence = f"the study in {opened.where} cannot be read: {_sentence(error)}"
        raise full_disk(error) or StudyError(sentence) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps Optuna's INFO lines and experimental warnings out of our own calls; afterwards all is as before."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(level, optuna.logging.WARNING))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _sentence(error: Exception) -> str:
    """The first line of the message of an error, or of what led to it, or its name."""
    lines = str(error.__cause__ or error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
