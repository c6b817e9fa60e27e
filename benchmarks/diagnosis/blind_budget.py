"""Blind: time, memory and budget, by someone who had not seen the rules.

Each label was proven by reference trainings (blind_truth.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from diagnosis.blind_tasks import arm, dense, grammar, levels, mixture, parity, signals, sparse
from diagnosis.plan import Plan, Run, blind, each
from luthier import integer, log_uniform, uniform

UNITS = {"units": integer(8, 1024, log=True)}


def hungry(config: Mapping[str, Any]) -> nn.Module:
    """A network that more than 150 units make as large as no memory."""
    if config["units"] > 150:
        torch.empty(1 << 50, dtype=torch.uint8)
    return dense(6, 3)(config)


CASES = [
    *blind(
        "time-wasted",
        (
            lambda: Plan(
                levels(500, 3, 4.0, epochs=80, metric="loss"),
                {"optimizer": "Adam", "lr": 5e-3},
                {"lr": log_uniform(1e-3, 0.02)},
                each("lr", [2e-3, 0.01]),
            ),
            "early-stop overfitting small-budget seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                signals(600, 2, 0.4, epochs=15, schedule="cosine"),
                {"optimizer": "Adam", "lr": 0.01, "channels": 96},
                {"channels": integer(8, 96, log=True)},
                [Run({"channels": 12, "lr": 0.03}), Run({"channels": 24, "lr": 0.02})],
            ),
            "memory-wasted small-budget seed-noise unimportant range-edge early-stop",
        ),
        (
            lambda: Plan(
                sparse(800, 6, epochs=80, layers=0),
                {"lr": 0.03},
                {"lr": log_uniform(0.01, 0.1)},
                each("lr", [0.015, 0.05]),
            ),
            "early-stop small-budget seed-noise unimportant range-edge",
        ),
    ),
    *blind(
        "memory-wasted",
        (
            lambda: Plan(
                mixture(800, 3, 6, 1.5, model=hungry, epochs=15),
                {"lr": 0.1},
                {**UNITS, "lr": log_uniform(0.02, 0.5)},
                search="random",
                budget="14 trainings",
            ),
            "time-wasted unimportant seed-noise early-stop range-edge small-budget",
        ),
        (
            lambda: Plan(
                mixture(700, 4, 8, 1.5, epochs=15),
                {"lr": 0.05, "units": 1024},
                UNITS,
                each("units", [16, 32, 64, 256]),
            ),
            "small-budget time-wasted unimportant seed-noise range-edge early-stop",
        ),
        (
            lambda: Plan(
                grammar(800, 5, epochs=8),
                {"optimizer": "Adam", "lr": 3e-3, "units": 256},
                {"units": integer(8, 256, log=True)},
                [Run({"units": 16, "lr": 0.01}), Run({"units": 32, "lr": 0.01}), Run({"units": 64, "lr": 5e-3})],
            ),
            "small-budget time-wasted unimportant seed-noise range-edge early-stop overfitting",
        ),
    ),
    *blind(
        "small-budget",
        (
            lambda: Plan(
                parity(epochs=25),
                {"lr": 0.03},
                {"lr": log_uniform(0.01, 1.0), "batch_size": integer(16, 128, log=True), "momentum": uniform(0.0, 0.9)},
                [Run({"lr": 0.05, "batch_size": 40, "momentum": 0.3})],
            ),
            "seed-noise still-improving early-stop",
        ),
        (
            lambda: Plan(
                arm(epochs=40),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(1e-4, 0.3)},
                search="asha",
                budget="7 epochs",
            ),
            "still-improving",
        ),
        (
            lambda: Plan(
                mixture(300, 4, 6, 1.5, epochs=20),
                {"lr": 0.1, "units": 32, "dropout": 0.1, "weight_decay": 1e-4},
                {
                    "lr": log_uniform(1e-2, 1.0),
                    "units": integer(8, 128, log=True),
                    "dropout": uniform(0.0, 0.5),
                    "weight_decay": log_uniform(1e-6, 1e-2),
                },
                search="random",
                budget="4 trainings",
            ),
            "seed-noise still-improving early-stop range-edge overfitting",
        ),
    ),
]
