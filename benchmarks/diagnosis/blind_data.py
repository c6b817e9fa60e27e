"""Blind: faults of the data and of the model's start, by someone who had not seen the rules.

Each label was proven by reference trainings (blind_truth.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from diagnosis.blind_tasks import (
    arm,
    levels,
    mixture,
    parity,
    permuted,
    ripples,
    spirals,
    upper_half,
    worst_cells,
)
from diagnosis.plan import Plan, Run, blind, each, spread
from luthier import log_uniform, uniform

ADAM = {"lr": log_uniform(1e-3, 0.1)}
SGD = {"lr": log_uniform(3e-3, 0.3)}
SEEDS = [Run(seed=1), Run(seed=2)]


def mirrored(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures of 4 x 8 with left and right exchanged, and not what is asked for."""
    return x.reshape(-1, 4, 8).flip(2).reshape(len(x), -1), y


def noisier(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Targets that are measured badly."""
    return x, y + 1.2 * torch.randn(y.shape, generator=torch.Generator().manual_seed(5))


def elsewhere(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs from another instrument, whose zero is not here."""
    return x + 2.5, y


def scaled(weight: float, shift: float = 0.0) -> Callable[[nn.Module], None]:
    """All weights times ``weight``; ``shift`` is added to the biases of all layers but the last."""

    def change(model: nn.Module) -> None:
        linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
        with torch.no_grad():
            for layer in linear:
                layer.weight *= weight
                layer.bias *= float(weight != 0)
            for layer in linear[:-1]:
                layer.bias += shift

    return change


def magnified(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs in micrometres in place of centimetres."""
    return x * 1e4, y


CASES = [
    *blind(
        "data-mismatch",
        (
            lambda: Plan(
                upper_half(validation=mirrored, epochs=25), {"optimizer": "Adam", "lr": 5e-3, "schedule": "cosine"}
            ),
            "small-budget early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(arm(1400, train=noisier, epochs=20), {"optimizer": "Adam", "lr": 5e-3}, ADAM, spread(ADAM, 7)),
            "small-budget seed-noise early-stop time-wasted",
        ),
        (
            lambda: Plan(
                mixture(800, 4, 6, 0.8, validation=elsewhere, epochs=20), {"lr": 0.1, "momentum": 0.5}, {}, SEEDS
            ),
            "small-budget early-stop time-wasted overfitting",
        ),
    ),
    *blind(
        "dead-start",
        (
            lambda: Plan(
                arm(after=scaled(0.0), epochs=20), {"lr": 0.05, "momentum": 0.9}, {}, [Run(seed=1), Run(seed=2)]
            ),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(spirals(after=scaled(0.1), layers=10, epochs=20), {"lr": 0.1}, SGD, each("lr", [0.03, 0.2])),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise",
        ),
        (
            lambda: Plan(
                levels(after=scaled(1.0, -25.0), act="relu", epochs=15),
                {"optimizer": "Adam", "lr": 3e-3},
                {"lr": log_uniform(1e-3, 0.02), "dropout": uniform(0.0, 0.3)},
                search="random",
                budget="8 trainings",
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise",
        ),
    ),
    *blind(
        "exploding-start",
        (
            lambda: Plan(worst_cells(raw=True, epochs=30, act="relu"), {"optimizer": "Adam", "lr": 0.01}),
            "small-budget still-improving lr-too-low underfitting",
        ),
        (
            lambda: Plan(
                levels(after=scaled(12.0), act="relu", layers=3, epochs=20),
                {"optimizer": "Adam", "lr": 1e-3},
                {},
                SEEDS,
            ),
            "small-budget still-improving lr-too-low data-mismatch overfitting early-stop time-wasted",
        ),
        (
            lambda: Plan(
                ripples(act="relu", train=magnified, validation=magnified, epochs=15),
                {"lr": 0.01},
                SGD,
                search="random",
                budget="7 trainings",
            ),
            "small-budget lr-too-high time-wasted range-edge early-stop underfitting data-mismatch",
        ),
    ),
    *blind(
        "shuffled-labels",
        (
            lambda: Plan(
                parity(1000, train=permuted(1), units=192, act="relu", epochs=40), {"optimizer": "Adam", "lr": 3e-3}
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                mixture(500, 4, 20, 0.8, train=permuted(2), units=128, act="gelu", epochs=40),
                {"lr": 0.1, "momentum": 0.9},
                {"lr": log_uniform(0.02, 0.3)},
                search="random",
                budget="7 trainings",
            ),
            "overfitting early-stop time-wasted unimportant seed-noise range-edge data-mismatch small-budget",
        ),
        (
            lambda: Plan(
                levels(500, 3, train=permuted(3), units=128, act="relu", epochs=30),
                {"optimizer": "RMSprop", "lr": 2e-3},
                {},
                SEEDS,
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
    ),
]
