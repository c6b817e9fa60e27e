"""Optuna's samplers and pruners by name, each on a study of its own in memory."""

from __future__ import annotations

import logging
import math
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from luthier.errors import UsageError, nearest
from luthier.records import Direction


def derived(seed: int, *numbers: int) -> int:
    """A seed in [0, 2^32) for one of several purposes; a different one for each ``numbers``."""
    return int(np.random.SeedSequence([seed % 2**63, *numbers]).generate_state(1)[0])


#: Optuna's modules that log what is of no use to the owner of a study that nobody sees.
_TALKATIVE = ("optuna.storages._in_memory", "optuna._gp.optim_mixed", "optuna._gp.batched_lbfgsb")


@contextmanager
def _quiet() -> Iterator[None]:
    """Drops Optuna's log records and warnings of this thread; the user's logging stays as it is."""
    here = threading.get_ident()

    def others(record: logging.LogRecord) -> bool:
        return record.thread != here

    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for logger in loggers:
        logger.addFilter(others)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger in loggers:
            logger.removeFilter(others)


def _qmc(seed: int, draw: int) -> BaseSampler:
    # One sequence for the whole search, so its seed stays; the position in it is an attribute of the study.
    return optuna.samplers.QMCSampler(
        scramble=True,
        seed=seed,
        independent_sampler=optuna.samplers.RandomSampler(draw),
        warn_independent_sampling=False,
    )


#: Samplers by name, made from the seed of the search and the seed of the draw.
SAMPLERS: Mapping[str, Callable[[int, int], BaseSampler]] = {
    "random": lambda _, draw: optuna.samplers.RandomSampler(draw),
    "qmc": _qmc,
    "tpe": lambda _, draw: optuna.samplers.TPESampler(seed=draw, multivariate=True, constant_liar=True),
    "gp": lambda _, draw: optuna.samplers.GPSampler(seed=draw),
    "cmaes": lambda _, draw: optuna.samplers.CmaEsSampler(seed=draw, warn_independent_sampling=False),
    # Optuna's population of 50 would be all of a short study.
    "nsgaii": lambda _, draw: optuna.samplers.NSGAIISampler(seed=draw, population_size=20),
}

#: Pruners by name, made from the number of evaluations in the longest training. Threshold and Wilcoxon are not among
#: them: the one needs the user's bounds, the other compares scores that have no order in time.
PRUNERS: Mapping[str, Callable[[int], BasePruner]] = {
    "none": lambda _: optuna.pruners.NopPruner(),
    "median": lambda _: optuna.pruners.MedianPruner(),
    "percentile": lambda _: optuna.pruners.PercentilePruner(25.0),
    "successive-halving": lambda _: optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3),
    "hyperband": lambda steps: optuna.pruners.HyperbandPruner(1, max_resource=steps, reduction_factor=3),
    "patient": lambda _: optuna.pruners.PatientPruner(optuna.pruners.MedianPruner(), patience=2),
}

_PACKAGES = {"cmaes": "cmaes"}  #: what a sampler needs and Luthier does not bring

#: Attributes that a sampler needs only while it draws.
_PASSING = "relative_params"


@dataclass(frozen=True)
class Drawn:
    """A point of the space, and what the sampler must find again to go on after a restart (JSON values)."""

    number: int  #: of its trial
    params: Mapping[str, Any]
    state: Mapping[str, Any]


class Sampling:
    """One Optuna sampler and pruner, and the trials that they see.

    The sampler is made anew for every draw, from the seeds alone, so that a search that was told the same draws the
    same. Raises UsageError for an unknown name or a missing package.
    """

    def __init__(
        self,
        ranges: Mapping[str, BaseDistribution],
        *,
        sampler: str = "random",
        pruner: str = "none",
        direction: Direction = "maximize",
        seed: int = 0,
        steps: int = 1,
    ):
        if sampler not in SAMPLERS:
            raise UsageError(
                f"unknown sampler {sampler!r}; there are {', '.join(SAMPLERS)}.{nearest(sampler, SAMPLERS)}"
            )
        if pruner not in PRUNERS:
            raise UsageError(f"unknown pruner {pruner!r}; there are {', '.join(PRUNERS)}.{nearest(pruner, PRUNERS)}")
        package = _PACKAGES.get(sampler)
        if package and find_spec(package) is None:
            raise UsageError(f"the search {sampler!r} needs the package {package}; pip install {package}")
        # In the order of their names: a space that comes back from a file has no other order.
        self._ranges = {name: ranges[name] for name in sorted(ranges)}
        self._name = sampler
        self._seed = derived(seed)
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._succeeded = False
        self._storage = InMemoryStorage()
        with _quiet():
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=f"luthier {seed}",  # Hyperband reads the bracket of a trial from this name and its number
                direction=direction,
                sampler=optuna.samplers.RandomSampler(0),
                pruner=PRUNERS[pruner](steps),
            )
        self._gone: set[int] = set()
        self._study_id = self._storage.get_study_id_from_name(self._study.study_name)

    def draw(self, seed: int) -> Drawn:
        """A new point, as a running trial under the smallest number that has none."""
        before = self._storage.get_study_system_attrs(self._study_id)
        # TPE imitates its best tenth, even where all of it has failed.
        name = "random" if self._name == "tpe" and not self._succeeded else self._name
        with _quiet():
            self._study.sampler = SAMPLERS[name](self._seed, seed)
            trial = self._study.ask(self._ranges)
        after = self._storage.get_study_system_attrs(self._study_id)
        own = self._storage.get_trial(self._id(trial.number)).system_attrs
        state = {
            "trial": {k: v for k, v in own.items() if _PASSING not in k},
            "study": {k: v for k, v in after.items() if k not in before or before[k] != v},
        }
        return Drawn(trial.number, trial.params, {k: v for k, v in state.items() if v})

    def place(self, number: int, params: Mapping[str, Any] | None, state: Mapping[str, Any] | None = None) -> None:
        """Makes ``number`` a running trial at ``params``; None: a point outside of the space."""
        if number in self._gone:
            return
        while len(self._storage.get_all_trials(self._study_id, deepcopy=False)) <= number:
            self._storage.create_new_trial(self._study_id, optuna.trial.create_trial(state=TrialState.WAITING))
        trial = self._id(number)
        if self._storage.get_trial(trial).state == TrialState.WAITING:
            self._storage.set_trial_state_values(trial, TrialState.RUNNING)
        for name, value in sorted((params or {}).items()):
            distribution = self._ranges[name]
            self._storage.set_trial_param(trial, name, distribution.to_internal_repr(value), distribution)
        for key, value in (state or {}).get("trial", {}).items():
            self._storage.set_trial_system_attr(trial, key, value)
        known = self._storage.get_study_system_attrs(self._study_id)
        for key, value in (state or {}).get("study", {}).items():
            newest = max(value, known.get(key, value)) if isinstance(value, int) else value  # a counter never goes back
            self._storage.set_study_system_attr(self._study_id, key, newest)

    def observe(self, params: Mapping[str, Any], score: float) -> None:
        """Shows the sampler a point and how good it is, as a trial of its own."""
        number = len(self._storage.get_all_trials(self._study_id, deepcopy=False))
        self.place(number, params)
        self.finish(number, score)

    def report(self, number: int, step: int, metric: float) -> None:
        """Shows the pruner the ``step``-th evaluation of a training."""
        if number not in self._gone:
            self._storage.set_trial_intermediate_value(self._id(number), step, metric)

    def should_prune(self, number: int) -> bool:
        """What the pruner thinks of a training after its last report."""
        if number in self._gone:
            return False
        with _quiet():
            return self._study.pruner.prune(self._study, self._storage.get_trial(self._id(number)))

    def finish(self, number: int, score: float, *, pruned: bool = False) -> None:
        """Tells the sampler how good a training was, larger is better; minus infinity for a failure.

        A trial without params is one outside of the space, which is not shown.
        """
        trial = self._id(number)
        if number in self._gone or self._storage.get_trial(trial).params.keys() != self._ranges.keys():
            self.discard(number)
        else:
            state = TrialState.PRUNED if pruned else TrialState.COMPLETE
            self._storage.set_trial_state_values(trial, state, [self._sign * score])
            self._succeeded = self._succeeded or score > -math.inf

    def discard(self, number: int) -> None:
        """Takes a trial out of the sampler's sight, with all that is told of its number later."""
        if number not in self._gone:
            self._gone.add(number)
            self._storage.set_trial_state_values(self._id(number), TrialState.FAIL)

    def _id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
