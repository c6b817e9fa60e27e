from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.hyperparameters import complete
from luthier.records import Config, Point
from luthier.training.stopping import Patience, Stopping


def point(epoch: float, val_loss: float) -> Point:
    return Point(epoch, 1.0, val_loss, 0.5, 0.1, 8, 0.0)


def told(losses: list[float], per_epoch: int = 1, **values: Any) -> tuple[Stopping, int]:
    """The state after these validation losses, and how many of them were seen before it was over."""
    config: Config = complete({"epochs": 10, **values})
    stopping = Stopping.of(config)
    for i, loss in enumerate(losses):
        if stopping.over:
            return stopping, i
        stopping.see(config, point((i + 1) / per_epoch, loss))
    return stopping, len(losses)


def test_without_patience_nothing_stops() -> None:
    assert not told([1, 2, 3, 4, 5])[0].over


@pytest.mark.parametrize(("per_epoch", "seen"), [(1, 4), (2, 6), (3, 8)])
def test_patience_is_in_epochs_whatever_the_intervals(per_epoch: int, seen: int) -> None:
    stopping, count = told([2, 1] + [1] * 20, per_epoch, patience=2)
    assert (stopping.over, count) == (True, seen)
    assert stopping.early.since == 2 / per_epoch


def test_min_delta_says_how_much_lower_counts() -> None:
    assert told([1.0, 0.95, 0.9, 0.85], patience=2, min_delta=0.5)[0].over
    assert not told([1.0, 0.95, 0.9, 0.85], patience=2, min_delta=0.01)[0].over


def test_small_steps_add_up_to_min_delta() -> None:
    """0.3 in all since the lowest that counted is lower by more than 0.25."""
    assert told([1.0, 0.9, 0.8, 0.7], patience=3, min_delta=0.25)[0].early.lowest == 0.7


@pytest.mark.parametrize(("patience", "drops"), [(0.0, 4), (0.1, 2), (0.2, 1), (0.5, 0)])
def test_plateau_drops_after_its_share_of_the_training(patience: float, drops: int) -> None:
    stopping, _ = told([1, 1, 1, 1, 1], schedule="plateau", plateau_patience=patience)
    assert stopping.drops == drops


def test_plateau_drops_at_the_same_time_in_finer_intervals() -> None:
    coarse, _ = told([1] * 9, schedule="plateau", plateau_patience=0.15)
    fine, _ = told([1] * 36, per_epoch=4, schedule="plateau", plateau_patience=0.15)
    assert coarse.drops == 4  # every second epoch
    assert fine.drops == 5  # every 1.75 epochs


def test_a_falling_loss_neither_drops_nor_stops() -> None:
    stopping, _ = told([5, 4, 3, 2, 1], schedule="plateau", plateau_patience=0.0, patience=1)
    assert (stopping.drops, stopping.over) == (0, False)


def test_only_the_schedule_plateau_drops() -> None:
    assert told([1] * 9, schedule="cosine", plateau_patience=0.0)[0].drops == 0


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 5))
def test_waiting_never_exceeds_the_epochs_seen(losses: list[float], delta: float) -> None:
    patience = Patience(delta)
    for i, loss in enumerate(losses):
        waited = patience.waited(point(i + 1, loss))
        assert 0 <= waited <= i
        assert patience.lowest <= losses[0]
