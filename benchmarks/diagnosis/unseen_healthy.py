"""Unseen: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

Reference trainings (unseen_truth.py) show that neither longer or shorter training, nor another learning rate, batch
size or size of the model is clearly better. The best settings differ by no more than seeds do, wherever the learning
rate alone is varied; to say so is no false alarm.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from diagnosis import unseen_tasks as T
from diagnosis.plan import Plan, each, spread, unseen
from luthier import Task, choice, log_uniform

Values = dict[str, Any]
COSINE = {"schedule": "cosine"}
CYCLE = {"schedule": "one-cycle", "warmup": 0.3}
ADAM, ADAMW, MOMENTUM = {"optimizer": "Adam", **COSINE}, {"optimizer": "AdamW"}, {"momentum": 0.9, **COSINE}


@cache
def moons() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.crescents(1600, 0.3, epochs=12, units=16, act="relu", batch_size=128), {**MOMENTUM, "lr": 0.25}


@cache
def prices() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.houses(1600, 0.4, epochs=16, units=24, act="gelu", batch_size=32), {**ADAMW, **CYCLE, "lr": 0.04}


@cache
def tastes() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.ratings(2400, noise=0.7, epochs=14), {**ADAM, "lr": 0.06}


@cache
def tokens() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.greater(1600, noise=0.5, epochs=8), {**ADAM, "lr": 0.01}


@cache
def pictures() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.figures(wrong=0.15, epochs=12, channels=16, metric="loss"), {**ADAM, "lr": 0.01}


def random(of: Any, factor: float = 20.0, trainings: int = 10, seed: int = 0, **more: Any) -> Plan:
    """A random search over learning rates up to ``factor`` away."""
    return searched(of, "random", f"{trainings} trainings", factor, seed, **more)


def searched(of: Any, search: str, budget: str, factor: float = 20.0, seed: int = 0, **more: Any) -> Plan:
    """A search over learning rates up to ``factor`` away, and ``more``."""
    task, own = of()
    space = {"lr": log_uniform(own["lr"] / factor, own["lr"] * factor), **more}
    return Plan(task, own, space, search=search, budget=budget, seed=seed)


def listed(of: Any, *factors: float) -> Plan:
    """Learning rates that are multiples of the user's own."""
    task, own = of()
    rates = [own["lr"] * factor for factor in factors]
    return Plan(task, own, {"lr": log_uniform(min(rates), max(rates))}, each("lr", rates))


CASES = unseen("healthy")
WON: dict[str, Values] = {}
