"""Forked processes that run slices: each has the task as it was in memory, and what it is sent.

A worker keeps nothing between two slices. It gets a slice with the frozen trainings that it needs, and sends points,
checkpoints, what the user's code prints, and at last the result with the trainings as they are now.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from luthier.errors import UsageError
from luthier.executors._fork import can_fork, fork
from luthier.executors._frozen import Frozen, pack, unpack
from luthier.executors.inline import Inline
from luthier.records import Options, Point, Slice, SliceResult
from luthier.task import Task
from luthier.training import pick_device

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess


@dataclass(frozen=True)
class Job:
    """A slice, and the frozen trainings that it may go on or branch from, by number."""

    cut: Slice
    frozen: Mapping[int, Frozen]


@dataclass(frozen=True)
class Said:
    """What the user's code wrote to ``stdout`` or ``stderr``."""

    stream: str
    text: str


@dataclass(frozen=True)
class Reached:
    """A point of the slice under way."""

    point: Point


@dataclass(frozen=True)
class Asked:
    """Whether to go on with the next interval; the worker waits for the answer."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint of a training under way."""

    training: int
    frozen: Frozen


@dataclass(frozen=True)
class Done:
    """The slice is over; the trainings that it took, as they are now."""

    result: SliceResult
    frozen: Mapping[int, Frozen]


@dataclass(frozen=True)
class Raised:
    """What is no outcome of a slice, to be raised again."""

    error: BaseException


Message = Said | Reached | Asked | Saved | Done | Raised


class Worker:
    """One process, as seen from the one that searches."""

    def __init__(self, process: ForkProcess, connection: Connection) -> None:
        self.process, self.connection = process, connection
        self.cut: Slice | None = None  #: what it is at
        self.points: list[Point] = []  #: of that, so far

    def end(self, patience: float = 0.0) -> int | None:
        """Ends the process, after so many seconds if it does not itself; its exit code, negative for a signal."""
        self.connection.close()
        self.process.join(patience)
        self.process.kill()  # there is nothing in it to be saved
        self.process.join()
        return self.process.exitcode


class Workers:
    """So many processes, forked when this is made: begin them before files are opened and threads are started.

    Each trains with one thread inside an operation, on the CPU: a fork can have neither torch's threads nor an
    accelerator. Before each interval they look whether to stop; ``exact`` ones ask and wait, so that none begins an
    interval too many. Raises UsageError where that cannot be.
    """

    def __init__(self, task: Task, options: Options, count: int, *, exact: bool = False) -> None:
        check(options, count)
        self._task, self._options, self._exact = task, replace(options, threads=1), exact
        self._context = multiprocessing.get_context("fork")
        self._stop = self._context.RawValue("b", 0)
        self.all: list[Worker] = []
        self.all += [self._fork() for _ in range(count)]

    def set_stop(self, stop: bool) -> None:
        """Whether slices are to end after the interval under way."""
        self._stop.value = int(stop)

    def replace(self, worker: Worker) -> Worker:
        """A new process in the place of one that ended."""
        place = self.all.index(worker)
        self.all.remove(worker)
        self.all.insert(place, self._fork())
        return self.all[place]

    def close(self) -> None:
        """Ends all of them at once; again does nothing."""
        while self.all:
            self.all.pop().end()

    def _fork(self) -> Worker:
        here, there = self._context.Pipe()
        inherited = [here, *(worker.connection for worker in self.all)]
        process = fork(self._work, there, inherited, name="luthier-worker")
        there.close()
        return Worker(process, here)

    def _work(self, own: Connection, inherited: list[Connection]) -> None:
        """The life of a worker. It ends with the connection, so that none outlives who asks."""
        for other in inherited:
            other.close()
        connection = _Alone(own)
        sys.stdout, sys.stderr = _Relay("stdout", connection), _Relay("stderr", connection)

        def stop() -> bool:
            if self._exact:
                connection.send(Asked())
                return not connection.recv()
            return bool(self._stop.value)

        try:
            serve(connection, self._task, self._options, stop)
        except (EOFError, OSError):
            os._exit(0)


def check(options: Options, count: int) -> None:
    """Raises UsageError where so many workers cannot be."""
    if count < 1:
        raise UsageError(f"workers is {count}; give 1 or more, or auto")
    if count > 1 and not can_fork():
        where = "in a daemonic process" if multiprocessing.current_process().daemon else f"on {sys.platform}"
        raise UsageError(f"workers is {count}, but {where} trainings run one after the other; give 1")
    if count > 1 and pick_device(options.device).type != "cpu":
        raise UsageError(f"workers is {count}, but the device is no CPU; give 1, or the device cpu")
    if count > 1 and options.threads > 1:
        raise UsageError(f"workers is {count} and threads is {options.threads}; workers have one thread each, give 1")


def serve(connection: _Alone, task: Task, options: Options, stop: Callable[[], bool]) -> None:
    """Runs the jobs that come, until the connection is closed."""
    store = _Handed(connection)
    inline = Inline(task, options, store, lambda cut, point: connection.send(Reached(point)), stop)
    while True:
        job: Job = connection.recv()
        store.take(job.frozen)
        try:
            inline.submit(job.cut)
            result = inline.wait()
            connection.send(Done(result, {n: pack(epoch, parts) for n, epoch, parts in inline.release()}))
        except (EOFError, OSError):
            raise
        except Exception as error:
            connection.send(Raised(error))


class _Alone:
    """A connection that sends one message at a time: threads of the user's code print while a training sends."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._lock = connection, threading.Lock()
        self.recv = connection.recv

    def send(self, message: object) -> None:
        """Sends it as a whole. Raises OSError when nobody listens."""
        with self._lock:
            self._connection.send(message)


class _Handed:
    """The checkpoints that came with a job; new ones go back to who asked."""

    def __init__(self, connection: _Alone) -> None:
        self._connection = connection
        self._frozen: Mapping[int, Frozen] = {}

    def take(self, frozen: Mapping[int, Frozen]) -> None:
        self._frozen = frozen

    def save(self, training: int, epoch: float, parts: Mapping[str, Any]) -> None:
        self._connection.send(Saved(training, pack(epoch, parts)))

    def load(self, training: int, at_most: float) -> tuple[float, dict[str, Any]] | None:
        found = self._frozen.get(training)
        return None if found is None or found[0] > at_most + 1e-9 else (found[0], unpack(found))

    def drop(self, training: int) -> None:
        """Nothing is kept here."""


class _Relay(io.TextIOBase):
    """Has the asking process write, whose streams may belong to a progress display."""

    def __init__(self, stream: str, connection: _Alone) -> None:
        self._stream, self._connection, self._process = stream, connection, os.getpid()

    def write(self, text: str) -> int:
        if os.getpid() == self._process:
            self._connection.send(Said(self._stream, text))
        else:  # one that the user's code forked, a DataLoader's perhaps: its words would fall between ours
            os.write(1 if self._stream == "stdout" else 2, text.encode(errors="replace"))
        return len(text)

    def writable(self) -> bool:
        return True
