"""Last: faults of the data and of the model's start, by someone who had not seen the rules.

Each label was proven by reference trainings (last_truth_a.py), without Luthier's findings.
"""

from __future__ import annotations

import torch
from torch import Tensor

from diagnosis.blind_data import scaled
from diagnosis.blind_tasks import permuted
from diagnosis.fresh_models import Skips
from diagnosis.last_tasks import (
    Heap,
    Old,
    Sack,
    Throws,
    chirps,
    cleaning,
    dice,
    enzymes,
    genes,
    inversions,
    kepler,
    listening,
    radii,
    ribbon,
    saturated,
    sets,
    spam,
    spectra,
    textures,
)
from diagnosis.plan import Plan, Run, each, last
from luthier import log_uniform

SEEDS = [Run(seed=1), Run(seed=2)]


def offset(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Spectra from which the dark lamp's was not taken."""
    return x + 3.0, y


def bright(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures that are far too bright."""
    return x + 2.0, y


def comma(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Every fifth number has its decimal point one place too far right."""
    return x, torch.where(torch.rand(y.shape, generator=torch.Generator().manual_seed(18)) < 0.2, 10 * y, y)


def reordered(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """A table whose columns stand in another order."""
    return x.roll(1, 1), y


def raised(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers that were not centred as the others were."""
    return x + 2.0, y


def slipped(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Answers one row too low."""
    return x, y.roll(1)


CASES = [
    *last(
        "data-mismatch",
        (
            lambda: Plan(spectra(validation=offset, epochs=14), {"optimizer": "RMSprop", "lr": 2e-3}),
            "small-budget early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(
                textures(validation=bright, epochs=12, metric="loss"),
                {"lr": 0.1, "momentum": 0.9},
                {"lr": log_uniform(0.02, 0.15)},
                each("lr", [0.03, 0.06, 0.14]),
            ),
            "small-budget early-stop time-wasted overfitting seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                enzymes(1600, noise=0.05, train=comma, epochs=16, act="silu", loss="L1Loss"),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(3e-3, 0.03)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge overfitting underfitting",
        ),
        (
            lambda: Plan(
                ribbon(validation=reordered, epochs=12),
                {"optimizer": "Adamax", "lr": 0.02, "batch_size": 32},
                {},
                SEEDS,
            ),
            "small-budget early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(
                inversions(validation=raised, epochs=10),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(3e-3, 0.02)},
                search="freeze-thaw",
                budget="40 epochs",
            ),
            "small-budget early-stop time-wasted overfitting seed-noise unimportant range-edge still-improving",
        ),
    ),
    *last(
        "dead-start",
        (
            lambda: Plan(spam(model=Sack.of(200, 2, 0.0), epochs=15), {"optimizer": "NAdam", "lr": 3e-3}),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                sets(model=Heap.of(1, 2, -40.0), act="relu", epochs=15),
                {"lr": 0.03, "momentum": 0.9},
                {"lr": log_uniform(5e-3, 0.1)},
                each("lr", [0.01, 0.05, 0.1]),
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                ribbon(model=saturated(3, 2), epochs=15),
                {"optimizer": "Adam", "lr": 5e-3},
                {"lr": log_uniform(1e-3, 0.03)},
                search="random",
                budget="6 trainings",
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(chirps(model=listening(5, -30.0), epochs=12), {"optimizer": "RMSprop", "lr": 1e-3}, {}, SEEDS),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                dice(model=Throws.of(5, True), epochs=12),
                {"optimizer": "Adagrad", "lr": 0.03},
                {"lr": log_uniform(0.01, 0.1)},
                search="freeze-thaw",
                budget="48 epochs",
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise range-edge",
        ),
    ),
    *last(
        "exploding-start",
        (
            lambda: Plan(enzymes(nanomolar=True, act="relu", layers=3, epochs=20), {"optimizer": "Adam", "lr": 1e-3}),
            "underfitting small-budget still-improving lr-too-low",
        ),
        (
            lambda: Plan(
                cleaning(model=Skips.of(36, 16, 3.0), act="relu", layers=8, epochs=15),
                {"optimizer": "Adam", "lr": 1e-3},
                {"lr": log_uniform(3e-4, 3e-3)},
                each("lr", [5e-4, 2e-3, 3e-3]),
            ),
            "underfitting small-budget still-improving lr-too-low range-edge",
        ),
        (
            lambda: Plan(textures(gain=3e4, epochs=16), {"optimizer": "Adagrad", "lr": 0.01}, {}, SEEDS),
            "underfitting small-budget still-improving lr-too-low lr-too-high overfitting early-stop time-wasted",
        ),
        (
            lambda: Plan(
                kepler(epochs=18, act="silu", layers=4, after=scaled(10.0)),
                {"optimizer": "AdamW", "lr": 2e-3},
                {"lr": log_uniform(5e-4, 5e-3)},
                search="random",
                budget="5 trainings",
            ),
            "underfitting small-budget still-improving lr-too-low range-edge seed-noise unimportant",
        ),
        (
            lambda: Plan(
                inversions(epochs=12, model=Old.of(1, 1, "relu", 8.0)),
                {"optimizer": "NAdam", "lr": 1e-3},
                {"lr": log_uniform(3e-4, 3e-3)},
                search="freeze-thaw",
                budget="40 epochs",
            ),
            "underfitting small-budget still-improving lr-too-low lr-too-high range-edge seed-noise unimportant",
        ),
    ),
    *last(
        "shuffled-labels",
        (
            lambda: Plan(
                cleaning(300, noise=0.15, train=permuted(21), units=128, act="relu", epochs=50),
                {"optimizer": "Adam", "lr": 3e-3},
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                radii(500, 8, train=permuted(26), units=128, act="relu", epochs=50),
                {"lr": 0.1, "momentum": 0.9},
                {"lr": log_uniform(0.04, 0.15)},
                each("lr", [0.05, 0.08, 0.14]),
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                genes(700, train=slipped, channels=64, width=12, epochs=40),
                {"optimizer": "NAdam", "lr": 0.01},
                {"lr": log_uniform(5e-3, 0.02)},
                search="random",
                budget="5 trainings",
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch unimportant seed-noise range-edge",
        ),
        (
            lambda: Plan(
                enzymes(300, train=permuted(26), validation=permuted(24), units=128, act="relu", epochs=50),
                {"optimizer": "AdamW", "lr": 5e-3, "batch_size": 32},
                {},
                SEEDS,
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                spam(500, words=500, train=permuted(27), epochs=24),
                {"optimizer": "RMSprop", "lr": 0.02},
                {"lr": log_uniform(0.01, 0.05)},
                search="freeze-thaw",
                budget="90 epochs",
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch unimportant seed-noise range-edge",
        ),
    ),
]
