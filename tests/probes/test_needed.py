import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.probes._needed import Course, critical, falling, fit

SIZES = np.array([8.0 * 2**k for k in range(9)])


@given(st.floats(20, 2000), st.floats(1, 1e6))
def test_the_fit_finds_what_the_samples_were_made_with(truth: float, fewest: float) -> None:
    value, least, error = fit(SIZES, fewest * (1 + SIZES / truth))
    assert value == pytest.approx(truth, rel=0.02)
    assert least == pytest.approx(fewest, rel=0.02)
    assert error < 0.05


def courses(truth: float, noise: float, seed: int) -> list[list[Course]]:
    """Losses that fall exponentially, with noise, so that samples to any loss follow the formula with ``truth``."""
    draw = np.random.default_rng(seed)
    found = []
    for size in SIZES:
        samples = np.linspace(0, 4000, 41)
        mean = np.exp(-samples / 1000 / (1 + size / truth))
        losses = mean * np.exp(noise * draw.normal(size=(3, 41)))
        found.append([Course(int(size), 0.1, tuple(samples.tolist()), tuple(tuple(row) for row in losses.tolist()))])
    return [c for c in found if c[0].needed(0.6) < math.inf]


def test_noisy_losses_give_the_critical_batch_size_and_an_interval_around_it() -> None:
    covered = 0
    for seed in range(8):
        value, _, interval = critical(courses(200, 0.05, seed), 0.6, 0.95, seed)
        assert 100 < value < 400
        assert value in interval
        covered += 200 in interval
    assert covered >= 7


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_pooled_values_fall_and_keep_their_mean(values: list[float]) -> None:
    pooled = falling(np.array(values))
    assert len(pooled) == len(values)
    assert (np.diff(pooled) <= 1e-12).all()
    assert pooled.mean() == pytest.approx(np.mean(values), abs=1e-9)


def test_values_that_fall_already_stay() -> None:
    assert falling(np.array([3.0, 2.0, 2.0, 1.0])).tolist() == [3.0, 2.0, 2.0, 1.0]


def test_samples_needed_are_interpolated_and_infinite_beyond_the_end() -> None:
    course = Course(8, 0.1, (0.0, 100.0, 200.0), ((1.0, 0.5, 0.25), (1.0, 0.5, 0.25)))
    assert course.needed(0.5) == pytest.approx(100)
    assert course.needed(math.sqrt(0.5 * 0.25)) == pytest.approx(150)
    assert course.needed(1.0) == 0
    assert course.needed(0.2) == math.inf
    assert course.loss_after(150) == pytest.approx(0.375)
