"""Faults that a curve shows, of the data and of the start, on recurrent, attending, normalised and other networks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diagnosis.plan import Plan, Run, cases, each, spread
from diagnosis.wide_tasks import (
    fraud,
    income,
    line,
    majority,
    mixed_up,
    multiplied,
    ranks,
    shapes,
    squeeze,
    swing,
    tags,
    tide,
    weights,
)
from luthier import integer, log_uniform

FIRST = 41
ADAM = {"lr": log_uniform(1e-4, 0.1)}
SGD = {"lr": log_uniform(3e-3, 1.0)}
LOW = {"lr": log_uniform(1e-6, 1e-4)}
SEEDS = [Run(seed=1), Run(seed=2)]
SHORT = "small-budget early-stop time-wasted"


def reversed_rows(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Sequences read from the other end."""
    return x.flip(1), y


def noisy_labels(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Half of the targets are those of others."""
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(3))
    taken = order[: len(y) // 2]
    z = y.clone()
    z[taken] = y[taken.roll(1)]
    return x, z


def upside_down(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The negative of a picture."""
    return 1 - x, y


CASES = [
    *cases(
        "lr-too-high",
        (lambda: Plan(majority(epochs=25), {"optimizer": "Adam", "lr": 0.1}), SHORT),
        (lambda: Plan(tide(epochs=25), {"optimizer": "RMSprop", "lr": 0.1}, {}, SEEDS), SHORT),
        (lambda: Plan(tags(epochs=25), {"lr": 30.0, "momentum": 0.9}, {}, SEEDS), SHORT + " exploding-start"),
        (
            lambda: Plan(
                shapes(epochs=20),
                {"optimizer": "AdamW", "lr": 0.1},
                {"weight_decay": log_uniform(1e-4, 0.1)},
                each("weight_decay", [1e-4, 1e-3, 1e-2, 0.1]),
            ),
            SHORT + " unimportant seed-noise range-edge underfitting",
        ),
        (lambda: Plan(line(epochs=20), {"lr": 0.4, "batch_size": 8}), SHORT + " overfitting"),
        (lambda: Plan(swing(epochs=25), {"lr": 0.5, "momentum": 0.9}), SHORT),
        (lambda: Plan(squeeze(epochs=20), {"lr": 40.0, "momentum": 0.9}, {}, SEEDS), SHORT + " exploding-start"),
        first=FIRST,
    ),
    *cases(
        "lr-too-low",
        (lambda: Plan(majority(epochs=20), {"optimizer": "Adam", "lr": 1e-4}), SHORT + " still-improving underfitting"),
        (lambda: Plan(tide(epochs=15), {"lr": 3e-3}, {}, SEEDS), SHORT + " still-improving underfitting"),
        (
            lambda: Plan(tags(epochs=20), {"optimizer": "Adam", "lr": 1e-5}, LOW, search="tpe", budget="9 trainings"),
            "still-improving underfitting range-edge small-budget",
        ),
        (
            lambda: Plan(shapes(epochs=20, schedule="cosine"), {"lr": 1e-3}, {}, SEEDS),
            SHORT + " still-improving underfitting",
        ),
        (
            lambda: Plan(
                squeeze(epochs=20),
                {"optimizer": "Adam", "lr": 2e-4},
                {"units": integer(8, 24)},
                each("units", [8, 12, 24]),
            ),
            "still-improving underfitting small-budget range-edge unimportant",
        ),
        (
            lambda: Plan(income(epochs=15, metric="mae", loss="L1Loss"), {"optimizer": "RMSprop", "lr": 3e-5}),
            SHORT + " still-improving underfitting",
        ),
        first=FIRST,
    ),
    *cases(
        "overfitting",
        (lambda: Plan(majority(250, wrong=0.2, epochs=60, units=32), {"optimizer": "Adam", "lr": 2e-3}), SHORT),
        (
            lambda: Plan(tags(300, flipped=0.1, epochs=60, units=64), {"optimizer": "Adam", "lr": 3e-3}, {}, SEEDS),
            SHORT,
        ),
        (
            lambda: Plan(
                shapes(150, 1.5, epochs=40, units=16),
                {"lr": 0.1, "momentum": 0.9},
                {"lr": log_uniform(0.03, 0.3)},
                each("lr", [0.04, 0.06, 0.12, 0.2]),
            ),
            SHORT + " seed-noise unimportant range-edge",
        ),
        (lambda: Plan(line(150, 2.0, epochs=60, layers=2, units=64), {"optimizer": "Adam", "lr": 3e-3}), SHORT),
        (
            lambda: Plan(
                ranks(300, noise=2.0, epochs=40, units=64, metric="loss"),
                {"optimizer": "AdamW", "lr": 5e-3},
                ADAM,
                search="random",
                budget="9 trainings",
            ),
            SHORT + " seed-noise unimportant lr-too-high",
        ),
        first=FIRST,
    ),
    *cases(
        "underfitting",
        (lambda: Plan(tags(epochs=50, units=1, layers=1), {"optimizer": "Adam", "lr": 0.01}), SHORT),
        (lambda: Plan(swing(epochs=40, layers=0), {"optimizer": "Adam", "lr": 0.01}, {}, SEEDS), SHORT),
        (lambda: Plan(ranks(epochs=40, layers=0), {"lr": 0.1, "momentum": 0.5}, {}, SEEDS), SHORT),
        (
            lambda: Plan(
                squeeze(epochs=60, units=1), {"optimizer": "Adam", "lr": 0.02}, ADAM, each("lr", [0.01, 0.03])
            ),
            SHORT + " seed-noise unimportant range-edge",
        ),
        (lambda: Plan(shapes(epochs=40, l1=0.03), {"optimizer": "Adam", "lr": 3e-3}), SHORT),
        first=FIRST,
    ),
    *cases(
        "still-improving",
        (lambda: Plan(majority(epochs=3, units=24), {"optimizer": "Adam", "lr": 5e-3}), "small-budget"),
        (lambda: Plan(tide(epochs=5), {"optimizer": "Adam", "lr": 0.01}, {}, SEEDS), "small-budget"),
        (
            lambda: Plan(
                swing(epochs=6),
                {"optimizer": "Adam", "lr": 5e-3},
                {"lr": log_uniform(1e-4, 1.0)},
                search="random",
                budget="12 trainings",
            ),
            "small-budget",
        ),
        (lambda: Plan(tags(2000, epochs=3), {"optimizer": "Adam", "lr": 3e-3}), "small-budget lr-too-low"),
        first=FIRST,
    ),
    *cases(
        "early-stop",
        (lambda: Plan(fraud(4000, epochs=40, units=8, layers=1, weight_decay=0.01), {"lr": 0.1}), SHORT),
        (lambda: Plan(line(2000, epochs=60), {"optimizer": "Adam", "lr": 0.01}, {}, SEEDS), SHORT),
        (
            lambda: Plan(
                ranks(2000, noise=2.0, epochs=60, units=8, layers=1, weight_decay=0.02),
                {"lr": 0.1, "momentum": 0.5},
                SGD,
                each("lr", [0.05, 0.2, 0.03]),
            ),
            SHORT + " seed-noise unimportant range-edge underfitting",
        ),
        first=FIRST,
    ),
    *cases(
        "schedule-cut-short",
        (
            lambda: Plan(
                majority(epochs=40), {"lr": 0.01, "optimizer": "Adam", "schedule": "cosine"}, budget="12 epochs"
            ),
            "small-budget still-improving",
        ),
        (
            lambda: Plan(
                tide(epochs=60, noise=0.6), {"lr": 0.02, "optimizer": "Adam", "schedule": "one-cycle", "patience": 3}
            ),
            SHORT + " still-improving",
        ),
        (
            lambda: Plan(
                swing(epochs=50),
                {"optimizer": "Adam", "lr": 3e-4, "schedule": "linear"},
                ADAM,
                [Run({"lr": lr}, stop=18) for lr in (0.003, 0.02, 0.05, 0.03)],
            ),
            "small-budget still-improving lr-too-high",
        ),
        first=FIRST,
    ),
    *cases(
        "data-mismatch",
        (
            lambda: Plan(tide(noise=0.05, validation=reversed_rows, epochs=20), {"optimizer": "Adam", "lr": 0.01}),
            SHORT + " overfitting",
        ),
        (
            lambda: Plan(shapes(validation=upside_down, epochs=20), {"optimizer": "Adam", "lr": 3e-3}, {}, SEEDS),
            SHORT + " overfitting",
        ),
        (
            lambda: Plan(ranks(1500, train=noisy_labels, epochs=20, units=16), {"lr": 0.1}, SGD, spread(SGD, 6, 2)),
            SHORT + " seed-noise underfitting unimportant",
        ),
        (
            lambda: Plan(squeeze(epochs=25, validation=multiplied(1.0, 2.0)), {"optimizer": "Adam", "lr": 5e-3}),
            SHORT + " overfitting",
        ),
        (
            lambda: Plan(tags(validation=multiplied(1.0, 1.5), epochs=20), {"optimizer": "Adam", "lr": 3e-3}),
            SHORT + " overfitting",
        ),
        (
            lambda: Plan(line(800, validation=multiplied(-1.0), epochs=20), {"lr": 0.03}),
            SHORT + " overfitting",
        ),
        first=FIRST,
    ),
    *cases(
        "dead-start",
        (
            lambda: Plan(shapes(after=weights(1.0, -30.0), epochs=15), {"optimizer": "Adam", "lr": 3e-3}, {}, SEEDS),
            SHORT + " underfitting",
        ),
        (
            lambda: Plan(tags(after=weights(0.0), epochs=15), {"lr": 0.1}, SGD, each("lr", [0.05, 0.2, 0.4])),
            SHORT + " underfitting unimportant seed-noise",
        ),
        (
            lambda: Plan(swing(after=weights(1.0, -40.0), act=nn.ReLU, epochs=20), {"optimizer": "AdamW", "lr": 2e-3}),
            SHORT + " underfitting",
        ),
        (
            lambda: Plan(
                ranks(after=weights(0.02), layers=8, epochs=20),
                {"lr": 0.1, "momentum": 0.9},
                SGD,
                search="random",
                budget="7 trainings",
            ),
            SHORT + " underfitting unimportant seed-noise",
        ),
        (lambda: Plan(fraud(after=weights(1.0, -50.0), epochs=15), {"lr": 0.05}), SHORT + " underfitting"),
        first=FIRST,
    ),
    *cases(
        "exploding-start",
        (
            lambda: Plan(shapes(after=weights(15.0), epochs=15), {"optimizer": "Adam", "lr": 1e-3}),
            SHORT + " still-improving lr-too-low overfitting data-mismatch",
        ),
        (
            lambda: Plan(tags(after=weights(30.0), epochs=15), {"lr": 1e-3}, {}, SEEDS),
            SHORT + " still-improving lr-too-low overfitting data-mismatch",
        ),
        (
            lambda: Plan(line(scale=500.0, epochs=15), {"optimizer": "Adam", "lr": 0.01}),
            SHORT + " still-improving lr-too-low underfitting",
        ),
        (
            lambda: Plan(
                swing(train=multiplied(3e3), validation=multiplied(3e3), act=nn.ReLU, epochs=15),
                {"lr": 0.01},
                SGD,
                search="random",
                budget="6 trainings",
            ),
            SHORT + " lr-too-high range-edge underfitting data-mismatch",
        ),
        (
            lambda: Plan(
                income(after=weights(8.0), epochs=15, layers=3),
                {"optimizer": "AdamW", "lr": 1e-3},
                ADAM,
                spread(ADAM, 6),
            ),
            SHORT + " still-improving lr-too-low overfitting data-mismatch underfitting range-edge",
        ),
        first=FIRST,
    ),
    *cases(
        "shuffled-labels",
        (
            lambda: Plan(majority(500, train=mixed_up(1), units=32, epochs=60), {"optimizer": "Adam", "lr": 3e-3}),
            SHORT + " overfitting data-mismatch",
        ),
        (
            lambda: Plan(
                shapes(400, train=mixed_up(2), units=16, epochs=40),
                {"lr": 0.1, "momentum": 0.9},
                SGD,
                each("lr", [0.05, 0.2]),
            ),
            SHORT + " overfitting data-mismatch unimportant seed-noise",
        ),
        (
            lambda: Plan(tags(300, train=mixed_up(3), units=128, epochs=40), {"optimizer": "Adam", "lr": 3e-3}),
            SHORT + " overfitting data-mismatch",
        ),
        (
            lambda: Plan(
                swing(300, train=mixed_up(4), act=nn.ReLU, units=128, epochs=80),
                {"optimizer": "Adam", "lr": 5e-3},
                {},
                SEEDS,
            ),
            SHORT + " overfitting data-mismatch",
        ),
        (
            lambda: Plan(
                ranks(1500, train=mixed_up(5), validation=mixed_up(6), units=128, epochs=30),
                {"optimizer": "RMSprop", "lr": 1e-3},
            ),
            SHORT + " overfitting data-mismatch",
        ),
        (
            lambda: Plan(
                income(400, train=mixed_up(7), units=96, epochs=60),
                {"optimizer": "Adam", "lr": 3e-3},
                ADAM,
                search="random",
                budget="8 trainings",
            ),
            SHORT + " overfitting data-mismatch unimportant seed-noise range-edge lr-too-high",
        ),
        first=FIRST,
    ),
]
