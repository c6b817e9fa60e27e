"""Proves the labels of the fresh cases of searches, budgets and healthy studies, without Luthier's findings.

python benchmarks/diagnosis/fresh_truth_b.py [PATTERN]

As unseen_truth.py does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import fresh_budget, fresh_healthy, fresh_search, unseen_healthy
from diagnosis.blind_truth import CASES, alike, harmless, noisy, prove, together, worse
from diagnosis.unseen_truth import sound

CASES |= {case.name: case for part in (fresh_search, fresh_budget, fresh_healthy) for case in part.CASES}
unseen_healthy.WON |= fresh_healthy.WON

PROOFS: list[tuple[Any, ...]] = [
    ("range-edge-31", worse, {"lr": 1e-3}, {"lr": 0.01}, "val", 1.3),
    ("range-edge-31", worse, {"lr": 3e-4}, {"lr": 1e-3}, "val", 1.15),
    ("range-edge-32", worse, {"lr": 0.15}, {"lr": 0.02}, "low", 1.5),
    ("range-edge-32", worse, {"lr": 0.4}, {"lr": 0.15}, "low", 1.3),
    ("range-edge-33", worse, {"code": 5}, {"code": 12}, "val", 1.2),
    ("range-edge-33", worse, {"code": 3}, {"code": 5}, "val", 1.15),
    ("range-edge-34", worse, {"weight_decay": 0.03}, {"weight_decay": 1e-4}, "low", 1.5),
    ("range-edge-34", worse, {"weight_decay": 0.1}, {"weight_decay": 0.03}, "low", 1.3),
    ("range-edge-35", worse, {"channels": 4}, {"channels": 12, "lr": 0.01}, "low", 1.3, None, 5),
    ("range-edge-35", worse, {"channels": 2}, {"channels": 4}, "low", 1.5, None, 5),
    *[
        ("batch-too-large-31", worse, {"lr": lr}, {"lr": 0.01, "batch_size": 32}, "low", 1.5)
        for lr in (0.02, 0.04, 0.08, 0.16)
    ],
    *[
        ("batch-too-large-32", worse, {"lr": lr}, {"lr": 0.01, "batch_size": 32}, "low", 1.5)
        for lr in (0.01, 0.03, 0.08)
    ],
    ("batch-too-large-33", worse, {}, {"batch_size": 48}, "low", 1.5),
    ("batch-too-large-33", worse, {"lr": 0.4}, {"batch_size": 48}, "low", 1.3),
    *[("batch-too-large-34", worse, {"lr": lr}, {"lr": 0.5, "batch_size": 64}, "low", 1.3) for lr in (0.5, 1.0, 3.0)],
    *[
        ("batch-too-large-35", worse, {"lr": lr}, {"lr": 3e-3, "batch_size": 32}, "low", 1.3)
        for lr in (3e-3, 0.01, 0.02)
    ],
    ("batch-too-small-31", alike, {}, {"batch_size": 32, "lr": 0.1}, "low", 1.03),
    ("batch-too-small-31", worse, {}, {"batch_size": 32, "lr": 0.1}, "seconds", 3),
    ("batch-too-small-32", alike, {}, {"batch_size": 32, "lr": 0.5}, "low", 1.03),
    ("batch-too-small-32", worse, {}, {"batch_size": 32, "lr": 0.5}, "seconds", 3),
    ("batch-too-small-33", alike, {}, {"batch_size": 24, "lr": 0.012}, "low", 1.03),
    ("batch-too-small-33", worse, {}, {"batch_size": 24, "lr": 0.012}, "seconds", 3),
    ("batch-too-small-34", alike, {}, {"batch_size": 32, "lr": 0.04}, "low", 1.03),
    ("batch-too-small-34", worse, {}, {"batch_size": 32, "lr": 0.04}, "seconds", 3),
    ("batch-too-small-35", alike, {}, {"batch_size": 24, "lr": 0.012}, "low", 1.03),
    ("batch-too-small-35", worse, {}, {"batch_size": 24, "lr": 0.012}, "seconds", 3),
    ("seed-noise-31", noisy, [{"lr": v} for v in (0.011, 0.014, 0.02, 0.025)]),
    ("seed-noise-32", noisy, [{"dropout": v} for v in (0.06, 0.12, 0.15, 0.19)]),
    ("seed-noise-33", noisy, [{"units": v} for v in (16, 30, 38, 46)]),
    ("seed-noise-34", noisy, [{"batch_size": v} for v in (25, 28, 36, 42)]),
    ("seed-noise-35", noisy, [{"momentum": v} for v in (0.84, 0.86, 0.9, 0.92)]),
    ("unimportant-31", harmless, "beta2", (0.9985, 0.999, 0.9995), {"lr": 0.02}),
    ("unimportant-31", worse, {"lr": 1e-3}, {"lr": 0.02}, "low", 1.2),
    ("unimportant-32", harmless, "leak", (1e-7, 1e-5, 1e-4), {"lr": 0.01}),
    ("unimportant-32", worse, {"lr": 1e-3}, {"lr": 0.01}, "low", 1.2),
    ("unimportant-33", harmless, "lr_end", (1e-7, 1e-5, 1e-4), {"lr": 0.1}),
    ("unimportant-33", worse, {"lr": 3e-3}, {"lr": 0.1}, "low", 1.2),
    ("unimportant-34", harmless, "clip_norm", (100.0, 1e3, 1e4), {"lr": 0.01}),
    ("unimportant-34", worse, {"lr": 3e-4}, {"lr": 0.01}, "low", 1.2),
    ("unimportant-35", harmless, "dropout", (0.0, 0.2, 0.5), {"lr": 0.02}),
    ("unimportant-35", worse, {"lr": 2e-3}, {"lr": 0.02}, "low", 1.2),
    ("joint-31", together, "optimizer", ("SGD", "Adam"), (3e-3, 0.01, 0.03, 0.3, 1.0)),
    ("joint-32", together, "batch_size", (2, 256), (3e-3, 0.01, 0.03, 0.1, 0.3)),
    ("joint-33", together, "momentum", (0.0, 0.97), (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "low", 1.3),
    ("joint-34", together, "factor", (0.2, 8.0), (1e-3, 3e-3, 0.01, 0.1, 0.5, 1.0, 3.0)),
    ("joint-35", together, "momentum", (0.0, 0.98), (3e-3, 0.01, 0.03, 0.1, 0.3, 1.0), "low", 1.3),
    ("time-wasted-31", alike, {}, {}, ("low", "low30"), 1.02),
    ("time-wasted-31", alike, {}, {"epochs": 30}, "low", 1.02),
    ("time-wasted-32", alike, {}, {"channels": 12, "lr": 0.02}, "low", 1.05),
    ("time-wasted-32", worse, {}, {"channels": 12, "lr": 0.02}, "seconds", 2.5),
    ("time-wasted-33", alike, {}, {"layers": 2, "units": 24, "lr": 0.01}, "low", 1.03),
    ("time-wasted-33", worse, {}, {"layers": 2, "units": 24, "lr": 0.01}, "seconds", 2.5),
    ("time-wasted-34", alike, {}, {}, ("low", "low25"), 1.02),
    ("time-wasted-34", alike, {}, {}, ("low", "val"), 1.02),
    ("time-wasted-35", alike, {}, {}, ("low", "low20"), 1.02),
    ("time-wasted-35", alike, {"lr": 3e-3}, {"lr": 3e-3}, ("low", "low20"), 1.02),
    ("time-wasted-35", alike, {"lr": 0.01}, {"lr": 0.01}, ("low", "low20"), 1.02),
    ("memory-wasted-31", alike, {}, {"units": 32, "lr": 0.01}, "low", 1.03),
    ("memory-wasted-32", alike, {}, {"units": 64, "lr": 0.015}, "low", 1.03),
    ("memory-wasted-33", alike, {"channels": 24, "lr": 0.01}, {"channels": 16, "lr": 0.01}, "miss", 1.3, 5),
    ("memory-wasted-34", alike, {"units": 48}, {"units": 32}, "low", 1.1),
    ("memory-wasted-35", alike, {}, {"units": 64}, "low", 1.03),
    ("small-budget-31", worse, {}, {"epochs": 15}, "low", 2),
    ("small-budget-31", worse, {"lr": 0.05}, {"lr": 0.05, "epochs": 15}, "low", 2),
    ("small-budget-32", worse, {}, {"lr": 0.01}, "low", 1.3),
    ("small-budget-33", worse, {"lr": 0.01}, {"lr": 0.01}, ("low6", "low"), 1.3),
    ("small-budget-34", worse, {"lr": 0.01}, {"lr": 0.01}, ("low8", "low"), 1.5),
    ("small-budget-35", worse, {}, {"lr": 0.05, "momentum": 0.9}, "low", 1.5),
]


if __name__ == "__main__":
    prove(PROOFS, sound, [case.name for case in fresh_healthy.CASES])
