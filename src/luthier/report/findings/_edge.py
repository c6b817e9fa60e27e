"""The ranges: a best value at the edge, where a step beyond promises more."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.report.findings._design import Axis, Design
from luthier.report.findings._promise import Promise, by_curves, by_luck, by_order
from luthier.report.findings._surface import along
from luthier.report.findings._view import Sign, View
from luthier.report.history import Trained

Array = NDArray[np.float64]

#: The best value lies in the outer part of its range.
EDGE = 0.12
STEP = 0.2  #: how far beyond the end is looked, as a share of the range; a whole number at least
SHOWN = 0.7  #: that a rate at the end is too low or too high, by its own curve
FAR_FROM_SURE = 0.3  #: of chance: a loss above which classes are far from told apart
MOST = 80  #: trainings that a surface goes through
MISTAKEN = 1.5  #: of so few trainings: a trend through n of them is sure to 1 - MISTAKEN / n at most


def range_edge(view: View, design: Design, told: Sequence[Sign]) -> list[Sign]:
    """The best value lies at an end of its range, scores rise towards it, and a step beyond promises more than luck.

    Of several hyperparameters, the others are thought to be as the winner has them. Or the winner's curve shows by
    itself (``told``) that its learning rate is too low or too high.
    """
    winner = view.winner
    if winner is None or not design.rich or len(design.y) < 5 or _perfect(view, winner):
        return []
    at = np.array([axis.unit(winner.config.get(axis.name)) for axis in design.axes])
    signs = []
    for j, axis in enumerate(design.axes):
        at_high = bool(at[j] >= 1 - EDGE)
        if axis.choices or not (at_high or at[j] <= EDGE) or _natural(axis, at_high, view.samples):
            continue
        promises = _promises(view, design, at, j, at_high)
        shown = _curve_says(axis, at_high, winner.number, told)
        if not promises and shown < SHOWN:
            continue
        best = max(promises, key=lambda promise: promise.sure, default=Promise(0.0, shown))
        value, to = winner.config.get(axis.name), _wider(axis, at_high, view.samples)
        edge = axis.high if at_high else axis.low
        beyond = bool(at[j] > 1 + 1e-9 or at[j] < -1e-9)
        if beyond:
            to = max(to, float(value or 0)) if at_high else min(to, float(value or 0))
        form = ("" if at_high else "low") if not beyond else "beyond" if at_high else "beyond-low"
        slots = {"name": axis.name, "value": value, "edge": edge, "to": to, "gain": best.gain}
        sure = min(max(best.sure, shown), 1 - MISTAKEN / len(design.y))
        signs.append(Sign("range-edge", sure, 0.8, slots, form, winner.number))
    return signs


def _perfect(view: View, winner: Trained) -> bool:
    """Whether no score can be better."""
    ends = {"accuracy": 1.0, "error": 0.0}
    point = view.history.best_point(winner)
    return point is not None and point.metric == ends.get(view.history.metric)


def _promises(view: View, design: Design, at: Array, j: int, at_high: bool) -> list[Promise]:
    """What a step beyond the end would bring, by all that is sure of it.

    A gain of the score, as a share when it is a loss. Where much is left to learn, of the validation loss as well, in
    which each sample tells more than whether it is right. Where little is, and the loss is not the score, sure answers
    lower it without end: there, both have to get better.
    """
    axis, rows = design.axes[j], _most_alike(design.x, at, j)
    step = max(STEP, 1 / (axis.high - axis.low)) if axis.whole and not axis.log else STEP
    x, scores, losses = design.x[rows], design.scores[rows], design.losses[rows]
    out = x[:, j] if at_high else 1 - x[:, j]
    best = float(scores.max())
    if view.sign < 0 and best < 0:
        found = [by_luck(out, along(x, _logs(-scores), at, j), step, view.luck / -best)]
    else:
        found = [by_luck(out, along(x, scores, at, j), step, view.luck)]
    told = np.isfinite(losses)
    measures = []
    if told.any():
        measures = [_logs(np.where(told, losses, losses[told].max()))]
        counts = not view.classes or np.allclose(losses[told], -scores[told])
        if not counts and float(losses[told].min()) <= FAR_FROM_SURE * view.chance:
            errors = view.history.metric == "accuracy" and view.validation
            measures = [*measures, _logs(1 - scores + 0.5 / view.validation)] if errors else []
    if measures:
        moved = [along(x, values, at, j) for values in measures]
        found += [by_order(out, moved, step), by_curves(out, moved, step)]
    return [promise for promise in found if promise is not None]


def _most_alike(x: Array, at: Array, j: int) -> NDArray[np.intp]:
    """The rows that differ least from the winner in all but column ``j``, in their order."""
    apart = np.nansum(np.delete(x - at, j, axis=1) ** 2, axis=1)  # the winner may lie outside of the space
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
    """The end moved out by half the range on its own scale; on a logarithmic one by a factor 3 at least, 10 at most."""
    known = HYPERPARAMETERS.get(axis.name)
    if axis.log:
        factor = min(10.0, max(3.0, (axis.high / axis.low) ** 0.5))
        end = axis.high * factor if at_high else axis.low / factor
    else:
        end = axis.high + 0.5 * (axis.high - axis.low) if at_high else axis.low - 0.5 * (axis.high - axis.low)
    if axis.name == "batch_size" and samples:
        end = min(end, samples)
    if axis.whole:
        end = max(1.0, math.floor(end)) if at_high else max(axis.log * 1.0, math.floor(end))
    if known is not None and known.open_high and end >= known.high:
        return float(f"{(axis.high + known.high) / 2:.6g}")
    if known is not None:
        end = min(max(end, known.low if not known.open_low else 1e-12), known.high)
    return end if axis.whole else float(f"{end:.2g}")
