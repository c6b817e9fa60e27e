"""The published rules that read a learning rate off a range test's curve, restated from their packages' source.

fastai 2.8.12, ``callback/schedule.py`` (valley, slide, minimum, steep) and Lightning 2.6.6, ``tuner/lr_finder.py``.
Both smooth the loss by a debiased running average with beta 0.98 and stop where it is 4 times its lowest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BETA, STOP = 0.98, 4.0


def smoothed(losses: Sequence[float]) -> Array:
    """Debiased running average, up to where it is 4 times its lowest."""
    average, lowest, kept = 0.0, np.inf, []
    for i, loss in enumerate(losses):
        average = BETA * average + (1 - BETA) * loss
        kept.append(average / (1 - BETA ** (i + 1)))
        lowest = min(lowest, kept[-1])
        if kept[-1] > STOP * lowest:
            break
    return np.array(kept)


def valley(lrs: Array, losses: Array) -> float:
    """Two thirds (rounded: a third and a half of it) into the longest falling subsequence's index span."""
    longest, start, end = [1] * len(losses), 0, 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and longest[i] < longest[j] + 1:
                longest[i] = longest[j] + 1
            if longest[end] < longest[i]:
                end, start = i, i - longest[i]
    third = (end - start) / 3
    return float(lrs[start + int(third) + int(third / 2)])


def slide(lrs: Array, losses: Array, width: int = 15, threshold: float = 0.005) -> float:
    """A window of 15 slides down from the end while its ends' slopes differ."""
    slope = np.gradient(losses)
    right, left = -1, -1 - width
    found = lrs[max(left, -len(lrs))]
    while left >= -len(losses) and abs(slope[right] - slope[left]) > threshold:
        found = lrs[left]
        right, left = right - 1, left - 1
    return float(found)


def minimum(lrs: Array, losses: Array) -> float:
    """A tenth of the lr of the lowest loss."""
    return float(lrs[losses.argmin()]) / 10


def steep(lrs: Array, losses: Array) -> float:
    """Where the loss falls fastest in log lr."""
    return float(lrs[(np.diff(losses) / np.diff(np.log(lrs))).argmin()])


def lightning(lrs: Sequence[float], losses: Sequence[float]) -> float:
    """Where the loss falls fastest in lr itself, the first 10 points and the last one left out."""
    kept = smoothed(losses)[10:-1]
    return float(lrs[10 + int(np.gradient(kept, np.array(lrs[10 : 10 + len(kept)])).argmin())])


def _fastai(rule: Callable[[Array, Array], float]) -> Callable[[Sequence[float], Sequence[float]], float]:
    def suggest(lrs: Sequence[float], losses: Sequence[float]) -> float:
        kept = smoothed(losses)[len(lrs) // 10 : -5]  # lr_find leaves out the first tenth and the last 5
        return rule(np.array(lrs)[len(lrs) // 10 :][: len(kept)], kept)

    return suggest


RULES: dict[str, Callable[[Sequence[float], Sequence[float]], float]] = {
    "fastai valley": _fastai(valley),
    "fastai slide": _fastai(slide),
    "fastai steep": _fastai(steep),
    "fastai minimum": _fastai(minimum),
    "Lightning": lightning,
}
