"""Several trainings at the same time."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
import torch

from luthier import Options, Task, confirm, load_result
from luthier.errors import UsageError
from luthier.events import PointAdded, SliceFinished, SliceStarted
from luthier.training import evaluate
from luthier.tuning.workers import MOST_WORKERS, choose_workers


@pytest.fixture
def five_cores(monkeypatch):
    """Of which torch may use three."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3, 4})
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)


@pytest.mark.parametrize(
    ("workers", "options", "filled", "pays", "chosen"),
    [
        ("auto", Options(), False, True, 3),
        ("auto", Options(), True, True, 1),  # a large model uses the cores
        ("auto", Options(), None, True, 1),
        ("auto", Options(threads=1), False, True, 1),  # others use the cores
        ("auto", Options(compile=True), False, True, 1),
        ("auto", Options(), False, False, 1),
        (2, Options(), True, False, 2),
        (1, Options(), False, True, 1),
    ],
)
@pytest.mark.usefixtures("five_cores")
def test_as_many_as_there_are_cores_where_that_pays(task, workers, options, filled, pays, chosen):
    assert choose_workers(workers, task, options, filled, pays=pays) == chosen


class Drawn(torch.utils.data.Dataset):
    """Read as it goes, since each look gives another sample."""

    def __len__(self):
        return 40

    def __getitem__(self, place):
        return torch.rand(4), place % 2


@pytest.mark.usefixtures("five_cores")
@pytest.mark.parametrize("parts", [(0, 1), (1, 0), (1, 1)])
def test_a_dataset_that_may_hold_a_file_open_is_not_shared(parts):
    kept = torch.rand(40, 4), torch.arange(40) % 2
    data = [Drawn() if streamed else kept for streamed in parts]
    task = Task(lambda config: torch.nn.Linear(4, 2), *data)
    assert choose_workers("auto", task, Options(), False) == 1
    assert choose_workers(2, task, Options(), False) == 2


def test_not_more_than_a_search_can_use(task, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    assert choose_workers("auto", task, Options(), False) == MOST_WORKERS


@pytest.mark.parametrize(
    ("budget", "several"), [("20 epochs", False), ("3 trainings", False), (0.5, False), (10.0, True)]
)
def test_only_where_a_budget_is_a_time(run, monkeypatch, budget, several):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1})
    events = []
    stop = lambda: any(isinstance(e, SliceStarted) and e.slice.training > 3 for e in events)  # noqa: E731
    run(budget=budget, on_event=events.append, stop=stop)
    running = most = 0
    for event in events:
        running += isinstance(event, SliceStarted) - isinstance(event, SliceFinished)
        most = max(most, running)
    assert (most > 1) == several


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "many", "-2"])
def test_what_is_no_number_of_workers(run, workers):
    with pytest.raises(UsageError, match=r"workers is .*; give a number, 1 or more"):
        run(budget="3 epochs", workers=workers)


@pytest.mark.parametrize("search", ["freeze-thaw", "hyperband", "tpe+median", "grid", "pbt"])
def test_a_budget_is_obeyed_within_one_interval_of_each(run, recorded, tmp_path, search):
    result = run(budget="60 epochs", workers=2, search=search)
    assert 60 <= result.epochs <= 61
    assert len(recorded(tmp_path / "study")) == result.trainings


def test_a_budget_of_trainings(run, recorded, tmp_path):
    result = run(budget="7 trainings", workers=3, search="random")
    assert result.trainings == len(recorded(tmp_path / "study")) == 7
    assert result.epochs == 9 * 7


def test_events_of_several_slices(run):
    events, running, most = [], set(), 0
    run(budget="60 epochs", workers=2, search="random", on_event=events.append)
    reached = Counter()
    for event in events:
        if isinstance(event, SliceStarted):
            assert event.slice.training not in running
            assert event.slice.start == reached[event.slice.training]
            running.add(event.slice.training)
        elif isinstance(event, PointAdded):
            assert event.training in running
            reached[event.training] = event.point.epoch
        elif isinstance(event, SliceFinished):
            running.remove(event.result.slice.training)
        most = max(most, len(running))
    assert running == set()
    assert most >= 2


def test_they_are_forked_from_another_thread_too(run):
    found = []
    thread = threading.Thread(target=lambda: found.append(run(budget="30 epochs", workers=2)))
    thread.start()
    thread.join()
    assert 30 <= found[0].epochs <= 31


def test_the_winner_is_what_it_says(run, task, tmp_path):
    result = run(budget="90 epochs", workers=2)
    again = load_result(tmp_path / "study", task).best
    assert again.point == result.best.point
    model, validation = again.load_model(), task.validation.source(torch.device("cpu"))
    _, metric = evaluate(model, validation, torch.nn.functional.cross_entropy, task.metric, Options(), 500)
    assert metric == pytest.approx(result.best.point.metric)


def test_stopped_and_continued_with_another_number(run, recorded, tmp_path):
    told = []
    first = run(budget="60 epochs", workers=2, on_event=told.append, stop=lambda: len(told) > 40)
    assert first.interrupted
    assert first.epochs < 60
    for workers in (3, 1):
        whole = run(budget="60 epochs", workers=workers)
        assert 60 <= whole.epochs <= 62  # each may have begun its last interval
        assert not whole.interrupted
    assert sum(len(points) for *_, points in recorded(tmp_path / "study").values()) == whole.epochs


PROGRAM = """
import sys
from luthier import load_task, tune
tell = lambda event: print(type(event).__name__, flush=True)
tune(load_task(sys.argv[1]), budget="100000 epochs", workers=2, folder=sys.argv[2], on_event=tell)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_a_run_that_is_ended(task, tmp_path, number):
    source = f"{Path(__file__).with_name('small_tasks.py')}:small"
    command = [sys.executable, "-c", PROGRAM, source, str(tmp_path / "ended")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, start_new_session=True, **pipes) as program:
        points = 0
        while points < 50:
            points += program.stdout.readline() == "PointAdded\n"
        if number == signal.SIGINT:
            os.killpg(program.pid, number)  # as a terminal does
        else:
            program.send_signal(number)
        _, said = program.communicate(timeout=60)  # the workers hold the other ends, too: they end when these have
    assert said.count("Traceback") == (number == signal.SIGINT)
    result = load_result(tmp_path / "ended", task)
    assert result.best is not None
    assert result.epochs > 9


def test_confirming_with_several_says_the_same(run, task, tmp_path):
    for folder in ("one", "two"):
        run(budget="8 trainings", search="random", folder=tmp_path / folder)
    one = confirm(tmp_path / "one", task, top=2, seeds=3, workers=1)
    two = confirm(tmp_path / "two", task, top=2, seeds=3, workers=2)
    found = [[(c.training.number, c.mean) for c in r.recommendation.candidates] for r in (one, two)]
    assert found[0] == found[1]
    weights = [torch.load(r.weights, weights_only=True) for r in (one, two)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
