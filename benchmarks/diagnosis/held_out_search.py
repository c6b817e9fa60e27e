"""Held out: what only several trainings together show, and time, memory and budget.

Data, models and allowed codes were written down from the curves, before any rule was run on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from diagnosis.held_out_tasks import (
    Gained,
    cancer,
    clusters,
    conv,
    diabetes,
    friedman,
    leaky,
    rings,
    shells,
    tokens,
    wine,
)
from diagnosis.plan import Plan, Run, each, held_out, replicates, spread
from diagnosis.tasks import mlp
from luthier import integer, log_uniform, uniform

SGD_LR = {"lr": log_uniform(3e-3, 1.0)}
ADAM_LR = {"lr": log_uniform(1e-4, 0.1)}
GAINED = {"lr": log_uniform(1e-3, 3.0), "gain": log_uniform(0.1, 10.0)}
MOMENTUM = {"lr": log_uniform(3e-3, 3.0), "momentum": uniform(0.0, 0.98)}


def greedy(limit: int) -> Any:
    """A builder whose weights of more than ``limit`` units fit no machine."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        if config["units"] > limit:
            nn.Linear(1 << 25, 1 << 25)
        return mlp(30, 2)(config)

    return build


CASES = [
    *held_out(
        "range-edge",
        (
            lambda: Plan(
                tokens(epochs=20),
                {"optimizer": "Adam", "lr": 3e-4},
                {"lr": log_uniform(1e-5, 1e-3)},
                search="random",
                budget="12 trainings",
            ),
            "lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                friedman(2, epochs=25),
                {"optimizer": "Adam", "lr": 0.01, "dropout": 0.5, "schedule": "cosine"},
                {"dropout": uniform(0.3, 0.8)},
                each("dropout", [0.3, 0.35, 0.4, 0.6, 0.7, 0.8]),
            ),
            "early-stop underfitting data-mismatch",
        ),
    ),
    *held_out(
        "batch-too-large",
        (
            lambda: Plan(
                clusters(2500, epochs=10),
                {"batch_size": 2000, "lr": 0.2},
                {"batch_size": integer(16, 2000, log=True)},
                each("batch_size", [16, 40, 100, 300, 900]),
            ),
            "still-improving small-budget lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                friedman(3, 1500, epochs=12),
                {"batch_size": 1200, "optimizer": "Adam", "lr": 3e-3},
                {"lr": log_uniform(1e-3, 0.1)},
                search="random",
                budget="7 trainings",
            ),
            "still-improving small-budget lr-too-low underfitting range-edge",
        ),
    ),
    *held_out(
        "batch-too-small",
        (
            lambda: Plan(
                diabetes(epochs=10, units=8, weight_decay=0.01),
                {"batch_size": 1, "lr": 2e-3},
                {"batch_size": integer(1, 64, log=True)},
                [Run({"batch_size": b, "lr": 4e-3 * b**0.8}) for b in (4, 8, 16, 32)],
            ),
            "time-wasted small-budget seed-noise early-stop still-improving unimportant range-edge overfitting",
        ),
        (
            lambda: Plan(
                tokens(600, epochs=10, optimizer="Adam"),
                {"batch_size": 1, "lr": 1e-3},
                {"batch_size": integer(1, 64, log=True), "lr": log_uniform(5e-4, 0.05)},
                [Run({"batch_size": b, "lr": 2e-3 * b**0.5}) for b in (4, 8, 16, 32)],
            ),
            "time-wasted small-budget seed-noise early-stop overfitting joint range-edge",
        ),
    ),
    *held_out(
        "seed-noise",
        (
            lambda: Plan(
                wine(epochs=15),
                {"optimizer": "Adam", "lr": 2e-3},
                {"lr": log_uniform(1e-3, 2e-2)},
                replicates("lr", [4e-3, 6e-3, 8e-3, 0.01], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted overfitting",
        ),
        (
            lambda: Plan(
                diabetes(epochs=20, metric="r2", units=16),
                {"optimizer": "Adam", "lr": 5e-3},
                {"units": integer(12, 32)},
                replicates("units", [14, 20, 25, 30], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted overfitting range-edge",
        ),
    ),
    *held_out(
        "unimportant",
        (
            lambda: Plan(
                clusters(600, epochs=15, optimizer="RMSprop"),
                {"lr": 1e-3, "eps": 1e-8},
                {"lr": log_uniform(1e-5, 0.1), "eps": log_uniform(1e-11, 1e-8)},
                search="random",
                budget="24 trainings",
            ),
            "early-stop seed-noise still-improving time-wasted overfitting",
        ),
        (
            lambda: Plan(
                cancer(model=leaky(30, 2), slope=1e-5, epochs=15, metric="loss"),
                {"lr": 0.05, "slope": 1e-5},
                {"lr": log_uniform(1e-3, 1.0), "slope": log_uniform(1e-7, 1e-4)},
                search="qmc",
                budget="24 trainings",
            ),
            "early-stop seed-noise still-improving time-wasted range-edge",
        ),
    ),
    *held_out(
        "joint",
        (
            lambda: Plan(
                clusters(500, epochs=6),
                {"lr": 0.1, "momentum": 0.5},
                MOMENTUM,
                search="random",
                budget="40 trainings",
            ),
            "seed-noise still-improving early-stop time-wasted",
        ),
        (
            lambda: Plan(
                friedman(2, 500, epochs=8, gain=1.0, model=lambda config: Gained(4, config)),
                {"lr": 0.05, "gain": 1.0},
                GAINED,
                spread(GAINED, 40, 5),
            ),
            "seed-noise still-improving early-stop time-wasted range-edge exploding-start",
        ),
    ),
    *held_out(
        "time-wasted",
        (
            lambda: Plan(
                wine(epochs=250),
                {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.02},
                {"lr": log_uniform(5e-3, 0.5)},
                each("lr", [0.02, 0.1]),
            ),
            "early-stop small-budget seed-noise unimportant",
        ),
        (
            lambda: Plan(
                conv(epochs=12, optimizer="Adam", lr=1e-2, schedule="cosine"),
                {"channels": 64},
                {"channels": integer(8, 64, log=True)},
                each("channels", [12, 20]),
            ),
            "memory-wasted small-budget seed-noise unimportant range-edge early-stop",
        ),
    ),
    *held_out(
        "memory-wasted",
        (
            lambda: Plan(
                cancer(model=greedy(200), epochs=12),
                {"lr": 0.1},
                {"units": integer(16, 1024, log=True), "lr": log_uniform(0.01, 0.5)},
                search="random",
                budget="12 trainings",
            ),
            "still-improving time-wasted unimportant seed-noise early-stop range-edge overfitting",
        ),
        (
            lambda: Plan(
                rings(epochs=25),
                {"optimizer": "Adam", "lr": 2e-3, "units": 768},
                {"units": integer(16, 768, log=True)},
                each("units", [24, 48, 96, 384]),
            ),
            "small-budget time-wasted unimportant seed-noise early-stop range-edge",
        ),
    ),
    *held_out(
        "small-budget",
        (
            lambda: Plan(
                tokens(epochs=20),
                {"optimizer": "Adam", "lr": 3e-3},
                {**ADAM_LR, "dropout": uniform(0.0, 0.6), "units": integer(8, 128, log=True)},
                search="random",
                budget="3 trainings",
            ),
            "seed-noise still-improving early-stop range-edge",
        ),
        (
            lambda: Plan(shells(epochs=50), {"lr": 0.1}, SGD_LR, search="asha", budget="8 epochs"),
            "still-improving",
        ),
    ),
]
