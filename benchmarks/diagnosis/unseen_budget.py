"""Unseen: time and memory that bring nothing, by someone who had not seen the rules.

Each label was proven by reference trainings (unseen_truth.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from diagnosis.blind_tasks import dense
from diagnosis.plan import Plan, Run, each, unseen
from diagnosis.unseen_tasks import circuit, crescents, figures, houses, planes, progress, residual, shells
from luthier import integer, log_uniform, uniform

ADAM = {"lr": log_uniform(1e-3, 0.1)}
FOUR = {
    "lr": log_uniform(1e-4, 0.1),
    "units": integer(8, 64),
    "dropout": uniform(0.0, 0.4),
    "weight_decay": log_uniform(1e-6, 1e-2),
}


def greedy(config: Mapping[str, Any]) -> nn.Module:
    """A network that keeps a number for every four units; beyond 1000 units these fill no computer's memory."""
    if config["units"] > 1000:
        torch.empty(config["units"] ** 4 * 100)
    return dense(4, 3)(config)


CASES = [
    *unseen(
        "time-wasted",
        (
            lambda: Plan(
                houses(1600, noise=1.5, epochs=100, units=8, layers=1),
                {"optimizer": "Adam", "lr": 0.03, "weight_decay": 1e-3, "schedule": "exponential", "gamma": 0.9},
                {"lr": log_uniform(0.01, 0.1)},
                each("lr", [0.015, 0.05, 0.08]),
            ),
            "small-budget early-stop seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                crescents(1600, 0.35, model=residual(2, 2), epochs=12, units=24, act="relu", metric="loss"),
                {"optimizer": "AdamW", "lr": 0.01, "layers": 8, "schedule": "cosine"},
                {"layers": integer(1, 10)},
                each("layers", [1, 2, 5, 10]),
            ),
            "small-budget memory-wasted seed-noise unimportant range-edge early-stop overfitting",
        ),
        (
            lambda: Plan(
                planes(1000, 8, 6, 0.8, epochs=80, layers=0),
                {"optimizer": "RMSprop", "lr": 5e-3, "schedule": "exponential", "gamma": 0.9},
                {},
                [Run(seed=1), Run({"lr": 0.01})],
            ),
            "small-budget early-stop",
        ),
    ),
    *unseen(
        "memory-wasted",
        (
            lambda: Plan(
                progress(epochs=8),
                {"optimizer": "Adam", "lr": 2e-3, "units": 1024, "schedule": "cosine"},
                {"units": integer(16, 1024, log=True)},
                each("units", [32, 128, 512]),
            ),
            "small-budget time-wasted seed-noise unimportant range-edge early-stop overfitting",
        ),
        (
            lambda: Plan(
                crescents(1200, 0.3, epochs=12, act="relu"),
                {"optimizer": "AdamW", "lr": 3e-3, "units": 768, "schedule": "cosine"},
                {"units": integer(32, 768, log=True), "lr": log_uniform(1e-3, 0.03)},
                [
                    Run({"units": u, "lr": lr})
                    for u, lr in ((32, 0.02), (64, 0.01), (256, 5e-3), (500, 4e-3), (48, 0.01))
                ],
            ),
            "small-budget time-wasted seed-noise unimportant early-stop overfitting joint range-edge",
        ),
        (
            lambda: Plan(
                shells(model=greedy, epochs=15, units=32, act="relu"),
                {"optimizer": "Adam", "lr": 0.02},
                {"units": integer(16, 4000, log=True)},
                each("units", [16, 3000, 64, 1500, 128, 2000]),
            ),
            "small-budget time-wasted still-improving seed-noise unimportant range-edge",
        ),
    ),
    *unseen(
        "small-budget",
        (
            lambda: Plan(figures(1200, epochs=2), {"optimizer": "Adam", "lr": 2e-3}, ADAM, each("lr", [5e-3])),
            "still-improving lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                circuit(epochs=15, act="silu"),
                {"optimizer": "AdamW", "lr": 5e-4},
                FOUR,
                search="random",
                budget="4 trainings",
            ),
            "still-improving lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                houses(epochs=30, act="gelu"),
                {"optimizer": "Adam", "lr": 3e-3},
                {"lr": log_uniform(1e-4, 0.3), "units": integer(8, 64)},
                search="freeze-thaw",
                budget="8 epochs",
            ),
            "still-improving lr-too-low underfitting range-edge",
        ),
    ),
]
