"""What only several trainings together show: ranges, batch sizes, noise, importance, interaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from diagnosis.plan import Plan, Run, cases, each, replicates, spread
from diagnosis.tasks import blobs, digits, first, mlp, moons, regression
from luthier import integer, log_uniform, uniform

BATCHES = {"batch_size": integer(8, 1024, log=True)}
SCALED = {"lr": log_uniform(1e-3, 10.0), "output_scale": log_uniform(0.03, 30.0)}
MOMENTUM = {"lr": log_uniform(1e-3, 1.0), "momentum": uniform(0.0, 0.99)}


class Scaled(nn.Module):
    """A model whose output is multiplied: by s, and the best lr is that divided by s squared."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.inner, self.scale = mlp(64, 10)(config), config["output_scale"]

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * self.inner(x)


CASES = [
    *cases(
        "range-edge",
        (
            lambda: Plan(
                digits(epochs=15),
                {"lr": 3e-3},
                {"lr": log_uniform(1e-4, 1e-2)},
                spread({"lr": log_uniform(1e-4, 1e-2)}, 9),
            ),
            "lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                digits(epochs=30),
                {"units": 3, "lr": 0.1},
                {"units": integer(1, 4)},
                each("units", [1, 2, 4, 2]),
            ),
            "underfitting still-improving small-budget",
        ),
        (
            lambda: Plan(
                digits(epochs=40),
                {"lr": 0.5, "momentum": 0.9},
                {"lr": log_uniform(0.2, 5.0)},
                spread({"lr": log_uniform(0.2, 5.0)}, 9, 2),
            ),
            "lr-too-high time-wasted early-stop small-budget dead-start overfitting",
        ),
        (
            lambda: Plan(
                digits(epochs=30),
                {"lr": 0.1, "weight_decay": 0.05},
                {"weight_decay": log_uniform(0.02, 1.0)},
                spread({"weight_decay": log_uniform(0.02, 1.0)}, 9),
            ),
            "underfitting early-stop time-wasted dead-start",
        ),
    ),
    *cases(
        "batch-too-large",
        (
            lambda: Plan(
                digits(epochs=20), {"batch_size": 1024, "lr": 0.1}, BATCHES, each("batch_size", [16, 32, 64, 256, 512])
            ),
            "still-improving small-budget joint lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                digits(epochs=15),
                {"batch_size": 1437, "lr": 0.3},
                {"lr": log_uniform(0.1, 3.0)},
                each("lr", [0.1, 0.5, 1.0, 2.0]),
            ),
            "still-improving small-budget lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                blobs(2000, 20, 8, 5.0, epochs=12),
                {"batch_size": 1600, "lr": 0.2},
                {"batch_size": integer(16, 1600, log=True)},
                each("batch_size", [16, 50, 160, 500]),
            ),
            "still-improving small-budget lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                regression(2000, 0.3, epochs=15),
                {"batch_size": 800, "lr": 0.05},
                {"batch_size": integer(16, 800, log=True)},
                each("batch_size", [16, 32, 100, 300]),
            ),
            "still-improving small-budget lr-too-low underfitting range-edge",
        ),
    ),
    *cases(
        "batch-too-small",
        (
            lambda: Plan(
                digits(first(700), epochs=12),
                {"batch_size": 1, "lr": 0.005},
                {"batch_size": integer(1, 64, log=True), "lr": log_uniform(3e-3, 0.5)},
                [Run({"batch_size": b, "lr": 0.02 * b**0.7}) for b in (4, 8, 16, 32)],
            ),
            "time-wasted small-budget joint seed-noise early-stop still-improving",
        ),
        (
            lambda: Plan(
                blobs(epochs=12, spread=2.5),
                {"batch_size": 2, "lr": 0.01},
                {"batch_size": integer(2, 64, log=True)},
                [Run({"batch_size": b, "lr": 0.01 * b**0.7}) for b in (4, 8, 16, 32)],
            ),
            "time-wasted small-budget joint seed-noise early-stop range-edge unimportant",
        ),
        (
            lambda: Plan(
                moons(epochs=20),
                {"batch_size": 1, "lr": 0.02},
                {"batch_size": integer(1, 32, log=True)},
                [Run({"batch_size": b, "lr": 0.05 * b**0.7}) for b in (4, 8, 16)],
            ),
            "time-wasted small-budget joint seed-noise early-stop range-edge unimportant lr-too-high overfitting",
        ),
        (
            lambda: Plan(
                regression(epochs=12),
                {"batch_size": 1, "lr": 2e-3},
                {"batch_size": integer(1, 32, log=True)},
                [Run({"batch_size": b, "lr": 5e-3 * b**0.7}) for b in (4, 8, 16)],
            ),
            "time-wasted small-budget joint seed-noise early-stop still-improving range-edge unimportant overfitting",
        ),
    ),
    *cases(
        "seed-noise",
        (
            lambda: Plan(
                digits(validation=first(60), epochs=20),
                {"lr": 0.05},
                {"lr": log_uniform(0.02, 0.5)},
                replicates("lr", [0.1, 0.15, 0.2, 0.25], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted range-edge",
        ),
        (
            lambda: Plan(
                moons(200, 0.25, epochs=40),
                {"lr": 0.1},
                {"lr": log_uniform(0.05, 0.5)},
                replicates("lr", [0.15, 0.2, 0.3], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted range-edge overfitting",
        ),
        (
            lambda: Plan(
                digits(first(300), first(100), epochs=40),
                {"units": 64, "lr": 0.1},
                {"units": integer(48, 96)},
                replicates("units", [50, 60, 70, 80], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted range-edge overfitting",
        ),
        (
            lambda: Plan(
                blobs(300, spread=5.0, epochs=30),
                {"lr": 0.1, "weight_decay": 1e-4},
                {"weight_decay": log_uniform(1e-5, 1e-3)},
                replicates("weight_decay", [1e-5, 5e-5, 2e-4, 1e-3], 4),
            ),
            "small-budget early-stop unimportant still-improving time-wasted range-edge overfitting",
        ),
    ),
    *cases(
        "unimportant",
        *[
            (
                (lambda space=space, own=own, n=n: Plan(digits(epochs=12), own, space, spread(space, 20, n))),
                "early-stop seed-noise still-improving range-edge lr-too-high lr-too-low time-wasted",
            )
            for n, (space, own) in enumerate(
                [
                    (
                        {"lr": log_uniform(1e-3, 1.0), "weight_decay": log_uniform(1e-9, 1e-6)},
                        {"lr": 0.05, "weight_decay": 1e-8},
                    ),
                    (
                        {"lr": log_uniform(1e-4, 0.03), "eps": log_uniform(1e-10, 1e-7)},
                        {"optimizer": "Adam", "lr": 1e-3, "eps": 1e-8},
                    ),
                    ({"lr": log_uniform(1e-3, 1.0), "l1": log_uniform(1e-9, 1e-7)}, {"lr": 0.05, "l1": 1e-8}),
                    (
                        {"lr": log_uniform(1e-3, 1.0), "clip_norm": log_uniform(100.0, 1000.0)},
                        {"lr": 0.05, "clip_norm": 200.0},
                    ),
                ]
            )
        ],
    ),
    *cases(
        "joint",
        (
            lambda: Plan(digits(epochs=8), {"lr": 0.05, "momentum": 0.5}, MOMENTUM, spread(MOMENTUM, 40)),
            "seed-noise still-improving early-stop lr-too-high lr-too-low time-wasted",
        ),
        (
            lambda: Plan(
                digits(model=Scaled, epochs=8, output_scale=1.0),
                {"lr": 0.1, "output_scale": 1.0},
                SCALED,
                spread(SCALED, 40),
            ),
            "seed-noise still-improving early-stop range-edge lr-too-high lr-too-low exploding-start time-wasted",
        ),
        (
            lambda: Plan(
                digits(model=Scaled, epochs=12, output_scale=1.0),
                {"lr": 0.3, "output_scale": 0.3, "momentum": 0.5},
                SCALED,
                spread(SCALED, 40, 3),
            ),
            "seed-noise still-improving early-stop range-edge lr-too-high lr-too-low exploding-start time-wasted",
        ),
        (
            lambda: Plan(
                blobs(800, 20, 6, 5.0, epochs=8), {"lr": 0.05, "momentum": 0.5}, MOMENTUM, spread(MOMENTUM, 40, 2)
            ),
            "seed-noise still-improving early-stop lr-too-high lr-too-low time-wasted overfitting",
        ),
    ),
]
