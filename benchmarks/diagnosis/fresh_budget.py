"""Fresh: time and memory that bring nothing, by someone who had not seen the rules.

Each label was proven by reference trainings (fresh_truth_b.py), without Luthier's findings.
"""

from __future__ import annotations

from diagnosis.blind_tasks import Recurrent
from diagnosis.fresh_settings import (
    demand,
    genres,
    limited,
    patches,
    pendulum,
    pointer,
    rod,
    strokes,
    tens,
    topics,
)
from diagnosis.plan import Plan, Run, each, fresh
from diagnosis.unseen_tasks import pooled
from luthier import choice, integer, log_uniform, uniform

FIVE = {
    "lr": log_uniform(1e-4, 0.3),
    "units": integer(8, 128, log=True),
    "layers": integer(1, 4),
    "dropout": uniform(0.0, 0.5),
    "weight_decay": log_uniform(1e-6, 1e-1),
}
SIX = {
    "lr": log_uniform(1e-4, 1.0),
    "momentum": uniform(0.0, 0.98),
    "weight_decay": log_uniform(1e-6, 1e-1),
    "batch_size": integer(16, 256, log=True),
    "channels": integer(2, 16),
    "act": choice("relu", "tanh", "gelu"),
}
LARGE = "small-budget time-wasted seed-noise unimportant range-edge early-stop"
SHORT = "still-improving lr-too-low underfitting range-edge seed-noise"

CASES = [
    *fresh(
        "time-wasted",
        (
            lambda: Plan(
                patches(spread=2.0, epochs=100, units=12, layers=1, metric="loss"),
                {"lr": 0.2, "momentum": 0.5, "schedule": "step", "step_size": 0.15},
                {"lr": log_uniform(0.05, 0.5)},
                each("lr", [0.08, 0.4]),
            ),
            "small-budget early-stop seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                strokes(epochs=10, metric="loss"),
                {"optimizer": "Adam", "lr": 5e-3, "channels": 64, "schedule": "cosine"},
                {"channels": integer(12, 64, log=True), "lr": log_uniform(3e-3, 0.03)},
                [Run({"channels": c, "lr": lr}) for c, lr in ((12, 0.02), (24, 0.01), (40, 7e-3))],
            ),
            "small-budget memory-wasted seed-noise unimportant range-edge early-stop joint overfitting",
        ),
        (
            lambda: Plan(
                rod(epochs=10, noise=0.5, act="gelu"),
                {"optimizer": "NAdam", "lr": 2e-3, "layers": 6, "units": 256, "schedule": "cosine"},
                {"layers": integer(2, 6), "units": integer(24, 256, log=True)},
                [
                    Run({"layers": 2, "units": 24, "lr": 0.01}),
                    Run({"layers": 3, "units": 64}),
                    Run({"layers": 4, "units": 128}),
                ],
            ),
            "small-budget memory-wasted seed-noise unimportant range-edge early-stop joint overfitting",
        ),
        (
            lambda: Plan(
                rod(epochs=80, noise=0.5, layers=0),
                {"optimizer": "SGD", "lr": 0.3, "schedule": "exponential", "gamma": 0.85},
                {},
                [Run(seed=1), Run(seed=2)],
            ),
            "small-budget early-stop",
        ),
        (
            lambda: Plan(
                tens(900, wrong=0.3, epochs=50, act="relu", metric="loss"),
                {"optimizer": "AdamW", "lr": 5e-3},
                {"lr": log_uniform(3e-3, 0.02)},
                search="random",
                budget="7 trainings",
            ),
            "small-budget early-stop overfitting seed-noise unimportant range-edge",
        ),
    ),
    *fresh(
        "memory-wasted",
        (
            lambda: Plan(
                patches(1200, spread=2.0, epochs=8, metric="loss"),
                {"optimizer": "Adam", "lr": 1e-3, "units": 1024, "schedule": "cosine"},
                {"units": integer(16, 1024, log=True), "lr": log_uniform(5e-4, 0.03)},
                [Run({"units": u, "lr": lr}) for u, lr in ((16, 0.02), (32, 0.01), (128, 5e-3), (512, 2e-3))],
            ),
            LARGE + " joint overfitting",
        ),
        (
            lambda: Plan(
                topics(1500, epochs=8, metric="loss"),
                {"optimizer": "RMSprop", "lr": 3e-3, "units": 4096, "schedule": "linear"},
                {"units": integer(16, 4096, log=True), "lr": log_uniform(1e-3, 0.05)},
                [Run({"units": u, "lr": lr}) for u, lr in ((16, 0.03), (64, 0.015), (256, 7e-3), (1024, 4e-3))],
            ),
            LARGE + " joint overfitting",
        ),
        (
            lambda: Plan(
                strokes(epochs=8, model=limited(pooled(6), "channels", 24)),
                {"optimizer": "Adam", "lr": 0.02},
                {"channels": integer(4, 300, log=True), "lr": log_uniform(3e-3, 0.05)},
                search="random",
                budget="12 trainings",
            ),
            LARGE + " still-improving joint",
        ),
        (
            lambda: Plan(
                demand(epochs=10, batch_size=32, units=16, model=limited(Recurrent.of(1, 1), "units", 60)),
                {"optimizer": "AdamW", "lr": 0.02, "schedule": "cosine"},
                {"units": integer(8, 2000, log=True)},
                each("units", [8, 400, 32, 100, 48, 2000, 24]),
            ),
            LARGE + " still-improving",
        ),
        (
            lambda: Plan(
                genres(1200, epochs=6, layers=1),
                {"lr": 0.1, "momentum": 0.9, "units": 3000, "schedule": "cosine"},
                {"units": integer(16, 3000, log=True)},
                each("units", [16, 64, 300, 1000]),
            ),
            LARGE + " overfitting",
        ),
    ),
    *fresh(
        "small-budget",
        (
            lambda: Plan(
                tens(1200, epochs=1, act="relu"),
                {"lr": 0.1, "momentum": 0.9},
                {"lr": log_uniform(0.01, 1.0)},
                each("lr", [0.05]),
            ),
            SHORT,
        ),
        (
            lambda: Plan(
                pendulum(epochs=12, act="relu"),
                {"optimizer": "AdamW", "lr": 1e-3},
                FIVE,
                search="random",
                budget="4 trainings",
            ),
            SHORT + " lr-too-high early-stop",
        ),
        (
            lambda: Plan(
                demand(epochs=30, batch_size=32),
                {"optimizer": "RMSprop", "lr": 3e-3},
                {"lr": log_uniform(1e-4, 0.1), "units": integer(8, 48)},
                search="freeze-thaw",
                budget="6 epochs",
            ),
            SHORT,
        ),
        (
            lambda: Plan(
                pointer(1600, 4, 4, epochs=32),
                {"optimizer": "Adam", "lr": 3e-3},
                {"lr": log_uniform(1e-4, 0.1)},
                search="asha",
                budget="8 epochs",
            ),
            SHORT,
        ),
        (
            lambda: Plan(strokes(epochs=6), {"lr": 0.01, "momentum": 0.5}, SIX, search="random", budget="3 trainings"),
            SHORT,
        ),
    ),
]
