"""Several slices at once, in processes that may die."""

import itertools
import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import replace

import pytest
import torch
from small_slices import DATA, EPOCHS, check_exact, processes, ran
from torch import nn

from luthier import Options, Task
from luthier.errors import UsageError
from luthier.executors import Processes, Workers, can_fork
from luthier.executors._overdue import Overdue
from luthier.records import Slice, Status
from luthier.study import CheckpointStore


class Meeting(nn.Identity):
    """Waits in its first forward pass for another process that does the same: neither goes on alone."""

    def __init__(self, barrier):
        super().__init__()
        self._barrier, self._met = [barrier], False

    def forward(self, inputs):
        if not self._met:
            self._met = True
            self._barrier[0].wait(timeout=60)
        return inputs


def task_of(*layers, **defaults):
    def network(config):
        return nn.Sequential(nn.Linear(4, 2), *(layer(config) for layer in layers))

    return Task(network, DATA, DATA, defaults={"epochs": EPOCHS, "batch_size": 8, **defaults})


@pytest.fixture
def begin(tmp_path):
    """Two workers for a task."""
    begun = []

    def start(task, interrupted=lambda: False):
        store = CheckpointStore(tmp_path / "checkpoints")
        begun.append(processes(task, Options(), store, lambda cut, point: None, interrupted))
        return begun[-1]

    yield start
    for executor in begun:
        executor.close()


def cut(task, number, start, stop, **values):

    return Slice(number, task.config(values), start, stop, number)


def test_two_slices_run_at_the_same_time(begin):

    barrier = multiprocessing.get_context("fork").Barrier(2)
    task = task_of(lambda config: Meeting(barrier))
    results = ran(begin(task), cut(task, 1, 0, 1), cut(task, 2, 0, 1))
    assert [r.outcome.status for r in results] == [Status.DONE, Status.DONE]


class Hanging(nn.Identity):
    """Says that it has begun, and waits to be let go."""

    def __init__(self, begun, go_on):
        super().__init__()
        self._events = [begun, go_on]

    def forward(self, inputs):
        self._events[0].set()
        assert self._events[1].wait(timeout=60)
        return inputs


@pytest.mark.parametrize("told", [True, False])
def test_one_that_hangs_is_told_when_the_run_is_to_end(tmp_path, told):
    begun, go_on = (multiprocessing.get_context("fork").Event() for _ in range(2))
    task = task_of(lambda config: Hanging(begun, go_on))
    sentences = []

    def tell(sentence):
        sentences.append(sentence)
        go_on.set()

    def interrupted():
        if not told and begun.is_set():
            go_on.set()
        return told and begun.is_set()

    workers = Workers(task, Options(), 2)
    more = CheckpointStore(tmp_path), lambda cut, point: None, interrupted, workers, tell
    executor = Processes(task, Options(), *more, Overdue(itertools.count(step=31).__next__))
    (result,) = ran(executor, cut(task, 4, 0, 1))
    executor.close()
    assert len(result.points) == 1
    assert ["training 4" in sentence for sentence in sentences] == [True] * told


def test_a_training_goes_on_in_whichever_worker_is_free(begin, task):
    executor = begin(task)
    config = task.config({})

    def one(start):
        return Slice(0, config, start, start + 1, 0)

    def other(start):
        return Slice(1 + start, config.replace(lr=0.01), 0, EPOCHS, 0)

    results = []
    for start in range(EPOCHS):  # the other takes longer: the first comes back to the worker that is left
        executor.submit(one(start) if start % 2 else other(start))
        executor.submit(other(start) if start % 2 else one(start))
        results += [executor.wait(), executor.wait()]
    check_exact(task, executor, [r for r in results if r.slice.training == 0])


class Deadly(nn.Identity):
    end = staticmethod(lambda: None)

    def __init__(self, config):
        super().__init__()
        self._lr = config["lr"]

    def forward(self, inputs):
        if self._lr > 0.5 and self.training:
            self.end()
        return inputs


@pytest.mark.parametrize(
    ("end", "status", "told"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), Status.OUT_OF_MEMORY, "its process was killed, as the system"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), Status.FAILED, "its process ended (signal 15)"),
        (lambda: sys.exit(0), Status.FAILED, "its process ended (exit code 0)"),
    ],
)
def test_a_worker_that_dies_ends_its_training_and_is_replaced(begin, monkeypatch, end, status, told):
    monkeypatch.setattr(Deadly, "end", staticmethod(end))
    task = task_of(Deadly)
    executor = begin(task)
    dead, good = ran(executor, cut(task, 1, 0, 2, lr=1.0), cut(task, 2, 0, 2, lr=0.1))
    assert dead.outcome.status is status
    assert told in dead.outcome.message
    assert good.outcome.status is Status.DONE
    assert executor.capacity == 2
    again = ran(executor, cut(task, 3, 0, 2, lr=0.1), replace(good.slice, start=2.0, stop=4.0))
    assert [len(r.points) for r in again] == [2, 2]
    check_exact(task, executor, [good, again[1]])


def test_a_worker_that_is_killed_while_it_waits_is_replaced(begin, task):
    executor = begin(task)
    (first,) = ran(executor, cut(task, 1, 0, 2))
    for worker in executor._workers.all:
        worker.process.kill()
        worker.process.join()
    rest, other = ran(executor, replace(first.slice, start=2.0, stop=4.0), cut(task, 2, 0, 2))
    assert [rest.outcome.status, other.outcome.status] == [Status.DONE, Status.DONE]
    check_exact(task, executor, [first, rest])


class Talking(nn.Identity):
    def forward(self, inputs):
        if self.training:
            print("a batch")  # noqa: T201
            print("of", len(inputs), file=sys.stderr)  # noqa: T201
        return inputs


def test_what_the_model_prints_is_printed_here(begin, capsys):
    task = task_of(lambda config: Talking(), batch_size=60)
    ran(begin(task), cut(task, 1, 0, 2))
    said = capsys.readouterr()
    assert (said.out, said.err) == ("a batch\n" * 2, "of 60\n" * 2)


class Chatty(nn.Module):
    """Large enough that it is not sent at once, while a thread prints all the time."""

    def __init__(self, config):
        super().__init__()
        self.wide = nn.Parameter(torch.zeros(2_000_000))
        threading.Thread(target=self.talk, daemon=True).start()

    def talk(self):
        for _ in range(20_000):
            print("word", end=" ")  # noqa: T201

    def forward(self, inputs):
        return inputs + self.wide[0]


def test_what_threads_of_the_model_print_falls_between_messages(begin, capsys):
    task = task_of(Chatty)
    executor = begin(task)
    for start in range(2):
        results = ran(executor, *(cut(task, number, start, start + 1) for number in (0, 1)))
        assert [r.outcome.status for r in results] == [Status.DONE, Status.DONE]
    assert set(capsys.readouterr().out) == set("word ")


class Forking(nn.Identity):
    """A process of its own prints, as a DataLoader's do."""

    def forward(self, inputs):
        if self.training:
            child = os.fork()
            if child == 0:
                print("a child's word", flush=True)  # noqa: T201
                os._exit(0)
            os.waitpid(child, 0)
        return inputs


def test_what_processes_of_the_model_print_is_no_message(begin, capfd):
    task = task_of(lambda config: Forking(), batch_size=60)
    (result,) = ran(begin(task), cut(task, 1, 0, 2))
    assert result.outcome.status is Status.DONE
    assert "a child's word" in capfd.readouterr().out


def test_workers_end_with_whoever_asks(begin, task):
    executor = begin(task)
    ended = [worker.process for worker in executor._workers.all]
    executor.close()
    assert all(not process.is_alive() for process in ended)


class Threads(nn.Identity):
    def __init__(self, config):
        super().__init__()
        assert torch.get_num_threads() == 1

    def forward(self, inputs):
        assert torch.get_num_threads() == 1
        return inputs


def test_trainings_have_one_thread(begin):
    task = task_of(Threads)
    torch.set_num_threads(2)
    (result,) = ran(begin(task), cut(task, 1, 0, 1))
    assert (result.outcome.status, result.outcome.message) == (Status.DONE, "")


@pytest.mark.parametrize("exact", [False, True])
def test_exact_ones_wait_for_an_answer_before_each_interval(task, tmp_path, exact):
    stop = []

    def hear(cut, point):
        if point.epoch == 2:
            assert executor._workers.all[0].connection.poll(60)  # the next point, or the question
            stop.append(True)

    store = CheckpointStore(tmp_path / "checkpoints")
    executor = processes(task, Options(), store, hear, lambda: bool(stop), exact=exact)
    (result,) = ran(executor, cut(task, 1, 0, EPOCHS))
    executor.close()
    assert len(result.points) == 2 if exact else len(result.points) > 2


@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (0, Options(), "workers is 0; give 1 or more"),
        (2, Options(threads=3), "workers is 2 and threads is 3"),
        (2, Options(device="meta"), "workers is 2, but the device is no CPU"),
    ],
)
def test_where_there_can_be_no_workers(task, count, options, message):
    with pytest.raises(UsageError, match=message):
        Workers(task, options, count)


def test_a_process_that_may_have_none_of_its_own_says_so(task):
    """Those of a ``multiprocessing.Pool`` are such."""

    def ask():
        try:
            Workers(task, Options(), 2)
        except UsageError as error:
            there.send((can_fork(), str(error)))

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=ask, daemon=True)
    process.start()
    there.close()
    can, message = here.recv()
    process.join()
    assert not can
    assert message == "workers is 2, but in a daemonic process trainings run one after the other; give 1"
