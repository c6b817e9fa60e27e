"""How much each hyperparameter mattered, and which two must move together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, create_trial
from scipy.special import fdtrc

from luthier.records import Config, Value
from luthier.report._ranks import ranked
from luthier.report.axes import Axis, acting, axes
from luthier.report.finals import final_values
from luthier.report.history import History

Array = NDArray[np.float64]

#: Fewer trainings say nothing: PED-ANOVA compares the best tenth with the rest.
FEWEST = 20
#: Trainings that count as the best: a tenth, and not fewer than PED-ANOVA's authors advise.
TOP = 5
#: More make it slower and not clearer; these many are taken evenly.
MOST = 300
#: Times that the values are shuffled to see what chance alone gives: it passes the largest of 19 once in 20 times.
SHUFFLES = 19
#: A pair is told when an F test finds it at this level, divided by the number of pairs (Bonferroni).
LEVEL = 0.01


@dataclass(frozen=True)
class Importance:
    """What share of the difference between good and other trainings lies in one hyperparameter."""

    name: str
    share: float  #: in [0, 1]; all together 1
    chance: float  #: the largest share that shuffled values gave it

    @property
    def matters(self) -> bool:
        """Whether it is more than chance."""
        return self.share > self.chance


@dataclass(frozen=True)
class Interaction:
    """Two hyperparameters whose best values depend on each other."""

    names: tuple[str, str]
    share: float  #: of the variance of the final values (as ranks) that their product explains, in [0, 1]
    p_value: float


def importances(history: History) -> list[Importance]:
    """Every varied hyperparameter, the most important first; empty for fewer than 20 trainings.

    By PED-ANOVA (Watanabe et al. 2023, arXiv 2304.10255) as Optuna has it, on predicted final values. fANOVA takes a
    minute for 1,000 trainings of nine hyperparameters, this a tenth of a second. One that acts in some trainings only,
    as momentum does, is judged within these.
    """
    values = final_values(history)
    numbers = _evenly(sorted(values))
    if len(numbers) < FEWEST:
        return []
    groups: dict[tuple[int, ...], list[Axis]] = {}  # by the trainings in which they act
    for axis in axes(history).values():
        configs = zip(numbers, configs_of(history, numbers), strict=True)
        groups.setdefault(tuple(n for n, c in configs if axis.holds(acting(c, axis.name))), []).append(axis)
    raw: dict[str, tuple[float, float]] = {}
    for acts, group in groups.items():
        weight = len(acts) / len(numbers)  # what acts in half of the trainings can make half of the difference
        for name, (share, chance) in _shares(group, history, acts, values).items():
            raw[name] = weight * share, weight * chance
    total = sum(share for share, _ in raw.values())
    if total == 0:
        return []
    found = [Importance(name, share / total, chance / total) for name, (share, chance) in raw.items()]
    return sorted(found, key=lambda i: -i.share)


def _shares(
    known: Sequence[Axis], history: History, numbers: Sequence[int], values: dict[int, float]
) -> dict[str, tuple[float, float]]:
    """Of trainings in which all of these act: the share of each, and the largest of shuffled values."""
    configs = configs_of(history, numbers)
    ranks = ranked([values[n] for n in numbers])
    known = [axis for axis in known if len({c[axis.name] for c in configs}) > 1]
    if len(numbers) < FEWEST or not known or np.ptp(ranks) == 0:
        return {}
    if history.direction == "maximize":
        ranks = -ranks  # PED-ANOVA minimises
    study = _study()
    study.add_trials([_trial(known, config, rank) for config, rank in zip(configs, ranks, strict=True)])
    shares = _evaluate(study, ranks)
    rng = np.random.default_rng(0)
    chances = [_evaluate(study, rng.permutation(ranks)) for _ in range(SHUFFLES)]
    return {a.name: (shares.get(a.name, 0.0), max(c.get(a.name, 0.0) for c in chances)) for a in known}


def interactions(history: History) -> list[Interaction]:
    """The pairs that an F test finds: final values (as ranks) by all main effects, with the pair's product and without.

    Optuna has no evaluator of pairs; forests of two parameters, from its fANOVA, found as much in pairs of none.
    """
    values = final_values(history)
    numbers = sorted(values)
    known = [axis for axis in axes(history).values() if _is_there(axis, history, numbers)]
    configs = configs_of(history, numbers)
    columns = {axis.name: _columns(axis, [c[axis.name] for c in configs]) for axis in known}
    main = np.hstack([np.ones((len(numbers), 1)), *columns.values()]) if numbers else np.ones((0, 1))
    if len(numbers) < max(FEWEST, 2 * main.shape[1]):
        return []
    ranks = ranked([values[n] for n in numbers])
    pairs = list(combinations(columns, 2))
    found = []
    for pair in pairs:
        share, p_value = _pair(main, columns[pair[0]], columns[pair[1]], ranks)
        if p_value < LEVEL / len(pairs):
            found.append(Interaction(pair, share, p_value))
    return sorted(found, key=lambda i: -i.share)


def _pair(main: Array, a: Array, b: Array, ranks: Array) -> tuple[float, float]:
    """Share of the variance that the products of two linear columns add, and the F test's p-value."""
    first, second = a[:, : _linear(a)], b[:, : _linear(b)]
    products = (first[:, :, None] * second[:, None, :]).reshape(len(a), -1)
    without, rank_without = _residual(main, ranks)
    with_both, rank_with = _residual(np.hstack([main, products]), ranks)
    gained, left = rank_with - rank_without, len(ranks) - rank_with
    if gained <= 0 or left <= 0 or with_both <= 0:
        return 0.0, 1.0
    f = (without - with_both) / gained / (with_both / left)
    return (without - with_both) / float(((ranks - ranks.mean()) ** 2).sum()), float(fdtrc(gained, left, f))


def _linear(columns: Array) -> int:
    """A number has two columns, x and x squared, of which the first is linear; choices are all linear."""
    return 1 if columns.shape[1] == 2 and np.allclose(columns[:, 0] ** 2, columns[:, 1]) else columns.shape[1]


def _residual(matrix: Array, values: Array) -> tuple[float, int]:
    solution, _, rank, _ = np.linalg.lstsq(matrix, values, rcond=None)
    return float(((values - matrix @ solution) ** 2).sum()), int(rank)


def _columns(axis: Axis, values: Sequence[Value]) -> Array:
    if axis.choices:
        return np.array([[float(v == c) for c in axis.choices[1:]] for v in values]).reshape(len(values), -1)
    unit = axis.unit(values) - 0.5
    return np.stack([unit, unit**2], axis=1)


def _is_there(axis: Axis, history: History, numbers: Sequence[int]) -> bool:
    """Whether every training has a value on the axis that acts, and not always the same one."""
    given = [acting(config, axis.name) for config in configs_of(history, numbers)]
    return all(map(axis.holds, given)) and len(set(given)) > 1


def configs_of(history: History, numbers: Sequence[int]) -> list[Config]:
    """The configs of the trainings of these numbers."""
    configs = {t.number: t.config for t in history.trainings}
    return [configs[n] for n in numbers]


def _trial(known: Sequence[Axis], config: Config, value: float) -> FrozenTrial:
    params = {axis.name: config[axis.name] for axis in known}
    return create_trial(params=params, distributions={a.name: a.distribution for a in known}, value=value)


def _study() -> optuna.Study:
    """A study in memory, without Optuna's line that it was made."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(direction="minimize", sampler=optuna.samplers.RandomSampler(seed=0))
    finally:
        optuna.logging.set_verbosity(level)


def _evaluate(study: optuna.Study, values: Array) -> dict[str, float]:
    """PED-ANOVA of each parameter, not normalised."""
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances  # not light

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the evaluator is experimental, that a target has its own direction
        return get_param_importances(
            study,
            evaluator=PedAnovaImportanceEvaluator(target_quantile=max(0.1, TOP / len(values))),
            target=lambda trial: float(values[trial.number]),
            normalize=False,
        )


def _evenly(numbers: Sequence[int]) -> list[int]:
    if len(numbers) <= MOST:
        return list(numbers)
    return [numbers[i] for i in np.linspace(0, len(numbers) - 1, MOST).round().astype(int)]
