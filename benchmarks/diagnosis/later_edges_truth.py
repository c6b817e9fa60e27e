"""Proves the labels of the later ranges that end too early by reference trainings, without Luthier's findings.

python benchmarks/diagnosis/later_edges_truth.py [PATTERN]

As late_edges_truth.py does: it gets better towards the end of the range, and clearly better not far beyond it, on eight
seeds and in as many epochs; where the metric is the accuracy, the share of wrong answers falls too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import later_edges_a, later_edges_b
from diagnosis.blind_truth import CASES, prove
from diagnosis.final_truth import edge

CASES |= {case.name: case for part in (later_edges_a, later_edges_b) for case in part.CASES}

PROOFS: list[tuple[Any, ...]] = [
    *edge(101, "lr", 4e-3, 8e-3, 0.024, "low", 1.3, 1.5),
    *edge(101, "lr", 4e-3, 8e-3, 0.024, "miss", 1.3, 1.5),
    *edge(102, "units", 3, 6, 16, "low", 1.3, 1.5),
    *edge(103, "dropout", 0.6, 0.4, 0.2, "low", 1.5, 1.3),
    *edge(103, "dropout", 0.6, 0.4, 0.2, "miss", 1.3, 1.2),
    *edge(104, "weight_decay", 0.03, 0.01, 3e-3, "low", 1.3, 1.25),
    *edge(105, "batch_size", 400, 160, 53, "low", 1.3, 1.5),
    *edge(106, "momentum", 0.5, 0.75, 0.95, "low", 1.15, 1.5),
    *edge(107, "beta2", 0.2, 0.4, 0.55, "low", 1.3, 1.25),
    *edge(108, "clip_norm", 0.03, 0.1, 0.3, "low", 1.3, 1.5),
    *edge(109, "units", 3, 8, 24, "low", 1.1, 1.25),
    *edge(109, "units", 3, 8, 24, "miss", 1.2, 1.3),
    *edge(110, "l1", 2e-4, 1e-3, 3e-3, "low", 1.3, 1.5),
    *edge(111, "eps", 0.15, 0.06, 0.02, "low", 1.5, 1.5),
    *edge(112, "gamma", 0.1, 0.4, 0.575, "low", 1.2, 1.25),
    *edge(113, "code", 2, 4, 12, "low", 1.3, 1.25),
    *edge(114, "momentum", 0.96, 0.94, 0.915, "low", 1.5, 1.5, seeds=16),
    *edge(115, "lr", 1.2, 0.6, 0.2, "low", 1.5, 1.25),
    *edge(115, "lr", 1.2, 0.6, 0.2, "miss", 1.3, 1.3),
    *edge(116, "power", 7.0, 4.0, 1.0, "low", 1.3, 1.5),
    *edge(117, "lr", 5e-3, 0.016, 0.048, "low", 1.3, 1.25),
    *edge(117, "lr", 5e-3, 0.016, 0.048, "miss", 1.3, 1.2),
    *edge(118, "batch_size_end", 300, 128, 43, "low", 1.3, 1.3),
    *edge(119, "batch_size", 400, 200, 67, "low", 1.5, 1.5),
    *edge(119, "batch_size", 400, 200, 67, "miss", 1.5, 1.5),
    *edge(120, "units", 4, 6, 18, "low", 1.2, 1.5, seeds=16),
    *edge(120, "units", 4, 6, 18, "miss", 1.2, 1.3, seeds=16),
]


if __name__ == "__main__":
    prove(PROOFS, lambda name: None, [])
