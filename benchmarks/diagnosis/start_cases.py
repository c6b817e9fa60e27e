"""Faults of the data and of the model's start."""

from __future__ import annotations

import torch
from torch import nn

from diagnosis.plan import Plan, Run, cases, spread
from diagnosis.tasks import digits, first, init, mlp, moons, regression, shuffled, times
from luthier import log_uniform

LR = {"lr": log_uniform(0.05, 0.5)}


def deep_sigmoid(config: object) -> nn.Module:
    """Twelve sigmoid layers: the gradient vanishes on the way."""
    layers: list[nn.Module] = [nn.Linear(64, 64), nn.Sigmoid()]
    for _ in range(11):
        layers += [nn.Linear(64, 64), nn.Sigmoid()]
    return nn.Sequential(*layers, nn.Linear(64, 10))


def easy(pair: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Only the digits 0 and 6, which nobody confuses."""
    kept = (pair[1] == 0) | (pair[1] == 6)
    return pair[0][kept], pair[1][kept]


ZERO = mlp(64, 10, init(0.0, 0.0))
CASES = [
    *cases(
        "data-mismatch",
        (
            lambda: Plan(digits(validation=times(-1.0, 1.0)), {"lr": 0.3}, LR, spread(LR, 6)),
            "early-stop overfitting time-wasted seed-noise unimportant shuffled-labels",
        ),
        (
            lambda: Plan(digits(validation=times(1.0, 1.5)), {"lr": 0.4}),
            "small-budget early-stop overfitting time-wasted",
        ),
        (
            lambda: Plan(digits(train=shuffled(0.4), validation=easy, units=16), {"lr": 0.1}, LR, spread(LR, 6)),
            "underfitting early-stop seed-noise time-wasted",
        ),
        (
            lambda: Plan(digits(validation=shuffled(0.6)), {"lr": 0.1}, LR, spread(LR, 6, 1)),
            "early-stop overfitting seed-noise time-wasted unimportant shuffled-labels",
        ),
    ),
    *cases(
        "dead-start",
        (
            lambda: Plan(digits(model=ZERO), {"lr": 0.05}, LR, spread(LR, 5)),
            "underfitting time-wasted early-stop unimportant seed-noise",
        ),
        (
            lambda: Plan(digits(model=deep_sigmoid), {"lr": 0.05}),
            "underfitting small-budget early-stop time-wasted lr-too-low",
        ),
        (
            lambda: Plan(
                digits(model=mlp(64, 10, init(1.0, 1.0, -20.0))), {"lr": 0.05}, {}, [Run(seed=1), Run(seed=2)]
            ),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(moons(model=mlp(2, 2, init(0.0, 0.0))), {"lr": 0.1, "optimizer": "Adam"}),
            "underfitting small-budget early-stop time-wasted",
        ),
    ),
    *cases(
        "exploding-start",
        (
            lambda: Plan(digits(model=mlp(64, 10, init(20.0))), {"lr": 1e-4}),
            "small-budget overfitting early-stop time-wasted",
        ),
        (
            lambda: Plan(digits(times(3000.0), times(3000.0)), {"lr": 3e-4}),
            "small-budget lr-too-high early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(
                regression(scale=1000.0),
                {"lr": 0.01},
                {"lr": log_uniform(1e-4, 0.1)},
                spread({"lr": log_uniform(1e-4, 0.1)}, 6),
            ),
            "lr-too-high range-edge still-improving time-wasted small-budget",
        ),
        (
            lambda: Plan(regression(model=mlp(10, 1, init(15.0))), {"lr": 1e-6}, {}, [Run(seed=1), Run(seed=2)]),
            "small-budget lr-too-low still-improving lr-too-high data-mismatch overfitting",
        ),
    ),
    *cases(
        "shuffled-labels",
        (
            lambda: Plan(digits(train=shuffled(), units=256, epochs=60), {"lr": 0.3, "batch_size": 16}),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(digits(shuffled(), shuffled(), units=256), {"lr": 0.1, "momentum": 0.9}, LR, spread(LR, 5)),
            "overfitting underfitting early-stop time-wasted unimportant seed-noise dead-start range-edge lr-too-low "
            "data-mismatch",
        ),
        (
            lambda: Plan(
                digits(lambda p: first(300)(shuffled()(p)), units=128, epochs=60), {"optimizer": "Adam", "lr": 3e-3}
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                digits(shuffled(1.0, 3), None, units=128, epochs=50),
                {"optimizer": "Adam", "lr": 2e-3},
                {"lr": log_uniform(5e-4, 5e-3)},
                spread({"lr": log_uniform(5e-4, 5e-3)}, 5),
            ),
            "overfitting early-stop time-wasted unimportant seed-noise range-edge data-mismatch small-budget",
        ),
    ),
]
