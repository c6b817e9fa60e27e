"""Learns the settings that a search begins with, from the benchmarks' trainings; what they are worth elsewhere.

    python benchmarks/portfolio.py FOLDER              # the rows of src/luthier/search/_portfolio.py
    python benchmarks/portfolio.py FOLDER --left-out   # regret on tasks they were not learned from

FOLDER is LCBench's, with ``protocol.py`` and its data. A task is one of its ten development data sets, or a table of
recorded curves by metric or by loss; both aims of a table are left out together. Drawn settings, each with copies a
little beside it so that no corner is taken for its luck, are added one by one: the next is what lowers the mean over
all tasks of the least regret most, for what it costs (greedy for the min-sum set cover: Streeter and Golovin 2008). A
regret is that of the best of these settings, each trained to its end.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _recorded import DATA, Table, load
from numpy.typing import NDArray
from search import NAMES, load_protocol, space_of

from luthier.search._axes import Axes
from luthier.search._priors import Knowledge
from luthier.space import Space

Array = NDArray[np.float64]
Pair = tuple[Array, Array]  #: regrets and costs
Setting = Mapping[str, float]  #: standard deviations from the literature's centre, by hyperparameter

VARIED = ("batch_size", "lr", "momentum", "weight_decay", "dropout", "layers", "units", "beta1")
DRAWN = 1500  #: settings to choose from
COPIES, BESIDE = 8, 0.35  #: of each, and how far these lie from it, in standard deviations
FAR = 2.0  #: no setting lies further from the centre in anything
SIZE = 8  #: settings that are chosen; 6 to 14 were worth the same to a search
WORST = 1.5  #: regrets count as at most this, and so does what diverged
THRIFT = 0.75  #: gain is compared per this power of the seconds: 0 serves a budget of epochs, 1 one of seconds
SHOWN = (1, 2, 4, 6, 8)


class Task:
    """What settings lead to on one task: regrets and costs, each of shape (turns, DRAWN, COPIES).

    A cost is in trainings of mean length. ``train`` gives regrets and costs of configs.
    """

    def __init__(self, name: str, space: Space, settings: Sequence[Setting], train: Callable[[Any], Pair]) -> None:
        self.name = name
        # Each setting takes the optimizer after that of the one before: it is known by its place in the portfolio.
        parts = by_optimizer(space)
        self.turns = len(parts)
        rows = []
        for part in parts:
            axes = Axes(part)
            points = Knowledge(axes, part.fixed).away(settings, np.zeros(len(settings), bool))
            rows.append(train([{**part.fixed, **axes.params(p)} for p in points]))
        regrets, costs = (np.array(row).reshape(self.turns, -1, COPIES) for row in zip(*rows, strict=True))
        self._regrets, self._costs = np.minimum(regrets, WORST), costs

    def regrets(self, place: int) -> Array:
        """Of all settings at one place of the portfolio, (DRAWN, COPIES)."""
        found: Array = self._regrets[place % self.turns]
        return found

    def costs(self, place: int) -> Array:
        """Of all settings at one place of the portfolio, (DRAWN, COPIES)."""
        found: Array = self._costs[place % self.turns]
        return found


def by_optimizer(space: Space) -> list[Space]:
    """The space with each optimizer that it varies; as it is where it varies none."""
    optimizers = getattr(dict(space).get("optimizer"), "choices", None)
    rest = {name: range_ for name, range_ in space.items() if name != "optimizer"}
    return [Space({**rest, **space.fixed, "optimizer": one}) for one in optimizers] if optimizers else [space]


def drawn(seed: int = 13) -> tuple[Array, list[Setting]]:
    """Settings to choose from, the centre first, and all their copies, each after its own."""
    rng = np.random.default_rng(seed)
    chosen = np.clip(rng.normal(size=(DRAWN, len(VARIED))), -FAR, FAR).round(1)
    chosen[0] = 0.0
    beside = BESIDE * rng.normal(size=(COPIES // 2, len(VARIED)))
    beside = np.concatenate([beside, -beside])  # the same for all settings, so that none has the luck of its copies
    copies = (chosen[:, None] + beside).reshape(-1, len(VARIED))
    return chosen, [dict(zip(VARIED, row, strict=True)) for row in copies]


def tasks(folder: Path, settings: Sequence[Setting]) -> list[Task]:
    """LCBench's development data sets, and the recorded tables by both aims."""
    protocol = load_protocol(folder)
    found = []
    for instance in protocol.DEV_INSTANCES:
        space = space_of(protocol.Simulation(instance, 1, seconds_too=False))
        found.append(Task(instance, space, settings, lambda configs, on=instance: simulated(protocol, on, configs)))
    for table in [*load(DATA, "metric").values(), *load(DATA, "loss").values()]:
        found.append(Task(table.name, table.space, settings, lambda configs, of=table: recorded(of, configs)))
    return found


def simulated(protocol: Any, instance: str, configs: Sequence[Mapping[str, Any]]) -> Pair:
    """Regrets and costs on a data set of LCBench."""
    theirs = [{name: config[NAMES.get(name, name)] for name in protocol.SPACE} for config in configs]
    parts = [protocol.curves(instance, theirs[k : k + 1000]) for k in range(0, len(theirs), 1000)]
    accuracy, seconds = (np.concatenate(part) for part in zip(*parts, strict=True))
    regrets = np.array([protocol.regret(instance, best) for best in accuracy.max(1)])
    return regrets, seconds.sum(1) / protocol.reference(instance).seconds


def recorded(table: Table, configs: Sequence[Mapping[str, Any]]) -> Pair:
    """Regrets and costs of the nearest recorded trainings, of the first seed alone.

    Regrets in the mean over seeds gave rows that were no better on recorded curves and worse on LCBench (dev/LOG.md).
    """
    values = np.where(np.isfinite(table.value), table.sign * table.value, -np.inf)
    best, median = values.max(1), np.median(values[:, -1])
    regrets = (best.max() - best) / (best.max() - median)
    costs = np.nansum(table.seconds, axis=1) / table.mean_seconds
    at = [table.index(config) for config in configs]
    return regrets[at], costs[at]


def choose(learned_from: Sequence[Task]) -> list[int]:
    """The settings that are the best ones together for their cost, the centre first."""
    least = np.array([task.regrets(0)[0].mean() for task in learned_from])
    places = [0]
    while len(places) < SIZE:
        regrets = np.array([task.regrets(len(places)).mean(1) for task in learned_from])
        costs = np.array([task.costs(len(places)).mean(1) for task in learned_from])
        gain = (least[:, None] - np.minimum(regrets, least[:, None])).mean(0)
        places.append(int((gain / costs.mean(0) ** THRIFT).argmax()))
        least = np.minimum(least, regrets[:, places[-1]])
    return places


def left_out(found: Sequence[Task]) -> None:
    """Prints what portfolios are worth on tasks that they were not learned from, beside as many that were drawn."""
    rng = np.random.default_rng(0)
    kinds = {
        "LCBench": [t for t in found if t.name.isdecimal()],
        "recorded": [t for t in found if not t.name.isdecimal()],
    }
    print(f"mean regret of the best of {' '.join(map(str, SHOWN))} settings, trained to their ends, and their cost")
    for kind, held in kinds.items():
        others = [t for name, members in kinds.items() if name != kind for t in members]
        rows: dict[str, list[list[float]]] = {
            "drawn": [],
            "learned from all others": [],
            "learned from the other kind": [],
        }
        for task in held:
            rest = [t for t in found if t.name != task.name]
            rows["learned from all others"].append(worth(task, choose(rest)))
            rows["learned from the other kind"].append(worth(task, choose(others)))
            draws = [worth(task, [0, *rng.integers(1, DRAWN, SIZE - 1)]) for _ in range(200)]
            rows["drawn"].append(np.mean(draws, axis=0).tolist())
        for name, regrets in rows.items():
            print(f"{kind:>9}, {name:28}", " ".join(f"{r:.3f}" for r in np.mean(regrets, axis=0)), flush=True)


def worth(task: Task, places: Sequence[int]) -> list[float]:
    """The least regret of the first few, in the mean over their copies, and what these cost, in trainings."""
    regrets = np.array([task.regrets(k)[place] for k, place in enumerate(places)])
    costs = np.array([task.costs(k)[place].mean() for k, place in enumerate(places)])
    return [*(float(regrets[:count].min(0).mean()) for count in SHOWN), float(costs.sum())]


def main() -> None:
    """Learns and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--left-out", action="store_true")
    arguments = parser.parse_args()
    chosen, copies = drawn()
    found = tasks(arguments.folder, copies)
    if arguments.left_out:
        left_out(found)
        return
    for place in choose(found):
        print("    (" + ", ".join(f"{z + 0.0:.1f}" for z in chosen[place]) + "),")


if __name__ == "__main__":
    main()
