"""Late, first half: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

Dropout, width, weight decay, batch size and momentum are varied, alone or with the learning rate. Reference trainings
(late_healthy_truth.py) show that neither longer or shorter training, nor another learning rate, batch size or size of
the model is clearly better, and that no varied hyperparameter has a better value at an end of its range or beyond. The
best settings may differ by no more than seeds do, and what is varied together may depend on each other; to say so is
no false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from itertools import product
from typing import Any

from diagnosis import blind_tasks, final_tasks, last_tasks
from diagnosis.plan import Plan, Run, cases
from diagnosis.unseen_healthy import COSINE
from luthier import Task, integer, log_uniform, uniform

FEW_DO = "seed-noise memory-wasted"  #: 8 units are as good as the 64 of the user's own setting (late_healthy_truth.py)
Values = dict[str, Any]
Setting = Callable[[], tuple[Task, Values]]


@cache
def sensors() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"lr": 0.05, "momentum": 0.8, "dropout": 0.3, "schedule": "one-cycle"}
    return blind_tasks.sparse(600, 20, units=64, layers=1, act="relu", epochs=8, batch_size=32), own


@cache
def lines() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"lr": 0.05, "weight_decay": 0.5, **COSINE}
    return blind_tasks.sparse(400, 120, noise=1.5, layers=0, epochs=6, batch_size=24), own


@cache
def enzymes() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "NAdam", "lr": 0.03, "batch_size": 64, **COSINE}
    return last_tasks.enzymes(1600, noise=0.8, epochs=10, units=20, act="tanh"), own


@cache
def logic() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "nesterov": True, "lr": 0.8, **COSINE}
    return final_tasks.rules(2000, wrong=0.2, epochs=7, units=32, act="relu"), own


def grid(of: Setting, space: Mapping[str, Any], **values: tuple[Any, ...]) -> Plan:
    """Every combination of the listed values, after the user's own setting."""
    task, own = of()
    rows = product(*values.values())
    return Plan(task, own, space, [Run(dict(zip(values, row, strict=True))) for row in rows])


def search(of: Setting, name: str, budget: str, space: Mapping[str, Any], seed: int = 0) -> Plan:
    """A search over a space."""
    task, own = of()
    return Plan(task, own, space, search=name, budget=budget, seed=seed)


SHARE, DECAY, SIZES = uniform(0.0, 0.7), log_uniform(0.02, 5.0), integer(8, 512, log=True)

CASES = [
    *cases(
        "healthy",
        (lambda: grid(sensors, {"dropout": SHARE}, dropout=(0.0, 0.1, 0.2, 0.25, 0.35, 0.45, 0.55, 0.7)), "seed-noise"),
        (
            lambda: search(sensors, "random", "18 trainings", {"lr": log_uniform(5e-3, 0.3), "dropout": SHARE}, 1),
            "seed-noise joint",
        ),
        (lambda: search(sensors, "tpe", "14 trainings", {"units": integer(8, 300, log=True)}, 2), FEW_DO),
        (
            lambda: grid(lines, {"weight_decay": DECAY}, weight_decay=(0.02, 0.06, 0.15, 0.3, 0.8, 1.2, 2.5, 5.0)),
            "seed-noise",
        ),
        (
            lambda: search(lines, "qmc", "18 trainings", {"lr": log_uniform(5e-3, 0.5), "weight_decay": DECAY}, 3),
            "seed-noise joint",
        ),
        (
            lambda: grid(enzymes, {"batch_size": SIZES}, batch_size=(8, 16, 24, 32, 48, 96, 128, 256, 512)),
            "seed-noise",
        ),
        (
            lambda: search(
                enzymes,
                "random",
                "24 trainings",
                {"lr": log_uniform(4e-3, 0.3), "units": integer(4, 80, log=True), "batch_size": SIZES},
                4,
            ),
            "seed-noise joint",
        ),
        (lambda: search(enzymes, "freeze-thaw", "110 epochs", {"lr": log_uniform(2e-3, 0.5)}, 5), "seed-noise"),
        (
            lambda: grid(
                logic, {"momentum": uniform(0.0, 0.995)}, momentum=(0.0, 0.3, 0.6, 0.8, 0.85, 0.93, 0.97, 0.995)
            ),
            "seed-noise",
        ),
        (
            lambda: search(
                logic, "tpe", "20 trainings", {"lr": log_uniform(0.03, 8.0), "momentum": uniform(0.3, 0.99)}, 6
            ),
            "seed-noise joint",
        ),
        part="late",
        first=181,
    )
]
