"""What fits in memory, as told by configs that did not: no larger batch of a model at least as large is proposed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config

BATCH_SIZES = ("batch_size", "batch_size_end")


class Memory:
    """Bounds on the batch size of the configs in ``ranges``.

    A model is as large as another when none of its whole numbers that only the model builder knows (units, layers, ...)
    is smaller.
    """

    def __init__(self, ranges: Mapping[str, BaseDistribution]) -> None:
        self._ranges = ranges
        self._sizes = [name for name, r in ranges.items() if name not in HYPERPARAMETERS and _whole(r)]
        #: Whether only batch sizes decide what fits: no model hyperparameter is searched.
        self.of_one_model = ranges.keys() <= HYPERPARAMETERS.keys()
        self._refused: list[tuple[int, dict[str, float]]] = []  # batch size, sizes of the model

    def refuse(self, batch_size: int, model: Mapping[str, Any] | None) -> None:
        """Batches of ``batch_size`` or more do not fit with a ``model`` like this or larger; None: with any."""
        sizes = {} if model is None else {name: _number(model.get(name), math.inf) for name in self._sizes}
        self._refused.append((batch_size, sizes))

    def bound(self, model: Mapping[str, Any]) -> int | None:
        """The smallest batch size that does not fit; None where none is known."""
        bounds = [
            batch_size
            for batch_size, sizes in self._refused
            if all(_number(model.get(name), -math.inf) >= size for name, size in sizes.items())
        ]
        return min(bounds, default=None)

    def allowed(self, model: Mapping[str, Any]) -> dict[str, BaseDistribution]:
        """The ranges of batch sizes with a model: what is below the bound, as far as the range allows."""
        found, bound = {n: r for n, r in self._ranges.items() if n in BATCH_SIZES}, self.bound(model)
        return found if bound is None else {n: _below(r, bound) for n, r in found.items()}

    def nothing_fits(self, config: Config) -> bool:
        """Whether not even the smallest batch size of the range is below the bound of this config."""
        bound = self.bound(config)
        return bound is not None and bound <= lowest(self._ranges["batch_size"])


def largest_batch(config: Config) -> int:
    """The largest batch of a training: its batch size may grow."""
    last = config.get("batch_size_end") if config.get("batch_schedule", "constant") != "constant" else None
    return max(int(config.batch_size), int(last or 0))


def lowest(distribution: BaseDistribution) -> int:
    """The smallest batch size of a range."""
    if isinstance(distribution, CategoricalDistribution):
        return min(int(c) for c in distribution.choices if c is not None)
    assert isinstance(distribution, IntDistribution)
    return distribution.low


def _whole(distribution: BaseDistribution) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        return all(isinstance(c, int) and not isinstance(c, bool) for c in distribution.choices)
    return isinstance(distribution, IntDistribution)


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) else otherwise


def _below(distribution: BaseDistribution, bound: int) -> BaseDistribution:
    """The part of a range below ``bound``; its lowest value when there is none."""
    if isinstance(distribution, CategoricalDistribution):
        return CategoricalDistribution(
            [c for c in distribution.choices if c is None or int(c) < bound] or [lowest(distribution)]
        )
    assert isinstance(distribution, IntDistribution)
    high = max(distribution.low, min(distribution.high, bound - 1))
    return IntDistribution(distribution.low, high, log=distribution.log, step=distribution.step)
