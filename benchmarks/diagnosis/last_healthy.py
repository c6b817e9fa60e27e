"""Last: well-tuned studies of which nothing is to be said, by someone who had not seen the rules.

Reference trainings (last_truth_b.py) show that neither longer or shorter training, nor another learning rate, batch
size or size of the model is clearly better. The best settings differ by no more than seeds do, wherever the learning
rate alone is varied; to say so is no false alarm.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from diagnosis import last_settings as T
from diagnosis.plan import Plan, Run, last
from diagnosis.unseen_healthy import COARSE, COSINE, FINE, listed, searched
from luthier import Task, uniform

Values = dict[str, Any]


@cache
def mixtures() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.spectra(epochs=8, layers=0), {"optimizer": "Adam", "lr": 0.04, **COSINE}


@cache
def photographs() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.temple(epochs=7, units=16, layers=1), {"optimizer": "Adagrad", "lr": 0.08, **COSINE}


@cache
def balls() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.025, **COSINE}
    return T.throws(noise=0.4, epochs=6, model=T.Residual.of(5, 2), units=16, layers=1, act="gelu"), own


@cache
def tones() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.tone(epochs=9), {"optimizer": "Adam", "lr": 0.05, "schedule": "one-cycle", "warmup": 0.3}


@cache
def convection() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.weather(noise=0.4, epochs=14, units=24, act="silu"), {"optimizer": "Adam", "lr": 0.06, **COSINE}


@cache
def comparisons() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.9, "nesterov": True, "lr": 0.25, **COSINE}
    return T.larger(wrong=0.3, epochs=5, units=24, metric="loss"), own


@cache
def credit() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"momentum": 0.8, "lr": 0.4, "schedule": "linear"}
    return T.loans(sharp=3.0, epochs=4, units=12, layers=1, batch_size=128, metric="loss"), own


@cache
def middles() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "AdamW", "lr": 0.03, "warmup": 0.1, **COSINE}
    return T.medians(wrong=0.2, epochs=7, act="gelu", metric="loss"), own


@cache
def products() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "Adam", "lr": 0.1, "schedule": "exponential"}
    return T.signs(wrong=0.15, epochs=14, units=16, metric="loss"), own


@cache
def games() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"optimizer": "NAdam", "lr": 0.012, "schedule": "cooldown", "cooldown": 0.5}
    return T.board(wrong=0.3, epochs=6, units=24, act="relu", metric="loss"), own


@cache
def texts() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.brackets(wrong=0.2, epochs=10, metric="loss"), {"optimizer": "NAdam", "lr": 0.03, **COSINE}


@cache
def advertisements() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.clicks(epochs=4, units=8, batch_size=128, metric="loss"), {"optimizer": "AdamW", "lr": 0.05, **COSINE}


@cache
def processes() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    return T.walks(wrong=0.2, epochs=5, metric="loss"), {"optimizer": "RMSprop", "lr": 6e-3, **COSINE}


@cache
def skies() -> tuple[Task, Values]:
    """Task and the user's own setting."""
    own = {"lr": 0.03, "momentum": 0.9, "schedule": "polynomial"}
    return T.temple(2000, noise=0.3, epochs=6, units=16, layers=1, act="gelu", batch_size=128), own


def repeated(of: Any) -> Plan:
    """The user's own setting on four seeds."""
    task, own = of()
    return Plan(task, own, {}, [Run(seed=s) for s in (1, 2, 3)])


CASES = last(
    "healthy",
    (lambda: listed(mixtures, *COARSE), "seed-noise"),
    (lambda: searched(mixtures, "tpe", "14 trainings", seed=1), "seed-noise"),
    (lambda: listed(photographs, *FINE), "seed-noise"),
    (lambda: searched(photographs, "freeze-thaw", "90 epochs"), "seed-noise"),
    (lambda: searched(balls, "random", "13 trainings", seed=2), "seed-noise"),
    (lambda: repeated(balls), "seed-noise"),
    (lambda: listed(tones, *FINE), "seed-noise"),
    (lambda: searched(tones, "asha", "130 epochs"), "seed-noise"),
    (lambda: searched(convection, "qmc", "12 trainings"), "seed-noise"),
    (lambda: searched(convection, "freeze-thaw", "150 epochs", 20.0), "seed-noise"),
    (lambda: searched(comparisons, "random", "20 trainings", momentum=uniform(0.0, 0.97), seed=3), "seed-noise joint"),
    (lambda: listed(credit, *COARSE), "seed-noise"),
    (lambda: listed(middles, *FINE), "seed-noise"),
    (lambda: searched(middles, "freeze-thaw", "90 epochs"), "seed-noise"),
    (lambda: searched(products, "random", "14 trainings", seed=4), "seed-noise"),
    (lambda: searched(games, "tpe", "12 trainings", seed=5), "seed-noise"),
    (lambda: listed(texts, *COARSE), "seed-noise"),
    (lambda: searched(processes, "median-stopping", "60 epochs"), "seed-noise"),
    (lambda: searched(advertisements, "freeze-thaw", "70 epochs"), "seed-noise"),
    (lambda: listed(skies, *FINE), "seed-noise"),
)
WON: dict[str, Values] = {}
