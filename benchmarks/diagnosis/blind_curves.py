"""Blind: faults that a curve shows, by someone who had not seen the rules.

Each label was proven by reference trainings (blind_truth.py), without Luthier's findings.
"""

from __future__ import annotations

from diagnosis.blind_tasks import (
    adding,
    arm,
    bars,
    checkers,
    levels,
    mixture,
    parity,
    ripples,
    sparse,
    spirals,
)
from diagnosis.plan import Plan, Run, blind, each, spread
from luthier import integer, log_uniform

ADAM = {"lr": log_uniform(1e-3, 0.1)}
SGD = {"lr": log_uniform(3e-3, 1.0)}
TINY = {"lr": log_uniform(1e-6, 1e-4)}
SEEDS = [Run(seed=1), Run(seed=2)]

CASES = [
    *blind(
        "lr-too-high",
        (
            lambda: Plan(spirals(noise=0.35, epochs=30), {"optimizer": "Adam", "lr": 0.3}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                arm(epochs=30),
                {"lr": 0.6, "momentum": 0.9},
                {"units": integer(16, 64)},
                each("units", [16, 24, 48, 64]),
            ),
            "small-budget unimportant seed-noise early-stop time-wasted range-edge",
        ),
        (
            lambda: Plan(arm(700, 4, epochs=25), {"optimizer": "RMSprop", "lr": 0.04}, {}, SEEDS),
            "small-budget early-stop time-wasted underfitting",
        ),
    ),
    *blind(
        "lr-too-low",
        (lambda: Plan(parity(epochs=25), {"lr": 2e-3}), "small-budget still-improving underfitting"),
        (
            lambda: Plan(
                ripples(epochs=20), {"optimizer": "AdamW", "lr": 3e-5}, TINY, search="random", budget="10 trainings"
            ),
            "still-improving underfitting range-edge small-budget",
        ),
        (
            lambda: Plan(
                adding(epochs=12),
                {"optimizer": "Adam", "lr": 3e-4},
                {"units": integer(16, 48)},
                each("units", [16, 24, 48]),
            ),
            "still-improving underfitting small-budget range-edge unimportant",
        ),
    ),
    *blind(
        "overfitting",
        (
            lambda: Plan(
                sparse(160, 12, 2.0, epochs=60, units=64, act="relu"),
                {"optimizer": "Adam", "lr": 2e-3, "batch_size": 32},
            ),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                mixture(260, 3, 20, 3.0, units=64, act="gelu", epochs=50),
                {"lr": 0.1, "momentum": 0.9, "batch_size": 32},
                {"lr": log_uniform(0.03, 0.3)},
                each("lr", [0.04, 0.06, 0.15, 0.25]),
            ),
            "early-stop time-wasted seed-noise unimportant small-budget range-edge",
        ),
        (
            lambda: Plan(
                levels(400, 3, 4.0, epochs=40, units=96, act="relu"),
                {"optimizer": "AdamW", "lr": 5e-3, "weight_decay": 1e-3},
                {},
                SEEDS,
            ),
            "small-budget early-stop time-wasted",
        ),
    ),
    *blind(
        "underfitting",
        (
            lambda: Plan(spirals(epochs=60), {"optimizer": "Adam", "lr": 0.01, "weight_decay": 0.05}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                ripples(epochs=30, l1=0.03),
                {"optimizer": "Adam", "lr": 0.02},
                {"lr": log_uniform(5e-3, 0.1)},
                search="random",
                budget="9 trainings",
            ),
            "early-stop time-wasted seed-noise small-budget unimportant range-edge",
        ),
        (
            lambda: Plan(
                arm(epochs=40, layers=0),
                {"optimizer": "Adam", "lr": 0.02, "schedule": "linear"},
                {"lr": log_uniform(5e-3, 0.1)},
                each("lr", [0.01, 0.03, 0.05]),
            ),
            "early-stop time-wasted seed-noise small-budget unimportant range-edge",
        ),
    ),
    *blind(
        "still-improving",
        (lambda: Plan(bars(500, epochs=8), {"optimizer": "Adam", "lr": 0.01}), "small-budget"),
        (
            lambda: Plan(
                levels(1500, 3, 0.5, epochs=4),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(1e-3, 0.3)},
                search="random",
                budget="12 trainings",
            ),
            "small-budget seed-noise",
        ),
        (
            lambda: Plan(
                checkers(1600, epochs=6),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(1e-3, 1.0)},
                spread({"lr": log_uniform(1e-3, 1.0)}, 11, 3),
            ),
            "small-budget",
        ),
    ),
    *blind(
        "early-stop",
        (
            lambda: Plan(sparse(1200, 6, epochs=80, layers=0), {"lr": 0.02, "batch_size": 64}),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(
                mixture(1000, 3, 6, 1.5, epochs=60, metric="loss"),
                {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.01},
                {"lr": log_uniform(0.02, 0.5)},
                each("lr", [0.05, 0.2, 0.3]),
            ),
            "small-budget time-wasted seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                arm(1200, noise=1.0, epochs=60, units=16, layers=1),
                {"optimizer": "AdamW", "lr": 0.03, "weight_decay": 0.1},
                {},
                SEEDS,
            ),
            "small-budget time-wasted",
        ),
    ),
    *blind(
        "schedule-cut-short",
        (
            lambda: Plan(
                ripples(1200, noise=0.05, epochs=50),
                {"optimizer": "Adam", "lr": 0.05, "schedule": "cosine", "patience": 2},
            ),
            "small-budget still-improving lr-too-high",
        ),
        (
            lambda: Plan(
                arm(epochs=60), {"optimizer": "Adam", "lr": 0.05, "schedule": "linear"}, ADAM, budget="20 epochs"
            ),
            "small-budget still-improving",
        ),
        (
            lambda: Plan(
                ripples(noise=0.02, epochs=40),
                {"optimizer": "Adam", "lr": 1e-3, "schedule": "cooldown"},
                {"lr": log_uniform(1e-3, 0.2)},
                [Run({"lr": lr}, stop=20) for lr in (0.02, 0.05, 0.1, 0.03)],
            ),
            "small-budget still-improving",
        ),
    ),
]
