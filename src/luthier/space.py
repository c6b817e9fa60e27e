"""The ranges of the hyperparameters: what a search may vary, on which scale, and where each bound comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)

from luthier.errors import ConfigError, SpaceError
from luthier.files import read_mapping
from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config, Value


def uniform(low: float, high: float) -> FloatDistribution:
    """A number between ``low`` and ``high``, both included. Raises SpaceError for an empty range."""
    _check_order(low, high)
    return FloatDistribution(float(low), float(high))


def log_uniform(low: float, high: float) -> FloatDistribution:
    """A positive number whose logarithm is uniform. Raises SpaceError for an empty range or one that touches 0."""
    _check_order(low, high)
    _check_log(low, high)
    return FloatDistribution(float(low), float(high), log=True)


def integer(low: float, high: float, *, log: bool = False, step: int = 1) -> IntDistribution:
    """A whole number between ``low`` and ``high``, both included, in steps from ``low``. Raises SpaceError as above."""
    _check_order(low, high)
    if low != round(low) or high != round(high):
        raise SpaceError(f"range {low:g} to {high:g} is not of whole numbers; use uniform or log_uniform")
    if log:
        _check_log(low, high, 1)
    if not isinstance(step, int) or step < 1 or (log and step > 1):
        raise SpaceError(f"step is {step}; it must be a whole number, 1 or more, and 1 on a logarithmic scale")
    if (high - low) % step:
        last = round(high - (high - low) % step)
        raise SpaceError(f"steps of {step} from {low:g} do not end at {high:g}; give {last} or {last + step}")
    return IntDistribution(round(low), round(high), log=log, step=step)


def choice(*values: Value) -> CategoricalDistribution:
    """One of ``values``. Raises SpaceError when there is none, and for two that are equal, as 1 and True are."""
    if not values:
        raise SpaceError("a choice of nothing; give at least one value, such as choice('SGD', 'Adam')")
    if any(isinstance(value, (list, tuple, set, dict)) for value in values):
        raise SpaceError(f"choice was given {values[0]!r}; give the values themselves, such as choice('SGD', 'Adam')")
    _check_distinct("choice", values)
    return CategoricalDistribution(values)


def _check_distinct(what: str, values: Sequence[Value]) -> None:
    known: dict[Value, Value] = {}
    for value in values:
        if value in known:
            raise SpaceError(f"{what} was given {known[value]!r} and {value!r}, which are equal; give each value once")
        known[value] = value


def _check_order(low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise SpaceError(f"range {low:g} to {high:g} is not finite; give two numbers")
    if low > high:
        raise SpaceError(f"range {low:g} to {high:g} is upside down; did you mean {high:g} to {low:g}?")
    if low == high:
        raise SpaceError(f"range {low:g} to {high:g} is empty; to fix a value give just {low:g}")


def _check_log(low: float, high: float, start: float | None = None) -> None:
    if low <= 0:
        such = f", such as {high / 1e4 if start is None else start:g}" if high > 0 else " and end there"
        raise SpaceError(f"log range {low:g} to {high:g} touches 0; start above 0{such}")


class Space(Mapping[str, BaseDistribution]):
    """The ranges that a search may vary, by hyperparameter, and the values it may not.

    ``Space(lr=log_uniform(1e-4, 1), optimizer=choice("SGD", "Adam"), epochs=20)``: a plain value is fixed. As a
    mapping it holds the ranges only. ``sources`` says where bounds come from. Raises SpaceError for a range that
    its hyperparameter does not allow, ConfigError for such a value.
    """

    def __init__(
        self, ranges: Mapping[str, Any] | None = None, /, *, sources: Mapping[str, str] | None = None, **more: Any
    ):
        given = {**(ranges or {}), **more}
        self._ranges = {n: r for n, r in given.items() if isinstance(r, BaseDistribution)}
        self.fixed = Config({n: v for n, v in given.items() if not isinstance(v, BaseDistribution)})
        self.sources = dict(sources or {})
        for name, distribution in self._ranges.items():
            self._ranges[name] = _checked_range(name, distribution)
        self.fixed = Config({name: _checked(name, value) for name, value in self.fixed.items()})

    def __getitem__(self, name: str) -> BaseDistribution:
        return self._ranges[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ranges)

    def __len__(self) -> int:
        return len(self._ranges)

    def __repr__(self) -> str:
        parts = [f"{n}={describe(r)}" for n, r in self._ranges.items()] + [f"{n}={v!r}" for n, v in self.fixed.items()]
        return f"Space({', '.join(parts)})"

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the varied ones first."""
        return (*self._ranges, *self.fixed)

    def to_json(self) -> dict[str, Any]:
        """The space as JSON values; equal spaces give equal values."""
        ranges = {n: distribution_to_json(r) for n, r in sorted(self._ranges.items())}
        return {"ranges": ranges, "fixed": dict(self.fixed)}

    def max_epochs(self, default: int) -> int:
        """The most epochs that a config of this space can have."""
        epochs = self._ranges.get("epochs")
        if isinstance(epochs, (IntDistribution, FloatDistribution)):
            return int(epochs.high)
        if isinstance(epochs, CategoricalDistribution):
            return max(int(c) for c in epochs.choices if isinstance(c, (int, float)))
        fixed = self.fixed.get("epochs")
        return int(fixed) if isinstance(fixed, (int, float)) else default


def _checked(name: str, value: Value) -> Value:
    """``value``, as a number where ``name`` is one and it is text. Raises ConfigError when it is not allowed."""
    checked = HYPERPARAMETERS[name].check(value) if name in HYPERPARAMETERS else value
    return value if checked == value else checked  # 1 stays 1, as in studies already begun


def _checked_range(name: str, distribution: BaseDistribution) -> BaseDistribution:
    """The range, its choices read as values of ``name``. Raises SpaceError when some value in it is not allowed."""
    try:
        if isinstance(distribution, CategoricalDistribution):
            choices = [_checked(name, c) for c in distribution.choices]
            _check_distinct(f"the choice of {name}", choices)
            return CategoricalDistribution(choices)
        if isinstance(distribution, (FloatDistribution, IntDistribution)):
            for end in (distribution.low, distribution.high):
                _checked(name, end)
    except ConfigError as error:
        raise SpaceError(f"the range of {name} is {describe(distribution)}, but {error}") from None
    if isinstance(distribution, FloatDistribution) and name in HYPERPARAMETERS and HYPERPARAMETERS[name].kind is int:
        raise SpaceError(f"{name} is a whole number; use integer({distribution.low:g}, {distribution.high:g})")
    return distribution


def describe(distribution: BaseDistribution) -> str:
    """A range in words: ``0.001 to 1 (log)``, ``SGD | Adam``."""
    if isinstance(distribution, CategoricalDistribution):
        return " | ".join(str(c) for c in distribution.choices)
    if isinstance(distribution, (FloatDistribution, IntDistribution)):
        steps = distribution.step if isinstance(distribution, IntDistribution) else None
        more = " (log)" if distribution.log else f" in steps of {steps}" if steps not in (None, 1) else ""
        return f"{distribution.low:g} to {distribution.high:g}{more}"
    return repr(distribution)


def load_space(path: str | Path) -> Space:
    """A Space from a YAML or TOML file.

    ``lr: {low: 1e-4, high: 1, log: true}``, ``batch_size: {low: 16, high: 256, log: true, integer: true}``,
    ``optimizer: [SGD, Adam]``, ``epochs: 20``. Raises SpaceError or ConfigError, naming the file.
    """
    entries = read_mapping(path)
    try:
        return Space({name: _range(name, entry) for name, entry in entries.items()})
    except (SpaceError, ConfigError) as error:
        raise type(error)(f"{path}: {error}") from None


def _range(name: str, entry: Any) -> Any:
    """A distribution or a fixed value from an entry of a file."""
    if isinstance(entry, list):
        try:
            return choice(*entry)
        except SpaceError as error:
            raise SpaceError(f"{name}: {error}") from None
    if not isinstance(entry, dict):
        return entry
    unknown = set(entry) - {"low", "high", "log", "integer", "step"}
    if unknown or not {"low", "high"} <= set(entry):
        raise SpaceError(
            f"the range of {name} has {sorted(entry)}; it needs low and high, and may have log, integer and step"
        )
    try:
        low, high = float(entry["low"]), float(entry["high"])  # in quotes they are text
    except (TypeError, ValueError):
        raise SpaceError(f"the range of {name} is {entry['low']!r} to {entry['high']!r}; give two numbers") from None
    log = bool(entry.get("log", False))
    try:
        whole = "step" in entry or (name in HYPERPARAMETERS and HYPERPARAMETERS[name].kind is int)
        if entry.get("integer", whole):
            return integer(low, high, log=log, step=entry.get("step", 1))
        return log_uniform(low, high) if log else uniform(low, high)
    except SpaceError as error:
        raise SpaceError(f"{name}: {error}") from None


def load_config(path: str | Path) -> dict[str, Any]:
    """Values of hyperparameters from a YAML or TOML file. Raises ConfigError, naming the file."""
    values = read_mapping(path)
    try:
        return dict(Config(values))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
