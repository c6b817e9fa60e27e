import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.report.findings._statistics import extrapolate, noise, slope, smooth
from luthier.report.findings._surface import left_out_errors

X = np.arange(1.0, 31.0)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_a_straight_line_has_no_noise(a: float, b: float) -> None:
    assert noise(a + b * X) == pytest.approx(0, abs=1e-9)


def test_noise_is_the_deviation_around_a_trend_and_a_jump_hardly_enters() -> None:
    values = np.exp(-X / 10) + 0.1 * np.random.default_rng(0).normal(size=30)
    assert noise(values) == pytest.approx(0.1, rel=0.5)
    values[20] += 50
    assert noise(values) == pytest.approx(0.1, rel=0.6)


def test_smoothing_takes_out_a_spike() -> None:
    values = np.ones(30)
    values[10] = 9
    assert (smooth(values) == 1).all()


def test_a_slope_within_the_noise_is_not_significant() -> None:
    noisy = np.random.default_rng(0).normal(size=30)
    assert slope(X, noisy)[2] > 0.05
    assert slope(X, noisy - 0.5 * X)[0] == pytest.approx(-0.5, abs=0.1)


@pytest.mark.parametrize(("floor", "power"), [(0.0, 0.5), (0.3, 1.0), (0.5, 2.0)])
def test_a_power_law_is_continued_within_its_error(floor: float, power: float) -> None:
    rng = np.random.default_rng(1)
    found = extrapolate(X, (floor + X**-power) * (1 + 0.005 * rng.normal(size=30)), 45.0)
    assert found is not None
    assert found[0] == pytest.approx(floor + 45**-power, abs=max(3 * found[1], 0.01))


def test_a_rising_curve_is_not_continued() -> None:
    assert extrapolate(X, 1 + X, 45.0) is None


def test_a_surface_predicts_what_depends_on_the_inputs_and_not_what_does_not() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(40, 2))
    y = np.sin(5 * x[:, 0])
    assert np.mean(left_out_errors(x, y) ** 2) < 0.02 * y.var()
    assert np.mean(left_out_errors(x[:, 1:], y) ** 2) > 0.7 * y.var()
