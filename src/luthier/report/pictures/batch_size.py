"""The batch-size probe as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luthier.probes.batch_size import BatchSizes

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def batch_size_figure(found: BatchSizes) -> Figure:
    """Samples per second and peak memory against batch size; where full speed begins, and the largest that fits."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    figure = make_subplots(specs=[[{"secondary_y": True}]])
    sizes = [s.batch_size for s in found.steps]
    speed = [s.samples_per_second for s in found.steps]
    figure.add_trace(Scatter(x=sizes, y=speed, mode="lines+markers", name="samples per second"))
    memory = [s.peak_bytes / 1e6 for s in found.steps]
    figure.add_trace(Scatter(x=sizes, y=memory, mode="markers", name="peak memory, measured"), secondary_y=True)
    line = [*sizes, found.largest] if found.largest > sizes[-1] else sizes
    predicted = [found.peak_bytes(size) / 1e6 for size in line]
    figure.add_trace(
        Scatter(x=line, y=predicted, mode="lines", line={"dash": "dot"}, name="predicted"),
        secondary_y=True,
    )
    figure.add_vline(found.full_speed, line={"color": "green", "dash": "dash"}, annotation_text="full speed begins")
    figure.add_vline(found.largest, line={"color": "red", "dash": "dash"}, annotation_text="largest that fits")
    figure.update_layout(title=found.sentences()[0], template="plotly_white")
    figure.update_xaxes(title="batch size", type="log")
    figure.update_yaxes(title="samples per second", type="log")
    figure.update_yaxes(title="MB", type="log", secondary_y=True)
    return figure
