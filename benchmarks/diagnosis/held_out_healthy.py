"""Held out: studies without a fault, on other data, models, losses and searches than those for tuning the rules.

They were written, and looked at curve by curve, before any rule was run on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnosis.healthy import HARMLESS
from diagnosis.held_out_tasks import (
    cancer,
    clusters,
    conv,
    diabetes,
    friedman,
    plane,
    ring_sizes,
    rings,
    roll,
    shells,
    ten_squares,
    tokens,
)
from diagnosis.plan import Plan, held_out
from luthier import Task, integer, log_uniform, uniform

ADAM = {"lr": log_uniform(1e-4, 0.1)}
SGD = {"lr": log_uniform(3e-3, 1.0)}
COSINE = {"schedule": "cosine"}


def study(
    make: Callable[[], Task],
    own: dict[str, Any],
    space: dict[str, Any],
    search: str = "random",
    budget: str = "12 trainings",
    seed: int = 0,
) -> tuple[Any, str]:
    """A case: ``own`` first, then what the search asks for."""
    return (lambda: Plan(make(), own, space, search=search, budget=budget, seed=seed)), HARMLESS


CASES = held_out(
    "healthy",
    study(
        lambda: plane(900, 60.0, epochs=8, layers=0, loss="HuberLoss", metric="mae"),
        {"optimizer": "Adagrad", "lr": 0.1, **COSINE},
        {"lr": log_uniform(3e-3, 3.0)},
        seed=1,
    ),
    study(
        lambda: cancer(metric="loss", epochs=20, layers=1),
        {"lr": 0.2, "weight_decay": 0.08, **COSINE},
        {"lr": log_uniform(0.01, 3.0)},
        seed=2,
    ),
    study(
        lambda: diabetes(metric="r2", units=16, layers=1, dropout=0.2, epochs=10),
        {"optimizer": "AdamW", "lr": 0.02, "weight_decay": 0.1, **COSINE},
        {"lr": log_uniform(1e-3, 0.1)},
        seed=3,
    ),
    study(
        lambda: friedman(2, noise=60.0),
        {"optimizer": "Adam", "lr": 0.01, **COSINE},
        {"lr": log_uniform(3e-4, 1.0)},
        "tpe",
    ),
    study(
        lambda: friedman(3, metric="mae", loss="SmoothL1Loss", noise=0.2),
        {"optimizer": "AdamW", "lr": 5e-3, "weight_decay": 0.3, "schedule": "one-cycle"},
        ADAM,
        "qmc",
    ),
    study(lambda: clusters(1200), {"lr": 0.1, "weight_decay": 3e-3, **COSINE}, SGD),
    study(
        lambda: conv(600, epochs=20, metric="loss"),
        {"lr": 0.15, "momentum": 0.5, "weight_decay": 2e-3, **COSINE},
        SGD,
        budget="10 trainings",
        seed=5,
    ),
    study(
        lambda: conv(600, 6, epochs=15, metric="loss"),
        {"optimizer": "AdamW", "lr": 5e-3, "schedule": "one-cycle"},
        ADAM,
        budget="10 trainings",
        seed=8,
    ),
    study(
        lambda: tokens(1000, dropout=0.3),
        {"optimizer": "AdamW", "lr": 3e-3, "weight_decay": 0.3, **COSINE},
        ADAM,
    ),
    study(
        lambda: tokens(1200, 0.6, dropout=0.5, units=16, metric="loss", epochs=12),
        {"optimizer": "RMSprop", "lr": 4e-3, "weight_decay": 5e-3, **COSINE},
        ADAM,
        "tpe",
        seed=7,
    ),
    study(
        lambda: rings(epochs=25, noise=0.12, metric="loss"),
        {"optimizer": "Adam", "lr": 0.01, **COSINE},
        {"lr": log_uniform(3e-4, 0.3)},
        seed=8,
    ),
    study(lambda: ring_sizes(), {"lr": 0.05, "momentum": 0.8, "schedule": "one-cycle"}, SGD, seed=9),
    study(
        lambda: roll(700, noise=2.5, epochs=20, metric="mae"),
        {"optimizer": "Adam", "lr": 0.01, **COSINE},
        {"lr": log_uniform(3e-4, 0.3)},
        "qmc",
        seed=10,
    ),
    study(
        lambda: plane(epochs=15, layers=1, metric="r2"),
        {"lr": 0.1, "weight_decay": 0.01, **COSINE},
        {"lr": log_uniform(5e-3, 1.0)},
        seed=17,
    ),
    study(
        lambda: ten_squares(units=32, epochs=20, dropout=0.2),
        {"optimizer": "AdamW", "lr": 3e-3, "weight_decay": 0.3, "schedule": "linear"},
        ADAM,
        seed=12,
    ),
    study(
        lambda: shells(1000, epochs=32),
        {"optimizer": "NAdam", "lr": 5e-3, "weight_decay": 1e-3, **COSINE},
        ADAM,
        budget="10 trainings",
        seed=13,
    ),
    study(
        lambda: conv(500, 5, epochs=18, metric="loss"),
        {"lr": 0.1, "nesterov": True, "momentum": 0.8, "weight_decay": 2e-3, **COSINE},
        SGD,
        "asha",
        "200 epochs",
    ),
    study(
        lambda: clusters(1000, 3, epochs=20),
        {"lr": 0.1, "weight_decay": 3e-3, **COSINE},
        {"lr": log_uniform(3e-3, 10.0)},
        "freeze-thaw",
        "200 epochs",
        seed=14,
    ),
    study(
        lambda: clusters(1000, 2, 20, epochs=20),
        {"lr": 0.1, "dropout": 0.3, "weight_decay": 0.01, **COSINE},
        {"lr": log_uniform(3e-3, 3.0), "dropout": uniform(0.0, 0.6)},
        budget="16 trainings",
        seed=15,
    ),
    study(
        lambda: friedman(2, 800, noise=80.0, epochs=10),
        {"optimizer": "Adam", "lr": 0.01, "schedule": "linear"},
        {"lr": log_uniform(3e-4, 0.3), "batch_size": integer(16, 128, log=True)},
        "asha",
        "150 epochs",
        seed=16,
    ),
)
