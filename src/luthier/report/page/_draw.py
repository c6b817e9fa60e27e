"""What all figures share: plain JSON for plotly.js, colours by role.

A colour is ``"@name"``: the page puts in its style's colour of that name, in light and in dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Figure = dict[str, Any]

#: Bad to good.
SCALE = [[0.0, "@q0"], [0.25, "@q1"], [0.5, "@q2"], [0.75, "@q3"], [1.0, "@q4"]]


def short(values: Iterable[float | None]) -> list[float | None]:
    """Five significant digits: a point is not seen to move. What is no number becomes a gap."""
    return [float(f"{v:.5g}") if v is not None and math.isfinite(v) else None for v in values]


def figure(name: str, data: list[Figure], height: int, **layout: Any) -> Figure:
    """One figure of the page."""
    plain = {
        "height": height,
        "margin": {"l": 56, "r": 14, "t": 12, "b": 46},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "@muted", "size": 12},
        "hoverlabel": {"bgcolor": "@card", "bordercolor": "@line", "font": {"color": "@ink"}},
        "showlegend": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": "@ink"}},
        "hovermode": "closest",
        "dragmode": False,
    }
    return {"name": name, "data": data, "layout": {**plain, **layout}}


def axis(title: str = "", *, log: bool = False, **more: Any) -> Figure:
    """An axis with a thin grid."""
    plain = {
        "title": {"text": title, "standoff": 8},
        "gridcolor": "@line",
        "linecolor": "@line",
        "zeroline": False,
        "automargin": True,
        "type": "log" if log else "linear",
    }
    return {**plain, **more}


def names_axis() -> Figure:
    """An axis of names, without a grid."""
    return axis(type="category", showgrid=False)


@dataclass(frozen=True)
class Limits:
    """The lowest and the highest value; infinite where there is none."""

    low: float = -math.inf
    high: float = math.inf

    def axis(self) -> dict[str, Any]:
        """For an axis: it then ends there, however it is zoomed."""
        named = {"minallowed": self.low, "maxallowed": self.high}
        return {name: value for name, value in named.items() if math.isfinite(value)}


def window(values: Sequence[float], maximize: bool, times: float, *within: float, limits: Limits) -> list[float | None]:
    """From the best value to ``times`` as far as the median is from it, and at least to the values ``within``.

    What is far off would flatten the rest. It ends at the ``limits``.
    """
    best = max(values) if maximize else min(values)
    far = times * abs(best - float(np.median(values)))
    far = max([far, *(1.2 * abs(best - value) for value in within)])
    far = far or abs(best - (min(values) if maximize else max(values))) or abs(best) or 1.0
    low, high = sorted((best, best - far if maximize else best + far))
    low, high = low - (0 if maximize else 0.06 * far), high + (0.06 * far if maximize else 0)
    return short([max(low, limits.low), min(high, limits.high)])


def log_axis(title: str, low: float, high: float) -> Figure:
    """A logarithmic axis with few, plain ticks: 1, 10, 100, and 1, 2, 5 where that is short."""
    decades = math.log10(high / low)
    steps = (1, 2, 5) if decades < 2.5 else (1,)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [m * 10.0**e for e in exponents for m in steps if low / 1.01 <= m * 10.0**e <= high * 1.01]
    if len(ticks) > 7:
        ticks = ticks[:: math.ceil(len(ticks) / 7)]
    return {
        **axis(title, log=True),
        "tickvals": ticks,
        "ticktext": [f"{t:g}" for t in ticks],
        "range": [math.log10(low) - 0.04 * decades - 0.01, math.log10(high) + 0.04 * decades + 0.01],
    }
