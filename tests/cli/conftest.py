"""Events and results as a search would give them, without a search."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from luthier import Budget
from luthier.events import BudgetState
from luthier.hyperparameters import complete
from luthier.records import Curve, Point
from luthier.tuning.result import Best, Result


def trained(training: int, metric: float, **values: Any) -> Best:
    points = tuple(
        Point(float(e), 2.0 / e, 2.2 / e, metric * (1 - 0.5**e) / (1 - 0.5**8), 0.1, 64, 0.25) for e in range(1, 9)
    )
    return Best(training, 0, complete(values), Curve(points), points[-1], Path("luthier-studies/digits/best.pt"))


@pytest.fixture
def result() -> Callable[..., Result]:
    """A result; keywords replace its fields."""
    found = Result(
        best=trained(7, 0.9722, lr=0.0313, batch_size=32, optimizer="Adam", epochs=8, units=128),
        baseline=trained(0, 0.9583, epochs=8, units=64),
        confirmations=(),
        luck="On 3 fresh seeds the same setting scores 0.970 ± 0.003.",
        metric="accuracy",
        direction="maximize",
        study_folder=Path("luthier-studies/digits"),
        study_name="digits",
        trainings=12,
        failed=0,
        repeated=0,
        epochs=184.0,
        seconds=59.6,
        budget=BudgetState("seconds", 60.0, 59.6, 59.6),
        asked=Budget("seconds", 60.0),
        interrupted=False,
    )
    return lambda **changes: replace(found, **changes)
