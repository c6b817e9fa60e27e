"""Proves the labels of the final cases by reference trainings, without Luthier's findings.

python benchmarks/diagnosis/final_truth.py [PATTERN]

As blind_truth.py does. Underfitting: a larger model or a smaller penalty has a far lower training and validation loss,
twice as many epochs do not. Range-edge: it gets better towards the end of the range, and beyond. Time-wasted: the loss
is as low early on and a larger model no better, or a quicker setting is as good.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import final_cases
from diagnosis.blind_truth import CASES, alike, prove, worse

CASES |= {case.name: case for case in final_cases.CASES}


def level(number: int, good: dict[str, Any], times: float, own: dict[str, Any], epochs: int) -> list[tuple[Any, ...]]:
    """Another setting has a far lower loss, training and validation; ``own`` with twice the epochs has not."""
    name = f"underfitting-{number}"
    return [
        (name, worse, own, {**own, **good}, "val", times),
        (name, worse, own, {**own, **good}, "train", times),
        (name, alike, {**own, "epochs": epochs}, own, "low", 1.05),
    ]


def edge(
    number: int, knob: str, inside: Any, end: Any, beyond: Any, by: str, *times: float, seeds: int = 8
) -> list[tuple[Any, ...]]:
    """Worse inside than at the end, and there than beyond."""
    name = f"range-edge-{number}"
    return [
        (name, worse, {knob: inside}, {knob: end}, by, times[0], None, seeds),
        (name, worse, {knob: end}, {knob: beyond}, by, times[-1], None, seeds),
    ]


def long(number: int, until: int, larger: dict[str, Any], own: dict[str, Any]) -> list[tuple[Any, ...]]:
    """All that the training reaches it has reached by an early epoch, and a larger model reaches no more."""
    name = f"time-wasted-{number}"
    return [
        (name, alike, own, own, ("low", f"low{until}"), 1.01),
        (name, alike, own, own, ("low", "val"), 1.02),
        (name, alike, {**own, **larger}, own, "low", 1.05, 4),
    ]


def slow(number: int, quick: dict[str, Any], times: float) -> list[tuple[Any, ...]]:
    """A quicker setting takes a fraction of the time and is as good."""
    name = f"time-wasted-{number}"
    return [(name, alike, {}, quick, "low", 1.02, 5), (name, worse, {}, quick, "seconds", times)]


PROOFS: list[tuple[Any, ...]] = [
    *level(71, {"units": 32}, 2, {}, 120),
    *level(72, {"weight_decay": 0.0}, 3, {}, 80),
    *level(73, {"units": 32, "schedule": "cosine"}, 3, {}, 120),
    *level(74, {"units": 24}, 3, {}, 120),
    *level(75, {"l1": 1e-6}, 3, {}, 80),
    *level(76, {"code": 12}, 1.7, {"lr": 8e-3}, 160),
    *level(77, {"units": 32, "layers": 2, "lr": 0.05}, 3, {}, 80),
    *level(78, {"units": 32, "layers": 2, "lr": 0.02}, 3, {}, 80),
    *level(79, {"weight_decay": 1e-4}, 3, {}, 60),
    *level(80, {"units": 32, "layers": 2}, 3, {}, 60),
    *edge(71, "lr", 1e-4, 2e-4, 1e-3, "val", 1.5, 1.5),
    *edge(72, "units", 3, 5, 24, "val", 1.5, 1.5),
    *edge(72, "units", 3, 5, 24, "miss", 1.5, 1.3),
    *edge(73, "weight_decay", 6e-3, 3e-3, 1e-5, "val", 1.2, 1.3),
    *edge(74, "dropout", 0.6, 0.4, 0.05, "low", 1.3, 1.5),
    *edge(75, "lr", 1.0, 0.3, 0.03, "low", 1.3, 1.5),
    *edge(75, "lr", 1.0, 0.3, 0.03, "miss", 1.3, 1.3),
    *edge(76, "code", 3, 5, 16, "val", 1.1, 1.3),
    *edge(77, "channels", 2, 4, 24, "low", 1.3, 1.5),
    *edge(77, "channels", 2, 4, 24, "miss", 1.2, 1.3),
    *edge(78, "batch_size", 900, 400, 48, "low", 1.2, 1.5),
    *edge(79, "lr", 0.01, 0.03, 0.1, "val", 1.3, 1.3),
    *edge(80, "eps", 0.15, 0.03, 1e-5, "val", 1.5, 1.3),
    *long(71, 20, {"layers": 1, "units": 24}, {}),
    *slow(72, {"layers": 3, "units": 48, "lr": 6e-3}, 3),
    *slow(73, {"layers": 1, "units": 16, "lr": 0.01}, 3),
    *long(74, 20, {"layers": 1, "units": 24}, {}),
    *long(75, 20, {"units": 48}, {"lr": 0.011}),
    *long(76, 20, {"layers": 1, "units": 24}, {}),
    *slow(77, {"layers": 3, "units": 48, "lr": 0.01}, 3),
    *long(78, 30, {"units": 32}, {"lr": 0.04}),
    *long(79, 20, {"layers": 1, "units": 24}, {}),
    *slow(80, {"units": 16, "lr": 0.02}, 3),
]


if __name__ == "__main__":
    prove(PROOFS, lambda name: None, [])
