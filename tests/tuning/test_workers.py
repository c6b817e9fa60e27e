"""Several trainings at the same time."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

from luthier import Options, load_result
from luthier.errors import UsageError
from luthier.events import PointAdded, SliceFinished, SliceStarted
from luthier.training import evaluate
from luthier.tuning.budget import parse_budget
from luthier.tuning.workers import MOST_WORKERS, choose_workers


@pytest.mark.parametrize(
    ("workers", "budget", "options", "threads", "chosen"),
    [
        ("auto", "60s", Options(), 1, 3),
        ("auto", "60s", Options(), 4, 1),  # a large model uses the cores
        ("auto", "60s", Options(), None, 1),
        ("auto", "60s", Options(threads=1), 1, 1),  # others use the cores
        ("auto", "5s", Options(), 1, 1),
        ("auto", "100 epochs", Options(), 1, 1),
        ("auto", "9 trainings", Options(), 1, 1),
        (2, "100 epochs", Options(), 4, 2),
        (1, "60s", Options(), 1, 1),
    ],
)
def test_as_many_as_there_are_cores_where_that_pays(monkeypatch, workers, budget, options, threads, chosen):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3, 4})
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert choose_workers(workers, parse_budget(budget), options, threads) == chosen


def test_not_more_than_a_search_can_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    assert choose_workers("auto", parse_budget("60s"), Options(), 1) == MOST_WORKERS


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
        assert 60 <= whole.epochs <= 61
        assert not whole.interrupted
    assert sum(len(points) for *_, points in recorded(tmp_path / "study").values()) == whole.epochs


PROGRAM = """
import sys
from luthier import load_task, tune
tell = lambda event: print(type(event).__name__, flush=True)
tune(load_task(sys.argv[1]), budget="100000 epochs", workers=2, folder=sys.argv[2], on_event=tell)
"""


def test_no_worker_outlives_a_killed_run(run, task, endless, tmp_path, load):

    source = f"{Path(__file__).with_name('small_tasks.py')}:small"
    command = [sys.executable, "-c", PROGRAM, source, str(tmp_path / "killed")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        points = 0
        while points < 50:
            points += program.stdout.readline() == "PointAdded\n"
        program.kill()
        program.communicate(timeout=60)  # the workers hold the other end, too: it ends when they have
    result = load_result(tmp_path / "killed", task)
    assert result.best is not None
    assert result.epochs > 9
