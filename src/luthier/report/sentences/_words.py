"""Numbers inside sentences."""

from __future__ import annotations

import math
import string
from typing import Any


class Words(string.Formatter):
    """``str.format`` with formats of its own.

    ``share`` (``40 %``), ``n`` (three digits), ``epochs`` (``1 epoch``), ``trainings`` (``1 training is``),
    ``ranges`` (``1 range``), ``names`` (a list).
    """

    def __init__(self, comma: str, join: str) -> None:
        self._comma, self._join = comma, join

    def format_field(self, value: Any, format_spec: str) -> str:
        """One slot as text; ``?`` for what is not known."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return "?"
        if format_spec == "share":
            return f"{100 * value:.0f} %"
        if format_spec == "n":
            return number(value)
        if format_spec == "epochs":
            return f"{number(value)} epoch{'' if value == 1 else 's'}"
        if format_spec == "trainings":
            return f"{value} training{' is' if value == 1 else 's are'}"
        if format_spec == "ranges":
            return f"{value} range{'' if value == 1 else 's'}"
        if format_spec == "names":
            names = [str(v).replace("_", " ") for v in ([value] if isinstance(value, str) else value)]
            return self._join.join([self._comma.join(names[:-1]), names[-1]] if len(names) > 1 else names)
        return str(super().format_field(value, format_spec))


def number(value: Any) -> str:
    """Three significant digits, four for shares near 1; no exponent between 0.0001 and a million."""
    if isinstance(value, (bool, str)):
        return str(value)
    if value == round(value) and abs(value) < 1e6:
        return str(round(value))
    if 1e-4 <= abs(value) < 1e6:
        digits = 4 if 0.9 <= abs(value) < 1 else 3
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.3g}"
