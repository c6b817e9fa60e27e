"""Blind: what only several trainings together show, by someone who had not seen the rules.

Each label was proven by reference trainings (blind_truth.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from diagnosis.blind_tasks import (
    alcohol,
    arm,
    dense,
    levels,
    mixture,
    parity,
    ripples,
    sparse,
    spirals,
)
from diagnosis.plan import Plan, Run, blind, each, replicates, spread
from luthier import integer, log_uniform, uniform

ADAM = {"lr": log_uniform(1e-4, 0.3)}
BELOW = {"lr": log_uniform(3e-5, 1e-3)}
ABOVE = {"lr": log_uniform(0.15, 4.0)}
MOMENTUM = {"lr": log_uniform(3e-3, 1.0), "momentum": uniform(0.0, 0.98)}
BATCH = {"lr": log_uniform(1e-4, 0.1), "batch_size": integer(4, 256, log=True)}
GAIN = {"lr": log_uniform(1e-4, 3.0), "gain": log_uniform(0.1, 10.0)}
HARMLESS = "seed-noise early-stop still-improving time-wasted"


class Wrapped(nn.Module):
    """A dense network whose inputs are multiplied by ``gain``, and in training blurred by ``blur``."""

    def __init__(self, inputs: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.inner = dense(inputs, outputs)(config)
        self.gain, self.blur = config["gain"], config["blur"]

    def forward(self, x: Tensor) -> Tensor:
        blurred = x + self.blur * torch.randn_like(x) if self.training and self.blur else x
        answer: Tensor = self.inner(self.gain * blurred)
        return answer


CASES = [
    *blind(
        "range-edge",
        (
            lambda: Plan(spirals(epochs=20), {"optimizer": "Adam", "lr": 3e-4}, BELOW, spread(BELOW, 14, 1)),
            "lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                arm(epochs=25, layers=1),
                {"optimizer": "Adam", "lr": 0.03, "units": 3, "schedule": "cosine"},
                {"units": integer(2, 6)},
                each("units", [2, 4, 5, 6]),
            ),
            "underfitting small-budget still-improving",
        ),
        (
            lambda: Plan(
                arm(epochs=25),
                {"optimizer": "Adam", "lr": 0.5},
                ABOVE,
                [*spread(ABOVE, 14, 2), Run({"lr": 0.15})],
            ),
            "lr-too-high early-stop time-wasted",
        ),
    ),
    *blind(
        "batch-too-large",
        (
            lambda: Plan(
                levels(2400, epochs=10),
                {"batch_size": 1800, "lr": 0.2},
                {"batch_size": integer(16, 1800, log=True)},
                each("batch_size", [16, 40, 100, 300, 800]),
            ),
            "still-improving small-budget lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                arm(2000, epochs=12),
                {"optimizer": "Adam", "batch_size": 1500, "lr": 5e-3},
                {"lr": log_uniform(1e-3, 0.1)},
                search="random",
                budget="10 trainings",
            ),
            "still-improving small-budget lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(parity(1700, epochs=15), {"lr": 0.1, "momentum": 0.5, "batch_size": 1275}),
            "still-improving small-budget lr-too-low underfitting",
        ),
    ),
    *blind(
        "batch-too-small",
        (
            lambda: Plan(
                sparse(400, 10, epochs=8, layers=0),
                {"batch_size": 2, "lr": 5e-3},
                {"batch_size": integer(2, 64, log=True)},
                [Run({"batch_size": b, "lr": 5e-3 * (b / 2) ** 0.8}) for b in (4, 8, 16, 32)],
            ),
            "time-wasted small-budget joint seed-noise early-stop unimportant range-edge",
        ),
        (
            lambda: Plan(
                mixture(500, 3, 6, 1.0, epochs=8),
                {"optimizer": "Adam", "batch_size": 2, "lr": 2e-3},
                {"batch_size": integer(1, 64, log=True), "lr": log_uniform(5e-4, 0.05)},
                [Run({"batch_size": b, "lr": 2e-3 * (b / 2) ** 0.6}) for b in (4, 8, 16, 32)],
            ),
            "time-wasted small-budget joint seed-noise early-stop unimportant range-edge",
        ),
        (
            lambda: Plan(
                ripples(400, epochs=15, metric="r2"),
                {"optimizer": "Adam", "batch_size": 2, "lr": 4e-3},
                {"batch_size": integer(2, 64, log=True)},
                [Run({"batch_size": b, "lr": 4e-3 * (b / 2) ** 0.5}) for b in (4, 8, 16, 24)],
            ),
            "time-wasted small-budget joint seed-noise early-stop unimportant range-edge still-improving",
        ),
    ),
    *blind(
        "seed-noise",
        (
            lambda: Plan(
                parity(300, epochs=25),
                {"optimizer": "Adam", "lr": 5e-3},
                {"lr": log_uniform(3e-3, 0.02)},
                replicates("lr", [4e-3, 6e-3, 8e-3, 0.01], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted overfitting range-edge",
        ),
        (
            lambda: Plan(
                alcohol(metric="mae", epochs=15, layers=1, weight_decay=0.3),
                {"optimizer": "AdamW", "lr": 0.01, "units": 16},
                {"units": integer(12, 32)},
                replicates("units", [14, 20, 26, 32], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted overfitting range-edge",
        ),
        (
            lambda: Plan(
                mixture(240, 4, 6, 1.6, epochs=25),
                {"lr": 0.1, "weight_decay": 1e-4},
                {"weight_decay": log_uniform(1e-5, 1e-3)},
                replicates("weight_decay", [1e-5, 3e-5, 3e-4, 1e-3], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted overfitting range-edge",
        ),
    ),
    *blind(
        "unimportant",
        (
            lambda: Plan(
                ripples(600, epochs=12, noise=0.3),
                {"optimizer": "Adam", "lr": 0.01, "schedule": "cosine", "lr_end": 1e-4},
                {**ADAM, "lr_end": log_uniform(1e-5, 1e-3)},
                search="random",
                budget="26 trainings",
            ),
            HARMLESS,
        ),
        (
            lambda: Plan(
                mixture(500, 3, 6, 1.5, model=lambda c: Wrapped(6, 3, c), gain=1.0, epochs=12, metric="loss"),
                {"lr": 0.1, "blur": 1e-4},
                {"lr": log_uniform(1e-3, 1.0), "blur": log_uniform(1e-5, 1e-3)},
                search="qmc",
                budget="26 trainings",
            ),
            HARMLESS,
        ),
        (
            lambda: Plan(
                levels(600, 3, epochs=12),
                {"lr": 0.1, "momentum": 0.01, "batch_size": 32},
                {"lr": log_uniform(1e-3, 1.0), "momentum": uniform(0.0, 0.03)},
                spread({"lr": log_uniform(1e-3, 1.0), "momentum": uniform(0.0, 0.03)}, 26, 4),
            ),
            HARMLESS,
        ),
    ),
    *blind(
        "joint",
        (
            lambda: Plan(arm(800, epochs=6), {"lr": 0.1, "momentum": 0.5}, MOMENTUM, spread(MOMENTUM, 40, 6)),
            HARMLESS + " underfitting",
        ),
        (
            lambda: Plan(
                arm(800, epochs=5),
                {"optimizer": "Adam", "lr": 0.01, "batch_size": 32},
                BATCH,
                spread(BATCH, 40, 7),
            ),
            HARMLESS + " range-edge",
        ),
        (
            lambda: Plan(
                sparse(500, 8, 0.5, model=lambda c: Wrapped(8, 1, c), layers=0, blur=0.0, epochs=6),
                {"lr": 0.03, "gain": 1.0},
                GAIN,
                spread(GAIN, 44, 8),
            ),
            HARMLESS + " range-edge exploding-start",
        ),
    ),
]
