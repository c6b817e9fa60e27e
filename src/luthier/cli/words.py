"""Numbers, durations and configs as people say them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from luthier.events import BudgetState
from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config, Value

#: Told of every config, whatever its values.
ALWAYS = ("lr", "batch_size", "epochs", "optimizer")


def number(value: float) -> str:
    """Four decimals in the range that metrics and losses live in, else three significant digits."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1000 else f"{value:.3g}"


def value(given: Value) -> str:
    """A hyperparameter's value: three significant digits, ``off`` for None."""
    if given is None:
        return "off"
    if isinstance(given, bool):
        return "yes" if given else "no"
    return f"{given:.3g}" if isinstance(given, float) else str(given)


def duration(seconds: float) -> str:
    """``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(seconds / 60)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def count(n: float, noun: str) -> str:
    """``1 training``, ``12 trainings``, ``3.5 epochs``."""
    return f"{n:.4g} {noun}" if n == 1 else f"{n:.10g} {noun}s" if n == round(n) else f"{n:.1f} {noun}s"


def label(name: str) -> str:
    """``batch size`` for ``batch_size``."""
    return name.replace("_", " ")


def telling(config: Mapping[str, Value]) -> list[str]:
    """The first four names, then what is not at its default and has an effect, in the table's order."""
    from luthier.training import unused

    silent = unused(Config(config)) if "optimizer" in config else set()
    own = [n for n in config if n not in HYPERPARAMETERS]
    changed = [n for n, h in HYPERPARAMETERS.items() if n in config and config[n] != h.default and n not in silent]
    return [n for n in ALWAYS if n in config] + [n for n in changed if n not in ALWAYS] + own


def brief(config: Mapping[str, Value], most: int | None = None) -> str:
    """A config in one line, ``most`` values of it: ``lr 0.03, batch size 32, epochs 20, Adam, units 64``."""
    bare = ("optimizer", "schedule")
    names = telling(config)[:most]
    return ", ".join(value(config[n]) if n in bare else f"{label(n)} {value(config[n])}" for n in names)


def budget_total(state: BudgetState) -> str:
    """The whole budget: ``5 min``, ``200 epochs``."""
    return amount(state.unit, state.total)


def amount(unit: str, total: float) -> str:
    """Of a budget: ``5 min``, ``200 epochs``."""
    return duration(total) if unit == "seconds" else count(total, unit.removesuffix("s"))


def left(state: BudgetState, since: float = 0.0) -> str:
    """What is left of a budget, ``since`` seconds after it was measured."""
    if state.fraction >= 1:
        return f"{budget_total(state)} used up"
    seconds = state.seconds_left
    time = f"{duration(max(0.0, seconds - since))} left" if seconds is not None else ""
    if state.unit == "seconds":
        return f"{time} of {budget_total(state)}"
    used = f"{state.spent:.4g} of {budget_total(state)}"
    return f"{used}, about {time}" if time else used
