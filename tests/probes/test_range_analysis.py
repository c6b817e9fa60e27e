"""Curves whose answer is known: flat, then a logistic fall about ``centre``, then a rise from ``end``."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luthier.probes._range_analysis import CLEAR_FALL, Reading, read
from luthier.probes._range_test import RangeCurve

LRS = tuple(np.geomspace(1e-6, 10, 100).tolist())


def curve(centre: float, end: float, seed: int, noise: float = 0.02, depth: float = 1.0) -> RangeCurve:
    decades = np.log10(np.array(LRS))
    fall = depth / (1 + np.exp(-(decades - np.log10(centre)) / 0.15))
    rise = 30 * np.maximum(0, decades - np.log10(end)) ** 2
    losses = 2.3 - fall + rise + noise * np.random.default_rng(seed).normal(size=len(LRS))
    kept = int(np.argmax(losses > 20)) or len(LRS)
    return RangeCurve(seed, LRS[:kept], tuple(losses[:kept].tolist()), kept < len(LRS))


def reading(centre: float, end: float, **more: float) -> Reading:
    return read([curve(centre, end, seed, **more) for seed in range(3)])


@settings(max_examples=15)
@given(st.floats(-4, -2), st.floats(1, 2))
def test_the_steepest_fall_and_the_largest_stable_lr_are_found(exponent: float, decades: float) -> None:
    centre = 10**exponent
    found = reading(centre, centre * 10**decades)
    assert found.steepest == pytest.approx(centre, rel=0.5)
    assert centre < found.largest_stable < 3 * centre * 10**decades
    assert found.clarity > CLEAR_FALL
    assert 0.01 < found.noise < 0.06


def test_a_single_wild_loss_changes_little() -> None:
    curves = [curve(1e-3, 1e-1, seed) for seed in range(3)]
    losses = list(curves[0].losses)
    losses[20] = 50.0
    wild = [RangeCurve(0, curves[0].lrs, tuple(losses), True), *curves[1:]]
    assert read(wild).steepest == pytest.approx(read(curves).steepest, rel=0.3)


def test_noise_alone_is_not_clear() -> None:
    flat = [read([curve(1e-3, 10, 10 * s + i, noise=0.3, depth=0.0) for i in range(3)]) for s in range(30)]
    assert sum(r.clarity > CLEAR_FALL for r in flat) <= 2


def test_repeats_that_differ_have_a_wider_interval() -> None:
    alike = reading(1e-3, 1)
    apart = read([curve(c, 1, seed) for seed, c in enumerate((1e-4, 1e-3, 1e-2))])
    assert apart.steepest_interval.high / apart.steepest_interval.low > 3 * (
        alike.steepest_interval.high / alike.steepest_interval.low
    )


def test_equal_curves_give_equal_readings() -> None:
    a, b = reading(1e-3, 1), reading(1e-3, 1)
    assert (a.steepest, a.steepest_interval, a.largest_stable) == (b.steepest, b.steepest_interval, b.largest_stable)
