"""Proves the labels of the unseen cases by reference trainings, without Luthier's findings.

python benchmarks/diagnosis/unseen_truth.py [PATTERN]

As blind_truth.py does. A healthy study's best setting is also compared with larger and smaller batches and with fewer
epochs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import unseen_budget, unseen_curves, unseen_data, unseen_healthy, unseen_search
from diagnosis import unseen_tasks as T
from diagnosis.blind_truth import (
    CASES,
    alike,
    harmless,
    measured,
    noisy,
    plan,
    prove,
    together,
    told,
    worse,
)

PARTS = (unseen_curves, unseen_data, unseen_search, unseen_budget, unseen_healthy)
CASES |= {case.name: case for part in PARTS for case in part.CASES}
Values = Mapping[str, Any]

PROOFS: list[tuple[Any, ...]] = [
    ("lr-too-high-21", worse, {}, {"lr": 0.02}, "val", 2),
    ("lr-too-high-22", worse, {}, {"lr": 0.08}, "val", 3),
    ("lr-too-high-22", worse, {"channels": 14}, {"channels": 14, "lr": 0.05}, "val", 2),
    ("lr-too-high-23", worse, {}, {"lr": 3e-3}, "val", 1.5, None, 8),
    ("lr-too-high-23", worse, {}, {"lr": 3e-3}, "low", 1.3),
    ("lr-too-low-21", worse, {}, {"lr": 2e-3}, "val", 1.5),
    ("lr-too-low-22", worse, {}, {"lr": 0.1}, "val", 2),
    ("lr-too-low-22", worse, {"weight_decay": 1e-4}, {"weight_decay": 1e-4, "lr": 0.3}, "val", 2),
    ("lr-too-low-23", worse, {}, {"lr": 3e-3}, "val", 2),
    ("lr-too-low-23", worse, {"lr": 1e-4}, {"lr": 3e-3}, "val", 2),
    ("overfitting-21", worse, {}, {}, ("val", "low"), 1.5),
    ("overfitting-22", worse, {}, {}, ("val", "low"), 1.5),
    ("overfitting-22", worse, {"dropout": 0.1}, {"dropout": 0.1}, ("val", "low"), 1.2, None, 8),
    ("overfitting-23", worse, {}, {}, ("val", "low"), 1.2, None, 8),
    ("overfitting-23", worse, {"lr": 0.01}, {"lr": 0.01}, ("val", "low"), 1.15, None, 8),
    ("overfitting-23", worse, {"lr": 0.05}, {"lr": 0.05}, ("val", "low"), 1.2, None, 5),
    ("underfitting-21", worse, {}, {"units": 32, "layers": 2}, "val", 3),
    ("underfitting-21", worse, {}, {"units": 32, "layers": 2}, "train", 3),
    ("underfitting-21", alike, {"epochs": 80}, {}, "low", 1.05),
    ("underfitting-22", worse, {}, {"code": 8}, "val", 2),
    ("underfitting-22", worse, {}, {"code": 8}, "train", 2),
    ("underfitting-22", alike, {"epochs": 80}, {}, "low", 1.12),
    ("underfitting-23", worse, {}, {"weight_decay": 0.01}, "val", 2),
    ("underfitting-23", worse, {}, {"weight_decay": 0.01}, "train", 2),
    ("underfitting-23", alike, {"epochs": 80}, {}, "low", 1.08),
    ("still-improving-21", worse, {}, {"epochs": 10}, "low", 1.5),
    ("still-improving-22", worse, {"lr": 0.02}, {"lr": 0.02, "epochs": 10}, "low", 1.15),
    ("still-improving-22", worse, {"lr": 0.04}, {"lr": 0.02, "epochs": 10}, "low", 1.15),
    ("still-improving-23", worse, {"lr": 1.0}, {"lr": 1.0, "epochs": 10}, "low", 1.3),
    ("still-improving-23", worse, {"lr": 2.5}, {"lr": 2.5, "epochs": 10}, "low", 1.2),
    ("early-stop-21", alike, {}, {}, ("low", "low40"), 1.02),
    ("early-stop-21", alike, {}, {}, ("low", "val"), 1.05),
    ("early-stop-22", alike, {}, {}, ("low", "low20"), 1.02),
    ("early-stop-22", alike, {}, {}, ("low", "val"), 1.03),
    ("early-stop-23", alike, {}, {}, ("low", "low30"), 1.02),
    ("early-stop-23", alike, {}, {}, ("low", "val"), 1.03),
    ("schedule-cut-short-21", worse, {}, {"patience": None}, "low", 1.2, None, 8),
    ("schedule-cut-short-22", worse, {}, {}, ("low15", "low"), 2),
    ("schedule-cut-short-23", worse, {"lr": 0.05}, {"lr": 0.05}, ("low15", "low"), 2),
    ("schedule-cut-short-23", worse, {"lr": 0.1}, {"lr": 0.1}, ("low15", "low"), 2),
    ("data-mismatch-21", worse, {}, {}, "first", 1.5, T.figures(1200, epochs=8)),
    ("data-mismatch-21", worse, {}, {}, "val", 5, T.figures(1200, epochs=8)),
    ("data-mismatch-22", worse, {}, {}, ("first-train", "first"), 1.3),
    ("data-mismatch-22", worse, {}, {}, ("train", "val"), 1.5),
    ("data-mismatch-23", worse, {}, {}, "first", 3, T.houses(epochs=15)),
    ("data-mismatch-23", worse, {}, {}, "val", 10, T.houses(epochs=15)),
    ("dead-start-21", worse, {}, {"lr": 5e-3}, "low", 2, T.figures(1200, epochs=10)),
    ("dead-start-21", alike, {}, {}, ("low", "first"), 1.01),
    ("dead-start-22", worse, {}, {}, "low", 2, T.shells(act="relu", epochs=20)),
    ("dead-start-22", alike, {}, {}, ("low", "first"), 1.01),
    ("dead-start-23", worse, {}, {}, "low", 1.5, T.pulse(800, epochs=10)),
    ("dead-start-23", alike, {}, {}, ("low", "first"), 1.01),
    ("exploding-start-21", worse, {}, {}, "first-train", 20, T.tumours(act="relu", epochs=20)),
    ("exploding-start-21", worse, {}, {}, "val", 3, T.tumours(act="relu", epochs=20)),
    ("exploding-start-22", worse, {}, {}, "first-train", 100, T.roll(act="relu", layers=4, epochs=20)),
    ("exploding-start-22", worse, {}, {}, "val", 20, T.roll(act="relu", layers=4, epochs=20)),
    ("exploding-start-23", worse, {}, {}, "first-train", 50, T.circuit(act="gelu", epochs=20)),
    ("exploding-start-23", worse, {}, {}, "val", 5, T.circuit(act="gelu", epochs=20)),
    ("shuffled-labels-21", worse, {}, {}, "miss", 10, T.figures(1000, channels=16, epochs=25)),
    ("shuffled-labels-22", worse, {}, {}, "miss", 3, T.shells(1000, units=64, act="gelu", epochs=30)),
    ("shuffled-labels-23", worse, {}, {}, "low", 5, T.houses(700, units=96, act="relu", epochs=40)),
    ("range-edge-21", worse, {"lr": 1e-3}, {"lr": 5e-3}, "val", 2),
    ("range-edge-21", worse, {"lr": 4e-4}, {"lr": 1e-3}, "val", 1.1),
    ("range-edge-22", worse, {"units": 6}, {"units": 16}, "val", 1.3, None, 8),
    ("range-edge-22", worse, {"units": 3}, {"units": 6}, "val", 1.3, None, 5),
    ("range-edge-23", worse, {"dropout": 0.1}, {"dropout": 0.0}, "low", 1.5),
    ("range-edge-23", worse, {"dropout": 0.3}, {"dropout": 0.1}, "low", 1.5, None, 8),
    ("batch-too-large-21", worse, {}, {"batch_size": 64, "lr": 0.05}, "val", 3),
    ("batch-too-large-21", worse, {"lr": 0.3}, {"batch_size": 64, "lr": 0.05}, "val", 3),
    ("batch-too-large-22", worse, {}, {"batch_size": 32, "lr": 0.01}, "low", 2),
    ("batch-too-large-22", worse, {"lr": 0.1}, {"batch_size": 32, "lr": 0.01}, "low", 2),
    ("batch-too-large-23", worse, {}, {"batch_size": 32}, "val", 2),
    ("batch-too-large-23", worse, {"lr": 1.5}, {"batch_size": 32}, "val", 1.5),
    ("batch-too-small-21", alike, {}, {"batch_size": 32, "lr": 0.05}, "low", 1.03),
    ("batch-too-small-21", worse, {}, {"batch_size": 32, "lr": 0.05}, "seconds", 3),
    ("batch-too-small-22", alike, {}, {"batch_size": 32, "lr": 0.02}, "low", 1.03),
    ("batch-too-small-22", worse, {}, {"batch_size": 32, "lr": 0.02}, "seconds", 3),
    ("batch-too-small-23", alike, {}, {"batch_size": 32, "lr": 8e-3}, "low", 1.03),
    ("batch-too-small-23", worse, {}, {"batch_size": 32, "lr": 8e-3}, "seconds", 3),
    ("seed-noise-21", noisy, [{"lr": v} for v in (4e-3, 6e-3, 8e-3, 0.01)]),
    ("seed-noise-22", noisy, [{"weight_decay": v} for v in (2e-6, 1e-5, 5e-5, 4e-4)]),
    ("seed-noise-23", noisy, [{"units": v} for v in (20, 26, 34, 42)]),
    ("unimportant-21", harmless, "eps", (1e-12, 3e-11, 1e-9), {"lr": 0.02}),
    ("unimportant-22", harmless, "clip_norm", (50.0, 200.0, 1000.0), {"lr": 0.5}),
    ("unimportant-23", harmless, "weight_decay", (1e-9, 3e-8, 1e-6), {"lr": 0.02}),
    ("joint-21", together, "batch_size", (8, 256), (0.03, 0.1, 0.5), "low", 1.4),
    ("joint-22", together, "momentum", (0.0, 0.97), (1e-3, 3e-3, 0.03, 0.1)),
    ("joint-23", together, "zoom", (0.25, 4.0), (1e-3, 3e-3, 0.01, 0.1, 0.5, 1.0)),
    ("time-wasted-21", alike, {}, {}, ("low", "low30"), 1.02),
    ("time-wasted-22", alike, {}, {"layers": 1}, "low", 1.02),
    ("time-wasted-22", worse, {}, {"layers": 1}, "seconds", 2),
    ("time-wasted-23", alike, {}, {}, ("low", "low30"), 1.02),
    ("memory-wasted-21", alike, {}, {"units": 32, "lr": 0.01}, "low", 1.05),
    ("memory-wasted-22", alike, {}, {"units": 32, "lr": 0.02}, "low", 1.05),
    ("memory-wasted-22", alike, {}, {"units": 32, "lr": 0.02}, "miss", 1.05),
    ("memory-wasted-23", alike, {}, {"units": 128}, "low", 1.5),
    ("small-budget-21", worse, {}, {"epochs": 12}, "low", 2),
    ("small-budget-22", worse, {}, {"lr": 0.02}, "low", 1.3),
    ("small-budget-23", worse, {"lr": 0.02}, {"lr": 0.02}, ("low8", "low"), 1.5),
]


def sound(name: str) -> None:
    """Claims that no setting is clearly better than a healthy study's best, and no cheaper one as good."""
    won = unseen_healthy.WON.get(name, {})
    given = plan(name).task.config({**plan(name).own, **won})
    epochs, lr, batch = given["epochs"], given["lr"], given["batch_size"]
    width = "channels" if "channels" in given else "units"
    better = [{"epochs": 2 * epochs}, {"lr": 3 * lr}, {"lr": lr / 3}, {"batch_size": max(batch // 4, 1), "lr": lr / 2}]
    better += [{width: 2 * given[width]}] * (given.get("layers", 1) > 0)
    cheaper = [{"batch_size": 4 * batch, "lr": factor * lr} for factor in (2, 4)] + [{"epochs": round(epochs / 1.5)}]
    low = measured(name, won, "low", 3)
    for other in better + cheaper:
        b = measured(name, {**won, **other}, "low", 3)
        noise = np.sqrt((low.var(ddof=1) + b.var(ddof=1)) / 3)
        if other in better:
            holds, claim = (
                not (b.mean() < 0.96 * low.mean() and b.mean() < low.mean() - 2 * noise),
                "clearly better than",
            )
        else:
            holds, claim = b.mean() > 1.008 * low.mean(), "as good as"
        told(name, bool(holds), f"{other} is not {claim} {dict(plan(name).own) | won}", low, b)
    a = measured(name, won, "val", 3)
    told(name, bool(a.mean() < 1.03 * low.mean()), "the validation loss does not rise after its minimum", a, low)


if __name__ == "__main__":
    prove(PROOFS, sound, [case.name for case in unseen_healthy.CASES])
