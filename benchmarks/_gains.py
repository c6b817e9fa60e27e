"""What FreezeThaw.gain says that more epochs will bring, beside what they brought."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from typing import NamedTuple

from luthier.records import Forecast, Slice, SliceResult
from luthier.search import FreezeThaw

AFTER = (1, 2, 4, 8)  #: full trainings' worth of epochs after which a search is asked
MORE = (0.5, 1, 2)  #: what is to come, in what was spent
LONGEST = 16.0  #: full trainings' worth of a search


class Gain(NamedTuple):
    """Said and true, in what was best minus what was usual when it was said."""

    after: int
    mean: float
    low: float
    high: float
    truth: float


def gains(search: FreezeThaw, train: Callable[[Slice], SliceResult | None], epochs: float, sign: float) -> list[Gain]:
    """Runs ``search`` until ``train`` gives nothing more. ``sign`` times a metric: larger is better."""
    course: list[float] = []  # the best so far, by epochs
    said: list[tuple[int, int, float, dict[float, Forecast]]] = []
    left = list(AFTER)
    shown: dict[int, float] = {}  # the best of each training
    while slices := [d for d in search.ask() if isinstance(d, Slice)]:
        for cut in slices:
            result = train(cut)
            if result is None:
                return [gain for row in said for gain in _judged(course, *row)]
            search.tell(result)
            for point in result.points:
                value = sign * point.metric
                shown[cut.training] = max(value, shown.get(cut.training, value))
                course.append(max([*course[-1:], value]))
            if left and shown and len(course) >= left[0] * epochs:
                spread = course[-1] - statistics.median(shown.values())
                said.append((left.pop(0), len(course), spread, {m: search.gain(m * len(course)) for m in MORE}))
    return [gain for row in said for gain in _judged(course, *row)]


def _judged(
    course: list[float], after: int, at: int, spread: float, forecasts: dict[float, Forecast]
) -> Iterable[Gain]:
    for more, forecast in forecasts.items():
        then = at + int(more * at) - 1
        if then < len(course) and spread > 0:
            said = (value / spread for value in (forecast.mean, forecast.low, forecast.high))
            yield Gain(after, *said, (course[then] - course[at - 1]) / spread)


def table(found: list[Gain]) -> str:
    """A line for each point of a search."""
    told = ", ".join(map(str, MORE))
    lines = [f"what {told} times the epochs so far bring, in best minus median of the trainings so far"]
    for after in AFTER:
        rows = [row for row in found if row.after == after]
        if rows:
            said, truth = (statistics.fmean(getattr(row, name) for row in rows) for name in ("mean", "truth"))
            lines.append(f"after {after} trainings' worth: said {said:.3f}, true {truth:.3f}, {_held(rows)}")
    return "\n".join([*lines, f"in all {_held(found)}"])


def _held(rows: list[Gain]) -> str:
    inside = [row.low - 1e-9 <= row.truth <= row.high + 1e-9 for row in rows]
    return f"90 % intervals hold in {sum(inside) / len(rows):.3f} of {len(rows)}"
