"""Later: the other ten ranges that end too early: optimizers, schedules, batches and sizes of the model.

By someone who had not seen the rules; each label was proven by reference trainings (later_edges_truth.py), without
Luthier's findings.
"""

from __future__ import annotations

from diagnosis.final_tasks import colours, triangles
from diagnosis.fresh_settings import cleaned, topics
from diagnosis.fresh_tasks import heat
from diagnosis.last_settings import medians
from diagnosis.last_tasks import kepler
from diagnosis.plan import Plan, Run, cases, each
from diagnosis.unseen_tasks import roll, shells
from luthier import integer, log_uniform, uniform

EDGE = "small-budget still-improving underfitting lr-too-low"
TWO = EDGE + " joint unimportant"
FADED = EDGE + " early-stop time-wasted"

CASES = [
    *cases(
        "range-edge",
        (
            lambda: Plan(
                kepler(epochs=12),
                {"optimizer": "Adam", "lr": 0.01, "eps": 0.2},
                {"eps": log_uniform(0.06, 1.0)},
                search="tpe",
                budget="12 trainings",
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                heat(epochs=15),
                {"lr": 0.3, "schedule": "step", "step_size": 0.1, "gamma": 0.2},
                {"gamma": uniform(0.05, 0.4)},
                [*each("gamma", [0.05, 0.1, 0.25, 0.3, 0.35, 0.4]), Run({"gamma": 0.4}, seed=1)],
            ),
            FADED,
        ),
        (
            lambda: Plan(
                cleaned(epochs=20, noise=0.1),
                {"optimizer": "AdamW", "lr": 5e-3, "code": 2, "schedule": "cosine"},
                {"code": integer(1, 4, log=True), "lr": log_uniform(3e-3, 0.01)},
                [Run({"code": c, "lr": lr}) for c in (1, 2, 3, 4) for lr in (3e-3, 5e-3, 0.01) if (c, lr) != (2, 5e-3)],
            ),
            TWO,
        ),
        (
            lambda: Plan(
                roll(epochs=12),
                {"optimizer": "RMSprop", "lr": 3e-3, "momentum": 0.97, "weight_decay": 1e-6},
                {"momentum": uniform(0.94, 0.99), "weight_decay": log_uniform(1e-7, 1e-5)},
                search="tpe",
                budget="12 trainings",
            ),
            "small-budget still-improving underfitting lr-too-high joint unimportant early-stop time-wasted seed-noise",
        ),
        (
            lambda: Plan(
                triangles(epochs=12),
                {"lr": 1.2, "momentum": 0.9, "nesterov": True},
                {"lr": log_uniform(0.6, 2.0)},
                search="qmc",
                budget="10 trainings",
            ),
            "small-budget still-improving underfitting lr-too-high early-stop time-wasted seed-noise",
        ),
        (
            lambda: Plan(
                colours(epochs=15, metric="loss"),
                {"optimizer": "Adam", "lr": 0.01, "power": 7.0, "weight_decay": 1e-6, "schedule": "polynomial"},
                {"power": uniform(4.0, 10.0), "weight_decay": log_uniform(1e-7, 1e-5)},
                search="tpe",
                budget="14 trainings",
            ),
            TWO + " early-stop time-wasted seed-noise",
        ),
        (
            lambda: Plan(
                topics(epochs=15),
                {"optimizer": "Adamax", "lr": 5e-3, "units": 16, "schedule": "cosine"},
                {"lr": log_uniform(2e-3, 0.016), "units": integer(12, 24)},
                search="random",
                budget="12 trainings",
            ),
            TWO,
        ),
        (
            lambda: Plan(
                heat(epochs=12),
                {"lr": 0.1, "batch_size": 64, "batch_schedule": "geometric", "batch_size_end": 300},
                {"batch_size_end": integer(128, 700, log=True)},
                [*each("batch_size_end", [128, 170, 230, 400, 550, 700]), Run({"batch_size_end": 128}, seed=1)],
            ),
            FADED + " batch-too-large",
        ),
        (
            lambda: Plan(
                medians(epochs=12),
                {"optimizer": "AdamW", "lr": 5e-3, "batch_size": 400, "schedule": "one-cycle"},
                {"batch_size": integer(200, 800, log=True), "lr": log_uniform(4e-3, 7e-3)},
                search="random",
                budget="14 trainings",
            ),
            TWO + " batch-too-large",
        ),
        (
            lambda: Plan(
                shells(epochs=15, act="relu"),
                {"optimizer": "AdamW", "lr": 0.02, "units": 4, "weight_decay": 0.01, "schedule": "cosine"},
                {
                    "units": integer(2, 6, log=True),
                    "lr": log_uniform(0.014, 0.03),
                    "weight_decay": log_uniform(1e-3, 0.05),
                },
                search="tpe",
                budget="16 trainings",
            ),
            TWO + " seed-noise",
        ),
        part="later",
        first=111,
    ),
]
