"""The noise-scale probe as a figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from luthier.probes.noise_scale import NoiseScale

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def noise_scale_figure(found: NoiseScale) -> Figure:
    """The noise scale by epoch with its intervals; the critical batch size beside it where it was measured."""
    from plotly.graph_objects import Figure, Scatter

    known = [p for p in found.points if math.isfinite(p.value)]
    above = [p.interval.high - p.value if math.isfinite(p.interval.high) else 9 * p.value for p in known]
    figure = Figure(
        Scatter(
            x=[p.epoch for p in known],
            y=[p.value for p in known],
            error_y={
                "type": "data",
                "array": above,
                "arrayminus": [p.value - p.interval.low for p in known],
            },
            mode="lines+markers",
            name="gradient noise scale",
        )
    )
    direct = found.critical
    if direct is not None and direct.reliable:
        figure.add_trace(
            Scatter(
                x=[direct.epoch],
                y=[direct.value],
                error_y={
                    "type": "data",
                    "array": [direct.interval.high - direct.value],
                    "arrayminus": [direct.value - direct.interval.low],
                },
                mode="markers",
                marker={"symbol": "diamond", "size": 12},
                name="critical batch size, by branches",
            )
        )
    figure.add_hline(found.config.batch_size, line={"dash": "dot"}, annotation_text="batch_size")
    figure.update_layout(
        title=found.reason or "Up to which batch size a larger batch still pays",
        template="plotly_white",
        xaxis={"title": "epoch"},
        yaxis={"title": "samples", "type": "log"},
    )
    return figure
