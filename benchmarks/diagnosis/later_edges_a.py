"""Later: ten more ranges that end too early: rates, penalties, sizes and batches of many kinds of networks.

By someone who had not seen the rules; each label was proven by reference trainings (later_edges_truth.py), without
Luthier's findings.
"""

from __future__ import annotations

from diagnosis.blind_tasks import arm
from diagnosis.final_tasks import blood, queens
from diagnosis.fresh_settings import tens
from diagnosis.fresh_tasks import pendulum
from diagnosis.last_settings import weather
from diagnosis.last_tasks import genes, life, ribbon
from diagnosis.plan import Plan, Run, cases, each
from diagnosis.unseen_tasks import planes
from luthier import integer, log_uniform, uniform

EDGE = "small-budget still-improving underfitting lr-too-low"
TWO = EDGE + " joint unimportant"
FADED = EDGE + " early-stop time-wasted"

CASES = [
    *cases(
        "range-edge",
        (
            lambda: Plan(
                life(epochs=14),
                {"optimizer": "Adam", "lr": 4e-3, "schedule": "cosine"},
                {"lr": log_uniform(2e-3, 8e-3)},
                each("lr", [2e-3, 3e-3, 5e-3, 6.5e-3, 8e-3]) + [Run({"lr": lr}, seed=1) for lr in (4e-3, 6.5e-3, 8e-3)],
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                arm(epochs=20, act="silu"),
                {"optimizer": "NAdam", "lr": 0.02, "units": 4, "schedule": "linear"},
                {"units": integer(2, 6, log=True), "lr": log_uniform(0.01, 0.04)},
                search="tpe",
                budget="14 trainings",
            ),
            TWO + " seed-noise",
        ),
        (
            lambda: Plan(
                tens(epochs=15, act="relu"),
                {"optimizer": "AdamW", "lr": 5e-3, "dropout": 0.6},
                {"dropout": uniform(0.4, 0.8)},
                each("dropout", [0.4, 0.45, 0.5, 0.7, 0.8]) + [Run({"dropout": d}, seed=1) for d in (0.4, 0.6)],
            ),
            FADED + " data-mismatch",
        ),
        (
            lambda: Plan(
                pendulum(epochs=15),
                {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.03},
                {"weight_decay": log_uniform(0.01, 0.2)},
                search="freeze-thaw",
                budget="200 epochs",
            ),
            FADED,
        ),
        (
            lambda: Plan(
                genes(epochs=10, metric="loss"),
                {"optimizer": "Adam", "lr": 3e-3, "batch_size": 300},
                {"batch_size": integer(160, 600, log=True)},
                each("batch_size", [160, 200, 250, 400, 600]) + [Run({"batch_size": b}, seed=1) for b in (160, 300)],
            ),
            EDGE + " batch-too-large",
        ),
        (
            lambda: Plan(
                ribbon(epochs=12),
                {"lr": 0.03, "momentum": 0.5, "weight_decay": 1e-6},
                {"momentum": uniform(0.3, 0.75), "weight_decay": log_uniform(1e-7, 1e-5)},
                search="random",
                budget="12 trainings",
            ),
            TWO,
        ),
        (
            lambda: Plan(
                weather(epochs=10, noise=0.05),
                {"optimizer": "Adam", "lr": 0.01, "beta2": 0.25},
                {"beta2": uniform(0.1, 0.4)},
                each("beta2", [0.1, 0.15, 0.2, 0.3, 0.35, 0.4]) + [Run({"beta2": v}, seed=1) for v in (0.25, 0.4)],
            ),
            EDGE + " lr-too-high",
        ),
        (
            lambda: Plan(
                blood(epochs=12),
                {"lr": 0.3, "clip_norm": 0.03},
                {"clip_norm": log_uniform(0.01, 0.1)},
                search="qmc",
                budget="10 trainings",
            ),
            EDGE,
        ),
        (
            lambda: Plan(
                queens(3000, epochs=18, act="silu"),
                {"optimizer": "AdamW", "lr": 0.02, "units": 4, "schedule": "cosine"},
                {"units": integer(2, 8, log=True), "lr": log_uniform(0.015, 0.03)},
                [Run({"units": n, "lr": lr}) for n in (2, 3, 5, 6, 8) for lr in (0.015, 0.03)],
            ),
            TWO + " seed-noise",
        ),
        (
            lambda: Plan(
                planes(240, features=80, useful=3, noise=0.3, layers=1, units=24, act="relu", epochs=30),
                {"optimizer": "Adam", "lr": 0.01, "l1": 2e-4},
                {"l1": log_uniform(5e-5, 1e-3)},
                each("l1", [5e-5, 1e-4, 4e-4, 7e-4, 1e-3]) + [Run({"l1": v}, seed=1) for v in (2e-4, 1e-3)],
            ),
            EDGE + " overfitting early-stop time-wasted memory-wasted data-mismatch",
        ),
        part="later",
        first=101,
    ),
]
