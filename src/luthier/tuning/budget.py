"""How much a search may spend, in time, epochs or trainings."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from luthier.errors import BudgetError

Unit = Literal["seconds", "epochs", "trainings"]

_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0}
_SECONDS |= {"h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0}
_COUNTS: dict[str, Unit] = {"epoch": "epochs", "training": "trainings", "trial": "trainings"}


@dataclass(frozen=True)
class Budget:
    """An amount of one unit."""

    unit: Unit
    total: float

    def __str__(self) -> str:
        if self.unit != "seconds":
            return f"{self.total:g} {self.unit}"
        for name, size in (("h", 3600.0), ("m", 60.0)):
            if self.total >= size and self.total % size == 0:
                return f"{self.total / size:g}{name}"
        return f"{self.total:g}s"


def parse_budget(text: str | float | Budget) -> Budget:
    """A budget from "60s", "5m", "1.5h", "1h30m", "200 epochs", "30 trainings", or a number of seconds.

    Raises BudgetError when it cannot be read or is not more than nothing.
    """
    if isinstance(text, Budget):
        return text
    budget = _parse(str(text).strip().lower())
    if budget is None:
        allowed = "a time (60s, 5m, 1h30m), epochs (200epochs) or trainings (30trainings)"
        raise BudgetError(f"the budget is {text!r}; give {allowed}")
    if not (math.isfinite(budget.total) and budget.total > 0):
        raise BudgetError(f"the budget is {text!r}; it must be more than nothing, such as 60s")
    return budget


def _parse(text: str) -> Budget | None:
    number = r"(\d+(?:\.\d*)?|\.\d+)"
    if found := re.fullmatch(number + r"\s*(epoch|training|trial)s?", text):
        return Budget(_COUNTS[found[2]], float(found[1]))
    parts = re.findall(number + r"\s*([a-z]*)\s*", text)
    if not parts or re.sub(number + r"\s*[a-z]*\s*", "", text):
        return None
    seconds = 0.0
    for amount, unit in parts:
        size = _SECONDS.get(unit, _SECONDS.get(unit.removesuffix("s")))
        if size is None or (not unit and len(parts) > 1):
            return None
        seconds += float(amount) * size
    return Budget("seconds", seconds)
