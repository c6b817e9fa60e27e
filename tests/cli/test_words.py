import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.cli import words
from luthier.events import BudgetState
from luthier.hyperparameters import complete


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.97222, "0.9722"), (0, "0.0000"), (1.23e-5, "1.23e-05"), (12345.678, "1.23e+04"), (math.nan, "nan")],
)
def test_numbers(value: float, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0313, "0.0313"), (64, "64"), (None, "off"), (True, "yes"), (False, "no"), ("Adam", "Adam")]
)
def test_values(value: object, text: str) -> None:
    assert words.value(value) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (45.4, "45 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(("n", "text"), [(1, "1 epoch"), (12.0, "12 epochs"), (0, "0 epochs"), (3.25, "3.2 epochs")])
def test_counts(n: float, text: str) -> None:
    assert words.count(n, "epoch") == text


def test_a_config_in_one_line_tells_what_matters() -> None:
    config = complete({"lr": 0.03, "batch_size": 32, "schedule": "cosine", "momentum": 0.9, "units": 64})
    assert words.brief(config) == "lr 0.03, batch size 32, epochs 20, SGD, momentum 0.9, cosine, units 64"
    assert words.brief({"lr": 0.1}) == "lr 0.1"


def test_what_is_left() -> None:
    assert words.left(BudgetState("seconds", 60, 20, 20)) == "40 s left of 1 min"
    assert words.left(BudgetState("seconds", 60, 20, 20), since=15) == "25 s left of 1 min"
    assert words.left(BudgetState("seconds", 60, 59, 59), since=15) == "0.0 s left of 1 min"
    assert words.left(BudgetState("seconds", 60, 61, 61)) == "1 min used up"
    assert words.left(BudgetState("trainings", 30, 40, 61)) == "30 trainings used up"
    assert words.left(BudgetState("epochs", 200, 50, 20)) == "50 of 200 epochs, about 1 min left"
    assert words.left(BudgetState("trainings", 30, 0, 0)) == "0 of 30 trainings"


@given(st.floats(0, 1e7))
def test_a_duration_is_never_far_off(seconds: float) -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    parts = words.duration(seconds).split()
    told = sum(float(n) * units[u] for n, u in zip(parts[::2], parts[1::2], strict=True))
    assert abs(told - seconds) <= (0.05 if seconds < 10 else 0.5 if seconds < 3600 else 30) * 1.001
