"""Late, second half: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

As late_healthy_a.py, with other data and models: triangles, prices of houses, clocks, a game, strands of DNA, reviews,
colours and letters.
"""

from __future__ import annotations

from functools import cache

from diagnosis import final_tasks, fresh_tasks, last_tasks
from diagnosis.late_healthy_a import Values, grid, search
from diagnosis.plan import cases
from diagnosis.unseen_healthy import COSINE
from luthier import Task, integer, log_uniform, uniform


@cache
def triangles() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "lr": 0.5, **COSINE}
    return final_tasks.triangles(2000, wrong=0.35, epochs=14, units=12, act="gelu"), own


@cache
def districts() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.85, "lr": 0.08, **COSINE}
    return fresh_tasks.tracts(1600, noise=0.6, epochs=11, units=20, act="gelu", batch_size=32), own


@cache
def hands() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.02, "weight_decay": 0.01, **COSINE}
    return final_tasks.clocks(1400, noise=0.8, epochs=7, channels=14), own


@cache
def cells() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.025, **COSINE}
    return last_tasks.life(500, wrong=0.2, epochs=7, channels=20, batch_size=16), own


@cache
def strands() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.014, "dropout": 0.25, "batch_size": 48, **COSINE}
    return last_tasks.genes(1200, wrong=0.1, epochs=8, channels=48), own


@cache
def reviews() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.05, **COSINE}
    return fresh_tasks.reviews(1600, wrong=0.25, epochs=7, units=16, width=8, act="relu", metric="loss"), own


@cache
def hues() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.06, **COSINE}
    return final_tasks.colours(1600, wrong=0.5, epochs=8, units=16, act="relu", metric="loss"), own


@cache
def letters() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.03, "weight_decay": 2e-4, **COSINE}
    return last_tasks.spam(1600, wrong=0.25, epochs=5, units=16, batch_size=128), own


CASES = [
    *cases(
        "healthy",
        (
            lambda: grid(
                triangles, {"momentum": uniform(0.0, 0.99)}, momentum=(0.0, 0.3, 0.6, 0.8, 0.86, 0.94, 0.97, 0.99)
            ),
            "seed-noise",
        ),
        (
            lambda: search(
                triangles, "random", "20 trainings", {"lr": log_uniform(0.03, 3.0), "momentum": uniform(0.0, 0.98)}, 1
            ),
            "seed-noise joint",
        ),
        (
            lambda: grid(
                districts,
                {"lr": log_uniform(8e-3, 0.4), "momentum": uniform(0.3, 0.97)},
                lr=(8e-3, 0.03, 0.1, 0.4),
                momentum=(0.3, 0.6, 0.85, 0.97),
            ),
            "seed-noise joint",
        ),
        (
            lambda: search(hands, "random", "14 trainings", {"weight_decay": log_uniform(1e-4, 0.3)}, 2),
            "seed-noise",
        ),
        (lambda: search(hands, "freeze-thaw", "90 epochs", {"lr": log_uniform(1.5e-3, 0.2)}, 3), "seed-noise"),
        (lambda: search(cells, "qmc", "12 trainings", {"lr": log_uniform(1.5e-3, 0.3)}, 4), "seed-noise"),
        (
            lambda: search(
                strands, "tpe", "16 trainings", {"lr": log_uniform(1.5e-3, 0.1), "dropout": uniform(0.0, 0.9)}, 5
            ),
            "seed-noise joint",
        ),
        (
            lambda: search(
                reviews, "random", "18 trainings", {"lr": log_uniform(4e-3, 0.5), "units": integer(2, 64, log=True)}, 6
            ),
            "seed-noise joint",
        ),
        (lambda: search(hues, "qmc", "14 trainings", {"lr": log_uniform(4e-3, 0.6)}, 7), "seed-noise"),
        (
            lambda: search(
                letters,
                "random",
                "18 trainings",
                {"lr": log_uniform(3e-3, 0.3), "weight_decay": log_uniform(1e-6, 0.03)},
                8,
            ),
            "seed-noise joint",
        ),
        part="late",
        first=191,
    )
]
