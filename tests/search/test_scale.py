"""The scale on which the model of curves sees scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.search._scale import Scale

SCORES = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30).map(np.array)


def test_the_scale_keeps_order_and_a_diverged_training_does_not_drown_the_rest() -> None:
    scores = np.array([0.9, 0.89, 0.8, 0.5, 0.45])
    scaled = Scale.of(scores)(scores)
    assert (np.diff(scaled) < 0).all()
    far = np.append(scores, -1e6)
    there = Scale.of(far)(far)
    assert np.isfinite(there).all()
    assert there[0] - there[3] > 0.1
    assert np.isfinite(Scale.of(np.ones(4))(np.ones(4))).all()


def test_the_scale_goes_both_ways() -> None:
    scores = np.array([0.9, 0.89, 0.8, 0.7, 0.6])
    scale = Scale.of(scores)
    assert scale.score(scale(scores)) == pytest.approx(scores)


def test_however_far_off_a_training_is_the_rest_stays_as_far_apart() -> None:
    usual = [0.9, 0.89, 0.8, 0.5, 0.45]
    apart = [np.ptp(Scale.of(np.array([*usual, far]))(np.array(usual))) for far in (-1e3, -1e9)]
    assert apart[1] == pytest.approx(apart[0], rel=1e-3)


def test_above_the_best_it_goes_on_as_steeply_as_just_below() -> None:
    scores = np.array([0.9, 0.89, 0.8, 0.7, 0.6])
    below, best, above = Scale.of(scores).score(np.array([-1e-4, 0.0, 1e-4]))
    assert above - best == pytest.approx(best - below, rel=0.01)


@given(SCORES)
def test_the_best_is_0_and_a_better_score_is_never_lower(scores: np.ndarray) -> None:
    scores = np.sort(scores)
    scaled = Scale.of(scores)(scores)
    assert np.isfinite(scaled).all()
    assert scaled[-1] == pytest.approx(0.0, abs=1e-6)
    assert (np.diff(scaled) >= -1e-9).all()


@given(SCORES, st.floats(-4, 2))
def test_a_value_is_the_scaled_value_of_its_score_as_far_as_the_scale_goes(scores: np.ndarray, value: float) -> None:
    scale = Scale.of(scores)
    lowest = float(scale(np.array([-1e9]))[0])
    score = scale.score(np.array([value]))
    if lowest < value < 0 and scores.max() - scores.min() > 1e-3:
        assert scale(score)[0] == pytest.approx(value, abs=1e-3)
    if value >= 0:
        assert score[0] >= scores.max()


def test_ten_times_the_progress_is_seen_where_hardly_anything_was_learned() -> None:
    """Losses near chance, as rates of 1e-5, 1e-4, ... give them after the first epoch."""
    losses = np.array([2.3026, 2.3025, 2.3016, 2.2926, 2.21])
    steps = np.diff(Scale.of(-losses)(-losses))
    assert steps[1:].min() > 0.1 * steps.max()
