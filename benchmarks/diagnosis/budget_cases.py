"""Time, memory and budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from diagnosis.plan import Plan, Run, cases, each, spread
from diagnosis.tasks import blobs, digits, mlp, moons
from luthier import integer, log_uniform

LR = {"lr": log_uniform(0.01, 0.5)}
UNITS = {"units": integer(16, 1024, log=True)}


def hungry(limit: int) -> Any:
    """A builder that asks for a petabyte when ``units`` exceeds ``limit``."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        if config["units"] > limit:
            torch.empty(1 << 50, dtype=torch.uint8)
        return mlp(64, 10)(config)

    return build


CASES = [
    *cases(
        "time-wasted",
        (
            lambda: Plan(
                digits(epochs=80), {"lr": 0.2, "momentum": 0.9, "weight_decay": 1e-3}, LR, each("lr", [0.05, 0.1, 0.3])
            ),
            "early-stop small-budget seed-noise range-edge unimportant overfitting",
        ),
        (
            lambda: Plan(moons(epochs=300, noise=0.25), {"lr": 0.3, "momentum": 0.9, "weight_decay": 3e-3}),
            "early-stop small-budget",
        ),
        (
            lambda: Plan(
                digits(epochs=12, optimizer="Adam", lr=2e-3),
                {"layers": 3, "units": 512},
                {"units": integer(32, 512, log=True)},
                [Run({"units": 64, "lr": 5e-3}), Run({"units": 128, "lr": 4e-3}), Run({"units": 256})],
            ),
            "memory-wasted small-budget seed-noise unimportant range-edge early-stop",
        ),
        (
            lambda: Plan(
                blobs(spread=2.0, epochs=200), {"lr": 0.1, "weight_decay": 1e-2}, LR, each("lr", [0.05, 0.2, 0.3])
            ),
            "early-stop small-budget seed-noise unimportant range-edge",
        ),
    ),
    *cases(
        "memory-wasted",
        (
            lambda: Plan(
                digits(model=hungry(256), epochs=15),
                {"lr": 0.1},
                UNITS,
                each("units", [32, 512, 128, 1024, 700, 48, 300]),
            ),
            "small-budget still-improving time-wasted unimportant seed-noise",
        ),
        (
            lambda: Plan(
                moons(epochs=20),
                {"optimizer": "Adam", "lr": 5e-3, "units": 1024},
                UNITS,
                each("units", [32, 64, 128, 512]),
            ),
            "small-budget time-wasted unimportant seed-noise range-edge early-stop still-improving",
        ),
        (
            lambda: Plan(
                digits(model=hungry(100), epochs=15), {"lr": 0.1}, {**UNITS, **LR}, spread({**UNITS, **LR}, 12)
            ),
            "still-improving time-wasted unimportant range-edge seed-noise",
        ),
        (
            lambda: Plan(
                blobs(spread=2.5, epochs=15), {"lr": 0.05, "units": 1024}, UNITS, each("units", [32, 64, 128, 512])
            ),
            "small-budget time-wasted unimportant seed-noise range-edge early-stop",
        ),
    ),
    *cases(
        "small-budget",
        (lambda: Plan(digits(epochs=20), {"lr": 0.1}, LR, [Run({"lr": 0.05})]), "seed-noise still-improving"),
        (lambda: Plan(digits(epochs=40), {"lr": 0.1}, LR, budget="3 epochs"), "still-improving"),
        (lambda: Plan(digits(epochs=40), {"lr": 0.1}, LR, spread(LR, 8, stop=1), budget="9 epochs"), "still-improving"),
        (
            lambda: Plan(
                blobs(epochs=20),
                {"lr": 0.1},
                {**LR, "batch_size": integer(8, 128, log=True), "weight_decay": log_uniform(1e-6, 1e-2)},
                [Run({"lr": 0.05, "batch_size": 20, "weight_decay": 1e-5})],
            ),
            "seed-noise still-improving early-stop",
        ),
    ),
]
