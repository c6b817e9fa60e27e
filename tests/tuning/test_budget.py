import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.errors import BudgetError
from luthier.tuning import Budget, parse_budget


@pytest.mark.parametrize(
    ("text", "unit", "total"),
    [
        ("60s", "seconds", 60),
        ("60", "seconds", 60),
        (60, "seconds", 60),
        (1.5, "seconds", 1.5),
        (1e16, "seconds", 1e16),
        (1e-05, "seconds", 1e-05),
        ("5m", "seconds", 300),
        (" 5 Min ", "seconds", 300),
        ("5 minutes", "seconds", 300),
        ("1.5h", "seconds", 5400),
        (".5h", "seconds", 1800),
        ("2 hrs", "seconds", 7200),
        ("1h30m", "seconds", 5400),
        ("1h 30m 10s", "seconds", 5410),
        ("2d", "seconds", 172800),
        ("1 day", "seconds", 86400),
        ("200epochs", "epochs", 200),
        ("200 epochs", "epochs", 200),
        ("1 epoch", "epochs", 1),
        ("0.5 epochs", "epochs", 0.5),
        ("30trainings", "trainings", 30),
        ("30 TRIALS", "trainings", 30),
        (Budget("epochs", 3), "epochs", 3),
    ],
)
def test_budgets(text, unit, total):
    assert parse_budget(text) == Budget(unit, total)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "5x", "m5", "-5m", "5m!", "1h30", "1.2.3", "500ms", "5ss", "1e", "5 epochs 3m", "epochs"),
        *("0", "0s", "0 epochs", -5, 0, math.nan, math.inf, True, None, "9" * 400),
        *(Budget("seconds", -5), Budget("epochs", 0), Budget("seconds", math.nan), Budget("minutes", 5)),
    ],
)
def test_no_budgets(text):
    with pytest.raises(BudgetError, match=r"the budget is .*(give a time|more than nothing)"):
        parse_budget(text)


@given(st.builds(Budget, st.sampled_from(["seconds", "epochs", "trainings"]), st.floats(1e-9, 1e15)))
def test_a_budgets_text_is_that_budget(budget):
    assert parse_budget(str(budget)) == budget


@given(st.integers(0, 99), st.integers(0, 59), st.integers(1, 59))
def test_times_add_up(hours, minutes, seconds):
    assert parse_budget(f"{hours}h{minutes}m{seconds}s").total == 3600 * hours + 60 * minutes + seconds


@pytest.mark.parametrize(
    ("total", "text"), [(60, "1m"), (90, "90s"), (5400, "90m"), (7200, "2h"), (0.5, "0.5s"), (1234567, "1234567s")]
)
def test_times_in_words(total, text):
    assert str(Budget("seconds", total)) == text
