"""What only several trainings show, and time, memory and budget, on the wide tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from diagnosis.plan import Plan, Run, cases, each, replicates, spread
from diagnosis.wide_tasks import (
    fraud,
    income,
    line,
    majority,
    ranks,
    shapes,
    squeeze,
    stack,
    swing,
    tags,
    tide,
)
from luthier import integer, log_uniform, uniform

FIRST = 41
ADAM = {"lr": log_uniform(1e-4, 0.3)}
BELOW = {"lr": log_uniform(1e-5, 5e-4)}
ABOVE = {"lr": log_uniform(0.2, 5.0)}
SGD = {"lr": log_uniform(3e-3, 1.0)}
MOMENTUM = {"lr": log_uniform(1e-3, 1.0), "momentum": uniform(0.0, 0.98)}
BATCH = {"lr": log_uniform(1e-3, 1.0), "batch_size": integer(4, 256, log=True)}
GAIN = {"lr": log_uniform(1e-4, 1.0), "gain": log_uniform(0.1, 10.0)}
HARMLESS = "seed-noise early-stop still-improving time-wasted"
FEW = "small-budget seed-noise unimportant range-edge early-stop still-improving"


class Loud(nn.Module):
    """A network whose outputs are multiplied by ``gain``."""

    def __init__(self, inputs: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.inner, self.gain = stack(inputs, outputs)(config), config["gain"]

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.gain * self.inner(x)
        return answer


def limited(inputs: int, outputs: int, limit: int) -> Any:
    """A builder that asks for a petabyte above ``limit`` units."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        if config["units"] > limit:
            torch.empty(1 << 50, dtype=torch.uint8)
        return stack(inputs, outputs)(config)

    return build


def batches(values: list[int], lr: float, base: int, power: float) -> list[Run]:
    """A training for each batch size, with its learning rate."""
    return [Run({"batch_size": b, "lr": lr * (b / base) ** power}) for b in values]


CASES = [
    *cases(
        "range-edge",
        (
            lambda: Plan(
                majority(epochs=10), {"optimizer": "Adam", "lr": 1e-4}, BELOW, search="random", budget="13 trainings"
            ),
            "lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                squeeze(epochs=30, schedule="cosine"),
                {"optimizer": "Adam", "lr": 0.01, "units": 2},
                {"units": integer(1, 4)},
                each("units", [1, 3, 4, 2]),
            ),
            "underfitting small-budget still-improving early-stop",
        ),
        (
            lambda: Plan(swing(epochs=20), {"lr": 0.8}, ABOVE, spread(ABOVE, 11, 2)),
            "lr-too-high early-stop time-wasted small-budget still-improving",
        ),
        (
            lambda: Plan(
                tags(epochs=15), {"lr": 0.01}, {"lr": log_uniform(1e-3, 0.03)}, search="qmc", budget="10 trainings"
            ),
            "lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                tide(epochs=10),
                {"optimizer": "Adam", "lr": 1e-4, "units": 16},
                {**BELOW, "units": integer(8, 48, log=True)},
                search="random",
                budget="18 trainings",
            ),
            "lr-too-low still-improving underfitting joint unimportant",
        ),
        first=FIRST,
    ),
    *cases(
        "batch-too-large",
        (
            lambda: Plan(
                tags(2500, epochs=10),
                {"batch_size": 1750, "optimizer": "Adam", "lr": 3e-3},
                ADAM,
                search="random",
                budget="9 trainings",
            ),
            "still-improving small-budget lr-too-low underfitting range-edge early-stop",
        ),
        (
            lambda: Plan(
                shapes(1500, epochs=10),
                {"batch_size": 1000, "lr": 0.1},
                {"batch_size": integer(16, 1000, log=True)},
                each("batch_size", [16, 40, 100, 300]),
            ),
            "still-improving small-budget lr-too-low underfitting range-edge early-stop",
        ),
        (
            lambda: Plan(swing(3000, epochs=15), {"batch_size": 2000, "lr": 0.1, "momentum": 0.9}),
            "still-improving small-budget lr-too-low underfitting",
        ),
        (
            lambda: Plan(
                majority(2500, epochs=8),
                {"batch_size": 1500, "optimizer": "Adam", "lr": 3e-3},
                {"batch_size": integer(16, 1500, log=True)},
                each("batch_size", [32, 64, 128, 512]),
            ),
            "still-improving small-budget lr-too-low underfitting range-edge early-stop",
        ),
        (
            lambda: Plan(
                income(2500, epochs=12),
                {"batch_size": 1700, "optimizer": "Adam", "lr": 0.01},
                {},
                [Run(seed=1), Run(seed=2)],
            ),
            "still-improving small-budget lr-too-low underfitting",
        ),
        first=FIRST,
    ),
    *cases(
        "batch-too-small",
        (
            lambda: Plan(
                fraud(700, epochs=20),
                {"batch_size": 1, "lr": 2e-3},
                {"batch_size": integer(1, 64, log=True)},
                batches([4, 8, 16, 32], 2e-3, 1, 1.0),
            ),
            FEW + " time-wasted joint overfitting",
        ),
        (
            lambda: Plan(
                line(400, epochs=8),
                {"batch_size": 2, "optimizer": "Adam", "lr": 2e-3},
                {"batch_size": integer(2, 64, log=True), **ADAM},
                batches([8, 16, 32], 2e-3, 2, 0.7),
            ),
            FEW + " time-wasted joint",
        ),
        (
            lambda: Plan(
                majority(500, epochs=6),
                {"batch_size": 2, "optimizer": "Adam", "lr": 1e-3},
                {"batch_size": integer(2, 64, log=True), **ADAM},
                batches([8, 16, 24], 1e-3, 2, 0.6),
            ),
            FEW + " time-wasted joint overfitting",
        ),
        first=FIRST,
    ),
    *cases(
        "seed-noise",
        (
            lambda: Plan(
                shapes(400, epochs=15),
                {"optimizer": "Adam", "lr": 5e-3},
                {"lr": log_uniform(3e-3, 0.02)},
                replicates("lr", [4e-3, 5e-3, 7e-3, 0.01], 4),
            ),
            FEW + " time-wasted overfitting",
        ),
        (
            lambda: Plan(
                line(200, epochs=15, layers=1),
                {"lr": 0.03, "weight_decay": 1e-4},
                {"weight_decay": log_uniform(1e-6, 1e-3)},
                replicates("weight_decay", [1e-6, 1e-5, 1e-4, 1e-3], 4),
            ),
            FEW + " time-wasted overfitting",
        ),
        (
            lambda: Plan(
                tide(300, 0.3, epochs=15, metric="mae"),
                {"optimizer": "Adam", "lr": 0.01},
                {"units": integer(24, 48)},
                replicates("units", [26, 30, 36, 44], 3),
            ),
            FEW + " time-wasted overfitting",
        ),
        first=FIRST,
    ),
    *cases(
        "unimportant",
        (
            lambda: Plan(
                tags(600, epochs=10),
                {"optimizer": "Adam", "lr": 3e-3, "weight_decay": 1e-8},
                {**ADAM, "weight_decay": log_uniform(1e-9, 1e-6)},
                search="random",
                budget="24 trainings",
            ),
            HARMLESS + " overfitting lr-too-low",
        ),
        (
            lambda: Plan(
                swing(700, epochs=10),
                {"lr": 0.05, "clip_norm": 500.0},
                {"lr": log_uniform(1e-3, 1.0), "clip_norm": log_uniform(200.0, 2000.0)},
                search="qmc",
                budget="24 trainings",
            ),
            HARMLESS,
        ),
        (
            lambda: Plan(
                majority(700, epochs=8),
                {"optimizer": "Adam", "lr": 3e-3, "eps": 1e-8},
                {**ADAM, "eps": log_uniform(1e-10, 1e-7)},
                spread({**ADAM, "eps": log_uniform(1e-10, 1e-7)}, 24, 3),
            ),
            HARMLESS + " overfitting lr-too-low",
        ),
        (
            lambda: Plan(
                shapes(500, epochs=8),
                {"lr": 0.05, "l1": 1e-8},
                {"lr": log_uniform(1e-3, 1.0), "l1": log_uniform(1e-9, 1e-7)},
                search="random",
                budget="26 trainings",
            ),
            HARMLESS + " overfitting lr-too-low",
        ),
        first=FIRST,
    ),
    *cases(
        "joint",
        (
            lambda: Plan(line(500, epochs=4), {"lr": 0.05, "batch_size": 32}, BATCH, spread(BATCH, 40, 2)),
            HARMLESS + " range-edge underfitting batch-too-small",
        ),
        (
            lambda: Plan(
                tags(500, epochs=5, units=16),
                {"lr": 0.05, "momentum": 0.5},
                MOMENTUM,
                search="random",
                budget="40 trainings",
            ),
            HARMLESS + " underfitting lr-too-low",
        ),
        (
            lambda: Plan(
                swing(500, model=lambda c: Loud(2, 2, c), epochs=5, gain=1.0),
                {"lr": 0.03, "gain": 1.0},
                GAIN,
                spread(GAIN, 44, 5),
            ),
            HARMLESS + " range-edge exploding-start",
        ),
        (
            lambda: Plan(majority(500, epochs=5), {"lr": 0.05, "momentum": 0.5}, MOMENTUM, spread(MOMENTUM, 40, 6)),
            HARMLESS + " underfitting lr-too-low",
        ),
        first=FIRST,
    ),
    *cases(
        "time-wasted",
        (
            lambda: Plan(
                line(2000, epochs=60), {"lr": 0.03}, {"lr": log_uniform(0.01, 0.1)}, each("lr", [0.015, 0.05])
            ),
            FEW,
        ),
        (
            lambda: Plan(
                tags(400, flipped=0.1, epochs=60), {"optimizer": "Adam", "lr": 5e-3}, ADAM, each("lr", [2e-3, 0.01])
            ),
            FEW + " overfitting",
        ),
        (
            lambda: Plan(
                shapes(500, 0.5, epochs=10, schedule="cosine"),
                {"optimizer": "Adam", "lr": 5e-3, "units": 96},
                {"units": integer(8, 96, log=True)},
                [Run({"units": 12, "lr": 0.02}), Run({"units": 24, "lr": 0.01})],
            ),
            FEW + " memory-wasted",
        ),
        first=FIRST,
    ),
    *cases(
        "memory-wasted",
        (
            lambda: Plan(
                tags(600, model=limited(16, 6, 200), epochs=8),
                {"lr": 0.1},
                {"units": integer(8, 512, log=True)},
                each("units", [16, 64, 400, 128, 500, 32]),
            ),
            FEW + " time-wasted lr-too-low",
        ),
        (
            lambda: Plan(
                fraud(900, epochs=10),
                {"optimizer": "Adam", "lr": 3e-3, "units": 768},
                {"units": integer(8, 768, log=True)},
                [Run({"units": u, "lr": 5e-3}) for u in (16, 32, 64)],
            ),
            FEW + " time-wasted overfitting",
        ),
        (
            lambda: Plan(
                ranks(600, noise=1.5, epochs=12),
                {"lr": 0.1, "units": 512},
                {"units": integer(16, 512, log=True), "lr": log_uniform(0.02, 0.5)},
                [Run({"units": u, "lr": r}) for u, r in ((16, 0.2), (32, 0.15), (48, 0.2), (128, 0.1))],
            ),
            FEW + " time-wasted overfitting joint",
        ),
        first=FIRST,
    ),
    *cases(
        "small-budget",
        (
            lambda: Plan(
                tide(epochs=20),
                {"optimizer": "Adam", "lr": 0.01},
                {**ADAM, "units": integer(8, 64)},
                search="tpe",
                budget="4 trainings",
            ),
            HARMLESS + " range-edge",
        ),
        (
            lambda: Plan(
                majority(epochs=30), {"optimizer": "Adam", "lr": 3e-3}, ADAM, search="freeze-thaw", budget="6 epochs"
            ),
            "still-improving",
        ),
        (
            lambda: Plan(
                tags(epochs=30), {"optimizer": "Adam", "lr": 3e-3}, ADAM, spread(ADAM, 7, stop=2), budget="16 epochs"
            ),
            "still-improving early-stop time-wasted",
        ),
        first=FIRST,
    ),
]
