"""Latest, second half: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

Half are regressions (planets, prices of houses, a linear function), half have sequences, pictures or embeddings (tones,
spots, readers). Momentum, weight decay, width and the learning rate are varied, alone, two or three at once.
Reference trainings (latest_healthy_b_truth.py) show that neither longer or shorter training, nor another learning rate,
batch size or size of the model is clearly better, that a model of a sixth of the size is clearly worse, that every
varied hyperparameter matters, and that none has a better value at an end of its range or beyond. The best settings may
differ by no more than seeds do, and what is varied together may depend on each other; to say so is no false alarm.
"""

from __future__ import annotations

from functools import cache

from diagnosis import blind_tasks, final_tasks, fresh_tasks, last_settings, unseen_tasks
from diagnosis.late_healthy_a import Values, grid, search
from diagnosis.plan import cases
from luthier import Task, integer, log_uniform, uniform


@cache
def probes() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "lr": 0.2, "schedule": "linear"}
    return final_tasks.planets(1600, noise=0.7, epochs=8, units=14), own


@cache
def tones() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.03, "schedule": "cosine"}
    return last_settings.tone(1400, error=0.5, epochs=8, channels=12), own


@cache
def readers() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adagrad", "lr": 0.25, "weight_decay": 3e-3, "schedule": "linear"}
    return fresh_tasks.clicks(2400, users=50, things=40, noise=0.9, epochs=8, units=6), own


@cache
def sums() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.8, "lr": 0.045, "weight_decay": 0.5, "schedule": "exponential"}
    return blind_tasks.sparse(400, 120, noise=1.5, layers=0, epochs=6, batch_size=40), own


@cache
def prices() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "NAdam", "lr": 0.035, "schedule": "one-cycle"}
    return unseen_tasks.houses(1600, noise=1.1, epochs=9, units=12, act="gelu", batch_size=40), own


@cache
def spots() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.02, "schedule": "linear"}
    return last_settings.spots(1400, wrong=0.1, epochs=6, channels=12, metric="loss"), own


SPEEDS, TASTES, WEIGHTS = uniform(0.0, 0.99), log_uniform(1e-5, 0.05), log_uniform(0.01, 8.0)

CASES = [
    *cases(
        "healthy",
        (
            lambda: grid(probes, {"momentum": SPEEDS}, momentum=(0.0, 0.4, 0.7, 0.8, 0.86, 0.94, 0.97, 0.99)),
            "seed-noise",
        ),
        (
            lambda: search(probes, "random", "18 trainings", {"lr": log_uniform(0.01, 2.0), "momentum": SPEEDS}, 1),
            "seed-noise joint",
        ),
        (lambda: search(probes, "freeze-thaw", "110 epochs", {"lr": log_uniform(0.01, 2.0)}, 2), "seed-noise"),
        (lambda: search(prices, "qmc", "12 trainings", {"lr": log_uniform(2e-3, 0.6)}, 3), "seed-noise"),
        (
            lambda: grid(sums, {"weight_decay": WEIGHTS}, weight_decay=(0.01, 0.05, 0.15, 0.3, 0.8, 1.5, 3.0, 8.0)),
            "seed-noise",
        ),
        (
            lambda: search(sums, "tpe", "18 trainings", {"lr": log_uniform(3e-3, 0.3), "weight_decay": WEIGHTS}, 4),
            "seed-noise joint",
        ),
        (lambda: search(tones, "tpe", "14 trainings", {"lr": log_uniform(2e-3, 0.4)}, 5), "seed-noise"),
        (lambda: search(tones, "freeze-thaw", "100 epochs", {"lr": log_uniform(3e-3, 0.3)}, 8), "seed-noise"),
        (
            lambda: search(
                readers,
                "random",
                "24 trainings",
                {"lr": log_uniform(0.02, 2.0), "weight_decay": TASTES, "units": integer(1, 40)},
                6,
            ),
            "seed-noise joint",
        ),
        (lambda: grid(readers, {"units": integer(1, 40)}, units=(1, 2, 3, 4, 8, 12, 20, 40)), "seed-noise"),
        (
            lambda: search(readers, "qmc", "18 trainings", {"lr": log_uniform(0.02, 2.0), "weight_decay": TASTES}, 7),
            "seed-noise joint",
        ),
        (
            lambda: grid(spots, {"lr": log_uniform(1e-3, 0.3)}, lr=(1e-3, 4e-3, 8e-3, 0.013, 0.03, 0.05, 0.1, 0.3)),
            "seed-noise",
        ),
        part="latest",
        first=281,
    )
]
