"""Latest, first half: well-tuned classifications of which nothing is to be said, by someone who had not seen the rules.

The learning rate, momentum, weight decay and batch size are varied, alone or two at once; in most studies
accuracy is what counts. Reference trainings (latest_healthy_a_truth.py) show, for the loss and for the share of wrong
answers, that neither longer or shorter training, nor another learning rate, batch size or size of the model is clearly
better, that a model of a sixth of the size is clearly worse, that every varied hyperparameter matters, and that none
has a better value at an end of its range or beyond. The best settings may differ by no more than seeds do, and what is
varied together may depend on each other; to say so is no false alarm.
"""

from __future__ import annotations

from functools import cache

from diagnosis import blind_tasks, fresh_tasks, last_settings, last_tasks, unseen_tasks
from diagnosis.late_healthy_a import Values, grid, search
from diagnosis.plan import cases
from diagnosis.unseen_healthy import COSINE, CYCLE
from luthier import Task, integer, log_uniform, uniform

LINEAR, STEPS = {"schedule": "linear"}, {"schedule": "step", "gamma": 0.2}


@cache
def clouds() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.8, "lr": 0.35, **CYCLE}
    return blind_tasks.mixture(1600, 5, 8, 1.3, epochs=5, units=12, layers=1, act="tanh", batch_size=96), own


@cache
def loans() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.03, "weight_decay": 2.0, **LINEAR}
    return fresh_tasks.credit(800, features=100, epochs=6, layers=0, batch_size=32, metric="loss"), own


@cache
def corners() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "RMSprop", "lr": 0.012, "dropout": 0.1, **COSINE}
    return unseen_tasks.mixed(1600, wrong=0.15, epochs=6, units=40, layers=1, act="gelu"), own


@cache
def heavy() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "RMSprop", "momentum": 0.8, "lr": 2.5e-3, **COSINE}
    return unseen_tasks.mixed(1600, wrong=0.15, epochs=6, units=40, layers=1, act="gelu"), own


@cache
def fields() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "lr": 0.6, **LINEAR}
    return blind_tasks.checkers(1600, cells=2, wrong=0.15, epochs=8, units=14, act="silu"), own


@cache
def pairs() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "NAdam", "lr": 0.08, **LINEAR}
    return last_settings.signs(1600, features=4, wrong=0.15, epochs=7, units=16, act="silu", metric="loss"), own


@cache
def twos() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "lr": 0.8, **STEPS}
    return last_settings.signs(1600, features=4, wrong=0.15, epochs=8, units=16, act="silu"), own


@cache
def spheres() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.03, **CYCLE}
    return last_tasks.radii(1600, wrong=0.15, features=5, epochs=6, units=16, act="gelu"), own


SIZES = integer(8, 600, log=True)

CASES = [
    *cases(
        "healthy",
        (lambda: search(clouds, "qmc", "12 trainings", {"lr": log_uniform(0.01, 6.0)}, 1), "seed-noise"),
        (
            lambda: search(
                clouds, "random", "18 trainings", {"lr": log_uniform(0.01, 4.0), "momentum": uniform(0.0, 0.99)}, 2
            ),
            "seed-noise joint",
        ),
        (
            lambda: grid(
                loans,
                {"weight_decay": log_uniform(0.05, 40.0)},
                weight_decay=(0.05, 0.2, 0.6, 1.2, 4.0, 8.0, 16.0, 40.0),
            ),
            "seed-noise",
        ),
        (
            lambda: search(
                loans, "tpe", "18 trainings", {"lr": log_uniform(2e-3, 0.8), "weight_decay": log_uniform(0.05, 30.0)}, 3
            ),
            "seed-noise joint",
        ),
        (lambda: search(corners, "freeze-thaw", "110 epochs", {"lr": log_uniform(6e-4, 0.15)}, 4), "seed-noise"),
        (
            lambda: grid(
                heavy, {"momentum": uniform(0.0, 0.99)}, momentum=(0.0, 0.3, 0.6, 0.7, 0.87, 0.92, 0.96, 0.99)
            ),
            "seed-noise",
        ),
        (
            lambda: grid(
                fields, {"momentum": uniform(0.0, 0.995)}, momentum=(0.0, 0.3, 0.6, 0.8, 0.85, 0.93, 0.97, 0.995)
            ),
            "seed-noise",
        ),
        (
            lambda: search(
                fields, "tpe", "18 trainings", {"lr": log_uniform(0.02, 10.0), "momentum": uniform(0.0, 0.99)}, 5
            ),
            "seed-noise joint",
        ),
        (lambda: search(pairs, "random", "14 trainings", {"lr": log_uniform(4e-3, 1.5)}, 6), "seed-noise"),
        (lambda: search(spheres, "tpe", "12 trainings", {"lr": log_uniform(1.5e-3, 1.0)}, 7), "seed-noise"),
        (lambda: grid(fields, {"batch_size": SIZES}, batch_size=(8, 16, 32, 48, 96, 128, 256, 600)), "seed-noise"),
        (lambda: search(twos, "qmc", "12 trainings", {"lr": log_uniform(0.04, 6.0)}, 8), "seed-noise"),
        part="latest",
        first=261,
    )
]
