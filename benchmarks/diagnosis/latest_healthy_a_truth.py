"""Proves the labels of the latest healthy cases, first half, without Luthier's findings.

python benchmarks/diagnosis/latest_healthy_a_truth.py [PATTERN]

As later_healthy_truth.py does, for the loss. In addition, where accuracy is the metric, the share of wrong answers is
compared: neither a longer training, nor one with another learning rate, batch size or size of the model has a clearly
smaller one, a shorter training and a model of a sixth of the size have a larger one, and every varied hyperparameter
has a larger one at both ends of its range.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import later_healthy_truth, latest_healthy_a
from diagnosis.blind_truth import CASES, measured, plan, prove, told

CASES |= {case.name: case for case in latest_healthy_a.CASES}


def accurate(name: str) -> None:
    """The claims on the share of wrong answers."""
    if plan(name).task.direction == "minimize":
        return
    given = plan(name).task.config({**plan(name).own})
    epochs, lr, batch = given["epochs"], given["lr"], given["batch_size"]
    width = "channels" if "channels" in given else "units"
    own = measured(name, {}, "miss", 6)
    others = [{"epochs": 2 * epochs}, {"lr": 3 * lr}, {"lr": lr / 3}, {"batch_size": max(batch // 4, 1), "lr": lr / 2}]
    others += [{"batch_size": 4 * batch, "lr": 2 * lr}] + [{width: 2 * given[width]}] * (given["layers"] > 0)
    for other in others:
        b = measured(name, other, "miss", 6)
        noise = np.sqrt((own.var(ddof=1) + b.var(ddof=1)) / 6)
        better = b.mean() < 0.95 * own.mean() and b.mean() < own.mean() - 2 * noise
        told(name, not better, f"{other} has not clearly fewer wrong answers than {plan(name).own}", own, b)
    for other in [{"epochs": round(epochs / 1.5)}] + [{width: max(round(given[width] / 6), 1)}] * (given["layers"] > 0):
        b = measured(name, other, "miss", 6)
        told(name, bool(b.mean() > 1.008 * own.mean()), f"{other} has more wrong answers than {plan(name).own}", own, b)
    for knob, range_ in plan(name).space.items():
        ends = [measured(name, {knob: value}, "miss", 6) for value in (range_.low, range_.high)]
        least, most = min(ends, key=lambda b: float(b.mean())), max(ends, key=lambda b: float(b.mean()))
        told(name, bool(least.mean() > 1.008 * own.mean()), f"{knob}: more wrong answers at both ends", own, least)
        told(name, bool(most.mean() >= 1.05 * own.mean()), f"{knob} matters: 1.05 x as many at an end", own, most)


def healthy(name: str) -> None:
    """All that makes a study a healthy one."""
    later_healthy_truth.healthy(name)
    accurate(name)


if __name__ == "__main__":
    prove([], healthy, [case.name for case in latest_healthy_a.CASES])
