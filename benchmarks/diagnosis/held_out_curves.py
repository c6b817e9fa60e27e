"""Held out: faults that a curve shows, of the data, and of the model's start.

Data, models and allowed codes were written down from the curves, before any rule was run on them.
"""

from __future__ import annotations

from diagnosis.held_out_tasks import (
    bag,
    cancer,
    clusters,
    conv,
    diabetes,
    friedman,
    pooled_conv,
    roll,
    tokens,
    wine,
)
from diagnosis.plan import Plan, Run, each, held_out, spread
from diagnosis.tasks import init, mlp, shuffled, times
from luthier import integer, log_uniform, uniform

TINY_LR = {"lr": log_uniform(1e-6, 3e-5)}
ADAM_LR = {"lr": log_uniform(1e-4, 0.1)}
SGD_LR = {"lr": log_uniform(3e-3, 1.0)}
DEAD = mlp(30, 2, init(1.0, 1.0, -30.0))

CASES = [
    *held_out(
        "lr-too-high",
        (lambda: Plan(clusters(epochs=30, flipped=0.1), {"optimizer": "Adam", "lr": 0.3}), "small-budget early-stop"),
        (
            lambda: Plan(
                friedman(2, epochs=20),
                {"optimizer": "RMSprop", "lr": 0.1},
                {"units": integer(16, 64)},
                each("units", [16, 24, 48, 64]),
            ),
            "small-budget exploding-start time-wasted",
        ),
    ),
    *held_out(
        "lr-too-low",
        (lambda: Plan(cancer(), {"lr": 3e-4, "batch_size": 64}), "small-budget still-improving underfitting"),
        (
            lambda: Plan(
                friedman(3, metric="mae", optimizer="AdamW"),
                {"lr": 1e-5},
                TINY_LR,
                search="random",
                budget="8 trainings",
            ),
            "range-edge still-improving underfitting small-budget",
        ),
    ),
    *held_out(
        "overfitting",
        (
            lambda: Plan(clusters(240, 2, 40, 0.2, 0.8, epochs=60), {"optimizer": "Adam", "lr": 3e-3, "units": 128}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                diabetes(epochs=50, units=128, metric="r2"),
                {"optimizer": "RMSprop", "lr": 1e-3, "batch_size": 16},
                {"lr": log_uniform(3e-4, 3e-3)},
                each("lr", [5e-4, 7e-4, 1.5e-3, 2e-3]),
            ),
            "small-budget early-stop time-wasted seed-noise unimportant range-edge",
        ),
    ),
    *held_out(
        "underfitting",
        (
            lambda: Plan(
                conv(model=pooled_conv, channels=2, epochs=60), {"optimizer": "Adam", "lr": 0.05, "schedule": "cosine"}
            ),
            "small-budget early-stop",
        ),
        (
            lambda: Plan(
                clusters(800, 6, epochs=40, layers=1),
                {"optimizer": "Adam", "lr": 0.01, "units": 2},
                {"lr": log_uniform(1e-3, 0.05)},
                search="random",
                budget="8 trainings",
            ),
            "early-stop time-wasted seed-noise small-budget",
        ),
    ),
    *held_out(
        "still-improving",
        (lambda: Plan(tokens(epochs=4), {"optimizer": "Adam", "lr": 5e-3}), "small-budget"),
        (
            lambda: Plan(
                roll(epochs=3),
                {"lr": 0.05, "momentum": 0.8},
                {"lr": log_uniform(3e-3, 1.0)},
                search="random",
                budget="11 trainings",
            ),
            "small-budget",
        ),
    ),
    *held_out(
        "early-stop",
        (
            lambda: Plan(cancer(epochs=100), {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
            "small-budget time-wasted overfitting",
        ),
        (
            lambda: Plan(
                friedman(3, epochs=80, noise=0.2),
                {"optimizer": "AdamW", "lr": 5e-3, "weight_decay": 1.0, "units": 16},
                ADAM_LR,
                each("lr", [2e-3, 3e-3, 1e-2]),
            ),
            "small-budget time-wasted seed-noise unimportant",
        ),
    ),
    *held_out(
        "schedule-cut-short",
        (
            lambda: Plan(clusters(epochs=60), {"lr": 0.1, "schedule": "cosine", "patience": 2}),
            "small-budget",
        ),
        (
            lambda: Plan(
                conv(epochs=50),
                {"lr": 0.1, "schedule": "polynomial"},
                SGD_LR,
                budget="20 epochs",
            ),
            "small-budget still-improving",
        ),
    ),
    *held_out(
        "data-mismatch",
        (
            lambda: Plan(cancer(validation=times(10.0, 5.0), epochs=20), {"optimizer": "Adam", "lr": 3e-3}),
            "small-budget early-stop time-wasted overfitting",
        ),
        (
            lambda: Plan(
                friedman(2, epochs=20, validation=lambda pair: (pair[0], pair[1] + 4.0)),
                {"optimizer": "Adam", "lr": 5e-3},
                ADAM_LR,
                spread(ADAM_LR, 6, 4),
            ),
            "small-budget early-stop time-wasted seed-noise unimportant overfitting range-edge shuffled-labels",
        ),
    ),
    *held_out(
        "dead-start",
        (
            lambda: Plan(cancer(model=DEAD), {"lr": 0.02, "optimizer": "RMSprop"}),
            "underfitting small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                friedman(3, model=mlp(4, 1, init(0.0, 0.0))),
                {"lr": 0.03, "momentum": 0.5},
                {"lr": log_uniform(0.01, 0.1), "batch_size": integer(16, 64)},
                search="random",
                budget="6 trainings",
            ),
            "underfitting small-budget early-stop time-wasted unimportant seed-noise",
        ),
    ),
    *held_out(
        "exploding-start",
        (
            lambda: Plan(wine(raw=True, epochs=30), {"optimizer": "Adam", "lr": 1e-3}),
            "small-budget lr-too-low still-improving",
        ),
        (
            lambda: Plan(tokens(model=bag(300.0), epochs=20), {"lr": 1e-4}, {}, [Run(seed=1), Run(seed=2)]),
            "small-budget lr-too-low still-improving underfitting",
        ),
    ),
    *held_out(
        "shuffled-labels",
        (
            lambda: Plan(
                clusters(600, 3, train=shuffled(1.0, 1), units=256, epochs=60), {"optimizer": "Adam", "lr": 2e-3}
            ),
            "overfitting small-budget early-stop time-wasted data-mismatch",
        ),
        (
            lambda: Plan(
                tokens(train=shuffled(1.0, 2), epochs=40, units=128),
                {"optimizer": "AdamW", "lr": 5e-3},
                {"lr": log_uniform(1e-3, 0.03), "dropout": uniform(0.0, 0.3)},
                search="random",
                budget="7 trainings",
            ),
            "overfitting early-stop time-wasted unimportant seed-noise range-edge data-mismatch small-budget",
        ),
    ),
]
