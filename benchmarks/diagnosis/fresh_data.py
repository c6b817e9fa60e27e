"""Fresh: faults of the data and of the model's start, by someone who had not seen the rules.

Each label was proven by reference trainings (fresh_truth_a.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from diagnosis.blind_data import scaled
from diagnosis.blind_tasks import dense, permuted
from diagnosis.fresh_models import Formula, Meeting, Messages, Skips
from diagnosis.fresh_tasks import (
    brackets,
    clicks,
    credit,
    graphs,
    heat,
    numerals,
    pendulum,
    reviews,
    topics,
    tracts,
    vineyards,
    walks,
)
from diagnosis.plan import Plan, Run, each, fresh
from luthier import log_uniform, uniform

SEEDS = [Run(seed=1), Run(seed=2)]


def fahrenheit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Temperatures before that were noted in another unit than those after."""
    return 1.8 * x + 1.6, y


def swapped(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Two classes whose numbers were exchanged."""
    return x, 1 - y


def guessed(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Prices that were guessed from the street."""
    return x, y + 1.5 * torch.randn(y.shape, generator=torch.Generator().manual_seed(12))


def mirrored(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures seen in a mirror."""
    return x.flip(3), y


def rescaled(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Prices in another currency."""
    return 8 * x, y


def displaced(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Answers that slipped by one row against the questions."""
    return x, y.roll(1)


def silent(config: Mapping[str, Any]) -> nn.Module:
    """A network that ends in a ReLU, below 0 for every input."""
    units = config["units"]
    last = nn.Linear(units, 3)
    with torch.no_grad():
        last.bias -= 20.0
    return nn.Sequential(nn.Linear(13, units), nn.Tanh(), last, nn.ReLU())


CASES = [
    *fresh(
        "data-mismatch",
        (
            lambda: Plan(heat(validation=fahrenheit, epochs=15), {"optimizer": "AdamW", "lr": 5e-3}),
            "small-budget early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(
                credit(1500, 8, slope=3.0, validation=swapped, units=16, epochs=12),
                {"lr": 0.05, "momentum": 0.9},
                {"lr": log_uniform(0.01, 0.2)},
                each("lr", [0.02, 0.1, 0.15]),
            ),
            "small-budget early-stop time-wasted overfitting seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                tracts(2000, 0.2, train=guessed, units=16, layers=1, epochs=15),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(3e-3, 0.03)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge overfitting",
        ),
        (
            lambda: Plan(
                numerals(validation=mirrored, epochs=12),
                {"optimizer": "NAdam", "lr": 0.02, "batch_size": 16},
                {},
                SEEDS,
            ),
            "small-budget early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(
                walks(validation=rescaled, epochs=10),
                {"optimizer": "Adam", "lr": 5e-3},
                {"lr": log_uniform(2e-3, 0.02)},
                search="freeze-thaw",
                budget="40 epochs",
            ),
            "small-budget early-stop time-wasted overfitting seed-noise unimportant range-edge",
        ),
    ),
    *fresh(
        "dead-start",
        (
            lambda: Plan(heat(after=scaled(0.0), epochs=15), {"lr": 0.05, "momentum": 0.9}),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                topics(epochs=12, layers=12, model=dense(80, 6, act=nn.Sigmoid)),
                {"lr": 0.02},
                {"lr": log_uniform(5e-3, 0.05)},
                each("lr", [0.01, 0.03, 0.05]),
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                graphs(epochs=12, act="relu", model=Messages.of(1, -30.0)),
                {"optimizer": "RMSprop", "lr": 2e-3},
                {"lr": log_uniform(5e-4, 5e-3), "dropout": uniform(0.0, 0.3)},
                search="random",
                budget="6 trainings",
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(vineyards(epochs=25, model=silent), {"optimizer": "Adam", "lr": 0.01}, {}, SEEDS),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                clicks(epochs=12, model=Meeting.of(40, 50, 0.0)),
                {"optimizer": "Adam", "lr": 0.03},
                {"lr": log_uniform(5e-3, 0.1)},
                search="freeze-thaw",
                budget="48 epochs",
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
    ),
    *fresh(
        "exploding-start",
        (
            lambda: Plan(
                pendulum(epochs=20, layers=5, act="gelu", after=scaled(6.0)), {"optimizer": "Adam", "lr": 1e-3}
            ),
            "underfitting small-budget still-improving lr-too-low",
        ),
        (
            lambda: Plan(
                clicks(epochs=15, model=Meeting.of(40, 50, 20.0)),
                {"optimizer": "Adam", "lr": 0.03},
                {"lr": log_uniform(0.01, 0.1)},
                each("lr", [0.015, 0.06, 0.1]),
            ),
            "underfitting small-budget still-improving lr-too-low range-edge",
        ),
        (
            lambda: Plan(tracts(epochs=20, dollars=True, act="relu"), {"lr": 0.01, "momentum": 0.9}, {}, SEEDS),
            "underfitting small-budget early-stop time-wasted lr-too-high",
        ),
        (
            lambda: Plan(
                brackets(epochs=12, model=Formula.of(2, 10, 5, 2000.0)),
                {"optimizer": "AdamW", "lr": 1e-3},
                {"lr": log_uniform(3e-4, 3e-3)},
                search="random",
                budget="5 trainings",
            ),
            "underfitting small-budget still-improving lr-too-low lr-too-high range-edge seed-noise unimportant",
        ),
        (
            lambda: Plan(
                heat(epochs=12, layers=10, act="relu", model=Skips.of(16, 16, 4.0)),
                {"optimizer": "Adam", "lr": 1e-3},
                {"lr": log_uniform(3e-4, 3e-3)},
                search="freeze-thaw",
                budget="40 epochs",
            ),
            "underfitting small-budget still-improving lr-too-low lr-too-high range-edge seed-noise unimportant",
        ),
    ),
    *fresh(
        "shuffled-labels",
        (
            lambda: Plan(
                topics(700, train=permuted(8), units=64, act="relu", epochs=30), {"optimizer": "AdamW", "lr": 3e-3}
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                credit(1200, slope=3.0, train=permuted(9), units=48, act="relu", epochs=40),
                {"lr": 0.3},
                {"lr": log_uniform(0.2, 0.6)},
                each("lr", [0.2, 0.4, 0.6]),
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                pendulum(500, train=permuted(10), units=96, act="relu", epochs=50),
                {"optimizer": "Adam", "lr": 3e-3},
                {"lr": log_uniform(1e-3, 0.01)},
                search="random",
                budget="6 trainings",
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                numerals(800, train=displaced, channels=12, epochs=25), {"optimizer": "NAdam", "lr": 5e-3}, {}, SEEDS
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                reviews(900, train=permuted(11), epochs=20),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(5e-3, 0.05)},
                search="freeze-thaw",
                budget="80 epochs",
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch unimportant seed-noise range-edge",
        ),
    ),
]
