"""Which configs are worth a training: new ones, within the space, below the memory bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from luthier.errors import SpaceError, UsageError, nearest
from luthier.records import Config, SliceResult, Status, Value
from luthier.search._memory import Memory, largest_batch
from luthier.search._sampling import Sampling, derived
from luthier.space import Space

Complete = Callable[[Mapping[str, Any]], Config]

#: Searches that walk through the space and need no sampler.
WALKS = ("grid", "brute-force")

REDRAWS = 10  #: draws before a point of the space that is known already is given up

#: Values of a number in a grid: enough to see a maximum inside of its range.
GRID_POINTS = 5

#: Above this many configs a space counts as endless. A permutation of them takes 8 MB.
_MOST_CELLS = 1_000_000


class Proposals:
    """Turns what a sampler draws into configs that were never tried.

    The user's own setting comes first. A config that is known is drawn again, at random; a finite space is walked
    through to its end, in a random order. No batch size is proposed that is as large as one that ran out of memory
    with a model that was no larger (``_memory``).
    ``walk`` is for searches that do nothing but walk: "brute-force" through a finite space, "grid" through
    GRID_POINTS values of each number, evenly spaced on its scale. Raises SpaceError where that is not possible.
    """

    def __init__(
        self,
        space: Space,
        complete: Complete,
        max_epochs: float,
        *,
        seed: int,
        baseline: Config | None,
        walk: str | None = None,
    ):
        self._ranges: dict[str, BaseDistribution] = dict(space)
        self._memory = Memory(self._ranges)
        self._fixed = space.fixed
        self._defaults = complete
        self._epochs = {} if "epochs" in {*space, *space.fixed} else {"epochs": math.ceil(max_epochs)}
        self._seed = seed
        self._baseline = None if baseline is None else complete(baseline)
        self._seen: set[Config] = set()
        self._axes = _axes(self._ranges, GRID_POINTS if walk == "grid" else None)
        if walk and self._axes is None:
            raise SpaceError(
                f"{walk} cannot walk through {space}: it has more than {_MOST_CELLS:,} configs; "
                "vary less, or use another search, such as tpe"
            )
        self._cells: np.ndarray | None = None  # those not looked at yet, in reverse
        self.exhausted = False  #: whether there is no config left to try

    def complete(self, values: Mapping[str, Any]) -> Config:
        """A config from these values. Where the space does not say how long a training is, it is the longest."""
        return self._defaults({**self._epochs, **values})

    def given(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """The point of the space that a config of the user names. Raises UsageError where it names none."""
        missing = self._ranges.keys() - values.keys()  # a misspelt name leaves one out
        point = None if missing else self.params(self.complete({**self._fixed, **values}))
        if point is None:
            raise UsageError(f"{dict(values)} is not in the space; give a value of its range to each hyperparameter")
        fixed = {**self._epochs, **self._fixed}
        for name, value in values.items():
            if name in fixed and value != fixed[name]:
                raise UsageError(
                    f"{dict(values)} is not in the space: {name} is {fixed[name]!r} in all of it; give that, or leave "
                    f"{name} out"
                )
        known = {*fixed, *(self._baseline or ()), *self.complete({**self._fixed, **point})}
        if unknown := [name for name in values if name not in known]:
            raise UsageError(
                f"{dict(values)} is not in the space, which has no {unknown[0]}; leave it out."
                f"{nearest(unknown[0], known)}"
            )
        return point

    def baseline(self) -> Config | None:
        """The user's own setting, until it was tried."""
        if self._baseline is None or self._baseline in self._seen:
            return None
        self._seen.add(self._baseline)
        return self._baseline

    def is_baseline(self, config: Config) -> bool:
        """Whether this is the user's own setting."""
        return config == self._baseline

    def params(self, config: Config) -> dict[str, Any] | None:
        """The point of the space where ``config`` lies; None when it lies outside."""
        point = {name: config.get(name) for name in self._ranges}
        return point if all(_inside(self._ranges[name], value) for name, value in point.items()) else None

    def fresh(self, drawn: Mapping[str, Any] | None) -> Config | None:
        """A new config: ``drawn`` when it is one. None when there is none left (``exhausted``)."""
        for attempt in range(REDRAWS if drawn is not None else 0):
            config = self.config(drawn if drawn and not attempt else self._random(self._ranges, attempt))
            if config not in self._seen:
                self._seen.add(config)
                return config
        cell = self._next_cell()
        self.exhausted = cell is None
        return cell

    def learn(self, result: SliceResult) -> None:
        """Marks a config as known, and takes the lesson of one that ran out of memory."""
        config = result.slice.config
        self._seen.add(config)
        if result.outcome.status is Status.OUT_OF_MEMORY and "batch_size" in self._ranges:
            self._memory.refuse(largest_batch(config), config)
            # Where the model varies too, the smallest batch size may fit another model.
            self.exhausted = self.exhausted or (self._memory.of_one_model and self._memory.nothing_fits(config))

    def bound(self, batch_size: int) -> None:
        """Proposes no batch of ``batch_size`` or more with a model as large as the user's own: memory allows none."""
        self._memory.refuse(batch_size, self._baseline)

    def config(self, point: Mapping[str, Any]) -> Config:
        """The complete config at ``point``, whose batch sizes are drawn again where memory does not allow them."""
        allowed = self._memory.allowed(point)
        barred = {name: range_ for name, range_ in allowed.items() if not _inside(range_, point[name])}
        return self.complete({**self._fixed, **point, **self._random(barred, REDRAWS)})

    def _random(self, ranges: Mapping[str, BaseDistribution], salt: int) -> Mapping[str, Any]:
        if not ranges:
            return {}
        seed = derived(self._seed, len(self._seen), salt)
        return Sampling(ranges, seed=seed).draw(seed).params

    def _next_cell(self) -> Config | None:
        """The next new config of a finite space, in an order drawn from the seed."""
        if self._axes is None:
            return None
        sizes = [len(values) for values in self._axes.values()]
        if self._cells is None:
            self._cells = np.random.default_rng(derived(self._seed)).permutation(math.prod(sizes))
        while len(self._cells):
            place, self._cells = self._cells[-1], self._cells[:-1]
            indices = np.unravel_index(place, sizes) if sizes else ()
            point = {name: values[i] for (name, values), i in zip(self._axes.items(), indices, strict=True)}
            if all(_inside(range_, point[name]) for name, range_ in self._memory.allowed(point).items()):
                config = self.complete({**self._fixed, **point})
                if config not in self._seen:
                    self._seen.add(config)
                    return config
        return None


def _axes(ranges: Mapping[str, BaseDistribution], points: int | None) -> dict[str, Sequence[Any]] | None:
    """The values of each range, at most ``points`` of a number; None when there are too many."""
    axes: dict[str, Sequence[Any]] = {}
    for name in sorted(ranges):
        values = _values(ranges[name], points)
        if values is None or math.prod(map(len, axes.values())) * len(values) > _MOST_CELLS:
            return None
        axes[name] = values
    return axes


def _values(distribution: BaseDistribution, points: int | None) -> Sequence[Any] | None:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    low, high, step = distribution.low, distribution.high, distribution.step
    number = None if step is None else int((high - low) / step + 1e-9) + 1
    if step is not None and number is not None and (points is None or number <= points):
        return [type(low)(low + i * step) for i in range(number)]
    if points is None:
        return None
    even = np.geomspace(low, high, points) if distribution.log else np.linspace(low, high, points)
    if step is None:
        return [low, *(float(v) for v in even[1:-1]), high]
    return sorted({type(low)(low + round((v - low) / step) * step) for v in even})


def _inside(distribution: BaseDistribution, value: Any) -> bool:
    try:
        optuna.trial.create_trial(value=0.0, params={"value": value}, distributions={"value": distribution})
    except (ValueError, TypeError):
        return False
    return True
