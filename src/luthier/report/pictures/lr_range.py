"""The learning-rate probe as a figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from luthier.probes.lr_range import LrRange

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def lr_range_figure(found: LrRange) -> Figure:
    """Loss against lr: each range test, their smoothed mean, the short trainings, the answer and its interval."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for number, curve in enumerate(found.curves):
        figure.add_trace(
            Scatter(
                x=curve.lrs,
                y=curve.losses,
                mode="lines",
                line={"color": "lightgrey", "width": 1},
                name="range tests, loss of each batch",
                legendgroup="tests",
                showlegend=number == 0,
            )
        )
    figure.add_trace(Scatter(x=found.lrs, y=found.smooth, mode="lines", line={"width": 3}, name="their smoothed mean"))
    trained = [s for s in found.shown if math.isfinite(s.val_loss)]
    figure.add_trace(
        Scatter(
            x=[s.lr for s in trained],
            y=[s.val_loss for s in trained],
            text=[f"{s.epoch:g} epochs" for s in trained],
            mode="markers+text",
            textposition="top center",
            name="short trainings, validation loss",
        )
    )
    if found.lr is not None and found.interval is not None:
        figure.add_vrect(found.interval.low, found.interval.high, fillcolor="green", opacity=0.12, line_width=0)
        figure.add_vline(found.lr, line={"color": "green", "dash": "dash"}, annotation_text=f"lr {found.lr:.2g}")
    top = max(found.smooth[: len(found.smooth) // 4]) * 1.3
    figure.update_layout(
        title=found.sentences()[0],
        template="plotly_white",
        xaxis={"title": "learning rate", "type": "log", "exponentformat": "power"},
        yaxis={"title": "loss", "range": [min(0.0, *found.smooth), top]},
    )
    return figure
