"""A curve as a few lines of braille, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # bit by row and column: Unicode chart U2800
_BLANK = 0x2800


def plot(xs: Sequence[float], ys: Sequence[float], *, width: int = 60, height: int = 8) -> list[str]:
    """``ys`` over ``xs`` as lines of at most ``width`` columns: ``height`` rows, an axis and its numbers.

    Points whose y is not finite are left out; no line when none remains. ``xs`` are finite and rise.
    """
    points = [(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(y)]
    if not points:
        return []
    low, high = min(y for _, y in points), max(y for _, y in points)
    top, bottom = f"{high:.4g}", f"{low:.4g}"
    margin = max(len(top), len(bottom))
    columns = max(8, width - margin - 2)
    rows = _draw(points, low, high, columns, height)
    labels = [top, *[""] * (height - 2), bottom] if low < high else ["", *[""] * (height - 2), bottom]
    lines = [f"{label:>{margin}} ┤{row}".rstrip() for label, row in zip(labels, rows, strict=True)]
    return [*lines, f"{'':>{margin}} └{'─' * columns}", " " * (margin + 2) + _x_labels(points, columns)]


def _x_labels(points: Sequence[tuple[float, float]], columns: int) -> str:
    first, last = f"{points[0][0]:g}", f"{points[-1][0]:g}"
    return first if first == last else first + last.rjust(columns - len(first))


def _draw(points: Sequence[tuple[float, float]], low: float, high: float, columns: int, height: int) -> list[str]:
    """The points, joined by straight lines, in a grid of ``columns`` by ``height`` braille characters."""
    across, down = 2 * columns - 1, 4 * height - 1
    first, last = points[0][0], points[-1][0]

    def place(point: tuple[float, float]) -> tuple[int, int]:
        x = (point[0] - first) / (last - first) if last > first else 0.0
        y = (high - point[1]) / (high - low) if high > low else 1.0
        return round(x * across), round(y * down)

    cells = [[0] * columns for _ in range(height)]
    places = [place(p) for p in points]
    for start, end in zip(places, places[1:] or places, strict=False):
        for x, y in _between(start, end):
            cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    return ["".join(chr(_BLANK + c) if c else " " for c in row) for row in cells]


def _between(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The grid points of a straight line, both ends included."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    return [
        (
            round(start[0] + (end[0] - start[0]) * i / steps),
            round(start[1] + (end[1] - start[1]) * i / steps),
        )
        for i in range(steps + 1)
    ]
