"""The winner is run again on fresh seeds."""

import pytest

from luthier import Space, choice, log_uniform, tune
from luthier.events import NewBest, SliceFinished, SliceStarted
from luthier.tuning import Budget


@pytest.fixture
def short():
    return Space(lr=log_uniform(1e-3, 1), batch_size=choice(16, 32, 64), epochs=2)


@pytest.fixture
def confirmed(task, short, tmp_path):
    """Runs with room for three confirmations of two epochs."""

    def run(**more):
        arguments = {"budget": "60 epochs", "baseline": {"epochs": 2}, "folder": tmp_path / "study", **more}
        return tune(task, short, **arguments)

    return run


@pytest.mark.parametrize("search", ["hyperband", "tpe+median", "random"])
def test_the_winner_is_run_again_on_fresh_seeds_which_do_not_compete(confirmed, tmp_path, search):
    events = []
    result = confirmed(search=search, seed=5, on_event=events.append)
    again = [e.result for e in events if isinstance(e, SliceFinished) and "confirms" in e.result.slice.note]
    assert [r.slice.config for r in again] == [result.best.config] * 3
    assert [r.slice.seed for r in again] == [6, 7, 8]
    assert [r.slice.note["confirms"] for r in again] == [result.best.training] * 3
    assert result.confirmations == tuple(max(r.points, key=lambda p: (p.metric, -p.val_loss)) for r in again)
    assert len({p.val_loss for p in (*result.confirmations, result.best.point)}) == 4
    numbers = {r.slice.training for r in again}
    assert not numbers & {e.training for e in events if isinstance(e, NewBest)}
    assert result.best.training not in numbers
    assert result.luck.startswith("On 3 fresh seeds the same setting scores 0.")
    assert f"the best of {result.trainings - 3} trainings" in result.luck
    assert result.epochs == 60


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
    assert result.epochs == whole.epochs - 5
    again = confirmed(seed=5)
    assert not again.interrupted
    assert [p.val_loss for p in again.confirmations] == [p.val_loss for p in whole.confirmations]
    assert (again.luck, again.trainings, again.epochs) == (whole.luck, whole.trainings, whole.epochs)


def test_another_leader_has_confirmations_of_its_own(confirmed):
    first = confirmed(seed=5)
    events = []
    second = confirmed(seed=5, budget="140 epochs", on_event=events.append)
    leads = {e.training for e in events if isinstance(e, NewBest)} - {first.best.training}
    assert bool(leads) == (second.best.training != first.best.training)
    assert len(second.confirmations) == 5
    assert all(p in second.confirmations for p in first.confirmations) == (not leads)


def test_seconds_leave_room_for_confirmations(confirmed):
    result = confirmed(budget=Budget("seconds", 4.0), seed=5)
    assert len(result.confirmations) >= 2
    assert result.luck.startswith(f"On {len(result.confirmations)} fresh seeds")
    assert result.budget.spent < 8
