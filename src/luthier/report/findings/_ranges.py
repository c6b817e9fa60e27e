"""The ranges: a best value at the edge, a hyperparameter that does not matter, two that belong together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f, spearmanr

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.report.findings._design import Axis, Design, columns, rest
from luthier.report.findings._statistics import ramp, surely
from luthier.report.findings._surface import left_out_errors
from luthier.report.findings._view import Sign, View

Array = NDArray[np.float64]

#: The best value lies in the outer part of its range.
EDGE = 0.12
#: The part of the range near the end whose slope is continued, and how far; as shares of the range.
NEAR, STEP = 0.2, 0.2
SURE = 0.9  #: that a step beyond brings more than luck
NEARBY = 0.08  #: of the range; values as near as this to the outermost are one
#: What the others have to explain before one can be called unimportant, and what it may add; of the variance.
KNOWN, ADDS = 0.6, 0.01
MOST = 80  #: trainings in a surface; the latest, which lie where it matters
#: An interaction that explains this share of what the hyperparameters alone leave open, at this level of significance.
SHARE, LEVEL = 0.15, 0.005


def range_edge(view: View, design: Design) -> list[Sign]:
    """The best values crowd at an end of the range and scores rise towards it, in most bootstrap samples."""
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
        gain, luck, error = _gain_beyond(view, out, design.scores)
        sure = surely(gain - luck, error)
        if sure < SURE or not _rises(out, design.y):
            continue
        value = winner.config.get(axis.name)
        to = _wider(axis, at_high, view.samples)
        slots = {"name": axis.name, "value": value, "edge": axis.high if at_high else axis.low, "to": to, "gain": gain}
        signs.append(Sign("range-edge", sure, 0.8, slots, "" if at_high else "low", winner.number))
    return signs


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


def _gain_beyond(view: View, out: Array, scores: Array) -> tuple[float, float, float]:
    """What a step beyond the end would bring if the score went on as it does near the end, luck, and the gain's error.

    All as shares of the best score when that is a loss. The smaller of two slopes: of the values near the end, and
    from the outermost to the next; so a score that levels off promises little.
    """
    top, luck = float(scores.max()), view.luck
    if view.sign < 0 and top < 0:
        scores, luck = -np.log(np.maximum(-scores, 1e-12)), luck / -top
    gain, share = _slope_beyond(out, scores)
    return gain, luck, luck * max(1.0, share)


def _slope_beyond(out: Array, values: Array) -> tuple[float, float]:
    """What a step beyond the end would add, and how its error compares with that of a single value."""
    weights = np.exp(-(((out.max() - out) / NEAR) ** 2))
    outer = out > out.max() - NEARBY
    apart = np.flatnonzero(~outer)
    if len(apart) == 0 or (weights > 0.02).sum() < 2:
        return 0.0, 1.0
    second = int(apart[out[apart].argmax()])
    width = float(out[outer].mean() - out[second])
    pair = float(values[outer].mean() - values[second]) / width
    gain = min(pair, float(np.polyfit(out, values, 1, w=np.sqrt(weights))[0])) * STEP
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


def _product(design: Design, i: int, j: int) -> tuple[float, float]:
    """What the product of two columns explains of the scores beyond each alone: share of the rest, p-value."""
    n, d = design.x.shape
    base = columns(design.x, 3 if n >= 8 * d else 2)
    return _f_test(base, np.c_[base, _times(design, i, j)], design.y)


def _times(design: Design, i: int, j: int) -> Array:
    product: Array = (2 * design.x[:, i] - 1) * (2 * design.x[:, j] - 1)
    return product


def _f_test(less: Array, full: Array, y: Array) -> tuple[float, float]:
    """Share of the smaller model's rest that the larger one explains, and the p-value of its being chance."""
    small, large = float((rest(less, y) ** 2).sum()), float((rest(full, y) ** 2).sum())
    rank, other = int(np.linalg.matrix_rank(full)), int(np.linalg.matrix_rank(less))
    more, free = rank - other, len(y) - rank
    if more <= 0 or free <= 0 or small <= 0:
        return 0.0, 1.0
    statistic = (small - large) / more / max(large / free, 1e-12)
    return (small - large) / small, float(f.sf(statistic, more, free))


def joint(design: Design) -> list[Sign]:
    """The best value of one moves with the other's: a product of the two explains what each alone does not."""
    n, d = design.x.shape
    if n < max(12, 5 * d) or d < 2 or not design.rich:
        return []
    found = []
    for i, j in combinations(range(d), 2):
        if design.axes[i].choices or design.axes[j].choices:
            continue
        share, p = _product(design, i, j)
        if share > SHARE and p < LEVEL / max(1, d * (d - 1) // 2):
            features = np.c_[columns(design.x, 2), _times(design, i, j)]
            coefficients, *_ = np.linalg.lstsq(features, design.y, rcond=None)
            same = bool(coefficients[-1] > 0)  # a positive product rewards both high or both low
            found.append((share, p, i, j, same))
    if not found:
        return []
    share, p, i, j, same = max(found)
    slots = {"a": design.axes[i].name, "b": design.axes[j].name, "share": share, "p": p, "n": n}
    return [Sign("joint", min(0.98, 1 - 5 * p), 0.5, slots, "" if same else "against")]
