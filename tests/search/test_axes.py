import numpy as np
import pytest

from luthier.search._axes import Axis
from luthier.space import log_uniform, uniform

UNITS = np.linspace(0, 1, 1001)


@pytest.mark.parametrize("range_", [uniform(0, 1), uniform(-1, 1), uniform(0.9, 0.999), log_uniform(1e-4, 1)], ids=str)
def test_five_digits_do_for_most_ranges(range_) -> None:
    axis = Axis(range_)
    assert all(axis.value(u) == float(f"{axis.values(np.array([u]))[0]:.5g}") for u in UNITS)


@pytest.mark.parametrize(
    "range_",
    [uniform(1e5, 1e5 + 1), uniform(-100.1, -100), uniform(0.999, 0.9999999), log_uniform(100, 100.1)],
    ids=str,
)
def test_a_narrow_range_has_many_values(range_) -> None:
    values = [Axis(range_).value(u) for u in UNITS]
    assert len(set(values)) > 900
    assert values == sorted(values)
    assert (values[0], values[-1]) == (range_.low, range_.high)
    assert all(value == float(f"{value:.12g}") for value in values), "nor does it have more digits than it needs"
