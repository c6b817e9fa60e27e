"""Probes that run before the search."""

import re
from functools import partial

import pytest

from luthier import Space, choice, log_uniform, tune, uniform
from luthier.events import Probed, SliceFinished
from luthier.probes import range_tests_cost
from luthier.records import Belief, Outcome, Point, Slice, SliceResult, Status
from luthier.search import make_search
from luthier.study import Study
from luthier.tuning import searches
from luthier.tuning.probing import LR_TRAININGS, NOTE, plan
from luthier.tuning.searches import Searches
from luthier.tuning.setup import prepare

BUDGET = "500 epochs"  # ten times as much as the probes of trainings of 9 epochs


@pytest.fixture
def probed(task, endless, tmp_path):
    """A search that is told what the probes find, stopped when it has begun."""

    def run_it(space=endless, on_event=lambda event: None, stop=lambda: False, slices=8, **more):
        searched = []

        def hear(event):
            on_event(event)
            if isinstance(event, SliceFinished) and event.result.slice.note != NOTE:
                searched.append(event)

        stops = lambda: stop() or len(searched) >= slices  # noqa: E731
        asked = {"budget": BUDGET, "search": "freeze-thaw", **more}
        return tune(task, space, folder=tmp_path / "study", on_event=hear, stop=stops, **asked)

    return run_it


def results(folder) -> list[SliceResult]:
    return Study.load(folder).results()


def test_the_probes_run_after_the_users_own_setting_and_tell_the_search_where_the_lr_lies(probed, tmp_path):
    events = []
    probed(on_event=events.append)
    study = Study.load(tmp_path / "study")
    order = [r.slice for r in study.results()]
    assert [cut.training for cut in order[:4]] == [0, 1, 2, 3]
    assert all(cut.note == NOTE for cut in order[1:4])
    told = [e for e in events if isinstance(e, Probed)]
    assert [e.what for e in told] == ["learning rate"]
    assert study.beliefs is not None
    assert [b.name for b in study.beliefs] == ["lr"]
    assert f"lr {study.beliefs[0].centre:.2g} " in told[0].sentences[0]


def test_every_optimizer_of_the_space_has_its_own_learning_rate(probed, task, tmp_path):
    space = Space(lr=log_uniform(1e-4, 10), optimizer=choice("AdamW", "SGD", "Adadelta"), batch_size=32, epochs=9)
    events = []
    probed(space, on_event=events.append, budget="800 epochs")
    study = Study.load(tmp_path / "study")
    assert study.beliefs is not None
    centres = {b.given["optimizer"]: b.centre for b in study.beliefs if b.name == "lr"}
    assert {"SGD", "AdamW"} <= centres.keys()
    assert centres["SGD"] > 3 * centres["AdamW"]
    told = [e.sentences[0] for e in events if isinstance(e, Probed)]
    names = [re.findall(r"for (\w+) at batch size 32", sentence) for sentence in told]
    assert names == [["SGD"], ["AdamW"], ["Adadelta"]], "the user's own comes first"
    short = {r.slice.config.optimizer for r in study.results() if r.slice.note == NOTE}
    assert short == {"SGD"}, "short trainings of a second optimizer would not pay"


def test_range_tests_of_every_optimizer_come_before_short_trainings_of_any(task):
    setup = prepare(task, Space(lr=log_uniform(1e-4, 1), optimizer=choice("SGD", "AdamW"), epochs=9), None)
    tests = range_tests_cost(task, setup.baseline)
    assert tests < LR_TRAININGS / 2
    for total, tested, confirmed in (
        (9 * tests, 0, 0),
        (11 * tests, 1, 0),
        (21 * tests, 2, 0),
        (9 * (LR_TRAININGS + tests), 2, 0),
        (11 * (LR_TRAININGS + tests), 2, 1),
        (21 * LR_TRAININGS, 2, 2),
    ):
        found = plan(setup, 1.0, total, "epochs")
        assert (len(found.lr), len(found.confirm)) == (tested, confirmed)


def test_short_trainings_of_several_optimizers_have_numbers_of_their_own(probed, task, tmp_path):
    space = Space(lr=log_uniform(1e-4, 1), optimizer=choice("SGD", "AdamW"), batch_size=32, epochs=9)
    probed(space, budget="900 epochs", slices=2)
    first: dict[int, str] = {}
    for cut in (r.slice for r in results(tmp_path / "study") if r.slice.note == NOTE):
        assert first.setdefault(cut.training, cut.config.optimizer) == cut.config.optimizer
    assert list(first) == list(range(1, len(first) + 1))
    assert set(first.values()) == {"SGD", "AdamW"}


def test_what_was_measured_of_one_optimizer_leaves_the_users_belief_of_another(task):
    space = Space(lr=log_uniform(1e-4, 1), optimizer=choice("SGD", "AdamW"), momentum=uniform(0.0, 0.9), epochs=9)
    setup = prepare(task, space, None)
    own = [Belief("lr", 0.1, 2, "yours", given={"optimizer": "SGD"}), Belief("momentum", 0.8, 2, "yours")]
    searches = Searches("freeze-thaw", setup, 0, own, probes=True, in_seconds=False)
    measured = [Belief("lr", 0.01, 2, "measured", given={"optimizer": "AdamW"})]
    assert searches.beliefs(measured) == (*measured, *own)
    again = [Belief("lr", 0.3, 2, "measured", given={"optimizer": "SGD"})]
    assert searches.beliefs(again) == (*again, own[1])


def test_without_probes_the_search_has_the_users_confidence_alone(probed, tmp_path):
    probed(probes=False, confidence="high", baseline={"lr": 0.2}, budget="40 epochs")
    study = Study.load(tmp_path / "study")
    assert not any(r.slice.note == NOTE for r in study.results())
    assert study.beliefs is not None
    assert {b.name: b.centre for b in study.beliefs} == {"lr": 0.2}


@pytest.mark.parametrize("more", [{"budget": "300 epochs"}, {"budget": "100 trainings"}, {"search": "asha"}])
def test_they_are_left_out_where_they_would_not_pay(probed, tmp_path, more):
    probed(**more)
    assert not any(r.slice.note == NOTE for r in results(tmp_path / "study"))


def test_they_are_left_out_where_the_space_does_not_vary_the_learning_rate(task, tmp_path):
    tune(task, Space(batch_size=choice(16, 32), epochs=9), budget=BUDGET, search="freeze-thaw", folder=tmp_path)
    assert Study.load(tmp_path).beliefs == ()


@pytest.mark.parametrize("asked", [4, 9, 16])
def test_a_study_stopped_within_its_probes_goes_on_as_if_it_had_not_been(task, tmp_path, recorded, asked):
    space = Space(lr=log_uniform(1e-3, 1), batch_size=choice(16, 32, 64), epochs=2)
    search = partial(tune, task, space, budget="90 epochs", search="freeze-thaw", baseline={"epochs": 2})
    left = iter(range(asked))
    stopped = search(folder=tmp_path / "stopped", stop=lambda: next(left, None) is None)
    assert stopped.interrupted
    assert Study.load(tmp_path / "stopped").beliefs is None
    search(folder=tmp_path / "stopped")
    search(folder=tmp_path / "whole")
    assert recorded(tmp_path / "stopped") == recorded(tmp_path / "whole")
    assert any(r.slice.note == NOTE for r in results(tmp_path / "whole"))


def test_the_search_may_go_on_from_a_probes_training(endless, task):
    search = make_search("freeze-thaw", endless, max_epochs=9, direction="maximize", complete=task.config, seed=0)
    config = task.config({"lr": 0.05, "batch_size": 32})

    def told(cut: Slice, value: float) -> SliceResult:
        epochs = range(int(cut.start) + 1, int(cut.stop) + 1)
        points = tuple(Point(float(e), 1.0, 1.0, value * (1 - 0.5**e), 0.05, 32, 0.1) for e in epochs)
        return SliceResult(cut, points, Outcome(Status.DONE))

    for number, value in enumerate((0.9, 0.89, 0.2)):
        search.tell(told(Slice(number, config.replace(lr=0.01 * (number + 1)), 0, 3, note=NOTE), value))
    gone_on = set()
    for _ in range(30):
        for cut in search.ask():
            assert isinstance(cut, Slice)
            gone_on |= {cut.training} & {0, 1, 2}
            search.tell(told(cut, 0.3))
    assert gone_on >= {0, 1}


@pytest.mark.parametrize(("budget", "spent"), [(20.0, True), ("6 epochs", False), ("2 trainings", False)])
def test_the_search_is_told_whether_seconds_are_spent(task, tmp_path, monkeypatch, budget, spent):
    told = []

    def make(*args, in_seconds, **more):
        told.append(in_seconds)
        return make_search(*args, in_seconds=in_seconds, **more)

    monkeypatch.setattr(searches, "make_search", make)
    tune(task, Space(lr=log_uniform(0.01, 1), epochs=2), budget=budget, folder=tmp_path, stop=lambda: bool(told))
    assert set(told) == {spent}
