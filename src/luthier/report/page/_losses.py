"""The figure of the losses: overfitting, oscillation and crawling show here sooner than in a metric."""

from __future__ import annotations

import math

from luthier.report.history import History, Trained
from luthier.report.page._draw import Figure, axis, figure, log_axis, short
from luthier.report.page._limits import loss_limits
from luthier.report.page.words import Words
from luthier.report.recommend import Recommendation

#: Between the lowest and the highest loss from which a logarithmic axis shows more.
FAR = 10.0
#: Points of a curve; more are not seen.
MOST_POINTS = 1000


def losses(history: History, found: Recommendation, words: Words) -> list[Figure]:
    """Training and validation loss by epoch, of the recommended setting and of the user's own; none without any."""
    own = history.baseline
    shown = [(found.training, "curves.winner", "@accent")]
    if own is not None and own is not found.training:
        shown.append((own, "curves.baseline", "@ink"))
    data = [trace for training, name, colour in shown for trace in _lines(training, words(name), colour, words)]
    values = [value for trace in data for value in trace["y"] if value is not None]
    if not values:
        return []
    log = min(values) > 0 and max(values) >= FAR * min(values)
    title = words("losses.axis")
    y = log_axis(title, min(values), max(values)) if log else axis(title, **loss_limits(history).axis())
    layout = {
        "xaxis": axis(words("epoch"), rangemode="tozero"),
        "yaxis": y,
        "showlegend": True,
        "margin": {"l": 56, "r": 14, "t": 60, "b": 46},
    }
    return [figure("losses", data, 360, **layout)]


def _lines(training: Trained, name: str, colour: str, words: Words) -> list[Figure]:
    points = training.curve.points
    points = points[:: math.ceil(len(points) / MOST_POINTS) or 1]
    found = []
    for field, dash in (("train_loss", "dot"), ("val_loss", "solid")):
        label = words(f"losses.{field}", name=name)
        found.append(
            {
                "type": "scatter",
                "mode": "lines" if len(points) > 1 else "markers",
                "name": label,
                "x": short(p.epoch for p in points),
                "y": short(getattr(p, field) for p in points),
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"color": colour},
                "hovertemplate": f"{label}<br>{words('epoch')} %{{x}}: %{{y:.4g}}<extra></extra>",
            }
        )
    return found
