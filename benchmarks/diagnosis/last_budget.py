"""Last: time and memory that bring nothing, by someone who had not seen the rules.

Each label was proven by reference trainings (last_truth_b.py), without Luthier's findings.
"""

from __future__ import annotations

from diagnosis.fresh_budget import FIVE, SIX
from diagnosis.last_settings import (
    Residual,
    Together,
    beyond,
    brackets,
    loans,
    medians,
    spectra,
    spots,
    strided,
    swarms,
    temple,
    throws,
    weather,
)
from diagnosis.plan import Plan, Run, each, last
from luthier import integer, log_uniform

LARGE = "small-budget time-wasted seed-noise unimportant range-edge early-stop"
SHORT = "still-improving lr-too-low underfitting range-edge seed-noise"

CASES = [
    *last(
        "time-wasted",
        (
            lambda: Plan(
                loans(epochs=60, units=12, layers=1, metric="loss"),
                {"lr": 0.1, "momentum": 0.8, "schedule": "step", "step_size": 0.1},
                {},
                [Run(seed=1), Run(seed=2)],
            ),
            "small-budget early-stop",
        ),
        (
            lambda: Plan(
                throws(epochs=10, noise=0.7, model=Residual.of(5, 2), act="gelu"),
                {"optimizer": "AdamW", "lr": 2e-3, "layers": 5, "units": 160, "schedule": "cosine"},
                {"layers": integer(1, 5), "units": integer(16, 160, log=True)},
                [
                    Run({"layers": 1, "units": 16, "lr": 0.02}),
                    Run({"layers": 2, "units": 48, "lr": 5e-3}),
                    Run({"layers": 3, "units": 96, "lr": 3e-3}),
                ],
            ),
            "small-budget memory-wasted seed-noise unimportant range-edge early-stop joint overfitting",
        ),
        (
            lambda: Plan(
                brackets(wrong=0.2, epochs=10, metric="loss"),
                {"optimizer": "Adam", "lr": 3e-3, "units": 160, "schedule": "cosine"},
                {"units": integer(12, 160, log=True), "lr": log_uniform(2e-3, 0.05)},
                [Run({"units": u, "lr": lr}) for u, lr in ((12, 0.03), (32, 0.015), (80, 6e-3))],
            ),
            "small-budget memory-wasted seed-noise unimportant range-edge early-stop joint overfitting",
        ),
        (
            lambda: Plan(
                spectra(epochs=100, layers=0),
                {"optimizer": "Adam", "lr": 0.02},
                {"lr": log_uniform(0.01, 0.05)},
                each("lr", [0.01, 0.03]),
            ),
            "small-budget early-stop seed-noise unimportant range-edge",
        ),
        (
            lambda: Plan(
                throws(epochs=70, noise=0.5, units=16, layers=1),
                {"optimizer": "RMSprop", "lr": 0.02, "schedule": "exponential", "gamma": 0.8},
                {"lr": log_uniform(0.01, 0.05)},
                search="random",
                budget="6 trainings",
            ),
            "small-budget early-stop seed-noise unimportant range-edge",
        ),
    ),
    *last(
        "memory-wasted",
        (
            lambda: Plan(
                spectra(epochs=8, layers=1, act="relu"),
                {"optimizer": "Adam", "lr": 1e-3, "units": 8192, "schedule": "cosine"},
                {"units": integer(16, 8192, log=True), "lr": log_uniform(5e-4, 0.03)},
                [Run({"units": u, "lr": lr}) for u, lr in ((16, 0.03), (64, 0.015), (256, 6e-3), (2048, 2e-3))],
            ),
            LARGE + " joint overfitting",
        ),
        (
            lambda: Plan(
                temple(epochs=7, units=16, layers=1),
                {"optimizer": "NAdam", "lr": 5e-4, "units": 4000, "schedule": "linear"},
                {"units": integer(16, 4000, log=True), "lr": log_uniform(3e-4, 0.03)},
                [Run({"units": u, "lr": lr}) for u, lr in ((16, 0.02), (60, 0.01), (240, 4e-3), (1000, 1e-3))],
            ),
            LARGE + " joint overfitting",
        ),
        (
            lambda: Plan(
                spots(2000, noise=0.2, epochs=14, model=beyond(strided(2, 4, 9), "channels", 20)),
                {"optimizer": "Adam", "lr": 0.01, "schedule": "cosine"},
                {"channels": integer(4, 256, log=True), "lr": log_uniform(3e-3, 0.03)},
                search="random",
                budget="12 trainings",
            ),
            LARGE + " still-improving joint",
        ),
        (
            lambda: Plan(
                swarms(epochs=12, units=16, model=beyond(Together.of(2, 1), "units", 70)),
                {"optimizer": "AdamW", "lr": 0.02, "schedule": "cosine"},
                {"units": integer(8, 3000, log=True)},
                each("units", [200, 32, 3000, 64, 100, 8, 800]),
            ),
            LARGE + " still-improving",
        ),
        (
            lambda: Plan(
                loans(epochs=5, metric="loss"),
                {"lr": 0.1, "momentum": 0.8, "units": 1200, "schedule": "linear"},
                {"units": integer(12, 1200, log=True)},
                each("units", [12, 50, 150, 600]),
            ),
            LARGE + " overfitting",
        ),
    ),
    *last(
        "small-budget",
        (
            lambda: Plan(
                brackets(epochs=1, metric="loss"),
                {"optimizer": "Adam", "lr": 0.01},
                {"lr": log_uniform(1e-3, 0.1)},
                each("lr", [0.03]),
            ),
            SHORT,
        ),
        (
            lambda: Plan(
                weather(epochs=14, act="silu"),
                {"optimizer": "RMSprop", "lr": 1e-3},
                FIVE,
                search="qmc",
                budget="3 trainings",
            ),
            SHORT + " lr-too-high early-stop",
        ),
        (
            lambda: Plan(
                medians(1200, symbols=15, length=9, epochs=30, act="gelu", metric="loss"),
                {"optimizer": "AdamW", "lr": 5e-3},
                {"lr": log_uniform(1e-4, 0.1), "batch_size": integer(16, 256, log=True)},
                search="freeze-thaw",
                budget="6 epochs",
            ),
            SHORT,
        ),
        (
            lambda: Plan(
                swarms(epochs=40, units=24),
                {"optimizer": "NAdam", "lr": 5e-3},
                {"lr": log_uniform(1e-4, 0.1)},
                search="asha",
                budget="8 epochs",
            ),
            SHORT,
        ),
        (
            lambda: Plan(
                spots(epochs=8, model=strided(2, 4, 9)),
                {"lr": 0.01, "momentum": 0.5},
                SIX,
                search="random",
                budget="3 trainings",
            ),
            SHORT,
        ),
    ),
]
