"""Frozen trainings on disk, under a cap."""

from __future__ import annotations

import errno
import math
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from luthier.errors import CheckpointError, UsageError
from luthier.files import fsync_folder
from luthier.study._flock import lock, locked
from luthier.study._parts import Damaged, read_manifest, read_parts, write_parts

GB = 1e9  #: bytes
_ASIDE = ".saving-"
_TRASH = ".dropped-"


def check_cap(cap_gb: float) -> None:
    """Raises UsageError for what no disk can hold."""
    if not cap_gb >= 0:
        raise UsageError(f"checkpoint_gb (--disk) is {cap_gb:g}; it must be 0 or more")


class CheckpointStore:
    """Keeps frozen trainings in ``folder``: ``training-00012/epoch-000008.000/``, whole or not at all.

    Of each training it keeps the newest checkpoint and the one before, which serves when the newest is damaged, or
    is newer than the study knows. When all of them exceed ``cap_gb`` (in 1e9 bytes), the ones before go first, then
    the trainings of least worth (``set_worth``; without it: longest not saved), never the one just saved. Threads
    and processes may share a folder. Raises CheckpointError when the folder cannot be written.
    """

    def __init__(self, folder: Path, cap_gb: float = 2.0) -> None:
        check_cap(cap_gb)
        self.folder = Path(folder)
        self.cap_gb = cap_gb
        self.damaged: list[str] = []  #: what load had to pass over: path and reason
        self._worth: Callable[[int], float] = lambda training: 0.0
        self._counted, self._since = 0.0, math.inf  # bytes in the folder at the last count, and saved since
        self._lock = threading.RLock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._clean()
        except OSError as error:
            raise self._unwritable("checkpoints", error) from error

    def set_worth(self, worth: Callable[[int], float]) -> None:
        """``worth(training)``: how likely the training is continued, on any scale; the lowest is dropped first.

        It is called by the thread that saves.
        """
        self._worth = worth

    def save(self, training: int, epoch: float, parts: Mapping[str, Any]) -> None:
        """Keeps the parts, durable when this returns; drops what that makes superfluous.

        On a full disk, others make room. Raises CheckpointError when that is not enough, or a part holds what cannot
        be read back (anything but tensors and plain values); what was there of this training is then as before.
        """
        while True:
            try:
                return self._save(training, epoch, parts)
            except OSError as error:
                if error.errno != errno.ENOSPC or not self._make_room(training):
                    raise self._unwritable(f"the checkpoint of training {training}", error) from error

    def _save(self, training: int, epoch: float, parts: Mapping[str, Any]) -> None:
        with self._aside() as aside:
            write_parts(aside, training, epoch, parts)
            with self._lock:
                saved = self._move_in(aside, training, epoch)
                self._drop_superseded(saved, epoch)
                self._obey_cap(saved)

    def _make_room(self, training: int) -> bool:
        """Drops half of the checkpoints of others, those of least worth; whether there were any."""
        with self._lock:
            others = [path for path in self._all() if path.parent != self._home(training)]
            for path in sorted(others, key=self._rank)[: -(-len(others) // 2)]:
                self._discard(path)
        return bool(others)

    def load(self, training: int, at_most: float) -> tuple[float, dict[str, Any]] | None:
        """The newest whole checkpoint at or before epoch ``at_most``, tensors on the CPU; None when there is none.

        A damaged one is passed over and noted in ``damaged``. Raises CheckpointError for a newer format.
        """
        with self._lock:
            for epoch, path in reversed(self._checkpoints(training)):
                if epoch > at_most + 1e-9:  # fractions of an epoch add up inexactly
                    continue
                try:
                    return epoch, read_parts(path, read_manifest(path))
                except Damaged as error:
                    self._note(path, error)
        return None

    def drop(self, training: int) -> None:
        """Removes all checkpoints of a training."""
        with self._lock:
            self._discard(self._home(training))

    @property
    def size_gb(self) -> float:
        """What the checkpoints take on disk, in 1e9 bytes."""
        return sum(map(_bytes, self._all())) / GB

    def _home(self, training: int) -> Path:
        return self.folder / f"training-{training:05d}"

    def _all(self) -> list[Path]:
        return list(self.folder.glob("training-*/epoch-*"))

    def _checkpoints(self, training: int) -> list[tuple[float, Path]]:
        """Epochs and folders of a training's readable manifests, oldest epoch first."""
        found = []
        for path in sorted(self._home(training).glob("epoch-*")):
            try:
                found.append((float(read_manifest(path)["epoch"]), path))
            except (Damaged, KeyError, ValueError) as error:
                self._note(path, error)
        return sorted(found)

    def _note(self, path: Path, error: Exception) -> None:
        note = f"{path}: {error}"
        if note not in self.damaged:
            self.damaged.append(note)

    def _move_in(self, aside: Path, training: int, epoch: float) -> Path:
        """Gives a finished checkpoint its place; one of the same epoch stays until this one is durable."""
        home = self._home(training)
        path = home / f"epoch-{epoch:010.3f}"
        while path.exists():
            path = path.with_name(path.name + "+")
        while True:
            home.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):  # another process just removed it, empty
                os.replace(aside, path)
                break
        fsync_folder(self.folder)
        fsync_folder(home)
        return path

    def _drop_superseded(self, saved: Path, epoch: float) -> None:
        """Leaves of a training the checkpoint just saved and the one before it.

        Later ones belong to a course that was not recorded, and are reached again from this one.
        """
        training = int(saved.parent.name.removeprefix("training-"))
        before = [path for at, path in self._checkpoints(training) if at < epoch]
        for path in saved.parent.glob("epoch-*"):
            if path != saved and path not in before[-1:]:
                self._discard(path)

    def _obey_cap(self, saved: Path) -> None:
        cap = self.cap_gb * GB
        self._since += _bytes(saved)
        # Counting takes 20 µs per checkpoint; what other processes save is seen within 2 % of the cap.
        if self._counted + self._since <= cap and self._since <= 0.02 * cap:
            return
        sizes = {path: _bytes(path) for path in self._all()}
        excess = sum(sizes.values()) - cap
        for path in sorted(sizes, key=self._rank) if excess > 0 else ():
            if path != saved and excess > 0:
                self._discard(path)
                excess -= sizes[path]
        self._counted, self._since = cap + excess, 0.0

    def _rank(self, path: Path) -> tuple[bool, float, float]:
        """What is dropped first sorts first: spares, then low worth, then old ones."""
        newest = max(path.parent.glob("epoch-*"), key=_saved_at, default=path)
        return (path == newest, self._worth(int(path.parent.name.removeprefix("training-"))), _saved_at(path))

    def _discard(self, path: Path) -> None:
        """Removes a folder; after a crash half way it is not taken for a checkpoint."""
        trash = self.folder / f"{_TRASH}{uuid.uuid4().hex}"
        with suppress(FileNotFoundError):  # another process was faster, or there was none
            os.replace(path, trash)
        shutil.rmtree(trash, ignore_errors=True)
        if path.parent != self.folder:
            with suppress(OSError):  # it holds other checkpoints
                path.parent.rmdir()

    @contextmanager
    def _aside(self) -> Iterator[Path]:
        """A new folder to write in, gone at the end; its lock tells it from a leftover."""
        with locked(self.folder):
            aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.folder))
            held = lock(aside)
        try:
            yield aside
        finally:
            if held is not None:
                os.close(held)
            shutil.rmtree(aside, ignore_errors=True)

    def _clean(self) -> None:
        """Removes what a crash left."""
        for path in self.folder.glob(f"{_TRASH}*"):
            shutil.rmtree(path, ignore_errors=True)
        with locked(self.folder):
            for path in self.folder.glob(f"{_ASIDE}*"):
                with suppress(OSError):  # locked, or gone by now: another process writes it
                    held = lock(path)
                    if held is not None:
                        os.close(held)
                        shutil.rmtree(path, ignore_errors=True)

    def _unwritable(self, what: str, error: OSError) -> CheckpointError:
        return CheckpointError(
            f"{what} cannot be written in {self.folder} ({error.strerror}); "
            f"free some space, or let checkpoints take less than {self.cap_gb:g} GB (--disk, checkpoint_gb)"
        )


def _saved_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _bytes(path: Path) -> int:
    """Bytes of a checkpoint's files; 0 when another process just removed it."""
    try:
        return sum(entry.stat().st_size for entry in os.scandir(path))
    except FileNotFoundError:
        return 0
