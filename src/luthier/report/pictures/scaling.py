"""The scaling probe as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from luthier.probes.scaling import Scaling

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def scaling_figure(found: Scaling) -> Figure:
    """The validation loss against lr for each batch size, and the best lr against batch size with its power law."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    figure = make_subplots(cols=2, rows=1, subplot_titles=("short trainings", "best lr"))
    for tried in found.grid:
        mean = tried.mean(range(len(tried.losses[0]))).tolist()
        figure.add_trace(Scatter(x=tried.lrs, y=mean, mode="lines+markers", name=f"batch {tried.batch_size}"), 1, 1)
    if found.alpha is not None:
        sizes = [size for size, _ in found.best]
        best = [lr for _, lr in found.best]
        figure.add_trace(Scatter(x=sizes, y=best, mode="markers", name="best lr"), 1, 2)
        rule = f"lr ~ batch_size^{found.alpha.value:.2f}"
        figure.add_trace(Scatter(x=sizes, y=[found.lr_at(s) for s in sizes], mode="lines", name=rule), 1, 2)
    figure.update_xaxes(title="lr", type="log", col=1)
    figure.update_xaxes(title="batch size", type="log", col=2)
    figure.update_yaxes(title="validation loss", type="log", col=1)
    figure.update_yaxes(title="lr", type="log", col=2)
    figure.update_layout(title=found.sentences()[0], template="plotly_white")
    return figure
