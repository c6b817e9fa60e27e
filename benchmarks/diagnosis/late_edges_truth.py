"""Proves the labels of the late ranges that end too early by reference trainings, without Luthier's findings.

python benchmarks/diagnosis/late_edges_truth.py [PATTERN]

As final_truth.py does: it gets better towards the end of the range, and clearly better beyond it, on several seeds and
in as many epochs; where the metric is the accuracy, the share of wrong answers falls too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import late_edges_a, late_edges_b
from diagnosis.blind_truth import CASES, prove
from diagnosis.final_truth import edge

CASES |= {case.name: case for part in (late_edges_a, late_edges_b) for case in part.CASES}

PROOFS: list[tuple[Any, ...]] = [
    *edge(81, "lr", 0.015, 0.03, 0.1, "low", 1.5, 1.5),
    *edge(81, "lr", 0.015, 0.03, 0.1, "miss", 1.5, 1.5),
    *edge(82, "units", 2, 6, 32, "low", 1.3, 1.3),
    *edge(83, "dropout", 0.5, 0.3, 0.0, "low", 1.2, 1.3),
    *edge(83, "dropout", 0.5, 0.3, 0.0, "miss", 1.2, 1.3),
    *edge(84, "channels", 2, 4, 16, "low", 1.2, 1.3),
    *edge(84, "channels", 2, 4, 16, "miss", 1.3, 1.3),
    *edge(85, "batch_size", 400, 200, 48, "low", 1.3, 1.5),
    *edge(86, "l1", 3e-4, 1e-3, 0.01, "low", 1.3, 1.5),
    *edge(87, "lr_end", 1e-5, 0.01, 0.3, "low", 1.2, 1.25),
    *edge(87, "lr_end", 1e-5, 0.01, 0.3, "miss", 1.2, 1.25),
    *edge(88, "momentum", 0.6, 0.8, 0.95, "low", 1.3, 1.5),
    *edge(89, "lr", 0.5, 0.2, 0.06, "low", 1.5, 1.5),
    *edge(90, "gamma", 0.6, 0.8, 0.95, "low", 1.3, 1.5),
    *edge(91, "eps", 0.6, 0.2, 1e-3, "low", 1.5, 1.5),
    *edge(92, "layers", 1, 2, 3, "low", 1.2, 1.3),
    *edge(93, "step_size", 0.1, 0.2, 0.5, "low", 1.3, 1.5),
    *edge(93, "step_size", 0.1, 0.2, 0.5, "miss", 1.3, 1.5),
    *edge(94, "weight_decay", 1.2, 0.8, 0.01, "low", 1.3, 1.5),
    *edge(94, "weight_decay", 1.2, 0.8, 0.01, "miss", 1.3, 1.5),
    *edge(95, "clip_norm", 0.015, 0.05, 1.0, "low", 1.3, 1.3),
    *edge(96, "code", 3, 4, 12, "low", 1.2, 1.5),
    *edge(97, "lr", 0.2, 0.5, 2.0, "low", 1.3, 1.5),
    *edge(97, "lr", 0.2, 0.5, 2.0, "miss", 1.15, 1.3),
    *edge(98, "power", 6.0, 3.0, 1.0, "low", 1.3, 1.5),
    *edge(98, "power", 6.0, 3.0, 1.0, "miss", 1.3, 1.3),
    *edge(99, "layers", 8, 6, 3, "low", 1.3, 1.3),
    *edge(100, "lr", 1.2e-4, 2.5e-4, 1e-3, "low", 1.3, 1.5),
]


if __name__ == "__main__":
    prove(PROOFS, lambda name: None, [])
