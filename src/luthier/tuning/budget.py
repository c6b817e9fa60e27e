"""How much a search may spend, in time, epochs or trainings."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from luthier.errors import BudgetError

Unit = Literal["seconds", "epochs", "trainings"]

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WORDS = {"sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "hr": 3600.0, "hour": 3600.0, "day": 86400.0}
_SECONDS |= _WORDS | {f"{word}s": seconds for word, seconds in _WORDS.items()}  # but not "ms", nor "ss"
_COUNTS: dict[str, Unit] = {"epoch": "epochs", "training": "trainings", "trial": "trainings"}
_UNITS = ("seconds", "epochs", "trainings")
_NUMBER = r"(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)"


@dataclass(frozen=True)
class Budget:
    """An amount of one unit."""

    unit: Unit
    total: float

    def __str__(self) -> str:
        """A text that ``parse_budget`` reads."""
        if self.unit != "seconds":
            return f"{_digits(self.total)} {self.unit}"
        for name, size in (("h", 3600.0), ("m", 60.0)):
            if self.total >= size and self.total % size == 0:
                return f"{_digits(self.total / size)}{name}"
        return f"{_digits(self.total)}s"


def _digits(number: float) -> str:
    return repr(float(number)).removesuffix(".0")


def parse_budget(text: str | float | Budget) -> Budget:
    """A budget from "60s", "5m", "1.5h", "1h30m", "200 epochs", "30 trainings", or a number of seconds.

    Raises BudgetError when it cannot be read or is not more than nothing.
    """
    budget = text if isinstance(text, Budget) else _parse(str(text).strip().lower())
    if budget is None or budget.unit not in _UNITS:
        allowed = "a time (60s, 5m, 1h30m), epochs (200epochs) or trainings (30trainings)"
        raise BudgetError(f"the budget is {text!r}; give {allowed}")
    if not (math.isfinite(budget.total) and budget.total > 0):
        raise BudgetError(f"the budget is {text!r}; it must be more than nothing, such as 60s")
    return budget


def _parse(text: str) -> Budget | None:
    if found := re.fullmatch(_NUMBER + r"\s*(epoch|training|trial)s?", text):
        return Budget(_COUNTS[found[2]], float(found[1]))
    parts = re.findall(_NUMBER + r"\s*([a-z]*)\s*", text)
    if not parts or re.sub(_NUMBER + r"\s*[a-z]*\s*", "", text):
        return None
    seconds = 0.0
    for amount, unit in parts:
        if unit not in _SECONDS or (not unit and len(parts) > 1):
            return None
        seconds += float(amount) * _SECONDS[unit]
    return Budget("seconds", seconds)
