"""Later, first half: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

Momentum, batch size, weight decay, width and the learning rate are varied, alone or two at once. Reference trainings
(later_healthy_truth.py) show that neither longer or shorter training, nor another learning rate, batch size or size of
the model is clearly better, that a model of a sixth of the size is clearly worse, that every varied hyperparameter
matters, and that none has a better value at an end of its range or beyond. The best settings may differ by no more than
seeds do, and what is varied together may depend on each other; to say so is no false alarm.
"""

from __future__ import annotations

from functools import cache

from diagnosis import blind_tasks, last_tasks, unseen_tasks
from diagnosis.late_healthy_a import Values, grid, search
from diagnosis.plan import cases
from diagnosis.unseen_healthy import COSINE
from luthier import Task, integer, log_uniform, uniform


@cache
def robots() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "lr": 0.15, **COSINE}
    return blind_tasks.arm(1600, noise=0.8, epochs=8, units=12), own


@cache
def ellipses() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "lr": 0.16, **COSINE}
    return last_tasks.kepler(1600, noise=0.3, epochs=8, units=12), own


@cache
def films() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.1, "weight_decay": 2.5e-3, **COSINE}
    return unseen_tasks.ratings(2400, noise=0.7, epochs=9, units=6), own


@cache
def columns() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"lr": 0.05, "weight_decay": 0.5, **COSINE}
    return unseen_tasks.planes(400, 120, 8, noise=1.5, epochs=6, layers=0, batch_size=24), own


DECAY = log_uniform(1e-5, 0.03)

CASES = [
    *cases(
        "healthy",
        (
            lambda: grid(
                robots, {"momentum": uniform(0.0, 0.99)}, momentum=(0.0, 0.4, 0.7, 0.8, 0.85, 0.93, 0.96, 0.99)
            ),
            "seed-noise",
        ),
        (
            lambda: grid(
                robots, {"batch_size": integer(8, 512, log=True)}, batch_size=(8, 16, 24, 32, 48, 96, 128, 256, 512)
            ),
            "seed-noise",
        ),
        (
            lambda: search(
                robots, "random", "20 trainings", {"lr": log_uniform(0.01, 2.0), "momentum": uniform(0.0, 0.98)}, 1
            ),
            "seed-noise joint",
        ),
        (
            lambda: search(
                ellipses, "tpe", "16 trainings", {"lr": log_uniform(0.01, 2.0), "momentum": uniform(0.3, 0.99)}, 2
            ),
            "seed-noise joint",
        ),
        (lambda: search(ellipses, "freeze-thaw", "110 epochs", {"lr": log_uniform(0.01, 2.0)}, 3), "seed-noise"),
        (lambda: search(films, "random", "14 trainings", {"weight_decay": DECAY}, 4), "seed-noise"),
        (lambda: grid(films, {"units": integer(1, 24)}, units=(1, 2, 3, 4, 5, 8, 12, 24)), "seed-noise"),
        (
            lambda: search(films, "qmc", "18 trainings", {"lr": log_uniform(8e-3, 1.0), "weight_decay": DECAY}, 5),
            "seed-noise joint",
        ),
        (
            lambda: grid(
                columns,
                {"weight_decay": log_uniform(0.01, 10.0)},
                weight_decay=(0.01, 0.04, 0.12, 0.25, 0.9, 1.8, 4.0, 10.0),
            ),
            "seed-noise",
        ),
        (
            lambda: search(
                columns,
                "random",
                "18 trainings",
                {"lr": log_uniform(5e-3, 0.5), "weight_decay": log_uniform(0.01, 10.0)},
                6,
            ),
            "seed-noise joint",
        ),
        part="later",
        first=241,
    )
]
