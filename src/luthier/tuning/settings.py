"""Settings of a space to look at before any is trained."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from optuna.distributions import CategoricalDistribution, IntDistribution

from luthier.records import Value
from luthier.space import Space

DRAWS = 64  # what holds in one setting of twenty is among them with a probability of 96%


def settings(space: Space) -> Iterator[dict[str, Value]]:
    """Settings that differ much: all highest, all lowest, each end or choice on its own, and some draws.

    The same each time. A name that is left out of one is to stay as it is.
    """
    ends = {name: _ends(range_) for name, range_ in space.items()}
    yield {name: values[-1] for name, values in ends.items()}
    yield {name: values[0] for name, values in ends.items()}
    for name, values in ends.items():
        yield from ({name: value} for value in values)
    draw = random.Random(0)
    for _ in range(DRAWS if ends else 0):
        yield {name: _drawn(range_, draw) for name, range_ in space.items()}


def middle(distribution: Any) -> Value:
    """The middle of a range, on its scale; the first of some choices."""
    if isinstance(distribution, CategoricalDistribution):
        return _ends(distribution)[0]
    low, high = distribution.low, distribution.high
    between = (low * high) ** 0.5 if distribution.log else (low + high) / 2
    return round(between) if isinstance(distribution, IntDistribution) else float(between)


def _ends(distribution: Any) -> tuple[Value, ...]:
    if isinstance(distribution, CategoricalDistribution):
        return tuple(distribution.choices)
    return distribution.low, distribution.high


def _drawn(distribution: Any, draw: random.Random) -> Value:
    if isinstance(distribution, CategoricalDistribution):
        return draw.choice(_ends(distribution))
    low, high = distribution.low, distribution.high
    if isinstance(distribution, IntDistribution) and not distribution.log:
        return draw.randrange(low, high + 1, distribution.step)
    value: float = low * (high / low) ** draw.random() if distribution.log else draw.uniform(low, high)
    return round(value) if isinstance(distribution, IntDistribution) else value
