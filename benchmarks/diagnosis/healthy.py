"""Studies without a fault: the best setting lies inside its range, was trained long enough, and not far too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnosis.plan import Plan, cases, spread
from diagnosis.tasks import blobs, digits, moons, regression
from luthier import Task, integer, log_uniform, uniform

#: Trivial or welcome: a plateau at the end, a knob without effect, a tie, two knobs that go together.
HARMLESS = "early-stop unimportant seed-noise joint"
SGD = {"lr": log_uniform(3e-3, 1.0)}
ADAM = {"lr": log_uniform(1e-4, 0.3)}


def study(make: Callable[[], Task], own: dict[str, Any], space: dict[str, Any], n: int, seed: int) -> tuple[Any, str]:
    """A case: ``own`` first, then ``n`` settings spread over ``space``."""
    return (lambda: Plan(make(), own, space, spread(space, n, seed))), HARMLESS


COSINE = {"schedule": "cosine"}
WARM = {"schedule": "one-cycle"}
CASES = cases(
    "healthy",
    study(lambda: digits(epochs=30), {"lr": 0.1, **COSINE}, SGD, 10, 1),
    study(lambda: digits(epochs=30, dropout=0.2), {"lr": 0.1, "momentum": 0.5, **COSINE}, SGD, 10, 2),
    study(lambda: digits(epochs=25), {"optimizer": "Adam", "lr": 2e-3, **COSINE}, ADAM, 10, 3),
    study(
        lambda: digits(epochs=30, dropout=0.5, units=128),
        {"optimizer": "AdamW", "lr": 2e-3, "weight_decay": 0.01},
        ADAM,
        10,
        4,
    ),
    study(
        lambda: regression(epochs=40),
        {"lr": 0.03, "weight_decay": 3e-3, **COSINE},
        {"lr": log_uniform(2e-3, 1.0)},
        10,
        5,
    ),
    study(
        lambda: blobs(epochs=30), {"lr": 0.05, "weight_decay": 1e-2, **COSINE}, {"lr": log_uniform(3e-3, 0.5)}, 10, 6
    ),
    study(lambda: moons(epochs=60), {"lr": 0.2, "momentum": 0.5, **COSINE}, {"lr": log_uniform(0.02, 2.0)}, 10, 7),
    study(
        lambda: digits(epochs=25),
        {"lr": 0.1, "weight_decay": 1e-3, **WARM},
        {**SGD, "weight_decay": log_uniform(1e-6, 0.1)},
        14,
        8,
    ),
    study(
        lambda: digits(epochs=25),
        {"lr": 0.1, "units": 96, **COSINE},
        {**SGD, "units": integer(24, 160, log=True)},
        14,
        9,
    ),
    study(lambda: digits(epochs=30, layers=1), {"lr": 0.2, "schedule": "linear"}, SGD, 10, 10),
    study(
        lambda: digits(epochs=25),
        {"optimizer": "AdamW", "lr": 2e-3, "weight_decay": 1e-2, **COSINE},
        {**ADAM, "weight_decay": log_uniform(1e-4, 1.0)},
        14,
        11,
    ),
    study(
        lambda: regression(2000, epochs=25),
        {"optimizer": "Adam", "lr": 3e-3, **COSINE},
        {"lr": log_uniform(3e-4, 0.1)},
        10,
        12,
    ),
    study(
        lambda: blobs(1000, 8, 3, 4.0, epochs=30),
        {"optimizer": "Adam", "lr": 1e-3, "weight_decay": 1e-2, **COSINE},
        {"lr": log_uniform(1e-4, 0.03)},
        10,
        13,
    ),
    study(lambda: moons(1500, 0.15, epochs=50), {"lr": 0.3, **WARM}, {"lr": log_uniform(0.03, 3.0)}, 10, 14),
    study(
        lambda: digits(epochs=35),
        {"lr": 0.05, "momentum": 0.8, "weight_decay": 3e-3, "schedule": "exponential"},
        {"lr": log_uniform(2e-3, 2.0)},
        10,
        15,
    ),
    study(lambda: digits(epochs=30), {"lr": 0.1, "schedule": "step"}, SGD, 10, 16),
    study(
        lambda: digits(epochs=30),
        {"lr": 0.05, "momentum": 0.5, **COSINE},
        {**SGD, "momentum": uniform(0.2, 0.95)},
        16,
        17,
    ),
    study(
        lambda: digits(epochs=30, dropout=0.2),
        {"lr": 0.1, "dropout": 0.2, **COSINE},
        {**SGD, "dropout": uniform(0.0, 0.6)},
        14,
        18,
    ),
    study(
        lambda: regression(1500, 2.0, epochs=40),
        {"lr": 0.03, "weight_decay": 0.01, **COSINE},
        {"lr": log_uniform(2e-3, 1.0)},
        10,
        19,
    ),
    study(lambda: digits(epochs=40), {"lr": 0.1, "patience": 8, "schedule": "plateau"}, SGD, 10, 20),
)
