"""Proves the labels of the later healthy cases, without Luthier's findings.

python benchmarks/diagnosis/later_healthy_truth.py [PATTERN]

As late_healthy_truth.py does. In addition, a model of a sixth of the size has to be clearly worse, and every varied
hyperparameter has to matter: both ends of its range are worse than the user's own setting by more than seeds differ,
and one of them by a factor of 1.05 or more.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import late_healthy_truth, later_healthy_a, later_healthy_b
from diagnosis.blind_truth import CASES, measured, plan, prove, told

LATER = [*later_healthy_a.CASES, *later_healthy_b.CASES]
CASES |= {case.name: case for case in LATER}


def large_enough(name: str) -> None:
    """Claims that a model of a sixth of the size is clearly worse; there is none where the model is linear."""
    given = plan(name).task.config({**plan(name).own})
    width = "channels" if "channels" in given else "units"
    if width == "units" and given["layers"] == 0:
        return
    other = {width: max(round(given[width] / 6), 1)}
    a, b = measured(name, {}, "low", 6), measured(name, other, "low", 6)
    told(name, bool(b.mean() >= 1.05 * a.mean()), f"{other} has 1.05 x the loss of {plan(name).own}, or more", a, b)


def matters(name: str) -> None:
    """Claims that both ends of each range are worse than the user's own value, and one of them clearly so."""
    a = measured(name, {}, "low", 6)
    for knob, range_ in plan(name).space.items():
        ends = [measured(name, {knob: value}, "low", 6) for value in (range_.low, range_.high)]
        for value, b in zip((range_.low, range_.high), ends, strict=True):
            with np.errstate(invalid="ignore"):
                noise = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 6)
            worse = not np.isfinite(b).all() or b.mean() > a.mean() + 2 * noise
            told(name, bool(worse), f"{knob} {value} is worse than {plan(name).own}", a, b)
        most = max(ends, key=lambda b: float(b.mean()))
        told(name, bool(most.mean() >= 1.05 * a.mean()), f"{knob} matters: 1.05 x the loss at an end, or more", a, most)


def healthy(name: str) -> None:
    """All that makes a study a healthy one."""
    late_healthy_truth.healthy(name)
    large_enough(name)
    matters(name)


if __name__ == "__main__":
    prove([], healthy, [case.name for case in LATER])
