"""A curve over a logarithmic axis, with an answer and its interval marked below it, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from luthier.cli.plot import plot

Marked = tuple[float, float, float]  # low, answer, high


def log_plot(
    xs: Sequence[float], ys: Sequence[float], *, marked: Marked | None = None, width: int = 60, height: int = 8
) -> list[str]:
    """``ys`` over the logarithm of ``xs`` (positive, rising), and under the axis ``├──▲──┤`` where ``marked`` lies."""
    lines = plot([math.log10(x) for x in xs], ys, width=width, height=height)
    if not lines:
        return []
    axis = lines[-2]
    start, columns = axis.index("└") + 1, axis.count("─")
    first, last = f"{xs[0]:g}", f"{xs[-1]:g}"
    lines[-1] = " " * start + first + last.rjust(columns - len(first))
    if marked is None:
        return lines

    def column(x: float) -> int:
        share = (math.log(x) - math.log(xs[0])) / (math.log(xs[-1]) - math.log(xs[0]))
        return round(min(1.0, max(0.0, share)) * (columns - 1))

    low, answer, high = map(column, marked)
    row = [" "] * columns
    row[low : high + 1] = "─" * (high + 1 - low)
    row[low], row[high], row[answer] = "├", "┤", "▲"
    return [*lines[:-1], " " * start + "".join(row).rstrip(), lines[-1]]
