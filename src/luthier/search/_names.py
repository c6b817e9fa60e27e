"""The searches by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from luthier.errors import UsageError, nearest
from luthier.records import Belief, Config, Direction, EpochCost
from luthier.search._base import Search
from luthier.search._halving import KINDS, Halving
from luthier.search._optuna import OptunaSearch
from luthier.search._proposals import WALKS, Complete
from luthier.search._sampling import PRUNERS, SAMPLERS
from luthier.search.cooldown import applies, with_cooldowns
from luthier.search.freeze_thaw import FreezeThaw
from luthier.search.median_stopping import MedianStopping
from luthier.search.pbt import PBT
from luthier.space import Space

#: What each search does, in a line. Besides these, any sampler goes with any pruner: ``gp+median``.
SEARCHES: Mapping[str, str] = {
    "freeze-thaw": "begins where good values usually lie, predicts curves, begins what promises most, thaws by rank",
    "hyperband": "many short trainings, the best third thawed again and again, with several first lengths",
    "successive-halving": "the same, every training starting at the shortest length",
    "asha": "the same, thawing at once whatever is in the best third so far; suits many workers",
    "pbt": "a population whose worst quarter branches from its best, hyperparameters a little changed on the way",
    "median-stopping": "pauses what is worse than the median at the same epoch, and thaws it when the median falls",
    "random": "full trainings at random points",
    "qmc": "full trainings at evenly spread points (scrambled Sobol sequence)",
    "tpe": "full trainings where good ones were dense (tree-structured Parzen estimator)",
    "gp": "full trainings where a Gaussian process expects the most; slow beyond a few hundred trainings",
    "cmaes": "full trainings from an evolving normal distribution (CMA-ES); needs pip install cmaes",
    "nsgaii": "full trainings bred from the best by a genetic algorithm (NSGA-II)",
    "grid": "full trainings on a grid of five values of each number, in random order",
    "brute-force": "full trainings at every point of a finite space, in random order",
    "tpe+median": "tpe; Optuna stops a training that is worse than the median at the same epoch",
    "tpe+percentile": "tpe; Optuna stops a training that is not in the best quarter at the same epoch",
    "tpe+successive-halving": "tpe; Optuna stops two in three at each of a few lengths",
    "tpe+hyperband": "tpe; as before, with several first lengths",
    "tpe+patient": "tpe; as tpe+median, but only after a few evaluations without improvement",
}

#: Searches that beliefs are told.
INFORMED = ("freeze-thaw",)

#: Searches that take no arguments of their own.
_PLAIN: Mapping[str, Callable[..., Search]] = {"pbt": PBT, "median-stopping": MedianStopping}

#: Least mean regret on recorded trainings from 2 full trainings' worth of epochs on (docs/searches.md).
DEFAULT_SEARCH = "freeze-thaw"


def make_search(
    name: str,
    space: Space,
    *,
    max_epochs: float,
    direction: Direction,
    complete: Complete,
    seed: int = 0,
    interval: float = 1.0,
    baseline: Config | None = None,
    beliefs: Sequence[Belief] = (),
    in_seconds: bool = False,
    cost: EpochCost | None = None,
) -> Search:
    """The search called ``name``: one of SEARCHES, or ``sampler+pruner``.

    ``max_epochs`` is the longest training of the space, ``interval`` the epochs between two evaluations; ``complete``
    gives a config its defaults. ``beliefs`` say where good values lie, ``in_seconds`` that seconds are spent and not
    epochs, ``cost`` what an epoch takes by batch size; freeze-thaw alone uses them. Raises UsageError for an unknown
    name, a missing package, or a space that the search cannot walk through.

    Where the schedule is fixed to "cooldown", freeze-thaw, hyperband, successive-halving and asha train trunks and
    compare trainings by their values after a cooldown (``Cooldown``).
    """
    make = _maker(name, beliefs, in_seconds, cost)
    if name in ("freeze-thaw", *KINDS) and applies(space, baseline):
        make = partial(with_cooldowns, make)
    return make(
        space,
        max_epochs=max_epochs,
        direction=direction,
        complete=complete,
        seed=seed,
        interval=interval,
        baseline=baseline,
    )


def _maker(name: str, beliefs: Sequence[Belief], in_seconds: bool, cost: EpochCost | None) -> Callable[..., Search]:
    if name == "freeze-thaw":
        return partial(FreezeThaw, beliefs=beliefs, in_seconds=in_seconds, cost=cost)
    if name in _PLAIN:
        return _PLAIN[name]
    if name in KINDS:
        return partial(Halving, kind=name)
    sampler, plus, pruner = name.partition("+")
    if sampler not in (*SAMPLERS, *WALKS) or (plus and pruner not in PRUNERS):
        known = ", ".join(SEARCHES)
        raise UsageError(f"unknown search {name!r}; there are {known}, or any sampler+pruner.{nearest(name, SEARCHES)}")
    return partial(OptunaSearch, sampler=sampler, pruner=pruner or "none")
