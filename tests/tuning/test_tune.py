"""One call of tune."""

import json
import random
import threading
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from luthier import Options, Space, choice, digits, load_result, log_uniform, tune
from luthier.cli.documents import tune_document
from luthier.errors import BudgetError, ConfigError, TaskError, UsageError
from luthier.events import NewBest, PointAdded, SliceFinished, SliceStarted, StudyOpened, TrainingEnded
from luthier.records import Slice
from luthier.search import OptunaSearch, make_search
from luthier.study import Study
from luthier.task import reference_of
from luthier.training import evaluate
from luthier.tuning.reserve import SPREAD_SHARE
from luthier.tuning.setup import prepare
from luthier.tuning.winner import load_winner


def of(kind, events):
    return [e for e in events if isinstance(e, kind)]


def test_the_users_own_setting_is_training_0(run, recorded, tmp_path):
    result = run(budget="20 epochs", baseline={"lr": 0.02, "momentum": 0.5})
    assert result.baseline.training == 0
    assert (result.baseline.config.lr, result.baseline.config.momentum, result.baseline.curve.epoch) == (0.02, 0.5, 9)
    found = recorded(tmp_path / "study")
    assert found[0][0] == result.baseline.config
    assert {entry[0].momentum for entry in found.values()} == {0.5}
    assert len({entry[0] for entry in found.values()}) == len(found) == result.trainings


@pytest.mark.parametrize(("budget", "there"), [("1 epochs", True), (0.5, False)])
def test_what_scores_are_compared_with_is_noted_unless_the_budget_is_a_look(tmp_path, budget, there):
    task = digits()
    tune(task, budget=budget, folder=tmp_path)
    noted = json.loads((tmp_path / "task.json").read_text())["reference"]
    assert noted == (reference_of(task) if there else None)
    assert reference_of(task) is not None


def own_slices(events):
    """Where slices of the user's own setting begin and end, and how many of other trainings came before each."""
    cuts = [e.slice for e in of(SliceStarted, events)]
    return [
        (cut.start, cut.stop, len([c for c in cuts[:k] if c.training]))
        for k, cut in enumerate(cuts)
        if not cut.training
    ]


def test_others_go_before_the_end_of_the_users_setting(run):
    events = []
    result = run(budget="60 epochs", baseline={"lr": 0.001}, on_event=events.append)
    [look, rest] = own_slices(events)
    assert (look, rest[:2]) == ((0, 2, 0), (2, 9))
    assert rest[2] > 0
    assert result.baseline.curve.epoch == 9


@pytest.mark.parametrize("budget", ["40 epochs", "8 trainings"])
def test_nothing_goes_before_it_where_the_budget_is_short_or_counts_trainings(run, budget):
    events = []
    run(budget=budget, baseline={"lr": 0.001}, on_event=events.append)
    assert own_slices(events) == [(0, 2, 0), (2, 9, 0)]


@pytest.mark.parametrize(("search", "schedule"), [("asha", "constant"), ("freeze-thaw", "cooldown")])
def test_searches_that_do_not_race_it_have_it_from_start_to_end(task, tmp_path, search, schedule):
    events, space = [], Space(lr=log_uniform(1e-3, 1), epochs=9, schedule=schedule)
    tune(
        task, space, budget="60 epochs", baseline={"lr": 0.001}, search=search, folder=tmp_path, on_event=events.append
    )
    assert own_slices(events) == [(0, 9, 0)]


def test_what_the_search_left_of_the_users_setting_comes_before_fresh_seeds(run, monkeypatch):
    monkeypatch.setattr("luthier.search.freeze_thaw.OWN_AFTER", 100.0)
    events = []
    result = run(budget="140 epochs", baseline={"lr": 0.001}, on_event=events.append)
    assert [cut[:2] for cut in own_slices(events)] == [(0, 2), (2, 9)]
    cuts = [e.slice for e in of(SliceStarted, events)]
    last = next(k for k, cut in enumerate(cuts) if cut.training == 0 and cut.start)
    assert result.confirmations
    assert all("confirms" in cut.note for cut in cuts[last + 1 :])


def test_a_search_that_knows_no_baseline_gets_it_too(run, task, endless):
    setup = prepare(task, endless, {"lr": 0.02})
    search = OptunaSearch(endless, max_epochs=9, direction="maximize", complete=setup.complete, sampler="random")
    result = run(budget="3 trainings", search=search, baseline={"lr": 0.02})
    assert result.baseline.config == setup.baseline
    assert result.trainings == 3


@pytest.mark.parametrize("total", [1, 20.0])
@pytest.mark.parametrize("search", ["hyperband", "random", "tpe+median"])
def test_a_budget_of_epochs(run, total, search):
    result = run(budget=f"{total} epochs", search=search)
    assert result.epochs == total
    assert result.budget.spent == total
    assert not result.interrupted


def test_a_budget_of_epochs_is_obeyed_within_one_interval(tasks, endless, tmp_path):
    task = tasks.make(evaluations_per_epoch=2)
    assert tune(task, endless, budget="7.2 epochs", folder=tmp_path).epochs == 7.5


@pytest.mark.parametrize("total", [1, 12])
@pytest.mark.parametrize("search", ["hyperband", "random", "tpe+median"])
def test_a_budget_of_trainings(run, recorded, tmp_path, total, search):
    result = run(budget=f"{total} trainings", search=search)
    assert result.trainings == result.budget.spent == len(recorded(tmp_path / "study")) == total
    if search == "random":
        assert result.epochs == 9 * total


@pytest.mark.parametrize("total", [2.0, 5.0, 20.0])
def test_a_budget_of_seconds(run, clock, total):
    events = []
    result = run(budget=total, on_event=events.append)
    *points, _ = of(PointAdded, events)
    # After each of these points another interval began.
    assert all(e.budget.spent < total for e in points)
    assert all(e.budget.spent - 0.1 < total for e in of(SliceStarted, events))
    # Half a second is one interval by this clock. What is left was kept for running the best again, which was done.
    assert total * (1 - SPREAD_SHARE) <= result.budget.spent < total + 0.5
    assert result.budget.spent >= total or result.confirmations
    assert result.budget.unit == "seconds"


class Late:
    """A search during whose decision to begin a training the clock goes on to ``late``."""

    def __init__(self, search, training, clock, late):
        self._search, self._training, self._clock, self._late = search, training, clock, late

    def ask(self, n=1):
        decisions = self._search.ask(n)
        if any(isinstance(d, Slice) and d.training == self._training for d in decisions):
            self._clock[0] = max(self._clock[0], self._late)
        return decisions

    def __getattr__(self, name):
        return getattr(self._search, name)


@pytest.mark.parametrize("training", [3, 6, 9])
@pytest.mark.parametrize("name", ["freeze-thaw", "hyperband", "tpe+median"])
def test_what_was_decided_too_late_is_run_with_what_the_confirming_leaves(
    run, task, endless, recorded, tmp_path, clock, name, training
):
    events = []
    setup = prepare(task, endless, None)
    search = make_search(
        name, endless, max_epochs=9, direction="maximize", baseline=setup.baseline, complete=setup.complete
    )
    # The share of the search is spent then, and what is left is too little to run the winner again.
    result = run(budget=100.0, search=Late(search, training, clock, 99.8), on_event=events.append)
    assert len(recorded(tmp_path / "study")) == result.trainings > training
    *_, last = of(SliceStarted, events)
    assert result.budget.spent >= 100.0 > last.budget.spent - 0.1


def test_a_budget_too_small_for_anything(run):
    result = run(budget=1e-9)
    assert (result.best, result.baseline, result.gain, result.trainings, result.luck) == (None, None, None, 0, "")
    json.dumps(tune_document(result, "small"), allow_nan=False)


def test_what_is_wrong_is_told_before_anything_is_written(task, endless, tmp_path):
    folder = tmp_path / "study"
    for error, more in [
        (BudgetError, {"budget": "soon"}),
        (ConfigError, {"baseline": {"batchsize": 5}}),
        (ConfigError, {"options": Options(device="cuda:99")}),
        (UsageError, {"search": "hyperbend"}),
        (UsageError, {"checkpoint_gb": -1.0}),
    ]:
        with pytest.raises(error):
            tune(task, endless, folder=folder, **more)
    with pytest.raises(TaskError):
        tune("digitz", endless, folder=folder)
    assert not folder.exists()


@pytest.mark.parametrize("search", ["hyperband", "tpe+median"])
def test_events_come_in_a_sensible_order(run, tmp_path, search):
    events = []
    result = run(budget="40 epochs", search=search, on_event=events.append)
    opened, *rest = events
    assert opened == StudyOpened(tmp_path / "study", "small", "accuracy", "maximize", 0, opened.budget)
    assert opened.budget.spent == 0

    reached, ended = Counter(), set()
    now = None
    for event in rest:
        if isinstance(event, SliceStarted):
            assert now is None
            now = event.slice
            assert now.training not in ended
            assert now.start == reached[now.training]
            assert now.training <= len(reached)
        elif isinstance(event, PointAdded):
            assert (event.training, event.config) == (now.training, now.config)
            assert reached[now.training] < event.point.epoch <= now.stop
            reached[now.training] = event.point.epoch
        elif isinstance(event, SliceFinished):
            assert event.result.slice == now
            last, now = now, None
        elif isinstance(event, NewBest):
            assert (now, event.training, event.config) == (None, last.training, last.config)
        else:
            assert isinstance(event, TrainingEnded)
            ended.add(event.end.training)
    spent = [e.budget.spent for e in rest if not isinstance(e, (NewBest, TrainingEnded))]
    assert spent == sorted(spent)
    assert spent[-1] == sum(reached.values()) == result.epochs == 40
    assert len(reached) == result.trainings


@pytest.mark.parametrize("search", ["hyperband", "tpe+median", "random"])
def test_each_new_best_is_told_and_on_disk_at_once(run, tmp_path, search):
    best, told = [], []

    def listen(event):
        if isinstance(event, SliceFinished):
            for point in event.result.points:
                if not best or point.better(best[-1], "maximize"):
                    best.append(point)
        elif isinstance(event, NewBest):
            told.append(event.point)
            assert load_winner(tmp_path / "study").point == best[-1] == event.point
            assert event.curve.best("maximize") == event.point

    result = run(budget="40 epochs", search=search, on_event=listen)
    assert told[-1] == best[-1] == result.best.point
    assert len(told) > 1


@pytest.mark.parametrize("search", ["hyperband", "tpe+median", "random"])
def test_nothing_is_trained_twice(run, tasks, recorded, tmp_path, search):
    before = tasks.trained["batches"]
    run(budget="40 epochs", search=search)
    points = [p for *_, curve in recorded(tmp_path / "study").values() for p in curve]
    assert tasks.trained["batches"] - before == sum(-(-160 // p.batch_size) for p in points)


def test_the_winner_on_disk_has_the_winners_score_exactly(run, task):
    result = run(budget="60 epochs")
    model = result.best.load_model()
    assert not model.training
    source = task.validation.source(torch.device("cpu"))
    assert evaluate(model, source, torch.nn.CrossEntropyLoss(), task.metric, Options(), 4096) == (
        result.best.point.val_loss,
        result.best.point.metric,
    )


def test_the_result_is_never_below_the_users_own_setting(run):
    result = run(budget="30 epochs", baseline={"lr": 0.1, "epochs": 20})
    assert result.best.point.metric >= result.baseline.point.metric
    assert result.gain == result.best.point.metric - result.baseline.point.metric


@pytest.mark.parametrize("metric", ["error", "loss"])
def test_a_metric_that_falls(tasks, endless, tmp_path, metric):
    result = tune(tasks.make(metric=metric), endless, budget="40 epochs", folder=tmp_path)
    lowest = min(p.metric for p in load_result(tmp_path).best.curve)
    assert result.best.point.metric == lowest
    assert result.gain == result.baseline.point.metric - lowest > 0


def test_the_same_seed_decides_the_same(run, recorded, tmp_path):
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        run(budget="40 epochs", seed=seed, folder=tmp_path / name)
    a, b, c = (recorded(tmp_path / name) for name in "abc")
    assert a == b != c


def test_the_global_random_streams_stay_as_they_were(run, tmp_path):
    def states():
        return torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()

    before = states()
    result = run(budget="30 epochs")
    result.best.load_model()
    load_result(tmp_path / "study")
    assert states() == before


def test_a_storage_by_its_url(run, task, recorded, tmp_path):
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in "ab"]
    first = run(budget="20 epochs", storage=urls[0])
    result = run(budget="40 epochs", storage=urls[0])
    assert result.epochs == 40
    one, more = (replace(r.best, curve=None) for r in (first, result))  # the curve of the best may have gone on
    assert one == more or result.best.point.better(first.best.point, "maximize")
    assert load_result(tmp_path / "study", storage=urls[0]).best.point == result.best.point
    run(budget="20 epochs", folder=tmp_path / "journal")
    run(budget="40 epochs", folder=tmp_path / "journal")
    assert recorded(tmp_path, urls[0]) == recorded(tmp_path / "journal")


def test_a_storage_that_holds_other_studies_too(tasks, endless, tmp_path):
    url = f"sqlite:///{tmp_path}/shared.db"
    for name in ("one", "two"):
        task = tasks.make()
        task.name = name
        tune(task, endless, budget="5 epochs", storage=url, folder=tmp_path / name)
    assert load_result(tmp_path / "two", storage=url).study_name == "two"


@pytest.mark.usefixtures("every_interval_is_frozen", "nothing_stays_in_memory")
def test_checkpoints_of_another_study_in_the_folder_are_not_taken(run, recorded, tmp_path):
    for seed in (1, 2):
        run(budget="12 epochs", storage=f"sqlite:///{tmp_path}/{seed}.db", seed=seed)
    run(budget="12 epochs", folder=tmp_path / "alone", seed=2)
    assert recorded(tmp_path, f"sqlite:///{tmp_path}/2.db") == recorded(tmp_path / "alone")


@pytest.mark.usefixtures("nothing_stays_in_memory")
@pytest.mark.parametrize("frozen", [True, False])
def test_memory_changes_nothing(request, run, recorded, tmp_path, frozen):
    if frozen:
        request.getfixturevalue("every_interval_is_frozen")
    run(budget="40 epochs", folder=tmp_path / "short")
    request.getfixturevalue("monkeypatch").undo()
    run(budget="40 epochs", folder=tmp_path / "long")
    assert recorded(tmp_path / "short") == recorded(tmp_path / "long")


def test_trainings_that_are_over_leave_no_checkpoints(request, run, tmp_path):
    request.getfixturevalue("every_interval_is_frozen")
    run(budget="60 epochs")
    with Study.open(tmp_path / "study", **_about(run, tmp_path)) as study:
        ended = study.ended()
    kept = {int(path.name[-5:]) for path in (tmp_path / "study" / "checkpoints").glob("training-*")}
    assert kept
    assert not kept & ended


def _about(run, tmp_path):
    about = Study.load(tmp_path / "study").description
    return {n: getattr(about, n) for n in ("name", "task", "space", "direction", "metric", "seed", "search")}


def test_the_result_as_json_is_the_result(run):
    result = run(budget="30 epochs")
    document = json.loads(json.dumps(tune_document(result, "small"), allow_nan=False))
    assert document["best"]["point"]["metric"] == result.best.point.metric
    assert document["trainings"] == result.trainings
    assert document["budget"] == {"unit": "epochs", "total": 30, "spent": 30}


def test_a_space_that_is_used_up_ends_the_search(task, tmp_path):
    space = Space(lr=choice(0.01, 0.05, 0.1), epochs=2)
    result = tune(task, space, budget="1000 epochs", folder=tmp_path, baseline={"epochs": 2})
    competing = {c.lr for c in (r.slice.config for r in Study.load(tmp_path).results())}
    assert competing == {0.01, 0.05, 0.1}
    assert result.epochs <= 3 * 2 + 3 * 5 * 2
    assert len(result.confirmations) == 5
    again = tune(task, space, budget="1000 epochs", folder=tmp_path, baseline={"epochs": 2})
    assert again.epochs == result.epochs


def test_it_runs_in_another_thread(run):
    found = []
    thread = threading.Thread(target=lambda: found.append(run(budget="10 epochs")))
    thread.start()
    thread.join()
    assert found[0].epochs == 10


def test_what_the_listener_gets_is_what_is_recorded(run, recorded, tmp_path):
    events = []
    run(budget="30 epochs", on_event=events.append)
    heard = {}
    for event in of(PointAdded, events):
        heard.setdefault(event.training, []).append(replace(event.point, seconds=0))
    assert heard == {n: entry[3] for n, entry in recorded(tmp_path / "study").items()}
    for one, other in pairwise(of(SliceFinished, events)):
        assert one.budget.seconds <= other.budget.seconds
