"""Unseen: faults that a curve shows, by someone who had not seen the rules.

Each label was proven by reference trainings (unseen_truth.py), without Luthier's findings.
"""

from __future__ import annotations

from diagnosis.plan import Plan, Run, each, unseen
from diagnosis.unseen_tasks import (
    circuit,
    compressed,
    crescents,
    figures,
    houses,
    mixed,
    planes,
    progress,
    pulse,
    ratings,
    residual,
    roll,
    shells,
    votes,
)
from luthier import integer, log_uniform, uniform

ADAM = {"lr": log_uniform(1e-3, 0.1)}
SEEDS = [Run(seed=1), Run(seed=2)]

CASES = [
    *unseen(
        "lr-too-high",
        (
            lambda: Plan(houses(epochs=30, act="gelu"), {"optimizer": "AdamW", "lr": 0.3}),
            "small-budget early-stop time-wasted underfitting",
        ),
        (
            lambda: Plan(
                figures(1200, epochs=8),
                {"lr": 0.22, "momentum": 0.9},
                {"channels": integer(5, 16)},
                each("channels", [5, 10, 14]),
            ),
            "small-budget early-stop time-wasted underfitting unimportant seed-noise range-edge exploding-start",
        ),
        (
            lambda: Plan(pulse(500, epochs=15), {"optimizer": "RMSprop", "lr": 0.1}, {}, SEEDS),
            "small-budget early-stop time-wasted underfitting still-improving",
        ),
    ),
    *unseen(
        "lr-too-low",
        (
            lambda: Plan(compressed(900, epochs=20), {"optimizer": "Adam", "lr": 2e-4}),
            "small-budget still-improving underfitting",
        ),
        (
            lambda: Plan(
                votes(epochs=12),
                {"lr": 0.01, "momentum": 0.9},
                {"weight_decay": log_uniform(1e-6, 1e-4)},
                each("weight_decay", [1e-6, 1e-5, 1e-4]),
            ),
            "small-budget still-improving underfitting unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                circuit(epochs=20, phase=True),
                {"optimizer": "RMSprop", "lr": 1e-5},
                {"lr": log_uniform(3e-6, 1e-4)},
                search="random",
                budget="10 trainings",
            ),
            "small-budget still-improving underfitting range-edge",
        ),
    ),
    *unseen(
        "overfitting",
        (
            lambda: Plan(
                progress(epochs=60, units=64, act="relu"), {"optimizer": "AdamW", "lr": 3e-3, "batch_size": 32}
            ),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                mixed(400, 24, 3, 0.8, 0.1, epochs=40, model=residual(24, 3), act="gelu", metric="loss"),
                {"optimizer": "Adam", "lr": 2e-3},
                {"dropout": uniform(0.0, 0.1)},
                each("dropout", [0.02, 0.05, 0.08, 0.1]),
            ),
            "small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                ratings(1500, noise=0.7, epochs=50, units=6),
                {"optimizer": "Adam", "lr": 0.02},
                {"lr": log_uniform(0.01, 0.06)},
                search="random",
                budget="8 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
    ),
    *unseen(
        "underfitting",
        (
            lambda: Plan(
                shells(epochs=40, units=2, layers=1, act="relu"),
                {"optimizer": "Adam", "lr": 0.01},
                ADAM,
                each("lr", [0.003, 0.03, 0.06]),
            ),
            "small-budget early-stop time-wasted seed-noise unimportant still-improving",
        ),
        (
            lambda: Plan(
                compressed(900, epochs=40, code=1),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(2e-3, 0.02)},
                search="random",
                budget="8 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge still-improving",
        ),
        (
            lambda: Plan(
                houses(epochs=40, act="gelu"), {"optimizer": "AdamW", "lr": 0.02, "weight_decay": 3.0}, {}, SEEDS
            ),
            "small-budget early-stop time-wasted",
        ),
    ),
    *unseen(
        "still-improving",
        (
            lambda: Plan(figures(1000, epochs=5), {"optimizer": "Adam", "lr": 0.01}),
            "small-budget",
        ),
        (
            lambda: Plan(
                compressed(epochs=5),
                {"optimizer": "Adam", "lr": 0.01},
                ADAM,
                search="random",
                budget="12 trainings",
            ),
            "small-budget seed-noise",
        ),
        (
            lambda: Plan(
                votes(epochs=5, metric="loss"),
                {"lr": 0.3, "momentum": 0.9},
                {"lr": log_uniform(0.1, 3.0)},
                search="freeze-thaw",
                budget="40 epochs",
            ),
            "small-budget lr-too-low range-edge seed-noise",
        ),
    ),
    *unseen(
        "early-stop",
        (
            lambda: Plan(
                houses(1600, noise=1.5, epochs=60, units=8, layers=1),
                {"optimizer": "Adam", "lr": 0.02, "weight_decay": 1e-3, "schedule": "exponential", "gamma": 0.9},
            ),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(
                planes(3000, 8, 8, noise=1.0, epochs=30, layers=0),
                {"lr": 0.02, "weight_decay": 0.05},
                {"lr": log_uniform(0.01, 0.1)},
                each("lr", [0.015, 0.04, 0.07]),
            ),
            "small-budget time-wasted seed-noise unimportant range-edge batch-too-small",
        ),
        (
            lambda: Plan(
                crescents(1600, 0.4, epochs=60, units=8, layers=1, metric="loss"),
                {"lr": 0.4, "momentum": 0.9, "weight_decay": 3e-3, "schedule": "exponential", "gamma": 0.85},
                {},
                SEEDS,
            ),
            "small-budget time-wasted",
        ),
    ),
    *unseen(
        "schedule-cut-short",
        (
            lambda: Plan(
                pulse(900, noise=0.05, epochs=30),
                {"optimizer": "RMSprop", "lr": 0.02, "schedule": "cosine", "patience": 2},
            ),
            "small-budget still-improving lr-too-high",
        ),
        (
            lambda: Plan(
                houses(noise=0.1, epochs=45, act="gelu"),
                {"optimizer": "AdamW", "lr": 0.08, "schedule": "polynomial"},
                ADAM,
                budget="15 epochs",
            ),
            "small-budget still-improving",
        ),
        (
            lambda: Plan(
                roll(epochs=30, act="silu"),
                {"optimizer": "Adam", "lr": 5e-4, "schedule": "one-cycle", "warmup": 0.3},
                {"lr": log_uniform(5e-4, 0.2)},
                [Run({"lr": lr}, stop=15) for lr in (0.02, 0.05, 0.1, 0.03)],
            ),
            "small-budget still-improving lr-too-high",
        ),
    ),
]
