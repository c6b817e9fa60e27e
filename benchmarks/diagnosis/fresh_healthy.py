"""Fresh: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

Reference trainings (fresh_truth_b.py) show that neither longer or shorter training, nor another learning rate, batch
size or size of the model is clearly better. The best settings differ by no more than seeds do, wherever the learning
rate alone is varied; to say so is no false alarm.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from diagnosis import fresh_settings as T
from diagnosis.plan import fresh
from diagnosis.unseen_healthy import ADAM, COARSE, COSINE, FINE, MOMENTUM, listed, searched
from luthier import Task, uniform

Values = dict[str, Any]


@cache
def swings() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.pendulum(1600, 0.5, epochs=24, units=24, act="silu"), {**ADAM, "lr": 0.04}


@cache
def papers() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.topics(1600, epochs=7, units=8, metric="loss"), {**ADAM, "lr": 0.06}


@cache
def power() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.03, **COSINE}
    return T.demand(1200, noise=0.5, epochs=20, units=16, batch_size=32), own


@cache
def films() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.genres(1600, epochs=5, units=16, layers=1, act="gelu"), {**MOMENTUM, "lr": 0.3}


@cache
def heat() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "NAdam", "lr": 0.03, **COSINE}
    return T.rod(1400, noise=0.4, epochs=7, units=16, layers=1, batch_size=128), own


@cache
def clouds() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adagrad", "lr": 0.1, **COSINE}
    return T.patches(1600, spread=2.0, epochs=5, units=16, layers=1, batch_size=128, metric="loss"), own


@cache
def numbers() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.015, **COSINE}
    return T.tens(wrong=0.15, epochs=12, units=40, layers=1, act="relu", metric="loss"), own


@cache
def hearts() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.beats(1600, noise=0.4, epochs=18, channels=12), {**MOMENTUM, "lr": 0.1}


CASES = fresh(
    "healthy",
    (lambda: listed(swings, *FINE), "seed-noise"),
    (lambda: searched(swings, "random", "12 trainings", seed=1), "seed-noise"),
    (lambda: listed(papers, *COARSE), "seed-noise"),
    (lambda: searched(papers, "freeze-thaw", "90 epochs"), "seed-noise"),
    (lambda: listed(power, *FINE), "seed-noise"),
    (lambda: searched(power, "asha", "160 epochs"), "seed-noise"),
    (lambda: listed(films, *COARSE), "seed-noise"),
    (lambda: searched(films, "random", "20 trainings", momentum=uniform(0.3, 0.97), seed=2), "seed-noise joint"),
    (lambda: listed(hearts, *FINE), "seed-noise"),
    (lambda: searched(heat, "freeze-thaw", "80 epochs", 20.0), "seed-noise"),
    (lambda: listed(heat, *COARSE), "seed-noise"),
    (lambda: searched(heat, "tpe", "14 trainings"), "seed-noise"),
    (lambda: searched(films, "freeze-thaw", "60 epochs"), "seed-noise"),
    (lambda: searched(papers, "qmc", "12 trainings"), "seed-noise"),
    (lambda: listed(clouds, *COARSE), "seed-noise"),
    (lambda: searched(clouds, "median-stopping", "60 epochs"), "seed-noise"),
    (lambda: listed(numbers, *FINE), "seed-noise"),
    (lambda: searched(numbers, "freeze-thaw", "140 epochs", 20.0), "seed-noise"),
    (lambda: searched(hearts, "random", "12 trainings", seed=3), "seed-noise"),
    (lambda: searched(clouds, "freeze-thaw", "60 epochs"), "seed-noise"),
)
WON: dict[str, Values] = {}
