"""Unseen: faults of the data and of the model's start, by someone who had not seen the rules.

Each label was proven by reference trainings (unseen_truth.py), without Luthier's findings.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diagnosis.blind_data import scaled
from diagnosis.blind_tasks import permuted
from diagnosis.plan import Plan, Run, each, unseen
from diagnosis.unseen_tasks import (
    circuit,
    figures,
    houses,
    mixed,
    pulse,
    residual,
    roll,
    shells,
    tumours,
)
from luthier import log_uniform

ADAM = {"lr": log_uniform(1e-3, 0.1)}
SEEDS = [Run(seed=1), Run(seed=2)]


def negative(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures black on white in place of white on black."""
    return 0.8 - x, y


def later(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Prices after years of inflation, in place of today's."""
    return x, 1.5 * y + 2.0


def careless(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Classes that were told by a bad observer: two in five are a guess."""
    draw = torch.Generator().manual_seed(6)
    guess = torch.randint(3, y.shape, generator=draw)
    return x, torch.where(torch.rand(y.shape, generator=draw) < 0.4, guess, y)


def zero(model: nn.Module) -> None:
    """All weights 0."""
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 0.0


class Zeroed(nn.Module):
    """A recurrent network that starts at nothing but zeros."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.cells, self.last = nn.LSTM(1, units, batch_first=True), nn.Linear(units, 1)
        zero(self)

    def forward(self, x: Tensor) -> Tensor:
        """The next value."""
        answer: Tensor = self.last(self.cells(x)[0][:, -1])
        return answer


def pictured(units: int, shift: float) -> nn.Module:
    """A network on flat pictures whose hidden layers start with biases of ``shift``."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, units), nn.ReLU(), nn.Linear(units, 10))
    with torch.no_grad():
        model[1].bias += shift  # type: ignore[operator]  # a Linear's bias
    return model


CASES = [
    *unseen(
        "data-mismatch",
        (
            lambda: Plan(figures(1200, validation=negative, epochs=8), {"optimizer": "Adam", "lr": 0.01}),
            "small-budget early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(
                mixed(1400, sep=2.0, train=careless, epochs=15, act="silu"),
                {"lr": 0.05, "momentum": 0.9, "batch_size": 16},
                {"lr": log_uniform(0.01, 0.2)},
                each("lr", [0.015, 0.03, 0.1, 0.15]),
            ),
            "small-budget seed-noise early-stop time-wasted unimportant overfitting range-edge",
        ),
        (
            lambda: Plan(
                houses(validation=later, epochs=15),
                {"optimizer": "RMSprop", "lr": 5e-3, "schedule": "linear"},
                {},
                SEEDS,
            ),
            "small-budget early-stop time-wasted overfitting",
        ),
    ),
    *unseen(
        "dead-start",
        (
            lambda: Plan(
                figures(1200, model=lambda config: pictured(32, -40.0), epochs=10, metric="loss"),
                {"optimizer": "Adam", "lr": 5e-3},
                ADAM,
                each("lr", [2e-3, 1e-2]),
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(shells(after=zero, act="relu", epochs=20), {"lr": 0.1, "momentum": 0.9}, {}, SEEDS),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                pulse(800, model=lambda config: Zeroed(config["units"]), epochs=10),
                {"optimizer": "RMSprop", "lr": 3e-3},
                ADAM,
                search="random",
                budget="6 trainings",
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
    ),
    *unseen(
        "exploding-start",
        (
            lambda: Plan(tumours(raw=True, act="relu", epochs=20), {"lr": 0.01, "momentum": 0.9}, {}, SEEDS),
            "underfitting small-budget early-stop time-wasted lr-too-high",
        ),
        (
            lambda: Plan(
                roll(after=scaled(8.0), act="relu", layers=4, epochs=20),
                {"optimizer": "Adam", "lr": 3e-3},
                ADAM,
                each("lr", [1e-3, 1e-2, 3e-2]),
            ),
            "underfitting small-budget still-improving lr-too-low time-wasted early-stop range-edge",
        ),
        (
            lambda: Plan(
                circuit(raw=True, act="gelu", epochs=20),
                {"optimizer": "AdamW", "lr": 1e-3},
                ADAM,
                search="random",
                budget="6 trainings",
            ),
            "underfitting small-budget still-improving lr-too-low lr-too-high time-wasted early-stop range-edge",
        ),
    ),
    *unseen(
        "shuffled-labels",
        (
            lambda: Plan(figures(1000, channels=16, train=permuted(4), epochs=25), {"optimizer": "Adam", "lr": 5e-3}),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                shells(1000, train=permuted(7), model=residual(4, 3), units=64, act="gelu", epochs=30),
                {"optimizer": "AdamW", "lr": 3e-3},
                {"lr": log_uniform(1e-3, 0.02)},
                search="random",
                budget="6 trainings",
            ),
            "overfitting small-budget early-stop time-wasted unimportant seed-noise range-edge data-mismatch",
        ),
        (
            lambda: Plan(
                houses(700, train=permuted(6), units=96, act="relu", epochs=40),
                {"lr": 0.05, "momentum": 0.9, "batch_size": 32},
                {},
                SEEDS,
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
    ),
]
