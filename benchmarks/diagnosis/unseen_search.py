"""Unseen: faults that a search shows, by someone who had not seen the rules.

Each label was proven by reference trainings (unseen_truth.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from diagnosis.plan import Plan, Run, each, replicates, spread, unseen
from diagnosis.unseen_tasks import (
    circuit,
    crescents,
    cultivars,
    figures,
    houses,
    mixed,
    planes,
    roll,
    shells,
    tumours,
    votes,
)
from luthier import integer, log_uniform, uniform

ADAM = {"lr": log_uniform(1e-3, 0.1)}
STEEP = {"lr": log_uniform(1e-3, 0.3), "momentum": uniform(0.0, 0.97)}
BATCHES = {"lr": log_uniform(0.01, 1.0), "batch_size": integer(8, 256, log=True)}
ZOOMS = {"lr": log_uniform(1e-3, 1.0), "zoom": log_uniform(0.25, 4.0)}
EPS = {"lr": log_uniform(1e-3, 0.1), "eps": log_uniform(1e-12, 1e-9)}
CLIP = {"lr": log_uniform(0.02, 1.0), "clip_norm": log_uniform(50.0, 1000.0)}
DECAY = {"lr": log_uniform(1e-3, 0.1), "weight_decay": log_uniform(1e-9, 1e-6)}


class Zoom(nn.Module):
    """Multiplies its inputs."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """The inputs, larger."""
        return x * self.factor


def zoomed(config: Mapping[str, Any]) -> nn.Module:
    """A linear function of inputs in units of ``zoom``."""
    return nn.Sequential(Zoom(config["zoom"]), nn.Linear(12, 1))


CASES = [
    *unseen(
        "range-edge",
        (
            lambda: Plan(
                circuit(epochs=20, phase=True),
                {"optimizer": "Adam", "lr": 3e-4},
                {"lr": log_uniform(1e-4, 1e-3)},
                search="random",
                budget="10 trainings",
            ),
            "small-budget lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                shells(epochs=25, layers=1, act="relu"),
                {"optimizer": "Adam", "lr": 0.03, "units": 4},
                {"units": integer(1, 6)},
                each("units", [1, 2, 3, 5, 6]),
            ),
            "small-budget underfitting still-improving seed-noise",
        ),
        (
            lambda: Plan(
                roll(epochs=25, act="gelu"),
                {"optimizer": "Adam", "lr": 0.01, "dropout": 0.4},
                {"dropout": uniform(0.1, 0.8)},
                each("dropout", [0.1, 0.25, 0.5, 0.65, 0.8]),
            ),
            "small-budget underfitting still-improving early-stop seed-noise lr-too-high",
        ),
    ),
    *unseen(
        "batch-too-large",
        (
            lambda: Plan(
                figures(1200, epochs=10),
                {"lr": 0.1, "momentum": 0.9, "batch_size": 450},
                {"lr": log_uniform(0.02, 0.4)},
                each("lr", [0.03, 0.06, 0.2, 0.3]),
            ),
            "small-budget still-improving lr-too-low range-edge lr-too-high underfitting",
        ),
        (
            lambda: Plan(
                circuit(epochs=25),
                {"optimizer": "Adam", "lr": 0.03, "batch_size": 750},
                {},
                [Run({"lr": 0.01}), Run({"lr": 0.1})],
            ),
            "small-budget still-improving lr-too-low underfitting",
        ),
        (
            lambda: Plan(
                votes(epochs=12),
                {"lr": 0.3, "momentum": 0.9, "batch_size": 375},
                {"batch_size": integer(32, 375, log=True)},
                each("batch_size", [32, 64, 128, 200]),
            ),
            "small-budget still-improving lr-too-low underfitting range-edge",
        ),
    ),
    *unseen(
        "batch-too-small",
        (
            lambda: Plan(
                planes(600, epochs=12, layers=0),
                {"lr": 2e-3, "batch_size": 2, "schedule": "cosine"},
                {"lr": log_uniform(1e-3, 0.1), "batch_size": integer(2, 64, log=True)},
                [Run({"lr": lr, "batch_size": b}) for lr, b in ((4e-3, 4), (0.01, 8), (0.02, 16), (0.05, 32))],
            ),
            "small-budget early-stop time-wasted seed-noise unimportant joint range-edge",
        ),
        (
            lambda: Plan(
                crescents(800, epochs=20, units=16, metric="loss"),
                {"optimizer": "Adam", "lr": 5e-3, "batch_size": 4, "schedule": "cosine"},
                {"lr": log_uniform(3e-3, 0.1), "batch_size": integer(4, 64, log=True)},
                [Run({"lr": lr, "batch_size": b}) for lr, b in ((0.01, 16), (0.02, 32), (0.03, 48))],
            ),
            "small-budget early-stop time-wasted seed-noise unimportant joint",
        ),
        (
            lambda: Plan(
                circuit(800, 0.5, epochs=20, units=16),
                {"optimizer": "RMSprop", "lr": 2e-3, "batch_size": 4, "schedule": "linear"},
                {"batch_size": integer(4, 64, log=True), "lr": log_uniform(1e-3, 0.03)},
                [Run({"lr": lr, "batch_size": b}) for lr, b in ((4e-3, 8), (6e-3, 16), (8e-3, 32), (3e-3, 4))],
            ),
            "small-budget early-stop time-wasted seed-noise unimportant joint",
        ),
    ),
    *unseen(
        "seed-noise",
        (
            lambda: Plan(
                tumours(epochs=12, layers=1, units=16),
                {"optimizer": "Adam", "lr": 2e-3},
                {"lr": log_uniform(1e-3, 0.03)},
                replicates("lr", [4e-3, 6e-3, 8e-3, 0.01], 3),
            ),
            "unimportant early-stop time-wasted overfitting small-budget",
        ),
        (
            lambda: Plan(
                mixed(500, wrong=0.15, epochs=15, act="silu"),
                {"optimizer": "Adam", "lr": 0.01, "units": 32, "weight_decay": 1e-4},
                {"weight_decay": log_uniform(1e-6, 1e-3)},
                replicates("weight_decay", [2e-6, 1e-5, 5e-5, 4e-4], 3),
            ),
            "unimportant early-stop time-wasted overfitting small-budget",
        ),
        (
            lambda: Plan(
                cultivars(epochs=15, share=0.4),
                {"optimizer": "RMSprop", "lr": 3e-3, "units": 16},
                {"units": integer(12, 48)},
                replicates("units", [20, 26, 34, 42], 3),
            ),
            "unimportant early-stop time-wasted overfitting small-budget",
        ),
    ),
    *unseen(
        "unimportant",
        (
            lambda: Plan(houses(epochs=15), {"optimizer": "Adam", "lr": 5e-3}, EPS, spread(EPS, 15, 5)),
            "seed-noise small-budget still-improving",
        ),
        (
            lambda: Plan(votes(epochs=8), {"lr": 0.1, "momentum": 0.9}, CLIP, spread(CLIP, 14, 6)),
            "seed-noise small-budget still-improving range-edge lr-too-low",
        ),
        (
            lambda: Plan(
                circuit(epochs=15, act="gelu"),
                {"optimizer": "AdamW", "lr": 5e-3},
                DECAY,
                search="random",
                budget="18 trainings",
            ),
            "seed-noise small-budget still-improving",
        ),
    ),
    *unseen(
        "joint",
        (
            lambda: Plan(
                figures(1000, epochs=8), {"lr": 0.05, "batch_size": 64}, BATCHES, search="random", budget="18 trainings"
            ),
            "small-budget still-improving batch-too-large batch-too-small lr-too-low range-edge",
        ),
        (
            lambda: Plan(
                planes(800, noise=0.1, layers=0, epochs=15), {"lr": 0.01, "momentum": 0.5}, STEEP, spread(STEEP, 20, 7)
            ),
            "small-budget early-stop time-wasted seed-noise batch-too-small",
        ),
        (
            lambda: Plan(
                planes(800, 12, 8, 0.2, model=zoomed, zoom=1.0, epochs=10),
                {"lr": 0.03},
                ZOOMS,
                spread(ZOOMS, 18, 8),
            ),
            "small-budget early-stop time-wasted seed-noise batch-too-small",
        ),
    ),
]
