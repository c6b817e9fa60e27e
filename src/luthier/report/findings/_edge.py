"""The ranges: a best value at the edge, where a step beyond promises more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, spearmanr

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.report.findings._design import Axis, Design
from luthier.report.findings._statistics import ramp, surely
from luthier.report.findings._surface import along
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
ORDERED = 0.01  #: the chance that luck brings trainings into so good an order
FEW_VALUES = 6  #: of a hyperparameter; the slope near the end is then that of three
LEAST = 5  #: trainings that a curve near the end goes through
NEARBY = 0.08  #: of the range; values as near as this to the outermost are one
MOST = 80  #: trainings that a surface goes through


def range_edge(view: View, design: Design, told: Sequence[Sign]) -> list[Sign]:
    """The best value lies at an end of its range, scores rise towards it, and a step beyond promises more than luck.

    Of several hyperparameters, the others are thought to be as the winner has them. Or the winner's curve shows by
    itself (``told``) that its learning rate is too low or too high.
    """
    winner = view.winner
    if winner is None or not design.rich or len(design.y) < 5:
        return []
    at = np.array([axis.unit(winner.config.get(axis.name)) for axis in design.axes])
    signs = []
    for j, axis in enumerate(design.axes):
        at_high = at[j] >= 1 - EDGE
        if axis.choices or not (at_high or at[j] <= EDGE) or _natural(axis, at_high, view.samples):
            continue
        gain, sure = _beyond(view, design, at, j, at_high)
        if sure is None:
            continue
        shown = _curve_says(axis, at_high, winner.number, told)
        if sure < SURE and shown < SHOWN:
            continue
        value, to = winner.config.get(axis.name), _wider(axis, at_high, view.samples)
        slots = {"name": axis.name, "value": value, "edge": axis.high if at_high else axis.low, "to": to, "gain": gain}
        text = "" if at_high else "low"
        signs.append(Sign("range-edge", max(sure, shown), 0.8, slots, text, winner.number))
    return signs


def _beyond(view: View, design: Design, at: Array, j: int, at_high: bool) -> tuple[float, float | None]:
    """What a step beyond the end would bring if things went on as they do near it, and how surely that is no luck.

    None when scores do not rise towards the end. A gain of the score, as a share when it is a loss. Where much is left
    to learn, of the validation loss as well, in which each sample tells more than whether it is right. Where little is,
    and the loss is not the score, sure answers lower it without end: there, both have to get better.
    """
    rows = _most_alike(design.x, at, j)
    out = design.x[rows, j] if at_high else 1 - design.x[rows, j]
    raw, losses = design.scores[rows], design.losses[rows]

    def line(values: Array) -> Array:
        return along(design.x[rows], values, at, j)

    share = view.sign < 0 and float(raw.max()) < 0
    scores = line(_logs(-raw) if share else raw)
    if not _rises(out, scores):
        return 0.0, None
    found = [_gain_beyond(out, scores, view.luck / -float(raw.max()) if share else view.luck)]
    told = np.isfinite(losses)
    if told.any():
        low = float(losses[told].min())
        smooth = line(_logs(np.where(told, losses, losses[told].max())))
        if not view.classes or np.allclose(losses[told], -raw[told]) or low > FAR_FROM_SURE * view.chance:
            found += [_smooth_gain(out, smooth), _in_order(out, smooth)]
        elif view.history.metric == "accuracy" and view.validation:
            found.append(_in_order(out, smooth, line(_logs(1 - raw + 0.5 / view.validation))))
    return max(found, key=lambda gain: gain[1])


def _most_alike(x: Array, at: Array, j: int) -> NDArray[np.intp]:
    """The rows that differ least from the winner in all but column ``j``, in their order."""
    apart = (np.delete(x - at, j, axis=1) ** 2).sum(axis=1)
    return np.sort(np.argsort(apart, kind="stable")[:MOST] if x.shape[1] > 1 else np.arange(len(x)))


def _logs(values: Array) -> Array:
    """Minus logarithms: larger is better."""
    return -np.log(np.maximum(values, 1e-12))


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


def _smooth_gain(out: Array, values: Array) -> tuple[float, float]:
    """The gain, and how surely it matters, by the scatter of the values about a curve through the outer half.

    All are of the same validation samples, so their differences are known far better than the values.
    """
    gain, _ = _slope_beyond(out, values)
    _, scatter = _curve(out, values)
    return gain, surely(gain - WORTH, max(2 * scatter, 0.3 * WORTH)) if np.isfinite(scatter) else 0.0


def _in_order(out: Array, *measures: Array) -> tuple[float, float]:
    """The least gain, and how surely it matters, when each measure is in so good an order as luck seldom makes.

    Of several measures, which are then near their ceilings, a curve must promise as much as a line does.
    """
    if not all(_ordered(out, values) for values in measures):
        return 0.0, 0.0
    gains = [_slope_beyond(out, values)[0] for values in measures]
    if len(measures) == 1:
        return gains[0], SURE * ramp(gains[0], 0.0, 1.5 * WORTH)
    gain = min(*gains, *(_curve(out, values)[0] for values in measures))
    return gain, SURE * ramp(gain, 0.0, 3 * WORTH)


def _ordered(out: Array, values: Array) -> bool:
    """Whether values rise towards the outer end throughout, and at the outermost three places."""
    places = np.unique(out.round(6))[-3:]
    last = [float(values[out.round(6) == place].mean()) for place in places]
    found = kendalltau(out, values, alternative="greater")
    return bool(found.pvalue < ORDERED and (np.diff(last) > 0).all())


def _curve(out: Array, values: Array) -> tuple[float, float]:
    """What a step beyond adds by a parabola through the outer half, and the scatter about it.

    A line where there are too few values for a parabola; the scatter is infinite where none are left for it.
    """
    outer = out > min(out.max() - 0.5, float(np.sort(out)[-min(LEAST, len(out))]) - 1e-9)
    degree = min(2 if outer.sum() >= LEAST else 1, len(np.unique(out[outer].round(6))) - 1)
    x, y = out[outer] - out.max(), values[outer]
    fit = np.polyfit(x, y, degree)
    free = len(x) - degree - 1
    scatter = float(np.sqrt(((y - np.polyval(fit, x)) ** 2).sum() / free)) if degree and free >= 2 else np.inf
    return float(np.polyval(fit, STEP) - np.polyval(fit, 0.0)), scatter


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
