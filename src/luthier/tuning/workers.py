"""How many trainings run at the same time, and where."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits

from luthier.errors import UsageError
from luthier.events import Listener, Warned
from luthier.executors import Executor, Inline, OnPoint, Processes, Workers, can_fork
from luthier.records import Options
from luthier.task import Task
from luthier.training import Checkpoints, pick_device

#: An executor for these checkpoints, listener and stop, which tells what the user should know.
MakeExecutor = Callable[[Checkpoints, OnPoint, Callable[[], bool], Listener], Executor]

#: Without being asked for. A search learns less from each of many that begin together.
MOST_WORKERS = 8


def choose_workers(workers: int | str, task: Task, options: Options, filled: bool | None, *, pays: bool = True) -> int:
    """The number of workers; ``filled``: whether one training fills the cores, None where it cannot be built.

    "auto" is one for each core that torch may use where that ``pays``, one training leaves them idle and the data is
    in memory, else 1: a Dataset that is read as it goes may hold a file open, whose position forked
    processes share. Who asks for one thread has other use for the cores. Raises UsageError for what is no number.
    """
    if workers != "auto":
        if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
            raise UsageError(f'workers is {workers!r}; give a number, 1 or more, or "auto"')
        return workers
    alone = filled is not False or options.threads or options.compile or pick_device(options.device).type != "cpu"
    read_as_it_goes = task.train.tensors is None or task.validation.tensors is None
    if alone or read_as_it_goes or not pays or not can_fork():
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), torch.get_num_threads(), MOST_WORKERS))


@contextmanager
def executors(task: Task, options: Options, count: int, *, exact: bool = False) -> Iterator[MakeExecutor]:
    """What makes the executor of a run. Workers are there from now on, so that they share no file opened later.

    ``exact`` ones begin no interval too many. Raises UsageError where there can be no workers.
    """
    if count == 1:
        yield lambda store, on_point, stop, emit: Inline(task, options, store, on_point, stop)
        return
    workers = Workers(task, options, count, exact=exact)
    try:
        # The cores are taken: the threads of a decision, of whatever search, would wait for each other.
        with threadpool_limits(1, user_api="blas"):
            yield lambda store, on_point, stop, emit: Processes(
                task, options, store, on_point, stop, workers, lambda sentence: emit(Warned(sentence))
            )
    finally:
        workers.close()
