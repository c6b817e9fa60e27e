"""Unseen: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

Reference trainings (unseen_truth.py) show that neither longer or shorter training, nor another learning rate, batch
size or size of the model is clearly better. The best settings differ by no more than seeds do, wherever the learning
rate alone is varied; to say so is no false alarm.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from diagnosis import unseen_tasks as T
from diagnosis.plan import Plan, each, unseen
from luthier import Task, choice, log_uniform, uniform

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


@cache
def waves() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.pulse(1600, noise=0.5, epochs=10, batch_size=32), {**ADAM, "lr": 0.03}


@cache
def ballots() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.votes(1600, wrong=0.2, epochs=5, batch_size=128), {**ADAM, "lr": 0.03}


@cache
def impedance() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.circuit(1600, 0.3, epochs=8, act="silu", batch_size=128), {**ADAM, "lr": 0.03}


@cache
def phase() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "RMSprop", "lr": 0.01, "schedule": "linear"}
    return T.circuit(1600, 0.6, phase=True, epochs=12, act="gelu"), own


@cache
def rings() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {**ADAM, "lr": 0.03, "batch_size": 128}
    return T.shells(2600, 3, 2, wrong=0.3, epochs=5, units=24, act="relu", metric="loss"), own


@cache
def rents() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.houses(1600, 0.6, epochs=22, units=24, act="relu", batch_size=32), {**MOMENTUM, "lr": 0.08}


@cache
def scans() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.figures(1600, wrong=0.2, epochs=12, channels=16), {**MOMENTUM, "lr": 0.05}


def listed(of: Callable[[], tuple[Task, Values]], *factors: float) -> Plan:
    """Learning rates that are multiples of the user's own."""
    task, own = of()
    rates = [own["lr"] * factor for factor in factors]
    return Plan(task, own, {"lr": log_uniform(min(rates), max(rates))}, each("lr", rates))


def searched(
    of: Callable[[], tuple[Task, Values]], search: str, budget: str, factor: float = 10.0, seed: int = 0, **more: Any
) -> Plan:
    """A search over learning rates up to ``factor`` away, and ``more``."""
    task, own = of()
    space = {"lr": log_uniform(own["lr"] / factor, own["lr"] * factor), **more}
    return Plan(task, own, space, search=search, budget=budget, seed=seed)


COARSE, FINE = (0.1, 0.2, 0.4, 0.7, 1.5, 3.0, 5.0, 10.0), (0.2, 0.35, 0.5, 0.7, 1.4, 2.0, 2.8, 5.0)

CASES = unseen(
    "healthy",
    (lambda: listed(moons, *COARSE), "seed-noise"),
    (lambda: searched(moons, "freeze-thaw", "150 epochs"), "seed-noise"),
    (lambda: searched(moons, "random", "16 trainings", 40.0, momentum=uniform(0.0, 0.97)), "seed-noise joint"),
    (lambda: listed(prices, *FINE), "seed-noise"),
    (lambda: searched(prices, "freeze-thaw", "180 epochs", 20.0), "seed-noise"),
    (lambda: searched(prices, "tpe", "12 trainings"), "seed-noise"),
    (lambda: listed(tastes, *COARSE), "seed-noise"),
    (lambda: searched(tastes, "random", "12 trainings", seed=1), "seed-noise"),
    (lambda: searched(tastes, "asha", "200 epochs"), "seed-noise"),
    (lambda: listed(tokens, *COARSE), "seed-noise"),
    (lambda: searched(tokens, "freeze-thaw", "100 epochs"), "seed-noise"),
    (lambda: listed(pictures, *FINE), "seed-noise"),
    (lambda: searched(pictures, "freeze-thaw", "150 epochs", 15.0), "seed-noise"),
    (lambda: searched(pictures, "random", "10 trainings", seed=2), "seed-noise"),
    (lambda: listed(waves, *FINE), "seed-noise"),
    (lambda: searched(waves, "freeze-thaw", "100 epochs"), "seed-noise"),
    (lambda: listed(ballots, *COARSE), "seed-noise"),
    (lambda: searched(ballots, "qmc", "12 trainings"), "seed-noise"),
    (lambda: searched(ballots, "freeze-thaw", "70 epochs"), "seed-noise"),
    (lambda: listed(impedance, *COARSE), "seed-noise"),
    (lambda: searched(impedance, "random", "14 trainings", seed=3), "seed-noise"),
    (
        lambda: searched(impedance, "random", "16 trainings", act=choice("tanh", "relu", "silu"), seed=4),
        "seed-noise unimportant",
    ),
    (lambda: listed(phase, *FINE), "seed-noise"),
    (lambda: searched(phase, "median-stopping", "120 epochs"), "seed-noise"),
    (lambda: listed(rings, *COARSE), "seed-noise"),
    (lambda: searched(rings, "freeze-thaw", "90 epochs"), "seed-noise"),
    (lambda: listed(rents, *FINE), "seed-noise"),
    (lambda: searched(rents, "random", "12 trainings", seed=5), "seed-noise"),
    (lambda: listed(scans, *FINE), "seed-noise"),
    (lambda: searched(scans, "freeze-thaw", "140 epochs"), "seed-noise"),
)
WON: dict[str, Values] = {}
