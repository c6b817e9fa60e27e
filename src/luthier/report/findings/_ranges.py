"""The ranges: a hyperparameter that does not matter, two that belong together."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from luthier.report.findings._design import Design, columns
from luthier.report.findings._statistics import ramp
from luthier.report.findings._surface import evidence, left_out_errors
from luthier.report.findings._view import Sign

Array = NDArray[np.float64]

#: What the others have to explain before one can be called unimportant, and what it may add; of the variance.
KNOWN, ADDS = 0.6, 0.01
KNOWN_OF_GOOD = 0.5  #: the same of the better half alone: what is far off says little about what is good
MOST = 80  #: trainings in a surface; the latest, which lie where it matters
#: Two belong together when a function of both is this much likelier than a sum of two (logarithm), that is 400 times.
ODDS = 6.0
BEST, SURELY_TOGETHER = 0.7, 0.3  #: the quantile of the best scores; a correlation that tells which way two go


def unimportant(design: Design) -> list[Sign]:
    """What the others explain, left-one-out, is not explained better with it; and they explain most."""
    n, d = design.x.shape
    if n < max(12, 4 * d) or d < 2 or not design.rich:
        return []
    x, y = design.x[-MOST:], design.y[-MOST:]
    good = np.maximum(y, np.median(y))
    names, explained = [], 0.0
    for j, axis in enumerate(design.axes):
        known, adds = _explained(x, y, j)
        if known <= KNOWN or adds >= ADDS:
            continue
        known_of_good, adds_to_good = _explained(x, good, j)
        if known_of_good > KNOWN_OF_GOOD and adds_to_good < ADDS:
            names.append(axis.name)
            explained = max(explained, known)
    if not names or len(names) == d:
        return []
    confidence = 0.6 + 0.35 * ramp(explained, KNOWN, 0.95)
    return [Sign("unimportant", confidence, 0.2, {"names": names, "explained": explained, "n": n})]


def _explained(x: Array, y: Array, j: int) -> tuple[float, float]:
    """The share of the variance of y that all but column ``j`` explain, left-one-out, and what that column adds.

    The latter is infinite, not worked out, where the others explain too little to go on.
    """
    total = max(float(((y - y.mean()) ** 2).sum()), 1e-12)
    without = float((left_out_errors(np.delete(x, j, axis=1), y) ** 2).sum()) / total
    if 1 - without <= KNOWN_OF_GOOD:
        return 1 - without, math.inf  # what it adds matters no more
    return 1 - without, without - float((left_out_errors(x, y) ** 2).sum()) / total


def joint(design: Design) -> list[Sign]:
    """The best value of one moves with the other's: a smooth function of the two is far likelier than a sum of two.

    Of the scores or, where these are losses, of their logarithms.
    """
    n, d = design.x.shape
    if n < max(12, 5 * d) or d < 2 or not design.rich:
        return []
    x, groups = _spread_out(design)
    scales = [design.y[-MOST:]]
    if (scales[0] < 0).all():
        scales.append(-np.log(-scales[0]))
    found = [(*_likeliest_pair(x, y, groups), y) for y in scales]
    odds, (i, j), y = max(found, key=lambda pair: pair[0])
    if odds < ODDS:
        return []
    left, rest = (float((left_out_errors(x, y, g) ** 2).sum()) for g in (groups, _paired(groups, (i, j))))
    a, b = design.axes[i], design.axes[j]
    slots = {"a": a.name, "b": b.name, "share": max(0.0, 1 - rest / left), "n": n}
    slots["odds"] = math.exp(min(odds, 700.0))
    confidence = 0.7 + 0.28 * ramp(odds, ODDS, 3 * ODDS)
    if a.choices or b.choices:
        return [Sign("joint", confidence, 0.5, slots, "choice")]
    same = _same_way(design.x[-MOST:], y, i, j)
    return [Sign("joint", confidence, 0.5, slots, "" if same else "against")]


def _spread_out(design: Design) -> tuple[Array, list[list[int]]]:
    """Columns for the latest trainings, of a choice one for each value; and which belong to each axis."""
    columns_of, groups, at = [], [], 0
    for j, axis in enumerate(design.axes):
        column = design.x[-MOST:, j : j + 1]
        places = np.arange(len(axis.choices)) / max(1, len(axis.choices) - 1)
        own = np.isclose(column, places).astype(np.float64) if axis.choices else column
        columns_of.append(own)
        groups.append(list(range(at, at + own.shape[1])))
        at += own.shape[1]
    return np.concatenate(columns_of, axis=1), groups


def _likeliest_pair(x: Array, y: Array, groups: list[list[int]]) -> tuple[float, tuple[int, int]]:
    """The pair that belongs together most, and by how much more likely (logarithm) that is than a sum."""
    alone = evidence(x, y, groups)
    pairs = list(combinations(range(len(groups)), 2))
    return max((evidence(x, y, _paired(groups, pair)) - alone, pair) for pair in pairs)


def _paired(groups: list[list[int]], pair: tuple[int, int]) -> list[list[int]]:
    """All groups by themselves, but for two that go together."""
    i, j = pair
    return [g for k, g in enumerate(groups) if k not in pair] + [groups[i] + groups[j]]


def _same_way(x: Array, y: Array, i: int, j: int) -> bool:
    """Whether high goes with high among the best scores; by the product of the two where these show nothing."""
    best = y >= np.quantile(y, BEST)
    told = best.sum() >= 4 and min(np.ptp(x[best, i]), np.ptp(x[best, j])) > 0
    together = float(np.corrcoef(x[best, i], x[best, j])[0, 1]) if told else 0.0
    if abs(together) > SURELY_TOGETHER:
        return together > 0
    product = (2 * x[:, i] - 1) * (2 * x[:, j] - 1)
    coefficients, *_ = np.linalg.lstsq(np.c_[columns(x, 2), product], y, rcond=None)
    return bool(coefficients[-1] > 0)  # a positive product rewards both high or both low
