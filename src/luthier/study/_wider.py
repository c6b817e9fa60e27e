"""A study continued with a wider space: what was trained stays valid, since all of it lies within."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)

from luthier.study._trials import holds

Document = Mapping[str, Any]  #: ``Space.to_json()``


def wider(stored: Document, asked: Document) -> set[str]:
    """Hyperparameters whose range in ``asked`` is new, or holds more than the range or value in ``stored``."""
    before, now = _parts(stored), _parts(asked)
    return {
        name
        for name, range_ in now.items()
        if isinstance(range_, BaseDistribution) and (name not in before or _holds_more(range_, before[name]))
    }


def _parts(space: Document) -> dict[str, Any]:
    """Ranges and fixed values by name."""
    return {**space["fixed"], **{name: json_to_distribution(text) for name, text in space["ranges"].items()}}


def _holds_more(now: BaseDistribution, before: Any) -> bool:
    if not isinstance(before, BaseDistribution):
        return holds(now, before)
    if isinstance(now, CategoricalDistribution) and isinstance(before, CategoricalDistribution):
        return {*now.choices} > {*before.choices}
    numbers = (FloatDistribution, IntDistribution)
    if type(now) is not type(before) or not isinstance(now, numbers) or not isinstance(before, numbers):
        return False
    same = (now.log, now.step) == (before.log, before.step)
    return now != before and same and now.low <= before.low and now.high >= before.high
