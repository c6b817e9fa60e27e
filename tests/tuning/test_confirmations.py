"""At the end of a search the best few are run again on fresh seeds."""

from collections import Counter

import pytest

from luthier import Space, choice, load_result, log_uniform, tune
from luthier.events import NewBest, SliceFinished, SliceStarted
from luthier.tuning import Budget


@pytest.fixture
def short():
    return Space(lr=log_uniform(1e-3, 1), batch_size=choice(16, 32, 64), epochs=2)


@pytest.fixture
def confirmed(task, short, tmp_path):
    """Runs with room for six confirmations of two epochs."""

    def run(**more):
        arguments = {"budget": "60 epochs", "baseline": {"epochs": 2}, "folder": tmp_path / "study", **more}
        return tune(task, short, **arguments)

    return run


@pytest.mark.parametrize("search", ["hyperband", "tpe+median", "random"])
def test_the_best_and_the_baseline_run_again_on_fresh_seeds_and_do_not_compete(confirmed, tmp_path, search):
    events = []
    result = confirmed(search=search, seed=5, on_event=events.append)
    again = [e.result for e in events if isinstance(e, SliceFinished) and "confirms" in e.result.slice.note]
    best = result.best.training
    assert [r.slice.note["confirms"] for r in again][:4] == [best, best, *([0, 0] if best else [])], "the winner first"
    assert Counter(r.slice.note["confirms"] for r in again) == {best: 3, 0: 3}, "a gain is told before ties"
    assert len(again) == 6
    winners = [r for r in again if r.slice.note["confirms"] == best]
    assert all(r.slice.config == result.best.config for r in winners)
    assert [r.slice.seed for r in winners] == [6, 7, 8]
    assert result.confirmations == tuple(max(r.points, key=lambda p: (p.metric, -p.val_loss)) for r in winners)
    assert len({p.val_loss for p in (*result.confirmations, result.best.point)}) == 4
    numbers = {r.slice.training for r in again}
    assert not numbers & {e.training for e in events if isinstance(e, NewBest)}
    assert best not in numbers
    assert result.luck.startswith("On 3 fresh seeds the same setting scores 0.")
    assert f"the best of {result.trainings - 6} trainings" in result.luck
    assert result.repeated == 6
    assert result.epochs == 60


def test_the_others_run_again_when_a_gain_can_be_told(confirmed):
    result = confirmed(search="random", seed=5, budget="90 epochs")  # room for nine
    scores = {c.training.number: len(c.scores) for c in result.recommendation.candidates}
    assert scores.pop(result.best.training) == 3
    assert scores.pop(0) == 3
    assert list(scores.values()) == [3], "of two seeds nearly anything ties"


def test_what_has_no_room_for_three_seeds_does_not_take_the_winners_place(confirmed):
    found = confirmed(search="random", seed=5, budget="80 epochs").recommendation  # room for eight
    assert [len(c.scores) for c in found.candidates] == [4, 4]


def test_the_result_says_what_to_use_and_the_gain_with_its_interval(confirmed, tmp_path):
    found = confirmed(seed=5).recommendation
    assert {c.training.number for c in found.candidates} >= {0}
    assert all(len(c.scores) >= 2 for c in found.candidates)
    assert found.training.number in {c.training.number for c in found.tied}
    assert found.is_baseline or found.gain_interval.low <= found.gain <= found.gain_interval.high
    assert load_result(tmp_path / "study").recommendation == found


def test_short_trainings_keep_no_more_of_the_budget_than_their_fresh_seeds_take(task, tmp_path):
    space = Space(lr=log_uniform(1e-3, 1), epochs=1)
    result = tune(task, space, budget="160 epochs", search="random", baseline={"epochs": 1}, folder=tmp_path)
    assert [len(c.scores) for c in result.recommendation.candidates] in ([5] * 4, [5] * 3)
    assert result.epochs >= 155


@pytest.mark.parametrize("budget", ["12 epochs", "20 trainings"])
def test_without_room_for_two_there_are_none(confirmed, budget):
    result = confirmed(budget=budget)
    assert result.confirmations == ()
    assert "it was not run again" in result.luck


def test_a_confirmation_that_was_stopped_does_not_count_until_it_is_finished(confirmed, tmp_path):
    whole = confirmed(folder=tmp_path / "whole", seed=5)
    confirming = []

    def listen(event):
        if isinstance(event, SliceStarted):
            confirming.append("confirms" in event.slice.note)
            asked.clear()

    def stop():
        asked.append(True)
        return confirming[-1:] == [True] and len(asked) > 1  # after an epoch of it

    asked = []
    result = confirmed(seed=5, on_event=listen, stop=stop)
    assert result.interrupted
    assert result.confirmations == ()
    assert "it was not run again" in result.luck
    assert result.epochs == whole.epochs - 11
    again = confirmed(seed=5)
    assert not again.interrupted
    assert [p.val_loss for p in again.confirmations] == [p.val_loss for p in whole.confirmations]
    assert (again.luck, again.trainings, again.epochs) == (whole.luck, whole.trainings, whole.epochs)


def test_another_leader_has_confirmations_of_its_own(confirmed):
    first = confirmed(seed=5)
    events = []
    second = confirmed(seed=5, budget="150 epochs", on_event=events.append)
    leads = {e.training for e in events if isinstance(e, NewBest)} - {first.best.training}
    assert bool(leads) == (second.best.training != first.best.training)
    assert len(second.confirmations) == 5
    assert all(p in second.confirmations for p in first.confirmations) == (not leads)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("seed", [0, 5])
def test_seconds_leave_room_for_confirmations(confirmed, seed):
    result = confirmed(budget=Budget("seconds", 30.0), seed=seed)
    assert len(result.confirmations) >= 2
    assert result.luck.startswith(f"On {len(result.confirmations)} fresh seeds")
    assert result.budget.spent < 31, "an interval takes half a second by this clock"


def test_trainings_that_the_search_has_no_more_use_for_run_the_best_again(task, tmp_path):
    space = Space(lr=choice(0.01, 0.1), batch_size=choice(16, 32), epochs=2)
    arguments = {"baseline": {"epochs": 2, "lr": 0.1, "batch_size": 16}, "folder": tmp_path, "search": "random"}
    result = tune(task, space, budget="9 trainings", **arguments)
    assert result.exhausted
    assert (result.trainings, result.repeated) == (9, 5)
    assert len(result.confirmations) >= 2
    again = tune(task, space, budget="9 trainings", **arguments)
    assert (again.trainings, again.repeated) == (9, 5)
    more = tune(task, space, budget="100 trainings", **arguments)
    assert more.trainings - more.repeated == 4
    assert more.repeated <= 20


def test_a_search_that_takes_all_trainings_leaves_none_for_fresh_seeds(confirmed):
    result = confirmed(budget="6 trainings", search="random")
    assert (result.trainings, result.repeated, result.exhausted) == (6, 0, False)
