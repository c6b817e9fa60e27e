"""Late: ranges that end too early, the first ten: networks of several kinds, with all searches.

By someone who had not seen the rules; each label was proven by reference trainings (late_edges_truth.py), without
Luthier's findings.
"""

from __future__ import annotations

from diagnosis.blind_tasks import signals, sparse
from diagnosis.final_tasks import queens
from diagnosis.fresh_tasks import heat, pendulum
from diagnosis.last_settings import larger, throws
from diagnosis.last_tasks import chirps, kepler, spectra
from diagnosis.plan import Plan, Run, cases, each
from luthier import integer, log_uniform, uniform

EDGE = "small-budget still-improving underfitting lr-too-low"
TWO = EDGE + " joint unimportant"
FADED = EDGE + " early-stop time-wasted"

CASES = [
    *cases(
        "range-edge",
        (
            lambda: Plan(
                chirps(epochs=14, noise=0.3, batch_size=32),
                {"lr": 0.01, "momentum": 0.9, "channels": 16, "schedule": "cosine"},
                {"lr": log_uniform(4e-3, 0.03), "channels": integer(12, 20)},
                search="random",
                budget="12 trainings",
            ),
            TWO,
        ),
        (
            lambda: Plan(
                kepler(epochs=20, act="silu"),
                {"optimizer": "Adam", "lr": 0.05, "units": 4, "schedule": "cosine"},
                {"units": integer(2, 6), "lr": log_uniform(0.02, 0.2)},
                search="tpe",
                budget="14 trainings",
            ),
            TWO,
        ),
        (
            lambda: Plan(
                queens(3000, epochs=20, act="relu"),
                {"optimizer": "AdamW", "lr": 0.01, "dropout": 0.5, "schedule": "cosine"},
                {"dropout": uniform(0.3, 0.7)},
                each("dropout", [0.3, 0.4, 0.6, 0.7]) + [Run({"dropout": d}, seed=1) for d in (0.3, 0.5)],
            ),
            FADED + " data-mismatch",
        ),
        (
            lambda: Plan(
                signals(1200, noise=0.4, epochs=12),
                {"optimizer": "Adam", "lr": 0.02, "channels": 2, "schedule": "cosine"},
                {"channels": integer(1, 4), "lr": log_uniform(0.01, 0.04)},
                [
                    Run({"channels": c, "lr": lr})
                    for c in (1, 2, 3, 4)
                    for lr in (0.01, 0.02, 0.04)
                    if (c, lr) != (2, 0.02)
                ],
            ),
            TWO,
        ),
        (
            lambda: Plan(
                spectra(epochs=12, act="gelu"),
                {"optimizer": "RMSprop", "lr": 1e-3, "batch_size": 450, "schedule": "cosine"},
                {"batch_size": integer(200, 675, log=True)},
                search="qmc",
                budget="9 trainings",
            ),
            EDGE + " batch-too-large",
        ),
        (
            lambda: Plan(
                sparse(300, features=80, noise=0.4, layers=1, units=24, act="relu", epochs=30),
                {"optimizer": "Adam", "lr": 0.01, "l1": 1e-4},
                {"l1": log_uniform(1e-5, 1e-3)},
                search="random",
                budget="10 trainings",
            ),
            EDGE + " overfitting early-stop time-wasted memory-wasted",
        ),
        (
            lambda: Plan(
                larger(epochs=12),
                {"optimizer": "Adam", "lr": 3e-3, "schedule": "exponential", "lr_end": 1e-5},
                {"lr_end": log_uniform(1e-8, 0.01)},
                search="tpe",
                budget="12 trainings",
            ),
            FADED,
        ),
        (
            lambda: Plan(
                pendulum(epochs=15),
                {"lr": 0.02, "momentum": 0.5, "nesterov": True, "weight_decay": 1e-6},
                {"momentum": uniform(0.3, 0.8), "weight_decay": log_uniform(1e-7, 1e-5)},
                search="freeze-thaw",
                budget="150 epochs",
            ),
            TWO + " seed-noise",
        ),
        (
            lambda: Plan(
                throws(epochs=12, noise=0.1),
                {"optimizer": "Adam", "lr": 0.5, "schedule": "linear"},
                {"lr": log_uniform(0.2, 1.0)},
                each("lr", [0.2, 0.3, 0.7, 1.0]) + [Run({"lr": lr}, seed=1) for lr in (0.2, 0.3, 0.5)],
            ),
            "small-budget still-improving underfitting lr-too-high early-stop time-wasted",
        ),
        (
            lambda: Plan(
                heat(epochs=20, act="relu"),
                {"optimizer": "AdamW", "lr": 3e-3, "schedule": "exponential", "gamma": 0.6},
                {"gamma": uniform(0.4, 0.8)},
                each("gamma", [0.4, 0.5, 0.65, 0.7, 0.75, 0.8]),
            ),
            FADED,
        ),
        part="late",
        first=81,
    ),
]
