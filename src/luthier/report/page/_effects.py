"""The figures of the hyperparameters: the map, importances, one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from luthier.records import Config, Value
from luthier.report.axes import Axis, acting
from luthier.report.finals import final_values
from luthier.report.history import History
from luthier.report.importance import Importance
from luthier.report.page._draw import SCALE, Figure, axis, figure, log_axis, names_axis, short, window
from luthier.report.page._limits import metric_limits
from luthier.report.page.words import Words
from luthier.report.ridge import Map

Best = Callable[..., Any]  #: max or min

#: Values of a number that a best is taken over, at most: an isolation plot shows that many steps.
BINS = 8
#: Trainings for each of these at least: the best of one would be that one.
FEWEST = 4
#: Per cent: where few trainings leave chance a larger share than that, its mark stands at the edge.
MOST_SHARE = 100
#: Dots of an isolation plot; more hide each other.
MOST_DOTS = 400


def lr_batch_map(found: Map, recommended: int, metric: str, words: Words) -> Figure:
    """Learning rate against batch size: what is near on average, the trainings, the ridge."""
    surface = {
        "type": "heatmap",
        "x": short(found.grid_lr),
        "y": short(found.grid_batch),
        "z": [[None if math.isnan(v) else round(float(v), 3) for v in row] for row in found.surface],
        "colorscale": SCALE,
        "zsmooth": "best",
        "showscale": False,
        "opacity": 0.55,
        "hoverinfo": "skip",
    }
    best = [n == recommended for n in found.training]
    rank = np.argsort(np.argsort(found.value)) / max(1, len(found.value) - 1)
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": short(found.lr),
        "y": short(found.batch_size),
        "text": [
            f"{words('training', n=n)}<br>{words.name(metric)} {v:.4g}"
            for n, v in zip(found.training, found.value, strict=True)
        ],
        "marker": {
            "size": [16 if b else 8 for b in best],
            "symbol": ["star" if b else "circle" for b in best],
            "color": ["@accent" if b else f"@q{min(4, int(5 * r))}" for b, r in zip(best, rank, strict=True)],
            "line": {"color": "@muted", "width": 0.8},
        },
        "hovertemplate": "%{text}<br>lr %{x:.3g}, %{y}<extra></extra>",
    }
    data: list[Figure] = [surface, dots]
    if found.ridge is not None:
        ends = {"x": short(found.ridge.lr), "y": short(found.ridge.batch_size)}
        line = {"color": "@ink", "width": 2, "dash": "dash"}
        data.append({"type": "scatter", "mode": "lines", **ends, "line": line, "hoverinfo": "skip"})
    x = log_axis(words.name("lr"), float(found.grid_lr[0]), float(found.grid_lr[-1]))
    y = log_axis(words.name("batch_size"), float(found.grid_batch[0]), float(found.grid_batch[-1]))
    return figure("map", data, 420, xaxis=x, yaxis=y)


def importance(found: Sequence[Importance], words: Words) -> Figure:
    """A bar for each hyperparameter and a mark where chance ends."""
    rows = list(reversed(found))
    names = [words.name(i.name) for i in rows]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": short(100 * i.share for i in rows),
        "y": names,
        "marker": {"color": ["@accent" if i.matters else "@line" for i in rows]},
        "hovertemplate": "%{y}: %{x:.0f} %<extra></extra>",
    }
    chance = {
        "type": "scatter",
        "mode": "markers",
        "x": short(min(100 * i.chance, MOST_SHARE) for i in rows),
        "y": names,
        "marker": {"symbol": "line-ns-open", "size": 16, "color": "@ink", "line": {"width": 2}},
        "hovertemplate": words("importance.chance") + ": %{x:.0f} %<extra></extra>",
    }
    most = max(100 * max(i.share, i.chance) for i in rows)
    x = axis(words("importance.axis"), range=[0, 1.04 * min(most, MOST_SHARE)])
    return figure("importance", [bars, chance], 70 + 30 * len(rows), xaxis=x, yaxis=names_axis(), bargap=0.4)


def isolation(history: History, known: Mapping[str, Axis], recommended: Config, words: Words) -> list[Figure]:
    """For each hyperparameter the best of the others at each of its values."""
    values = final_values(history)
    if not values:
        return []
    limits = metric_limits(history)
    shown = window(list(values.values()), history.direction == "maximize", 3, limits=limits)
    configs = {t.number: t.config for t in history.competing}
    found = []
    for name, place in known.items():
        points = [(configs[n][name], v) for n, v in values.items() if place.holds(acting(configs[n], name))]
        if len({value for value, _ in points}) > 1:
            best = max if history.direction == "maximize" else min
            draw = _choices if place.choices else _numbers
            data, x = draw(place, points, best, words)
            chosen = acting(recommended, name)
            shapes = [_mark(place, chosen)] if place.holds(chosen) and not place.choices else []
            layout = {
                "xaxis": x,
                "yaxis": axis(range=shown, **limits.axis()),
                "margin": {"l": 52, "r": 10, "t": 6, "b": 42},
            }
            found.append(
                {**figure(f"isolation-{name}", data, 220, shapes=shapes, **layout), "caption": words.name(name)}
            )
    return found


def _mark(place: Axis, value: Value) -> Figure:
    """A line at the recommended value."""
    line = {"color": "@accent", "width": 2, "dash": "dot"}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": value, "x1": value, "y0": 0, "y1": 1, "line": line}


def _numbers(
    place: Axis, points: Sequence[tuple[Value, float]], best: Best, words: Words
) -> tuple[list[Figure], Figure]:
    given = np.array([value for value, _ in points], dtype=float).tolist()
    scores = [score for _, score in points]
    tops = [[(scores[i], given[i]) for i in part] for part in _parts(given)]
    line = [best(top) for top in tops]
    few: Figure = {"dtick": 1} if place.whole and place.high - place.low <= BINS else {}
    x = log_axis("", place.low, place.high) if place.log else axis(**few)
    return [_dots(given, scores, words), _best([v for _, v in line], [s for s, _ in line], words)], x


def _parts(given: Sequence[float]) -> list[Sequence[int]]:
    """Indices by value where there are few values, else in runs of about equally many."""
    different = sorted(set(given))
    if len(different) <= min(BINS, max(3, len(given) // 2)):
        return [[i for i, value in enumerate(given) if value == one] for one in different]
    enough = len(given) / max(2, min(BINS, len(given) // FEWEST))
    parts: list[Sequence[int]] = []
    part: list[int] = []
    order = np.argsort(given, kind="stable").tolist()
    for i, following in zip(order, [*order[1:], None], strict=True):
        part.append(i)
        if following is None or (len(part) >= enough and given[following] != given[i]):  # a value is not cut in two
            parts.append(part)
            part = []
    return parts


def _choices(
    place: Axis, points: Sequence[tuple[Value, float]], best: Best, words: Words
) -> tuple[list[Figure], Figure]:
    names = [words.value(value) for value, _ in points]
    scores = [score for _, score in points]
    seen = [name for name in map(words.value, place.choices) if name in names]
    tops = [best(s for n, s in zip(names, scores, strict=True) if n == name) for name in seen]
    marks = _best(seen, tops, words)
    marks = {**marks, "mode": "markers", "marker": {"symbol": "line-ew-open", "size": 22, "color": "@ink"}}
    return [_dots(names, scores, words), marks], names_axis()


def _dots(x: Sequence[float | str], y: Sequence[float], words: Words) -> Figure:
    step = max(1, math.ceil(len(y) / MOST_DOTS))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": words("isolation.all"),
        "x": list(x)[::step],
        "y": short(list(y)[::step]),
        "marker": {"size": 5, "color": "@q3"},
        "opacity": 0.5,
        "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
    }


def _best(x: Sequence[float | str], y: Sequence[float], words: Words) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": words("isolation.best"),
        "x": list(x),
        "y": short(y),
        "line": {"color": "@ink", "width": 1.5},
        "marker": {"size": 5, "color": "@ink"},
        "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
    }
