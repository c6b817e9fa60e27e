"""Late: ranges that end too early, the other ten: optimizers, schedules and sizes of the model.

By someone who had not seen the rules; each label was proven by reference trainings (late_edges_truth.py), without
Luthier's findings.
"""

from __future__ import annotations

from diagnosis.blind_tasks import arm, grammar, spirals
from diagnosis.final_tasks import rules
from diagnosis.fresh_tasks import beats, numerals
from diagnosis.last_settings import throws
from diagnosis.last_tasks import inversions
from diagnosis.plan import Plan, Run, cases, each
from diagnosis.unseen_tasks import crescents, figures
from luthier import integer, log_uniform, uniform

EDGE = "small-budget still-improving underfitting lr-too-low"
TWO = EDGE + " joint unimportant"
FADED = EDGE + " early-stop time-wasted"

CASES = [
    *cases(
        "range-edge",
        (
            lambda: Plan(
                throws(epochs=15, noise=0.1),
                {"optimizer": "RMSprop", "lr": 3e-3, "eps": 1.0, "alpha": 0.97, "weight_decay": 1e-6},
                {
                    "eps": log_uniform(0.2, 5.0),
                    "alpha": uniform(0.9, 0.99),
                    "weight_decay": log_uniform(1e-7, 1e-5),
                },
                search="random",
                budget="14 trainings",
            ),
            TWO,
        ),
        (
            lambda: Plan(
                spirals(epochs=20, noise=0.2, units=8, metric="loss"),
                {"optimizer": "Adam", "lr": 0.01, "layers": 1, "weight_decay": 1e-5, "schedule": "cosine"},
                {"layers": integer(0, 2), "weight_decay": log_uniform(1e-6, 1e-4)},
                search="tpe",
                budget="14 trainings",
            ),
            TWO,
        ),
        (
            lambda: Plan(
                figures(epochs=12),
                {"lr": 0.05, "momentum": 0.9, "schedule": "step", "step_size": 0.1},
                {"step_size": uniform(0.05, 0.2)},
                search="qmc",
                budget="10 trainings",
            ),
            FADED,
        ),
        (
            lambda: Plan(
                crescents(2000, noise=0.15, epochs=15),
                {"optimizer": "AdamW", "lr": 0.01, "weight_decay": 1.5, "schedule": "cosine"},
                {"weight_decay": log_uniform(0.8, 4.0)},
                each("weight_decay", [0.8, 1.0, 1.2, 2.5, 4.0])
                + [Run({"weight_decay": w}, seed=1) for w in (0.8, 1.0, 1.5)],
            ),
            FADED,
        ),
        (
            lambda: Plan(
                inversions(epochs=15),
                {"lr": 0.1, "clip_norm": 0.015},
                {"clip_norm": log_uniform(5e-3, 0.05)},
                search="random",
                budget="10 trainings",
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                beats(epochs=25),
                {"optimizer": "Adam", "lr": 0.01, "code": 2, "schedule": "cosine"},
                {"code": integer(1, 4), "units": integer(32, 64, log=True)},
                search="random",
                budget="12 trainings",
            ),
            TWO,
        ),
        (
            lambda: Plan(
                rules(epochs=15, act="gelu"),
                {"optimizer": "Adadelta", "lr": 0.15, "weight_decay": 1e-6},
                {"lr": log_uniform(0.05, 0.5), "weight_decay": log_uniform(1e-7, 1e-5)},
                search="random",
                budget="12 trainings",
            ),
            TWO + " seed-noise",
        ),
        (
            lambda: Plan(
                numerals(epochs=12),
                {"optimizer": "AdamW", "lr": 5e-3, "schedule": "polynomial", "power": 8.0},
                {"power": uniform(3.0, 15.0)},
                search="tpe",
                budget="10 trainings",
            ),
            FADED,
        ),
        (
            lambda: Plan(
                arm(epochs=15),
                {"lr": 0.05, "momentum": 0.9, "layers": 8, "schedule": "cosine"},
                {"layers": integer(6, 10)},
                each("layers", [6, 7, 9, 10]) + [Run({"layers": n}, seed=1) for n in (6, 7, 8)],
            ),
            FADED + " memory-wasted",
        ),
        (
            lambda: Plan(
                grammar(epochs=10, order=0.99, metric="loss"),
                {"optimizer": "Adam", "lr": 1e-4},
                {"lr": log_uniform(3e-5, 2.5e-4)},
                search="freeze-thaw",
                budget="100 epochs",
            ),
            EDGE,
        ),
        part="late",
        first=91,
    ),
]
