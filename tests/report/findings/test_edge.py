"""Ranges that end too early, and those that do not."""

from collections.abc import Callable

import numpy as np
import pytest

from luthier import explain, integer, log_uniform, uniform
from luthier.report.history import History
from luthier.task import Chance

Make = Callable[..., History]
MADE = {"chance": Chance(1.0, 1.0, 1.0), "task": {"train": [1000, ""], "validation": [400, ""], "loss": "MSELoss()"}}
LOSSES = {"metric": "loss", "direction": "minimize", **MADE}


def told(made: History) -> set[str]:
    """The names whose ranges are said to end too early."""
    return {finding.evidence["name"] for finding in explain(made) if finding.code == "range-edge"}


def level(loss: float) -> np.ndarray:
    """A training loss that falls within one epoch and stays."""
    return np.r_[1.0, np.full(9, loss)]


@pytest.mark.parametrize(("power", "expected"), [(0.5, {"units"}), (0.0, set())])
def test_the_others_count_as_the_winner_has_them(
    history: Make, training: Make, power: float, expected: set[str]
) -> None:
    """A rate that was drawn badly costs more than few units do."""
    rng = np.random.default_rng(0)
    made = []
    for n in range(20):
        units, lr = int(2 + n % 5), 10 ** rng.uniform(-4, 0)
        loss = 0.3 * units**-power * (1 + 0.3 * np.log10(lr / 0.03) ** 2) * (1 + 0.01 * rng.normal())
        made.append(training(n, level(loss), metric=level(loss), units=units, lr=lr))
    best = min(made, key=lambda t: t.curve.points[-1].val_loss).number
    at_the_edge = training(20, level(0.29 * 6**-power), metric=level(0.29 * 6**-power), units=6, lr=0.03)
    assert best < 20
    ranges = {"units": integer(2, 6), "lr": log_uniform(1e-4, 1)}
    assert told(history(*made, at_the_edge, ranges=ranges, **LOSSES)) == expected


@pytest.mark.parametrize(("bend", "expected"), [(0.0, {"lr"}), (-3.0, set())])
def test_near_a_ceiling_loss_and_errors_have_to_fall_without_levelling_off(
    history: Make, training: Make, bend: float, expected: set[str]
) -> None:
    made = []
    for n, out in enumerate(np.linspace(0, 0.95, 9)):
        better = 2.5 * out + bend * (out**2 - out * 0.3)
        loss, error = 0.6 * np.exp(-better), 0.16 * np.exp(-better)
        scores = np.r_[0.1, np.full(9, 1 - round(400 * error) / 400)]
        made.append(training(n, level(loss), metric=scores, lr=float(3 * 0.1**out)))
    assert told(history(*made, ranges={"lr": log_uniform(0.3, 3)})) == expected


@pytest.mark.parametrize(("losses", "expected"), [([20, 14, 13, 12, 11, 9, 7], {"momentum"}), ([20] * 6 + [19], set())])
def test_seven_values_in_perfect_order(history: Make, training: Make, losses: list[float], expected: set[str]) -> None:
    made = [training(n, level(loss / 20), metric=level(loss / 20), momentum=0.1 * n) for n, loss in enumerate(losses)]
    assert told(history(*made, ranges={"momentum": uniform(0, 0.6)}, **LOSSES)) == expected
