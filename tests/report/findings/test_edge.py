"""Ranges that end too early, and those that do not."""

from collections.abc import Callable

import numpy as np
import pytest

from luthier import Space, explain, integer, log_uniform, uniform
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


@pytest.mark.parametrize(("scale", "expected"), [(0.5, {"batch_size"}), (0.05, set())])
def test_a_trend_shows_through_its_scatter(history: Make, training: Make, scale: float, expected: set[str]) -> None:
    """Neighbours are out of order by luck; a line through the outer half is not."""
    rng = np.random.default_rng(2)
    sizes = [215, 256, 280, 340, 345, 370, 450, 500, 560, 670]
    made = [
        training(n, level(loss), metric=level(loss), batch_size=size)
        for n, size in enumerate(sizes)
        for loss in [0.03 * (size / 215) ** scale * (1 + 0.03 * rng.normal())]
    ]
    assert told(history(*made, ranges={"batch_size": integer(200, 675, log=True)}, **LOSSES)) == expected


@pytest.mark.parametrize(("last", "expected"), [(0.44, {"layers"}), (0.478, set())])
def test_a_step_of_whole_numbers_is_one_at_least(
    history: Make, training: Make, last: float, expected: set[str]
) -> None:
    losses = {0: 0.7, 1: 0.48, 2: last}
    made = [
        training(n, level(losses[n % 3]), metric=level(losses[n % 3] * (1 + 1e-4 * n)), layers=n % 3) for n in range(12)
    ]
    assert told(history(*made, ranges={"layers": integer(0, 2)}, **LOSSES)) == expected


@pytest.mark.parametrize(("effect", "seed", "expected"), [(0.0, 0, ["weight_decay"]), (0.03, 9, [])])
def test_what_matters_among_the_good_is_not_unimportant(
    history: Make, training: Make, effect: float, seed: int, expected: list[str]
) -> None:
    """A wide range of rates explains most of all that trainings differ by, and hides the rest."""
    rng = np.random.default_rng(seed)
    made = []
    for n in range(20):
        lr, decay = 10 ** rng.uniform(-4, 0), 10 ** rng.uniform(-2, 1)
        loss = 0.4 + 0.15 * np.log10(lr / 0.05) ** 2 + effect * np.log10(decay / 0.5) ** 2 + 0.02 * rng.normal()
        made.append(training(n, level(loss), metric=level(loss), lr=lr, weight_decay=decay))
    ranges = {"lr": log_uniform(1e-4, 1), "weight_decay": log_uniform(0.01, 10)}
    found = [f for f in explain(history(*made, ranges=ranges, **LOSSES)) if f.code == "unimportant"]
    assert [name for f in found for name in f.evidence["names"]] == expected


@pytest.mark.parametrize(("low", "to"), [(1e-6, 1.0), (0.01, 0.32), (0.05, 0.3)])
def test_a_range_on_a_log_scale_is_widened_by_half_of_it_a_factor_3_at_least_and_10_at_most(
    history: Make, training: Make, low: float, to: float
) -> None:
    made = []
    for n, unit in enumerate(np.linspace(0, 0.98, 9)):
        loss = level(0.6 * 0.5 ** (3 * unit))
        made.append(training(n, loss, metric=loss, weight_decay=float(low * (0.1 / low) ** unit)))
    found = explain(history(*made, ranges={"weight_decay": log_uniform(low, 0.1)}, **LOSSES))
    assert [finding.evidence["to"] for finding in found if finding.code == "range-edge"] == [to]


def test_a_range_of_whole_numbers_is_widened_to_a_whole_number(history: Make, training: Make) -> None:
    sizes = [16, 18, 20, 24, 28, 34, 40, 52, 64]
    made = [
        training(n, level(loss), metric=level(loss), batch_size=size)
        for n, size in enumerate(sizes)
        for loss in [0.3 * (size / 16) ** 0.8]
    ]
    found = explain(history(*made, ranges={"batch_size": integer(16, 64, log=True)}, **LOSSES))
    assert [finding.evidence["to"] for finding in found if finding.code == "range-edge"] == [5]


def test_nothing_beyond_is_promised_to_who_has_the_best_score_there_is(history: Make, training: Make) -> None:
    def made(top: float) -> History:
        rows = []
        for n, out in enumerate(np.linspace(0, 0.95, 9)):
            loss, error = 0.6 * np.exp(-2.5 * out), 0.16 * np.exp(-2.5 * out)
            scores = np.r_[0.1, np.full(9, top if n == 8 else 1 - round(400 * error) / 400)]
            rows.append(training(n, level(loss), metric=scores, lr=float(3 * 0.1**out)))
        return history(*rows, ranges={"lr": log_uniform(0.3, 3)})

    assert told(made(0.9875)) == {"lr"}
    assert told(made(1.0)) == set()


def test_a_range_is_widened_to_what_is_allowed(history: Make, training: Make) -> None:
    made = []
    for n, unit in enumerate(np.linspace(0, 1, 9)):
        loss = level(0.6 * 0.5 ** (3 * unit))
        made.append(training(n, loss, metric=loss, optimizer="Adam", beta1=float(0.5 + 0.4 * unit)))
    found = explain(history(*made, ranges={"beta1": uniform(0.5, 0.9)}, **LOSSES))
    assert [finding.evidence["to"] for finding in found if finding.code == "range-edge"] == [0.95]
    Space(beta1=uniform(0.5, 0.95))
