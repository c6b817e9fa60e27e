"""Final: trainings that level off too high, ranges that end too early and wasted time.

By someone who had not seen the rules; each label was proven by reference trainings (final_truth.py), without Luthier's
findings.
"""

from __future__ import annotations

from torch import nn

from diagnosis.blind_tasks import Builder, arm, dense
from diagnosis.final_tasks import blood, clocks, colours, planets, queens, rules, triangles
from diagnosis.fresh_settings import cleaned, genres, lineage, patches, tens
from diagnosis.fresh_tasks import credit, pendulum
from diagnosis.last_settings import Listener, brackets
from diagnosis.plan import Plan, Run, cases, each
from diagnosis.unseen_tasks import crescents, figures, greater, planes, roll
from luthier import integer, log_uniform, uniform

LEVEL = "small-budget early-stop time-wasted"
FLAT = LEVEL + " seed-noise unimportant range-edge"
EDGE = "small-budget still-improving underfitting lr-too-low"
LONG = "small-budget early-stop"
SPREAD = LONG + " seed-noise unimportant range-edge"
SLOW = SPREAD + " memory-wasted joint overfitting"
TWO = [Run(seed=1), Run(seed=2)]


def seen(inputs: int, outputs: int) -> Builder:
    """Hidden layers of ``units`` on all of a picture at once."""
    return lambda config: nn.Sequential(nn.Flatten(), dense(inputs, outputs)(config))


CASES = [
    *cases(
        "underfitting",
        (lambda: Plan(colours(units=1, layers=1, epochs=60), {"optimizer": "Adam", "lr": 0.03}, {}, TWO), LEVEL),
        (
            lambda: Plan(
                planets(units=40, epochs=40, act="silu"),
                {"optimizer": "RMSprop", "lr": 0.01, "weight_decay": 0.1, "schedule": "linear"},
                {"lr": log_uniform(5e-3, 0.02)},
                each("lr", [5e-3, 7e-3, 0.014, 0.02]),
            ),
            FLAT,
        ),
        (
            lambda: Plan(
                clocks(model=seen(144, 2), units=1, layers=1, epochs=60, act="tanh"),
                {"optimizer": "RMSprop", "lr": 0.01, "schedule": "cosine"},
                {"lr": log_uniform(5e-3, 0.03)},
                search="random",
                budget="5 trainings",
            ),
            FLAT,
        ),
        (
            lambda: Plan(
                blood(900, units=1, epochs=60),
                {"optimizer": "NAdam", "lr": 0.1, "schedule": "cosine"},
                {"lr": log_uniform(0.06, 0.2)},
                search="tpe",
                budget="5 trainings",
            ),
            FLAT,
        ),
        (
            lambda: Plan(
                rules(units=32, act="gelu", epochs=40),
                {"optimizer": "Adam", "lr": 0.01, "l1": 3e-3, "schedule": "linear"},
            ),
            LEVEL,
        ),
        (
            lambda: Plan(
                cleaned(1400, code=1, noise=0.1, epochs=80),
                {"optimizer": "Adam", "lr": 5e-3, "schedule": "cosine"},
                {"lr": log_uniform(3e-3, 0.02)},
                search="random",
                budget="5 trainings",
            ),
            FLAT,
        ),
        (
            lambda: Plan(
                pendulum(2400, units=1, layers=1, epochs=40, act="silu"),
                {"optimizer": "Adagrad", "lr": 0.2},
                {"lr": log_uniform(0.1, 0.4)},
                each("lr", [0.1, 0.4]),
            ),
            FLAT,
        ),
        (
            lambda: Plan(
                roll(units=1, layers=1, epochs=40, metric="loss"),
                {"optimizer": "AdamW", "lr": 0.12, "schedule": "cosine"},
                {"lr": log_uniform(0.08, 0.25)},
                search="qmc",
                budget="5 trainings",
            ),
            FLAT,
        ),
        (
            lambda: Plan(
                tens(units=64, act="relu", epochs=50),
                {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.06, "schedule": "cosine"},
                {},
                TWO,
            ),
            LEVEL,
        ),
        (
            lambda: Plan(
                arm(units=1, layers=1, epochs=30),
                {"optimizer": "Adam", "lr": 0.02},
                {"lr": log_uniform(0.01, 0.06)},
                search="freeze-thaw",
                budget="150 epochs",
            ),
            FLAT + " still-improving",
        ),
        part="last",
        first=71,
    ),
    *cases(
        "range-edge",
        (
            lambda: Plan(
                planets(epochs=15, act="silu"),
                {"optimizer": "RMSprop", "lr": 5e-5, "schedule": "linear"},
                {"lr": log_uniform(1e-5, 2e-4)},
                search="random",
                budget="10 trainings",
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                tens(epochs=20, layers=1),
                {"optimizer": "Adam", "lr": 0.02, "units": 2, "schedule": "cosine"},
                {"units": integer(1, 5)},
                each("units", [1, 3, 4, 5]) + [Run({"units": u}, seed=1) for u in (2, 4, 5)],
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                triangles(epochs=25, act="gelu", metric="loss"),
                {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "schedule": "cosine"},
                {"weight_decay": log_uniform(3e-3, 0.03)},
                search="qmc",
                budget="10 trainings",
            ),
            EDGE + " early-stop time-wasted",
        ),
        (
            lambda: Plan(
                arm(epochs=15, joints=2, act="silu"),
                {"optimizer": "NAdam", "lr": 0.01, "dropout": 0.6, "schedule": "cosine"},
                {"dropout": uniform(0.4, 0.8)},
                search="tpe",
                budget="10 trainings",
            ),
            EDGE + " data-mismatch early-stop",
        ),
        (
            lambda: Plan(
                colours(epochs=12),
                {"optimizer": "Adam", "lr": 1.0, "schedule": "cosine"},
                {"lr": log_uniform(0.3, 3.0)},
                search="qmc",
                budget="8 trainings",
            ),
            EDGE + " lr-too-high early-stop time-wasted",
        ),
        (
            lambda: Plan(
                cleaned(1200, noise=0.1, epochs=20),
                {"optimizer": "AdamW", "lr": 5e-3, "code": 2, "schedule": "polynomial"},
                {"code": integer(1, 5)},
                search="random",
                budget="9 trainings",
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                figures(epochs=10, act="gelu"),
                {"optimizer": "Adam", "lr": 0.01, "channels": 2, "schedule": "cosine"},
                {"channels": integer(1, 4)},
                each("channels", [1, 3, 4]) + [Run({"channels": c}, seed=1) for c in (1, 2, 3, 4)],
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                queens(4000, epochs=12, act="relu", metric="loss"),
                {"optimizer": "AdamW", "lr": 5e-3, "batch_size": 900},
                {"batch_size": integer(400, 2500, log=True)},
                each("batch_size", [400, 600, 1300, 1800, 2500]),
            ),
            EDGE + " batch-too-large",
        ),
        (
            lambda: Plan(
                blood(epochs=10, units=16),
                {"lr": 0.01, "weight_decay": 1e-6, "momentum": 0.5},
                {"lr": log_uniform(2e-3, 0.03), "weight_decay": log_uniform(1e-7, 1e-5)},
                search="tpe",
                budget="12 trainings",
            ),
            EDGE + " unimportant joint seed-noise",
        ),
        (
            lambda: Plan(
                greater(epochs=10, noise=0.1),
                {"optimizer": "Adam", "lr": 3e-3, "eps": 0.3},
                {"eps": log_uniform(0.03, 3.0)},
                search="random",
                budget="8 trainings",
            ),
            EDGE,
        ),
        part="last",
        first=71,
    ),
    *cases(
        "time-wasted",
        (
            lambda: Plan(
                credit(1600, wrong=0.2, bent=0.0, layers=0, epochs=80, metric="loss"),
                {"lr": 0.05, "momentum": 0.5},
                {},
                TWO,
            ),
            LONG,
        ),
        (
            lambda: Plan(
                colours(wrong=0.3, epochs=12),
                {"optimizer": "AdamW", "lr": 1e-3, "layers": 4, "units": 320, "schedule": "cosine"},
                {"layers": integer(1, 4), "units": integer(24, 320, log=True)},
                [
                    Run({"layers": 1, "units": 24, "lr": 0.02}),
                    Run({"layers": 2, "units": 32, "lr": 0.01}),
                    Run({"layers": 3, "units": 48, "lr": 6e-3}),
                ],
            ),
            SLOW,
        ),
        (
            lambda: Plan(
                greater(noise=0.8, epochs=12),
                {"optimizer": "Adam", "lr": 1e-3, "layers": 4, "units": 64, "schedule": "cosine"},
                {"layers": integer(1, 4), "units": integer(16, 64, log=True), "lr": log_uniform(1e-3, 0.03)},
                [
                    Run({"layers": n, "units": u, "lr": lr})
                    for n, u, lr in ((1, 16, 0.01), (1, 24, 5e-3), (1, 32, 5e-3))
                ],
            ),
            SLOW,
        ),
        (
            lambda: Plan(
                lineage(1200, noise=0.7, epochs=70),
                {"optimizer": "Adam", "lr": 0.02, "schedule": "exponential", "gamma": 0.9},
                {"lr": log_uniform(0.01, 0.05)},
                search="random",
                budget="5 trainings",
            ),
            SPREAD,
        ),
        (
            lambda: Plan(
                patches(1200, features=3, spread=2.0, units=8, layers=1, epochs=60),
                {"optimizer": "RMSprop", "lr": 0.02, "schedule": "step", "step_size": 0.2},
                {"lr": log_uniform(0.01, 0.04)},
                search="qmc",
                budget="4 trainings",
            ),
            SPREAD,
        ),
        (
            lambda: Plan(
                planes(1600, noise=0.8, layers=0, epochs=90),
                {"lr": 0.02},
                {"lr": log_uniform(0.01, 0.04)},
                search="tpe",
                budget="4 trainings",
            ),
            SPREAD,
        ),
        (
            lambda: Plan(
                planets(noise=0.7, epochs=15, act="silu"),
                {"optimizer": "NAdam", "lr": 1e-3, "units": 320, "layers": 4, "schedule": "linear"},
                {"units": integer(24, 320, log=True), "layers": integer(1, 4)},
                [
                    Run({"units": u, "layers": n, "lr": lr})
                    for u, n, lr in ((24, 2, 0.02), (48, 3, 0.01), (32, 2, 0.01))
                ],
            ),
            SLOW,
        ),
        (
            lambda: Plan(
                crescents(1600, noise=0.35, units=16, layers=1, epochs=80, act="relu", metric="loss"),
                {"optimizer": "Adam", "lr": 0.03, "schedule": "step", "step_size": 0.15},
                {"lr": log_uniform(0.02, 0.06)},
                each("lr", [0.02, 0.04]),
            ),
            SPREAD,
        ),
        (
            lambda: Plan(
                genres(1400, features=12, labels=3, blur=2.0, layers=0, epochs=70),
                {"optimizer": "Adagrad", "lr": 0.2},
                {},
                [Run(seed=1)],
            ),
            LONG,
        ),
        (
            lambda: Plan(
                brackets(wrong=0.4, epochs=8, model=Listener.of(2, 4), metric="loss"),
                {"optimizer": "AdamW", "lr": 2e-3, "units": 224, "schedule": "polynomial"},
                {"units": integer(10, 224, log=True), "lr": log_uniform(2e-3, 0.05)},
                [Run({"units": u, "lr": lr}) for u, lr in ((10, 0.03), (16, 0.02), (24, 0.015))],
            ),
            SLOW,
        ),
        part="last",
        first=71,
    ),
]
