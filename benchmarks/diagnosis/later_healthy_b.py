"""Later, second half: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

As later_healthy_a.py, with other data and models: balls, classes of a function, a photograph, strands of DNA, readers,
boards and currents.
"""

from __future__ import annotations

from functools import cache

from diagnosis import blind_tasks, fresh_tasks, last_settings, last_tasks, unseen_tasks
from diagnosis.late_healthy_a import Values, grid, search
from diagnosis.plan import cases
from diagnosis.unseen_healthy import COSINE
from luthier import Task, integer, log_uniform, uniform


@cache
def flights() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.03, **COSINE}
    return last_settings.throws(1600, noise=0.5, epochs=8, units=12, act="gelu"), own


@cache
def quarters() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.025, **COSINE}
    return blind_tasks.levels(2000, noise=2.5, epochs=9, units=12, act="gelu"), own


@cache
def digit() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.025, **COSINE}
    return fresh_tasks.photograph(1600, noise=0.3, epochs=10, units=16, act="gelu", metric="loss"), own


@cache
def strands() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.012, "dropout": 0.2, **COSINE}
    return last_tasks.genes(1400, length=20, wrong=0.2, epochs=9, channels=32, batch_size=32), own


@cache
def readers() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.08, "weight_decay": 3e-3, **COSINE}
    return fresh_tasks.clicks(2000, noise=0.9, epochs=8, units=6), own


@cache
def currents() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "lr": 0.2, **COSINE}
    return unseen_tasks.circuit(1600, 0.7, epochs=8, units=12, act="silu"), own


@cache
def boards() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.8, "nesterov": True, "lr": 0.8, **COSINE}
    return last_settings.board(2400, wrong=0.17, epochs=6, units=14, act="silu"), own


DECAY = log_uniform(1e-5, 0.03)

CASES = [
    *cases(
        "healthy",
        (lambda: search(flights, "qmc", "12 trainings", {"lr": log_uniform(2e-3, 0.4)}, 1), "seed-noise"),
        (
            lambda: grid(
                quarters, {"lr": log_uniform(2e-3, 0.3)}, lr=(2e-3, 6e-3, 0.012, 0.018, 0.035, 0.06, 0.12, 0.3)
            ),
            "seed-noise",
        ),
        (lambda: search(quarters, "freeze-thaw", "110 epochs", {"lr": log_uniform(2e-3, 0.3)}, 2), "seed-noise"),
        (lambda: search(digit, "tpe", "12 trainings", {"lr": log_uniform(2e-3, 0.4)}, 3), "seed-noise"),
        (lambda: search(strands, "random", "12 trainings", {"lr": log_uniform(1e-3, 0.15)}, 4), "seed-noise"),
        (lambda: search(readers, "random", "14 trainings", {"weight_decay": DECAY}, 5), "seed-noise"),
        (lambda: grid(readers, {"units": integer(1, 48)}, units=(1, 2, 4, 5, 8, 12, 24, 48)), "seed-noise"),
        (
            lambda: search(readers, "tpe", "18 trainings", {"lr": log_uniform(8e-3, 1.0), "weight_decay": DECAY}, 6),
            "seed-noise joint",
        ),
        (
            lambda: grid(
                boards, {"momentum": uniform(0.0, 0.99)}, momentum=(0.0, 0.3, 0.5, 0.7, 0.85, 0.9, 0.95, 0.99)
            ),
            "seed-noise",
        ),
        (
            lambda: search(
                currents, "random", "18 trainings", {"lr": log_uniform(0.015, 2.0), "momentum": uniform(0.0, 0.98)}, 7
            ),
            "seed-noise joint",
        ),
        part="later",
        first=251,
    )
]
