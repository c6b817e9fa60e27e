"""Proves the labels of the last cases of searches, budgets and healthy studies, without Luthier's findings.

python benchmarks/diagnosis/last_truth_b.py [PATTERN]

As unseen_truth.py does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import last_budget, last_healthy, last_search, unseen_healthy
from diagnosis.blind_truth import CASES, alike, harmless, noisy, prove, together, worse
from diagnosis.unseen_truth import sound

CASES |= {case.name: case for part in (last_search, last_budget, last_healthy) for case in part.CASES}
unseen_healthy.WON |= last_healthy.WON

PROOFS: list[tuple[Any, ...]] = [
    ("range-edge-61", worse, {"lr": 4e-3}, {"lr": 0.04}, "val", 1.3),
    ("range-edge-61", worse, {"lr": 1e-3}, {"lr": 4e-3}, "val", 1.3),
    ("range-edge-62", worse, {"momentum": 0.6}, {"momentum": 0.9}, "val", 1.3, None, 8),
    ("range-edge-62", worse, {"momentum": 0.3}, {"momentum": 0.6}, "val", 1.3, None, 8),
    ("range-edge-63", worse, {"l1": 5e-3}, {"l1": 1e-5}, "low", 1.3),
    ("range-edge-63", worse, {"l1": 0.02}, {"l1": 5e-3}, "low", 1.3),
    ("range-edge-64", worse, {"units": 6}, {"units": 20}, "val", 1.3),
    ("range-edge-64", worse, {"units": 4}, {"units": 6}, "val", 1.2, None, 8),
    ("range-edge-65", worse, {"clip_norm": 0.1}, {"clip_norm": 3.0}, "low", 1.3),
    ("range-edge-65", worse, {"clip_norm": 0.03}, {"clip_norm": 0.1}, "low", 1.15, None, 5),
    *[
        ("batch-too-large-61", worse, {"lr": lr}, {"lr": 0.02, "batch_size": 64}, "low", 1.5)
        for lr in (0.01, 0.02, 0.04, 0.08)
    ],
    *[
        ("batch-too-large-62", worse, {"lr": lr}, {"lr": 0.01, "batch_size": 32}, "low", 1.3)
        for lr in (0.01, 0.03, 0.1)
    ],
    *[("batch-too-large-63", worse, {"lr": lr}, {"lr": 0.03, "batch_size": 32}, "low", 1.5) for lr in (0.03, 0.1, 0.3)],
    *[
        ("batch-too-large-64", worse, {"lr": lr}, {"lr": 0.02, "batch_size": 48}, "low", 1.5)
        for lr in (0.01, 0.02, 0.04, 0.08)
    ],
    *[
        ("batch-too-large-65", worse, {"lr": lr}, {"lr": 5e-3, "batch_size": 32}, "low", 1.5)
        for lr in (5e-3, 0.02, 0.05)
    ],
    ("batch-too-small-61", alike, {}, {"batch_size": 32, "lr": 0.08}, "low", 1.03),
    ("batch-too-small-61", worse, {}, {"batch_size": 32, "lr": 0.08}, "seconds", 3),
    ("batch-too-small-62", alike, {}, {"batch_size": 24, "lr": 0.02}, "low", 1.03),
    ("batch-too-small-62", worse, {}, {"batch_size": 24, "lr": 0.02}, "seconds", 3),
    ("batch-too-small-63", alike, {}, {"batch_size": 32, "lr": 0.2}, "low", 1.03),
    ("batch-too-small-63", worse, {}, {"batch_size": 32, "lr": 0.2}, "seconds", 3),
    ("batch-too-small-64", alike, {}, {"batch_size": 32, "lr": 0.02}, "low", 1.03),
    ("batch-too-small-64", worse, {}, {"batch_size": 32, "lr": 0.02}, "seconds", 3),
    ("batch-too-small-65", alike, {}, {"batch_size": 24, "lr": 0.015}, "low", 1.03),
    ("batch-too-small-65", worse, {}, {"batch_size": 24, "lr": 0.015}, "seconds", 3),
    ("seed-noise-61", noisy, [{"lr": v} for v in (0.07, 0.085, 0.12, 0.16)]),
    ("seed-noise-62", noisy, [{"channels": v} for v in (9, 10, 12, 14)]),
    ("seed-noise-63", noisy, [{"beta1": v} for v in (0.86, 0.88, 0.92, 0.94)]),
    ("seed-noise-64", noisy, [{"warmup": v} for v in (0.08, 0.1, 0.15, 0.19)]),
    ("seed-noise-65", noisy, [{"power": v} for v in (1.2, 1.4, 1.7, 1.9)]),
    ("unimportant-61", harmless, "momentum", (0.0, 0.5, 0.95), {"lr": 0.02}),
    ("unimportant-61", worse, {"lr": 1e-3}, {"lr": 0.02}, "low", 1.2),
    ("unimportant-62", harmless, "l1", (1e-9, 1e-8, 1e-7), {"lr": 0.05}),
    ("unimportant-62", worse, {"lr": 1e-3}, {"lr": 0.05}, "low", 1.2),
    ("unimportant-63", harmless, "eps", (1e-12, 1e-10, 1e-9), {"lr": 0.03}),
    ("unimportant-63", worse, {"lr": 1e-3}, {"lr": 0.03}, "low", 1.2),
    ("unimportant-64", harmless, "nesterov", (False, True), {"lr": 0.5}),
    ("unimportant-64", worse, {"lr": 3e-3}, {"lr": 0.5}, "low", 1.2),
    ("unimportant-65", harmless, "start", (0.0, 5e-3, 0.01), {"lr": 0.03}),
    ("unimportant-65", worse, {"lr": 1e-3}, {"lr": 0.03}, "low", 1.2),
    ("joint-61", together, "optimizer", ("SGD", "NAdam"), (3e-3, 0.01, 0.03, 0.3, 1.0, 3.0), "low", 1.2),
    ("joint-62", together, "clip_norm", (3e-3, 0.3), (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)),
    ("joint-63", together, "eps", (1e-6, 3.0), (1e-3, 3e-3, 0.01, 0.03, 0.1, 1.0, 3.0, 10.0)),
    ("joint-64", together, "momentum", (0.0, 0.98), (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03)),
    ("joint-65", together, "batch_size", (4, 400), (3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)),
    ("time-wasted-61", alike, {}, {}, ("low", "low20"), 1.02),
    ("time-wasted-61", alike, {}, {}, ("low", "val"), 1.02),
    ("time-wasted-62", alike, {}, {"layers": 1, "units": 16, "lr": 0.02}, "low", 1.03),
    ("time-wasted-62", worse, {}, {"layers": 1, "units": 16, "lr": 0.02}, "seconds", 2.5),
    ("time-wasted-63", alike, {}, {"units": 12, "lr": 0.03}, "low", 1.03),
    ("time-wasted-63", worse, {}, {"units": 12, "lr": 0.03}, "seconds", 2.5),
    ("time-wasted-64", alike, {}, {}, ("low", "low30"), 1.02),
    ("time-wasted-64", alike, {"lr": 0.01}, {"lr": 0.01}, ("low", "low30"), 1.02),
    ("time-wasted-65", alike, {}, {}, ("low", "low25"), 1.02),
    ("time-wasted-65", alike, {"lr": 0.05}, {"lr": 0.05}, ("low", "low25"), 1.02),
    ("memory-wasted-61", alike, {}, {"units": 64, "lr": 0.015}, "low", 1.03),
    ("memory-wasted-62", alike, {}, {"units": 60, "lr": 0.01}, "low", 1.03),
    ("memory-wasted-63", alike, {"channels": 20, "lr": 6e-3}, {"channels": 14, "lr": 6e-3}, "miss", 1.3, 5),
    ("memory-wasted-64", alike, {"units": 64}, {"units": 32}, "low", 1.1),
    ("memory-wasted-65", alike, {}, {"units": 50}, "low", 1.03),
    ("small-budget-61", worse, {}, {"epochs": 15}, "low", 1.5),
    ("small-budget-61", worse, {"lr": 0.03}, {"lr": 0.03, "epochs": 15}, "low", 1.5),
    ("small-budget-62", worse, {}, {"lr": 0.01}, "low", 1.3),
    *[("small-budget-63", worse, {"lr": lr}, {"lr": lr}, ("low3", "low"), 2) for lr in (5e-3, 0.02)],
    ("small-budget-64", worse, {"lr": 0.02}, {"lr": 0.02}, ("low8", "low"), 1.5),
    ("small-budget-65", worse, {}, {"lr": 0.05, "momentum": 0.9}, "low", 1.3),
]


if __name__ == "__main__":
    prove(PROOFS, sound, [case.name for case in last_healthy.CASES])
