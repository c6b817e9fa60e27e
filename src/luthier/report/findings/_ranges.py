"""The ranges: a best value at the edge, a hyperparameter that does not matter, two that belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.report.findings._design import Axis, Design, columns
from luthier.report.findings._statistics import ramp, surely
from luthier.report.findings._surface import evidence, left_out_errors
from luthier.report.findings._view import Sign, View

Array = NDArray[np.float64]

#: The best value lies in the outer part of its range.
EDGE = 0.12
#: The part of the range near the end whose slope is continued, and how far; as shares of the range.
NEAR, STEP = 0.2, 0.2
SURE = 0.9  #: that a step beyond brings more than luck
SHOWN = 0.7  #: that a rate at the end is too low or too high, by its own curve
FAR_FROM_SURE = 0.3  #: of chance: a loss above which classes are far from told apart
WORTH = 0.05  #: a step beyond the end must lower the loss by this share
FEW_VALUES = 6  #: of a hyperparameter; the slope near the end is then that of three
LEAST = 5  #: trainings that a curve near the end goes through
NEARBY = 0.08  #: of the range; values as near as this to the outermost are one
#: What the others have to explain before one can be called unimportant, and what it may add; of the variance.
KNOWN, ADDS = 0.6, 0.01
MOST = 80  #: trainings in a surface; the latest, which lie where it matters
#: Two belong together when a function of both is this much likelier than a sum of two (logarithm), that is 400 times.
ODDS = 6.0
BEST, SURELY_TOGETHER = 0.7, 0.3  #: the quantile of the best scores; a correlation that tells which way two go


def range_edge(view: View, design: Design, told: Sequence[Sign]) -> list[Sign]:
    """The best value lies at an end of its range, scores rise towards it, and a step beyond promises more than luck.

    Or the winner's curve shows by itself (``told``) that its learning rate is too low or too high.
    """
    winner = view.winner
    if winner is None or not design.rich or len(design.y) < 5:
        return []
    signs = []
    for j, axis in enumerate(design.axes):
        place = axis.unit(winner.config.get(axis.name))
        at_high = place >= 1 - EDGE
        if axis.choices or not (at_high or place <= EDGE) or _natural(axis, at_high, view.samples):
            continue
        out = design.x[:, j] if at_high else 1 - design.x[:, j]
        gain, sure = max(_beyond(view, out, design), key=lambda found: found[1])
        shown = _curve_says(axis, at_high, winner.number, told)
        if (sure < SURE and shown < SHOWN) or not _rises(out, design.scores):
            continue
        sure = max(sure, shown)
        value = winner.config.get(axis.name)
        to = _wider(axis, at_high, view.samples)
        slots = {"name": axis.name, "value": value, "edge": axis.high if at_high else axis.low, "to": to, "gain": gain}
        signs.append(Sign("range-edge", sure, 0.8, slots, "" if at_high else "low", winner.number))
    return signs


def _curve_says(axis: Axis, at_high: bool, winner: int, told: Sequence[Sign]) -> float:
    """How surely the winner's curve says that the learning rate should lie beyond this end."""
    code = "lr-too-low" if at_high else "lr-too-high"
    return max(
        (s.confidence for s in told if axis.name == "lr" and s.code == code and s.training == winner), default=0.0
    )


def _natural(axis: Axis, at_high: bool, samples: int) -> bool:
    """Whether nothing lies beyond this end."""
    known = HYPERPARAMETERS.get(axis.name)
    if axis.name == "batch_size" and at_high and samples:
        return axis.high >= samples
    end = axis.high if at_high else axis.low
    if known is None:
        return not at_high and end <= float(axis.whole)  # no units, no share of dropout
    if known.kind is int and not at_high:
        return end <= max(1, known.low)
    return end >= known.high if at_high else end <= known.low


def _wider(axis: Axis, at_high: bool, samples: int) -> float:
    """The end moved out: by half the range on its own scale, by at least a factor 3 on a logarithmic one."""
    known = HYPERPARAMETERS.get(axis.name)
    if axis.log:
        factor = max(3.0, (axis.high / axis.low) ** 0.5)
        end = axis.high * factor if at_high else axis.low / factor
    else:
        end = axis.high + 0.5 * (axis.high - axis.low) if at_high else axis.low - 0.5 * (axis.high - axis.low)
    if axis.name == "batch_size" and samples:
        end = min(end, samples)
    if known is not None:
        end = min(max(end, known.low if not known.open_low else 1e-12), known.high)
    return float(f"{end:.2g}")


def _rises(out: Array, y: Array) -> bool:
    """Whether scores rise towards the outer end, in rank, by more than chance."""
    found = spearmanr(out, y)
    return bool(found.statistic > 0 and found.pvalue < 0.05)


def _beyond(view: View, out: Array, design: Design) -> list[tuple[float, float]]:
    """What a step beyond the end would bring if things went on as they do near the end, and how surely that is no luck.

    Of the score, as a share when it is a loss. Where much is left to learn, of the validation loss as well, in which
    each sample tells more than whether it is right; where little is, and the loss is not the score, sure answers lower
    it without end.
    """
    top, luck, scores = float(design.scores.max()), view.luck, design.scores
    if view.sign < 0 and top < 0:
        scores, luck = -np.log(np.maximum(-scores, 1e-12)), luck / -top
    found = [_gain_beyond(out, scores, luck)]
    told = np.isfinite(design.losses)
    counts = not view.classes or np.allclose(design.losses[told], -design.scores[told])
    if told.any() and (counts or float(design.losses.min()) > FAR_FROM_SURE * view.chance):
        losses = np.where(told, design.losses, design.losses[told].max())
        found.append(_smooth_gain(out, -np.log(np.maximum(losses, 1e-12))))
    return found


def _smooth_gain(out: Array, values: Array) -> tuple[float, float]:
    """The gain, and how surely it matters, by the scatter of the values about a curve through the outer half.

    All are of the same validation samples, so their differences are known far better than the values.
    """
    gain, _ = _slope_beyond(out, values)
    if len(values) >= 5 and len(np.unique(out.round(6))) <= FEW_VALUES and (np.diff(values[out.argsort()]) > 0).all():
        return gain, SURE * ramp(gain, 0.0, 1.5 * WORTH)  # in so good an order by luck once in 120 times
    outer = out > min(out.max() - 0.5, float(np.sort(out)[-min(LEAST, len(out))]) - 1e-9)
    degree = min(2 if outer.sum() >= 6 else 1, len(np.unique(out[outer].round(6))) - 1)
    free = int(outer.sum()) - degree - 1
    if degree < 1 or free < 2:
        return gain, 0.0
    rest = values[outer] - np.polyval(np.polyfit(out[outer], values[outer], degree), out[outer])
    scatter = float(np.sqrt((rest**2).sum() / free))
    return gain, surely(gain - WORTH, max(2 * scatter, 0.3 * WORTH))


def _gain_beyond(out: Array, values: Array, luck: float) -> tuple[float, float]:
    """The gain, and the probability that it is more than luck.

    The smaller of two slopes counts: of the values near the end, and from the outermost to the next; so what levels off
    promises little.
    """
    gain, share = _slope_beyond(out, values)
    return gain, surely(gain - luck, luck * max(1.0, share))


def _slope_beyond(out: Array, values: Array) -> tuple[float, float]:
    """What a step beyond the end would add, and how its error compares with that of a single value."""
    weights = np.exp(-(((out.max() - out) / NEAR) ** 2))
    outer = out > out.max() - NEARBY
    apart = np.flatnonzero(~outer)
    if len(apart) == 0 or (weights > 0.02).sum() < 2:
        return 0.0, 1.0
    second = int(apart[out[apart].argmax()])
    width = float(out[outer].mean() - out[second])
    places = np.unique(out.round(6))
    if 3 <= len(places) <= FEW_VALUES:  # one of them alone may be lucky
        last = out > places[-3] - 1e-5
        slope = float(np.polyfit(out[last], values[last], 1)[0])
    else:
        pair = float(values[outer].mean() - values[second]) / width
        slope = min(pair, float(np.polyfit(out, values, 1, w=np.sqrt(weights))[0]))
    gain = slope * STEP
    return gain, float(np.sqrt(1 / outer.sum() + 1)) * min(1.0, STEP / width)


def unimportant(design: Design) -> list[Sign]:
    """What the others explain, left-one-out, is not explained better with it; and they explain most."""
    n, d = design.x.shape
    if n < max(12, 4 * d) or d < 2 or not design.rich:
        return []
    x, y, axes = design.x[-MOST:], design.y[-MOST:], design.axes
    total = float(((y - y.mean()) ** 2).sum())
    unexplained = float((left_out_errors(x, y) ** 2).sum()) / total
    names, explained = [], 0.0
    for j, axis in enumerate(axes):
        without = float((left_out_errors(np.delete(x, j, axis=1), y) ** 2).sum()) / total
        if 1 - without > KNOWN and without - unexplained < ADDS:
            names.append(axis.name)
            explained = max(explained, 1 - without)
    if not names or len(names) == d:
        return []
    confidence = 0.6 + 0.35 * ramp(explained, KNOWN, 0.95)
    return [Sign("unimportant", confidence, 0.2, {"names": names, "explained": explained, "n": n})]


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
    together = float(np.corrcoef(x[best, i], x[best, j])[0, 1]) if best.sum() >= 4 else 0.0
    if abs(together) > SURELY_TOGETHER:
        return together > 0
    product = (2 * x[:, i] - 1) * (2 * x[:, j] - 1)
    coefficients, *_ = np.linalg.lstsq(np.c_[columns(x, 2), product], y, rcond=None)
    return bool(coefficients[-1] > 0)  # a positive product rewards both high or both low
