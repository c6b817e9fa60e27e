"""Proves the labels of the late healthy cases, without Luthier's findings.

python benchmarks/diagnosis/late_healthy_truth.py [PATTERN]

As unseen_truth.py does. In addition, every varied hyperparameter is set to each end of its range and beyond, also with
other learning rates where those are varied too: nothing there may be better than the best inside.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import late_healthy_a, late_healthy_b
from diagnosis.blind_truth import CASES, alike, measured, plan, prove, told
from diagnosis.unseen_truth import sound

LATE = [*late_healthy_a.CASES, *late_healthy_b.CASES]
CASES |= {case.name: case for case in LATE}


def outside(knob: str, range_: Any) -> Iterator[Any]:
    """The ends of a range and values beyond them, as far as there are any."""
    low, high = range_.low, range_.high
    yield from (low, high)
    if knob == "momentum":
        yield from [low / 2] * (low > 0) + [1 - (1 - high) / 3]
    elif knob == "dropout":
        yield from [low / 2] * (low > 0) + [1 - (1 - high) / 2]
    else:
        whole = isinstance(low, int)
        yield from (max(low // 2, 1), 2 * high) if whole else (low / 3, 3 * high)


def within(name: str) -> None:
    """Claims that no varied hyperparameter is better at an end of its range, or beyond, than in the user's setting."""
    given = plan(name)
    bys = ("low",) if given.task.direction == "minimize" else ("low", "miss")
    for knob, range_ in given.space.items():
        rates = (1 / 3, 1.0, 3.0) if "lr" in given.space and knob != "lr" else (1.0,)
        for value in outside(knob, range_):
            for rate in rates:
                if knob == "batch_size" and value > len(given.task.train):
                    continue
                other = {knob: value} | ({"lr": rate * given.own["lr"]} if rate != 1 else {})
                for by in bys:
                    a, b = measured(name, {}, by, 4), measured(name, other, by, 4)
                    told(name, bool(b.mean() > 0.985 * a.mean()), f"{other} is not better than {given.own}: {by}", a, b)


def healthy(name: str) -> None:
    """All that makes a study a healthy one."""
    sound(name)
    within(name)


if __name__ == "__main__":
    prove([("healthy-183", alike, {"units": 64}, {"units": 8}, "low", 1.05, 12)], healthy, [case.name for case in LATE])
