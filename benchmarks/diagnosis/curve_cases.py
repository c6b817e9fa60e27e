"""Faults that a curve shows: learning rate, fit, length, schedule."""

from __future__ import annotations

from diagnosis.plan import Plan, Run, cases, each, spread
from diagnosis.tasks import blobs, digits, moons, regression, shuffled
from luthier import log_uniform

LOW_LR = {"lr": log_uniform(1e-5, 5e-4)}
GOOD_LR = {"lr": log_uniform(0.01, 1.0)}
WIDE_LR = {"lr": log_uniform(0.01, 5.0)}
NARROW_LR = {"lr": log_uniform(3e-3, 3e-2)}
ADAM_LR = {"lr": log_uniform(3e-4, 0.3)}

CASES = [
    *cases(
        "lr-too-high",
        (lambda: Plan(digits(), {"lr": 20.0}), "small-budget exploding-start"),
        (lambda: Plan(digits(), {"optimizer": "Adam", "lr": 0.05, "batch_size": 32}), "small-budget early-stop"),
        (
            lambda: Plan(
                blobs(),
                {"lr": 1.5, "momentum": 0.9},
                {"weight_decay": log_uniform(1e-6, 1e-3)},
                each("weight_decay", [1e-6, 1e-5, 1e-4, 1e-3]),
            ),
            "unimportant early-stop time-wasted small-budget seed-noise range-edge",
        ),
        (
            lambda: Plan(regression(), {"lr": 0.7, "batch_size": 16}, {}, [Run(seed=1), Run(seed=2)]),
            "small-budget exploding-start",
        ),
    ),
    *cases(
        "lr-too-low",
        (lambda: Plan(digits(), {"lr": 5e-3}), "small-budget still-improving underfitting"),
        (lambda: Plan(digits(), {"optimizer": "Adam", "lr": 2e-5}), "small-budget still-improving underfitting"),
        (
            lambda: Plan(regression(), {"lr": 1e-4}, LOW_LR, spread(LOW_LR, 7)),
            "still-improving underfitting range-edge small-budget",
        ),
        (
            lambda: Plan(
                blobs(),
                {"lr": 1e-3, "batch_size": 64},
                {"weight_decay": log_uniform(1e-6, 1e-4)},
                each("weight_decay", [1e-6, 1e-5, 1e-4]),
            ),
            "still-improving underfitting unimportant small-budget range-edge",
        ),
    ),
    *cases(
        "overfitting",
        (
            lambda: Plan(digits(shuffled(0.3), units=256, epochs=60), {"lr": 0.2, "batch_size": 32}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(moons(120, 0.35, units=256, epochs=150), {"optimizer": "Adam", "lr": 0.01, "batch_size": 16}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                regression(200, 3.0, units=256, epochs=60),
                {"optimizer": "Adam", "lr": 1e-3, "batch_size": 16},
                {},
                [Run(seed=1), Run(seed=2)],
            ),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                blobs(200, 30, 4, 14.0, units=256, epochs=60),
                {"lr": 0.1, "batch_size": 16},
                {"lr": log_uniform(0.03, 0.3)},
                each("lr", [0.03, 0.05, 0.2, 0.3]),
            ),
            "early-stop time-wasted seed-noise unimportant small-budget range-edge",
        ),
    ),
    *cases(
        "underfitting",
        (
            lambda: Plan(digits(units=1, layers=1, epochs=60), {"optimizer": "Adam", "lr": 0.01}),
            "small-budget early-stop time-wasted still-improving",
        ),
        (
            lambda: Plan(digits(epochs=60), {"lr": 0.3, "weight_decay": 0.05}),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                digits(units=2, layers=1, epochs=80), {"optimizer": "Adam", "lr": 0.02}, {}, [Run(seed=1), Run(seed=2)]
            ),
            "small-budget early-stop time-wasted",
        ),
        (
            lambda: Plan(
                digits(units=2, layers=2, epochs=60), {"optimizer": "Adam", "lr": 0.01}, NARROW_LR, spread(NARROW_LR, 7)
            ),
            "early-stop time-wasted seed-noise range-edge unimportant still-improving lr-too-high",
        ),
    ),
    *cases(
        "still-improving",
        (lambda: Plan(digits(epochs=4), {"lr": 0.1}, WIDE_LR, spread(WIDE_LR, 10)), "small-budget"),
        (
            lambda: Plan(digits(epochs=5), {"lr": 1e-3, "optimizer": "Adam"}, ADAM_LR, spread(ADAM_LR, 8, 1)),
            "small-budget",
        ),
        (lambda: Plan(moons(noise=0.1, epochs=15), {"lr": 0.1, "batch_size": 32}), "small-budget lr-too-low"),
        (
            lambda: Plan(
                regression(noise=0.3, epochs=10),
                {"lr": 0.05, "batch_size": 32},
                GOOD_LR,
                each("lr", [0.01, 0.02, 0.1, 0.2]),
            ),
            "small-budget",
        ),
    ),
    *cases(
        "early-stop",
        (
            lambda: Plan(digits(epochs=80), {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3}),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(blobs(spread=2.0, epochs=100), {"lr": 0.1, "weight_decay": 1e-2}),
            "small-budget time-wasted",
        ),
        (
            lambda: Plan(digits(epochs=60), {"lr": 0.1, "momentum": 0.9}, GOOD_LR, each("lr", [0.03, 0.05, 0.2])),
            "small-budget time-wasted seed-noise range-edge unimportant overfitting",
        ),
        (
            lambda: Plan(moons(epochs=200), {"lr": 0.2, "momentum": 0.9, "weight_decay": 1e-3}),
            "small-budget time-wasted",
        ),
    ),
    *cases(
        "schedule-cut-short",
        (
            lambda: Plan(digits(epochs=60), {"lr": 0.3, "schedule": "cosine", "patience": 2, "batch_size": 16}),
            "small-budget",
        ),
        (
            lambda: Plan(digits(epochs=60), {"lr": 0.1, "schedule": "linear"}, budget="15 epochs"),
            "small-budget still-improving",
        ),
        (
            lambda: Plan(
                digits(epochs=60),
                {"lr": 0.05, "schedule": "cosine"},
                WIDE_LR,
                [Run({"lr": lr}, stop=20) for lr in (0.1, 0.4, 0.2, 1.0)],
            ),
            "small-budget still-improving",
        ),
        (
            lambda: Plan(
                regression(epochs=50), {"lr": 0.05, "schedule": "cooldown", "batch_size": 32}, budget="20 epochs"
            ),
            "small-budget still-improving",
        ),
    ),
]
