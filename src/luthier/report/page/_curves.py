"""The figures of time: curves, confirmation, the front, the budget."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from luthier.records import Curve
from luthier.report.finals import final_values
from luthier.report.front import Deal, Spent
from luthier.report.history import History, Trained
from luthier.report.page._draw import Figure, Limits, axis, figure, log_axis, names_axis, short, window
from luthier.report.page._limits import metric_limits
from luthier.report.page.words import Words
from luthier.report.recommend import Recommendation

#: Points of all curves together that a phone still draws at once.
MOST_POINTS = 12_000
FEWEST_POINTS = 8  #: of a curve, however many there are


def curves(history: History, recommendation: Recommendation, words: Words) -> Figure:
    """Every training, the better the darker; what matters on top."""
    values = final_values(history)
    sign, limits = 1.0 if history.direction == "maximize" else -1.0, metric_limits(history)
    own, best = history.baseline, recommendation.training
    points = max(FEWEST_POINTS, MOST_POINTS // max(1, len(history.trainings)))
    apart = {best.number} | ({own.number} if own else set())
    others = [t for t in history.competing if t.number not in apart and not t.failed and t.number in values]
    others.sort(key=lambda t: sign * values[t.number])
    cut = len(others) - max(1, len(others) // 4)
    failed = [t for t in history.competing if t.failed and t.number not in apart]
    again = [t for t in history.trainings if t.confirms is not None]
    groups = [
        (words("curves.failed"), failed, {"color": "@bad", "width": 1, "dash": "dot"}, 0.6),
        (words("curves.worst"), others[:cut], {"color": "@q2", "width": 1}, 0.45),
        (words("curves.good"), others[cut:], {"color": "@q3", "width": 1}, 0.8),
        (words("curves.again"), again, {"color": "@warm", "width": 1}, 0.7),
        (words("curves.baseline"), [own] if own and own is not best else [], {"color": "@ink", "width": 2.5}, 1.0),
        (words("curves.winner"), [best], {"color": "@accent", "width": 3.5}, 1.0),
    ]
    data = [_lines(name, group, line, opacity, points, words) for name, group, line, opacity in groups if group]
    data.append(_thawed([*others, best], words))
    layout = {
        "xaxis": axis(words("epoch"), rangemode="tozero"),
        "yaxis": axis(words.name(history.metric), range=_shown(history, values, limits), **limits.axis()),
        "showlegend": True,
        "margin": {"l": 56, "r": 14, "t": 60, "b": 46},
    }
    return figure("curves", [trace for trace in data if trace["x"]], 460, **layout)


def _lines(
    name: str, group: Sequence[Trained], line: dict[str, Any], opacity: float, points: int, words: Words
) -> Figure:
    """Many curves as one trace with gaps: a thousand traces would take seconds to draw."""
    x: list[float | None] = []
    y: list[float | None] = []
    text: list[str | None] = []
    for training in group:
        kept = _decimated(training.curve, points)
        x += [*short(training.curve.points[i].epoch for i in kept), None]
        y += [*short(training.curve.points[i].metric for i in kept), None]
        text += [words("training", n=training.number)] * len(kept) + [None]
    hover = "%{text}<br>" + words("epoch") + " %{x}: %{y:.4g}<extra></extra>"
    trace = {"type": "scatter", "mode": "lines", "name": name, "line": line, "opacity": opacity, "x": x, "y": y}
    return {**trace, "text": text, "hovertemplate": hover}


def _decimated(curve: Curve, points: int) -> list[int]:
    """Indices of at most about ``points`` points: evenly spaced, with the lowest and highest metric."""
    if len(curve) <= points:
        return list(range(len(curve)))
    metric = np.array(curve.column("metric"))
    kept = {*np.linspace(0, len(curve) - 1, points - 2).round().astype(int).tolist()}
    finite = np.flatnonzero(np.isfinite(metric))
    if len(finite):
        kept |= {int(finite[metric[finite].argmax()]), int(finite[metric[finite].argmin()])}
    return sorted(kept)


def _thawed(group: Sequence[Trained], words: Words) -> Figure:
    """A ring where a training that had paused was continued."""
    joints = [
        (cut.points[0].epoch, cut.points[0].metric, t.number) for t in group for cut in t.slices[1:] if cut.points
    ]
    joints = joints[:: max(1, math.ceil(len(joints) / 1000))]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": words("curves.thawed"),
        "x": short(j[0] for j in joints),
        "y": short(j[1] for j in joints),
        "text": [words("training", n=j[2]) for j in joints],
        "opacity": 0.45,
        "marker": {"symbol": "circle-open", "size": 6, "color": "@muted", "line": {"width": 1}},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _shown(history: History, values: dict[int, float], limits: Limits) -> list[float | None]:
    """The range where good trainings differ, and the user's own setting ends."""
    own = history.best_point(history.baseline) if history.baseline else None
    within = [own.metric] if own is not None and math.isfinite(own.metric) else []
    return window(list(values.values()), history.direction == "maximize", 2, *within, limits=limits)


def confirmed(recommendation: Recommendation, metric: str, limits: Limits, words: Words) -> Figure:
    """Mean and interval of each setting on fresh seeds, and the seeds themselves."""
    rows = list(reversed(recommendation.candidates))
    names = [_row(c.training, words) for c in rows]
    colours = ["@accent" if c is recommendation.confirmed else "@muted" for c in rows]
    means = [c.mean for c in rows]
    seeds = {
        "type": "scatter",
        "mode": "markers",
        "x": short(s for c in rows for s in c.scores),
        "y": [name for c, name in zip(rows, names, strict=True) for _ in c.scores],
        "marker": {"symbol": "line-ns-open", "size": 12, "color": "@muted"},
        "opacity": 0.6,
        "cliponaxis": False,
        "hovertemplate": "%{x:.4g}<extra></extra>",
    }
    centre = {
        "type": "scatter",
        "mode": "markers",
        "x": short(m.value for m in means),
        "y": names,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": short(m.high - m.value for m in means),
            "arrayminus": short(m.value - m.low for m in means),
            "color": "@ink",
            "thickness": 1.5,
        },
        "marker": {"size": 12, "color": colours},
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.4g}<extra></extra>",
    }
    return figure(
        "confirmed",
        [seeds, centre],
        90 + 44 * len(rows),
        xaxis=axis(words.name(metric), **limits.axis()),
        yaxis=names_axis(),
    )


def _row(training: Trained, words: Words) -> str:
    return words("confirmed.own") if training.number == 0 else words("confirmed.row", n=training.number)


def front(deals: Sequence[Deal], history: History, words: Words) -> Figure:
    """The best score for each training time."""
    seconds, scores = short(d.seconds for d in deals), short(d.metric for d in deals)
    end = max(d.seconds for d in deals) * 1.3
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [*seconds, *short([end])],
        "y": [*scores, scores[-1]],
        "line": {"color": "@accent", "width": 2, "shape": "hv"},
        "opacity": 0.5,
        "hoverinfo": "skip",
    }
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": seconds,
        "y": scores,
        "text": [f"{words('training', n=d.training)}, {words('epoch')} {d.epoch:g}" for d in deals],
        "marker": {"size": 9, "color": "@accent"},
        "hovertemplate": "%{text}<br>%{x:.3g} s: %{y:.4g}<extra></extra>",
    }
    low = min(d.seconds for d in deals)
    limits = metric_limits(history)
    shown = window([d.metric for d in deals], history.direction == "maximize", 2, limits=limits)
    x, y = log_axis(words("front.seconds"), low, end), axis(words.name(history.metric), range=shown, **limits.axis())
    return figure("front", [line, dots], 340, xaxis=x, yaxis=y)


def budget(parts: Iterable[Spent], words: Words) -> Figure:
    """Seconds by what they were spent on."""
    rows = list(reversed(list(parts)))
    colours = {"winner": "@accent", "baseline": "@ink", "failed": "@bad", "confirmations": "@warm", "overhead": "@line"}
    total = sum(r.seconds for r in rows) or 1.0
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": short(r.seconds for r in rows),
        "y": [words(f"budget.{r.kind}") for r in rows],
        "text": [f"{words.duration(r.seconds)} · {100 * r.seconds / total:.0f} %" for r in rows],
        "customdata": [words("budget.trainings", n=r.trainings) if r.trainings else "" for r in rows],
        "textposition": "auto",
        "textangle": 0,
        "cliponaxis": False,
        "marker": {"color": [colours.get(r.kind, "@q3") for r in rows]},
        "hovertemplate": "%{y}: %{text}<br>%{customdata}<extra></extra>",
    }
    return figure("budget", [bars], 60 + 38 * len(rows), xaxis=axis(words("seconds")), yaxis=names_axis(), bargap=0.35)
