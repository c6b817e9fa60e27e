"""Proves the labels of the fresh cases of curves and data by reference trainings, without Luthier's findings.

python benchmarks/diagnosis/fresh_truth_a.py [PATTERN]

As blind_truth.py does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import fresh_curves, fresh_data
from diagnosis import fresh_tasks as T
from diagnosis.blind_truth import CASES, alike, prove, worse

CASES |= {case.name: case for part in (fresh_curves, fresh_data) for case in part.CASES}

PROOFS: list[tuple[Any, ...]] = [
    ("lr-too-high-31", worse, {}, {"lr": 0.01}, "low", 2, None, 5),
    ("lr-too-high-31", worse, {}, {"lr": 0.01}, "val", 2, None, 5),
    ("lr-too-high-32", worse, {}, {"lr": 0.05}, "val", 3),
    ("lr-too-high-32", worse, {"weight_decay": 1e-4}, {"weight_decay": 1e-4, "lr": 0.05}, "val", 3),
    ("lr-too-high-33", worse, {}, {"lr": 0.03}, "val", 2),
    ("lr-too-high-33", worse, {}, {"lr": 0.03}, "low", 1.5),
    ("lr-too-high-34", worse, {}, {"lr": 0.01}, "val", 2),
    ("lr-too-high-34", worse, {"lr": 0.09}, {"lr": 0.01}, "low", 1.5),
    ("lr-too-high-35", worse, {}, {"lr": 0.3}, "val", 3),
    ("lr-too-high-35", worse, {"units": 60}, {"units": 60, "lr": 0.3}, "val", 3),
    ("lr-too-low-31", worse, {}, {"lr": 0.01}, "val", 2),
    ("lr-too-low-31", worse, {}, {"lr": 0.1}, "val", 5),
    ("lr-too-low-32", worse, {}, {"lr": 1e-3}, "val", 10),
    ("lr-too-low-33", worse, {"lr": 0.03}, {"lr": 0.3}, "val", 2),
    ("lr-too-low-33", worse, {}, {"lr": 0.3}, "val", 3),
    ("lr-too-low-34", worse, {}, {"lr": 3e-3}, "val", 2.5),
    ("lr-too-low-34", worse, {"dropout": 0.3}, {"dropout": 0.3, "lr": 3e-3}, "val", 2),
    ("lr-too-low-35", worse, {}, {"lr": 0.3}, "val", 5),
    ("lr-too-low-35", worse, {"weight_decay": 1e-3}, {"weight_decay": 1e-3, "lr": 0.3}, "val", 5),
    ("overfitting-31", worse, {}, {}, ("val", "low"), 1.5),
    ("overfitting-31", worse, {}, {}, ("val", "train"), 3),
    ("overfitting-32", worse, {}, {}, ("val", "low"), 2),
    ("overfitting-32", worse, {"lr": 0.03}, {"lr": 0.03}, ("val", "low"), 1.5),
    ("overfitting-33", worse, {}, {}, ("val", "low"), 1.5),
    ("overfitting-33", worse, {"lr": 8e-3}, {"lr": 8e-3}, ("val", "low"), 1.5),
    ("overfitting-34", worse, {}, {}, ("val", "low"), 1.5),
    ("overfitting-35", worse, {}, {}, ("val", "low"), 1.5),
    ("overfitting-35", worse, {"weight_decay": 1e-5}, {"weight_decay": 1e-5}, ("val", "low"), 1.5),
    ("underfitting-31", worse, {}, {"layers": 2, "lr": 0.01}, "val", 3),
    ("underfitting-31", worse, {}, {"layers": 2, "lr": 0.01}, "train", 3),
    ("underfitting-31", alike, {"epochs": 60}, {}, "low", 1.02),
    ("underfitting-32", worse, {}, {"units": 32, "lr": 0.02}, "val", 10),
    ("underfitting-32", worse, {}, {"units": 32, "lr": 0.02}, "train", 10),
    ("underfitting-32", alike, {"epochs": 80}, {}, "low", 1.08),
    ("underfitting-33", worse, {}, {"weight_decay": 0.0, "epochs": 60}, "val", 1.5),
    ("underfitting-33", worse, {}, {"weight_decay": 0.0, "epochs": 60}, "train", 1.5),
    ("underfitting-33", alike, {"epochs": 60}, {}, "low", 1.03),
    ("underfitting-34", worse, {}, {"code": 6}, "val", 2.5),
    ("underfitting-34", worse, {}, {"code": 6}, "train", 2.5),
    ("underfitting-34", alike, {"epochs": 120}, {}, "low", 1.08),
    ("underfitting-35", worse, {}, {"units": 32, "layers": 2}, "val", 10),
    ("underfitting-35", worse, {}, {"units": 32, "layers": 2}, "train", 10),
    ("underfitting-35", alike, {"epochs": 80}, {}, "low", 1.05),
    ("still-improving-31", worse, {}, {"epochs": 8}, "low", 1.35),
    ("still-improving-31", alike, {"lr": 0.03}, {}, "low", 1.05),
    ("still-improving-32", worse, {"lr": 0.034}, {"lr": 0.034, "epochs": 8}, "low", 1.4, None, 6),
    ("still-improving-32", alike, {"lr": 0.1}, {"lr": 0.034}, "low", 1.05),
    ("still-improving-33", worse, {}, {"epochs": 12}, "low", 1.3, None, 6),
    ("still-improving-33", alike, {"lr": 0.045}, {}, "low", 1.1, 5),
    ("still-improving-34", worse, {"lr": 0.1}, {"lr": 0.1, "epochs": 12}, "low", 1.4, None, 12),
    ("still-improving-34", alike, {"lr": 0.3}, {"lr": 0.1}, "low", 1.05),
    ("still-improving-35", worse, {"lr": 0.1}, {"lr": 0.1, "epochs": 14}, "low", 1.5),
    ("still-improving-35", worse, {"lr": 0.2}, {"lr": 0.2, "epochs": 14}, "low", 1.4, None, 16),
    ("still-improving-35", alike, {"lr": 0.4}, {"lr": 0.2}, "low", 1.1, 6),
    ("early-stop-31", alike, {}, {}, ("low", "low25"), 1.02),
    ("early-stop-31", alike, {}, {}, ("low", "val"), 1.02),
    ("early-stop-32", alike, {}, {}, ("low", "low24"), 1.01),
    ("early-stop-32", alike, {}, {}, ("low", "val"), 1.02),
    ("early-stop-32", alike, {"lr": 0.3}, {"lr": 0.3}, ("low", "low24"), 1.01),
    ("early-stop-33", alike, {}, {}, ("low", "low30"), 1.02),
    ("early-stop-33", alike, {}, {}, ("low", "val"), 1.02),
    ("early-stop-34", alike, {}, {}, ("low", "low20"), 1.01),
    ("early-stop-34", alike, {}, {}, ("low", "val"), 1.02),
    ("early-stop-34", alike, {"lr": 0.15}, {"lr": 0.15}, ("low", "low20"), 1.01),
    ("early-stop-35", alike, {}, {}, ("low", "low30"), 1.01),
    ("early-stop-35", alike, {"lr": 0.029}, {"lr": 0.029}, ("low", "low30"), 1.01),
    ("early-stop-35", alike, {"lr": 0.029}, {"lr": 0.029}, ("low", "val"), 1.03),
    ("schedule-cut-short-31", worse, {}, {"patience": None}, "low", 1.5, None, 6),
    ("schedule-cut-short-32", worse, {}, {}, ("low15", "low"), 1.8),
    ("schedule-cut-short-33", worse, {"lr": 0.03}, {"lr": 0.03}, ("low15", "low"), 1.5),
    ("schedule-cut-short-33", worse, {"lr": 0.05}, {"lr": 0.05}, ("low15", "low"), 1.5),
    ("schedule-cut-short-34", worse, {"lr": 0.02}, {"lr": 0.02}, ("low9", "low"), 1.4),
    ("schedule-cut-short-34", worse, {"lr": 0.04}, {"lr": 0.04}, ("low9", "low"), 1.4),
    ("schedule-cut-short-35", worse, {}, {"patience": None}, "low", 3, None, 6),
    ("schedule-cut-short-35", worse, {"lr": 0.01}, {"lr": 0.01, "patience": None}, "low", 3, None, 6),
    ("data-mismatch-31", worse, {}, {}, "first", 2, T.heat(epochs=15)),
    ("data-mismatch-31", worse, {}, {}, "val", 20, T.heat(epochs=15)),
    ("data-mismatch-32", worse, {}, {}, "first", 1.5, T.credit(1500, 8, slope=3.0, units=16, epochs=12)),
    ("data-mismatch-32", worse, {}, {}, "miss", 3, T.credit(1500, 8, slope=3.0, units=16, epochs=12)),
    ("data-mismatch-33", worse, {}, {}, ("first-train", "first"), 2),
    ("data-mismatch-33", worse, {}, {}, ("train", "val"), 3),
    ("data-mismatch-34", worse, {}, {}, "first", 2, T.numerals(epochs=12)),
    ("data-mismatch-34", worse, {}, {}, "val", 5, T.numerals(epochs=12)),
    ("data-mismatch-35", worse, {}, {}, "first", 1.5, T.walks(epochs=10)),
    ("data-mismatch-35", worse, {}, {}, "val", 5, T.walks(epochs=10)),
    ("dead-start-31", worse, {}, {}, "low", 5, T.heat(epochs=15)),
    ("dead-start-31", alike, {}, {}, ("low", "first"), 1.02),
    ("dead-start-32", worse, {}, {"layers": 2, "lr": 0.3}, "low", 2, T.topics(epochs=12)),
    ("dead-start-32", alike, {}, {}, ("low", "first"), 1.02),
    ("dead-start-33", worse, {}, {}, "low", 2.5, T.graphs(act="relu", epochs=12)),
    ("dead-start-33", alike, {}, {}, ("low", "first"), 1.03),
    ("dead-start-34", worse, {}, {}, "low", 5, T.vineyards(epochs=25)),
    ("dead-start-34", alike, {}, {}, ("low", "first"), 1.01),
    ("dead-start-35", worse, {}, {}, "low", 2, T.clicks(epochs=12)),
    ("dead-start-35", alike, {}, {}, ("low", "first"), 1.01),
    ("exploding-start-31", worse, {}, {}, "first-train", 1e3, T.pendulum(epochs=20, layers=5, act="gelu")),
    ("exploding-start-31", worse, {}, {}, "val", 100, T.pendulum(epochs=20, layers=5, act="gelu")),
    ("exploding-start-32", worse, {}, {}, "first-train", 1e3, T.clicks(epochs=15)),
    ("exploding-start-32", worse, {}, {}, "val", 1e3, T.clicks(epochs=15)),
    ("exploding-start-33", worse, {}, {}, "first-train", 100, T.tracts(act="relu", epochs=20)),
    ("exploding-start-33", worse, {"optimizer": "Adam", "momentum": None}, {}, "first", 100, T.tracts(act="relu")),
    ("exploding-start-34", worse, {}, {}, "first-train", 50, T.brackets(epochs=12)),
    ("exploding-start-34", worse, {}, {}, "val", 3, T.brackets(epochs=12)),
    ("exploding-start-35", worse, {}, {}, "first-train", 100, T.heat(epochs=12, layers=10, act="relu")),
    ("exploding-start-35", worse, {}, {}, "val", 100, T.heat(epochs=12, layers=10, act="relu")),
    ("shuffled-labels-31", worse, {}, {}, "miss", 5, T.topics(700, units=64, act="relu", epochs=30)),
    ("shuffled-labels-32", worse, {}, {}, "val", 2, T.credit(1200, slope=3.0, units=48, act="relu", epochs=5)),
    ("shuffled-labels-32", worse, {}, {}, "miss", 2, T.credit(1200, slope=3.0, units=48, act="relu", epochs=40)),
    ("shuffled-labels-33", worse, {}, {}, "low", 5, T.pendulum(500, units=96, act="relu", epochs=50)),
    ("shuffled-labels-34", worse, {}, {}, "miss", 10, T.numerals(800, channels=12, epochs=25)),
    ("shuffled-labels-35", worse, {}, {}, "miss", 4, T.reviews(900, epochs=20)),
]


if __name__ == "__main__":
    prove(PROOFS, lambda name: None, [])
