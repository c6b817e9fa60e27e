import numpy as np
import pytest

from luthier.records import EpochCost
from luthier.search._axes import Axes
from luthier.search._costs import Costs
from luthier.space import Space, choice, integer, log_uniform

SPACE = Space(
    batch_size=integer(16, 512, log=True),
    lr=log_uniform(1e-4, 1),
    optimizer=choice("SGD", "Adam"),
    units=integer(16, 512, log=True),
)
AXES = Axes(SPACE)
RATES = EpochCost((16, 512), (1e-3, 4e-3), samples=4096)


def point(**values: object) -> np.ndarray:
    return AXES.point({"batch_size": 64, "lr": 0.01, "optimizer": "SGD", "units": 64, **values})


def cost(costs: Costs, **values: object) -> float:
    return float(costs(AXES.features(point(**values)[None]), np.array([float(values.get("batch_size", 64))]))[0])


def tell(costs: Costs, number: int, seconds: float, **values: object) -> None:
    costs.tell(number, AXES.features(point(**values)[None])[0], float(values.get("batch_size", 64)), seconds)


def test_before_anything_ran_only_measured_batch_sizes_differ() -> None:
    assert cost(Costs(AXES, None), units=512) == cost(Costs(AXES, None), units=16) == 1
    measured = Costs(AXES, RATES)
    ratio = cost(measured, batch_size=16) / cost(measured, batch_size=512)
    assert ratio == pytest.approx(RATES.seconds(16) / RATES.seconds(512), rel=0.05)


@pytest.mark.parametrize("measured", [None, RATES])
def test_learns_what_a_larger_model_costs(measured: EpochCost | None) -> None:
    costs = Costs(AXES, measured)
    for number, units in enumerate((16, 64, 256, 512)):
        tell(costs, number, 0.01 * units**0.8, units=units)
    assert cost(costs, units=512) / cost(costs, units=32) == pytest.approx(16**0.8, rel=0.25)
    assert cost(costs, units=100, lr=0.5) == pytest.approx(cost(costs, units=100, lr=1e-3), rel=0.1)


def test_costs_are_those_of_a_usual_training() -> None:
    fast, slow = Costs(AXES, None), Costs(AXES, None)
    for number, units in enumerate((32, 128, 512)):
        tell(fast, number, 1e-3 * units, units=units)
        tell(slow, number, 1e3 * units, units=units)
    assert cost(fast, units=200) == pytest.approx(cost(slow, units=200), rel=0.05)
    assert cost(fast, units=32) < 1 < cost(fast, units=512)


def test_a_start_is_told_in_epochs_of_a_usual_training() -> None:
    costs = Costs(AXES, None)
    for seconds in (0.5, 0.4, 9.0):
        costs.tell_start(seconds)
    assert costs.start == 0
    for number, units in enumerate((32, 128, 512)):
        tell(costs, number, 0.1, units=units)
    assert costs.start == pytest.approx(5)


def test_the_last_word_on_a_training_counts_once() -> None:
    once, again = Costs(AXES, None), Costs(AXES, None)
    for seconds in (9.0, 3.0, 2.0):
        tell(again, 0, seconds, units=64)
    tell(once, 0, 2.0, units=64)
    tell(once, 1, 4.0, units=128)
    tell(again, 1, 4.0, units=128)
    assert cost(once, units=500) == pytest.approx(cost(again, units=500))


def test_a_training_that_took_no_time_teaches_nothing() -> None:
    costs = Costs(AXES, None)
    tell(costs, 0, 0.0, units=512)
    assert cost(costs, units=512) == 1
