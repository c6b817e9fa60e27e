"""Fresh: faults that a curve shows, by someone who had not seen the rules.

Each label was proven by reference trainings (fresh_truth_a.py), without Luthier's findings.
"""

from __future__ import annotations

from diagnosis.fresh_models import Formula
from diagnosis.fresh_tasks import (
    aimed,
    beats,
    brackets,
    clicks,
    credit,
    graphs,
    heat,
    numerals,
    pendulum,
    photograph,
    rentals,
    reviews,
    tags,
    tracts,
    walks,
    weather,
    worst,
)
from diagnosis.plan import Plan, Run, each, fresh
from luthier import integer, log_uniform, uniform

SEEDS = [Run(seed=1), Run(seed=2)]

CASES = [
    *fresh(
        "lr-too-high",
        (
            lambda: Plan(pendulum(epochs=25), {"optimizer": "NAdam", "lr": 0.2}),
            "small-budget early-stop time-wasted underfitting",
        ),
        (
            lambda: Plan(
                numerals(epochs=15),
                {"lr": 0.5, "momentum": 0.9},
                {"weight_decay": log_uniform(1e-6, 1e-4)},
                each("weight_decay", [1e-6, 1e-5, 1e-4]),
            ),
            "small-budget early-stop time-wasted underfitting unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(tracts(epochs=20, act="relu"), {"lr": 0.3, "momentum": 0.9}, {}, SEEDS),
            "small-budget early-stop time-wasted underfitting",
        ),
        (
            lambda: Plan(
                tags(2400, 8, epochs=20),
                {"optimizer": "RMSprop", "lr": 0.2},
                {"lr": log_uniform(0.08, 0.8)},
                search="random",
                budget="8 trainings",
            ),
            "small-budget early-stop time-wasted underfitting range-edge",
        ),
        (
            lambda: Plan(
                beats(epochs=20), {"lr": 1.8, "momentum": 0.9}, {"units": integer(32, 64)}, each("units", [36, 44, 60])
            ),
            "small-budget early-stop time-wasted underfitting unimportant seed-noise range-edge",
        ),
    ),
    *fresh(
        "lr-too-low",
        (lambda: Plan(photograph(epochs=20), {"lr": 1e-3}), "small-budget still-improving underfitting"),
        (
            lambda: Plan(heat(epochs=15), {"optimizer": "AdamW", "lr": 3e-5}, {}, SEEDS),
            "small-budget still-improving underfitting",
        ),
        (
            lambda: Plan(
                clicks(epochs=15),
                {"optimizer": "Adagrad", "lr": 0.01},
                {"lr": log_uniform(5e-3, 0.03)},
                search="qmc",
                budget="8 trainings",
            ),
            "small-budget still-improving underfitting range-edge",
        ),
        (
            lambda: Plan(
                graphs(epochs=15),
                {"optimizer": "NAdam", "lr": 3e-5},
                {"dropout": uniform(0.0, 0.3)},
                each("dropout", [0.1, 0.2, 0.3]),
            ),
            "small-budget still-improving underfitting unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                numerals(epochs=15),
                {"lr": 0.03},
                {"weight_decay": log_uniform(1e-6, 1e-3)},
                search="freeze-thaw",
                budget="60 epochs",
            ),
            "small-budget still-improving underfitting unimportant seed-noise range-edge",
        ),
    ),
    *fresh(
        "overfitting",
        (
            lambda: Plan(reviews(400, wrong=0.25, epochs=25), {"optimizer": "Adam", "lr": 0.01}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                credit(400, wrong=0.1, units=96, act="relu", epochs=40),
                {"lr": 0.1, "momentum": 0.9},
                {"lr": log_uniform(0.02, 0.3)},
                each("lr", [0.03, 0.06, 0.2]),
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                reviews(500, words=60, wrong=0.2, model=Formula.of(60, 14, 2), units=24, layers=1, epochs=25),
                {"optimizer": "AdamW", "lr": 3e-3},
                {"lr": log_uniform(2e-3, 0.01)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                tracts(150, 0.8, units=96, act="gelu", epochs=80),
                {"optimizer": "NAdam", "lr": 5e-3, "batch_size": 32},
                {},
                SEEDS,
            ),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                tags(320, 16, noise=0.5, units=96, act="relu", epochs=50),
                {"optimizer": "Adam", "lr": 0.01, "schedule": "cosine"},
                {"weight_decay": log_uniform(1e-7, 1e-5)},
                search="tpe",
                budget="6 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
    ),
    *fresh(
        "underfitting",
        (
            lambda: Plan(aimed(pendulum(epochs=30, layers=0), worst, "minimize"), {"optimizer": "Adam", "lr": 0.02}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                weather(epochs=40, units=1),
                {"optimizer": "Adam", "lr": 0.06},
                {"lr": log_uniform(0.03, 0.2)},
                each("lr", [0.04, 0.1, 0.15]),
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge still-improving",
        ),
        (
            lambda: Plan(
                tags(1200, 8, epochs=30),
                {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.02, "nesterov": True},
                {},
                SEEDS,
            ),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                beats(epochs=60, code=1),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(5e-3, 0.02)},
                search="random",
                budget="7 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge still-improving",
        ),
        (
            lambda: Plan(
                photograph(epochs=40, units=1, layers=1),
                {"optimizer": "Adam", "lr": 0.02, "schedule": "linear"},
                {"lr": log_uniform(0.01, 0.05), "batch_size": integer(32, 128)},
                search="qmc",
                budget="7 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
    ),
    *fresh(
        "still-improving",
        (lambda: Plan(beats(epochs=4, units=64), {"optimizer": "Adam", "lr": 0.01}), "small-budget"),
        (
            lambda: Plan(
                numerals(epochs=4),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(3e-3, 0.3)},
                search="random",
                budget="10 trainings",
            ),
            "small-budget seed-noise",
        ),
        (
            lambda: Plan(pendulum(epochs=6), {"optimizer": "NAdam", "lr": 0.015}, {}, SEEDS),
            "small-budget",
        ),
        (
            lambda: Plan(
                weather(epochs=6),
                {"optimizer": "Adam", "lr": 0.02},
                {"lr": log_uniform(3e-3, 0.5)},
                search="freeze-thaw",
                budget="48 epochs",
            ),
            "small-budget seed-noise",
        ),
        (
            lambda: Plan(
                photograph(epochs=7),
                {"lr": 0.05, "momentum": 0.9},
                {"lr": log_uniform(0.01, 0.5)},
                each("lr", [0.015, 0.1, 0.15, 0.2]),
            ),
            "small-budget seed-noise",
        ),
    ),
    *fresh(
        "early-stop",
        (
            lambda: Plan(
                rentals(2000, epochs=50, units=8, layers=1),
                {"optimizer": "AdamW", "lr": 0.02, "weight_decay": 0.05, "schedule": "exponential", "gamma": 0.85},
            ),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(
                credit(1600, 5, bent=0.0, layers=0, epochs=40, metric="loss"),
                {"lr": 0.15},
                {"lr": log_uniform(0.1, 0.3)},
                each("lr", [0.12, 0.2, 0.3]),
            ),
            "small-budget time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
        (
            lambda: Plan(
                tracts(1600, 1.0, units=24, layers=1, epochs=60),
                {"optimizer": "NAdam", "lr": 0.02, "weight_decay": 3e-3, "schedule": "step", "step_size": 0.15},
                {},
                SEEDS,
            ),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(
                clicks(3000, noise=0.8, units=2, epochs=40),
                {
                    "optimizer": "Adam",
                    "lr": 0.06,
                    "weight_decay": 5e-4,
                    "schedule": "exponential",
                    "gamma": 0.8,
                },
                {"lr": log_uniform(0.04, 0.15)},
                search="random",
                budget="7 trainings",
            ),
            "small-budget time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
        (
            lambda: Plan(
                walks(1200, channels=4, noise=2.0, epochs=50, metric="loss"),
                {
                    "optimizer": "Adam",
                    "lr": 0.01,
                    "weight_decay": 3e-3,
                    "schedule": "exponential",
                    "gamma": 0.85,
                },
                {"lr": log_uniform(6e-3, 0.03)},
                search="tpe",
                budget="6 trainings",
            ),
            "small-budget time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
    ),
    *fresh(
        "schedule-cut-short",
        (
            lambda: Plan(
                weather(1200, epochs=40),
                {"optimizer": "AdamW", "lr": 0.05, "schedule": "cosine", "patience": 1},
            ),
            "small-budget still-improving lr-too-high",
        ),
        (
            lambda: Plan(
                heat(noise=0.01, epochs=45),
                {"optimizer": "Adam", "lr": 0.03, "schedule": "linear"},
                {"lr": log_uniform(3e-3, 0.1)},
                budget="15 epochs",
            ),
            "small-budget still-improving",
        ),
        (
            lambda: Plan(
                pendulum(epochs=30),
                {"optimizer": "NAdam", "lr": 3e-4, "schedule": "one-cycle"},
                {"lr": log_uniform(3e-4, 0.2)},
                [Run({"lr": lr}, stop=15) for lr in (0.02, 0.05, 0.01, 0.03)],
            ),
            "small-budget still-improving lr-too-high lr-too-low",
        ),
        (
            lambda: Plan(
                brackets(1500, epochs=24, metric="loss"),
                {"optimizer": "AdamW", "lr": 2e-4, "schedule": "polynomial"},
                {"lr": log_uniform(2e-4, 0.1)},
                [Run({"lr": lr}, stop=9) for lr in (0.01, 0.02, 0.04, 0.06)],
            ),
            "small-budget still-improving lr-too-high lr-too-low",
        ),
        (
            lambda: Plan(
                photograph(epochs=60),
                {"optimizer": "RMSprop", "lr": 0.02, "schedule": "linear", "patience": 2},
                {"lr": log_uniform(8e-3, 0.03)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget still-improving lr-too-high range-edge seed-noise unimportant",
        ),
    ),
]
