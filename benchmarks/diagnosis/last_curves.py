"""Last: faults that a curve shows, by someone who had not seen the rules.

Each label was proven by reference trainings (last_truth_a.py), without Luthier's findings.
"""

from __future__ import annotations

from diagnosis.last_tasks import (
    chirps,
    dice,
    enzymes,
    genes,
    inversions,
    kepler,
    life,
    petals,
    ribbon,
    sets,
    spam,
    spectra,
    textures,
    traffic,
)
from diagnosis.plan import Plan, Run, each, last
from luthier import choice, log_uniform, uniform

SEEDS = [Run(seed=1), Run(seed=2)]

CASES = [
    *last(
        "lr-too-high",
        (lambda: Plan(dice(epochs=24), {"lr": 1.0}), "small-budget early-stop time-wasted underfitting"),
        (
            lambda: Plan(
                textures(epochs=20),
                {"optimizer": "AdamW", "lr": 0.2},
                {"dropout": uniform(0.0, 0.2)},
                each("dropout", [0.05, 0.1, 0.2]),
            ),
            "small-budget early-stop time-wasted underfitting unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                traffic(epochs=25),
                {"optimizer": "RMSprop", "lr": 0.1},
                {"lr": log_uniform(0.06, 0.4)},
                search="random",
                budget="8 trainings",
            ),
            "small-budget early-stop time-wasted underfitting range-edge seed-noise unimportant",
        ),
        (
            lambda: Plan(spectra(epochs=24), {"optimizer": "NAdam", "lr": 0.3, "batch_size": 32}, {}, SEEDS),
            "small-budget early-stop time-wasted underfitting",
        ),
        (
            lambda: Plan(
                ribbon(epochs=20),
                {"optimizer": "Adam", "lr": 0.6},
                {"lr": log_uniform(1e-3, 0.6)},
                search="tpe",
                budget="9 trainings",
            ),
            "small-budget still-improving seed-noise time-wasted early-stop underfitting",
        ),
    ),
    *last(
        "lr-too-low",
        (
            lambda: Plan(textures(epochs=14, metric="loss"), {"lr": 1e-3, "momentum": 0.5}),
            "small-budget still-improving underfitting",
        ),
        (
            lambda: Plan(
                sets(epochs=16),
                {"optimizer": "AdamW", "lr": 3e-5, "warmup": 0.1},
                {"weight_decay": log_uniform(1e-4, 0.03)},
                each("weight_decay", [1e-4, 1e-3, 0.03]),
            ),
            "small-budget still-improving underfitting unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                genes(epochs=14),
                {"optimizer": "NAdam", "lr": 4e-5},
                {"dropout": uniform(0.0, 0.3)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget still-improving underfitting unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                spectra(epochs=18, loss="L1Loss"),
                {"optimizer": "RMSprop", "lr": 1e-5, "schedule": "cosine"},
                {},
                SEEDS,
            ),
            "small-budget still-improving underfitting",
        ),
        (
            lambda: Plan(
                dice(epochs=15),
                {"optimizer": "Adagrad", "lr": 1e-3},
                {"lr": log_uniform(3e-4, 3e-3)},
                search="tpe",
                budget="7 trainings",
            ),
            "small-budget still-improving underfitting range-edge",
        ),
    ),
    *last(
        "overfitting",
        (
            lambda: Plan(spam(400, wrong=0.15, epochs=30), {"optimizer": "AdamW", "lr": 0.03}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                enzymes(200, noise=1.0, units=128, act="relu", epochs=120),
                {"optimizer": "Adam", "lr": 3e-3, "batch_size": 16},
                {"lr": log_uniform(1.5e-3, 6e-3)},
                each("lr", [2e-3, 4e-3, 5e-3]),
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                chirps(200, noise=1.2, channels=24, epochs=60),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(6e-3, 0.02)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                dice(400, wrong=0.3, units=96, epochs=60, metric="loss"), {"optimizer": "Adamax", "lr": 0.02}, {}, SEEDS
            ),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                genes(300, wrong=0.3, channels=64, width=16, epochs=50, metric="loss"),
                {"optimizer": "NAdam", "lr": 0.01},
                {"weight_decay": log_uniform(1e-7, 1e-5)},
                search="tpe",
                budget="6 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
    ),
    *last(
        "underfitting",
        (
            lambda: Plan(kepler(epochs=40), {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.1, "schedule": "cosine"}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                genes(channels=1, act="tanh", epochs=40),
                {"optimizer": "NAdam", "lr": 0.02},
                {"lr": log_uniform(0.01, 0.05)},
                each("lr", [0.015, 0.03, 0.05]),
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                dice(units=2, layers=1, act="tanh", epochs=50),
                {"optimizer": "Adam", "lr": 0.04},
                {"lr": log_uniform(0.02, 0.1)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge still-improving",
        ),
        (
            lambda: Plan(life(channels=1, act="tanh", epochs=30), {"optimizer": "RMSprop", "lr": 0.03}, {}, SEEDS),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                traffic(units=1, epochs=50),
                {"optimizer": "NAdam", "lr": 0.04},
                {"lr": log_uniform(0.03, 0.1), "batch_size": choice(32, 64)},
                search="tpe",
                budget="7 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge batch-too-small still-improving",
        ),
    ),
    *last(
        "still-improving",
        (lambda: Plan(chirps(epochs=4), {"optimizer": "Adam", "lr": 0.015}), "small-budget"),
        (
            lambda: Plan(
                spectra(epochs=4),
                {"optimizer": "AdamW", "lr": 5e-3},
                {"lr": log_uniform(3e-3, 0.1)},
                search="random",
                budget="10 trainings",
            ),
            "small-budget seed-noise",
        ),
        (lambda: Plan(kepler(epochs=5), {"optimizer": "Adam", "lr": 0.03}, {}, SEEDS), "small-budget"),
        (
            lambda: Plan(
                traffic(epochs=5),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(4e-3, 0.2)},
                search="freeze-thaw",
                budget="40 epochs",
            ),
            "small-budget seed-noise",
        ),
        (
            lambda: Plan(
                ribbon(epochs=5),
                {"lr": 0.05, "momentum": 0.9},
                {"lr": log_uniform(0.01, 0.4)},
                each("lr", [0.02, 0.1, 0.15, 0.3]),
            ),
            "small-budget seed-noise",
        ),
    ),
    *last(
        "early-stop",
        (
            lambda: Plan(
                inversions(1200, noise=0.3, units=12, epochs=40),
                {"optimizer": "NAdam", "lr": 0.02, "schedule": "exponential", "gamma": 0.8},
            ),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(
                petals(layers=0, epochs=60),
                {"optimizer": "Adam", "lr": 0.1, "batch_size": 16, "schedule": "exponential", "gamma": 0.9},
                {"lr": log_uniform(0.06, 0.2)},
                each("lr", [0.08, 0.14, 0.18]),
            ),
            "small-budget time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
        (
            lambda: Plan(
                enzymes(1600, noise=0.6, units=48, layers=1, epochs=50),
                {"optimizer": "Adam", "lr": 0.03, "weight_decay": 3e-4, "schedule": "step", "step_size": 0.2},
                {},
                SEEDS,
            ),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(
                genes(1400, wrong=0.4, channels=16, epochs=40, metric="loss"),
                {
                    "optimizer": "Adam",
                    "lr": 0.02,
                    "weight_decay": 2e-3,
                    "schedule": "exponential",
                    "gamma": 0.8,
                },
                {"lr": log_uniform(0.012, 0.04)},
                search="random",
                budget="7 trainings",
            ),
            "small-budget time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
        (
            lambda: Plan(
                ribbon(1600, noise=0.6, epochs=40),
                {"optimizer": "AdamW", "lr": 0.03, "schedule": "exponential", "gamma": 0.8},
                {"lr": log_uniform(0.02, 0.06)},
                search="tpe",
                budget="6 trainings",
            ),
            "small-budget time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
    ),
    *last(
        "schedule-cut-short",
        (
            lambda: Plan(
                enzymes(epochs=60, act="silu"),
                {"lr": 0.3, "momentum": 0.8, "schedule": "linear", "patience": 2},
            ),
            "small-budget still-improving lr-too-high",
        ),
        (
            lambda: Plan(
                kepler(epochs=50),
                {"optimizer": "Adam", "lr": 0.03, "schedule": "one-cycle"},
                {"lr": log_uniform(3e-3, 0.1)},
                budget="20 epochs",
            ),
            "small-budget still-improving lr-too-high",
        ),
        (
            lambda: Plan(
                ribbon(epochs=40),
                {"optimizer": "Adam", "lr": 1e-4, "schedule": "cooldown"},
                {"lr": log_uniform(1e-4, 0.3)},
                [Run({"lr": lr}, stop=20) for lr in (0.04, 0.07, 0.1, 0.15)],
            ),
            "small-budget still-improving lr-too-high lr-too-low",
        ),
        (
            lambda: Plan(
                dice(epochs=50),
                {"optimizer": "RMSprop", "lr": 0.02, "schedule": "polynomial", "power": 1.5, "patience": 2},
                {"lr": log_uniform(0.015, 0.04)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget still-improving lr-too-high range-edge seed-noise unimportant",
        ),
        (
            lambda: Plan(
                sets(epochs=40, units=48),
                {"optimizer": "NAdam", "lr": 0.03, "schedule": "linear", "patience": 2},
                {"lr": log_uniform(0.02, 0.06)},
                search="tpe",
                budget="6 trainings",
            ),
            "small-budget still-improving lr-too-high range-edge seed-noise unimportant underfitting",
        ),
    ),
]
