"""How often the 90 % intervals of FreezeThaw.predict hold, on recorded trainings."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from _recorded import BudgetSpent, Simulation, Table

from luthier.hyperparameters import complete
from luthier.records import Slice
from luthier.search import FreezeThaw

SHARES = (0.0, 0.1, 0.3, 0.5)  #: of a training that were seen
ASKED = 12  #: trainings that are predicted, in each of the situations
KNOWN = (8, 24, 72)  #: trainings beside them, in three situations
BUDGETS = (2, 4, 8)  #: full trainings' worth after which a search is asked
BINS = (0.0, 0.1, 0.2, 0.4, 1.0)  #: shares that trainings of a search are grouped by


def situation(table: Table, seed: int, known: int, share: float) -> list[tuple[float, float, float, float]]:
    """Mean, low, high and truth of the final best value of ASKED trainings, of which only a share was seen.

    Beside them the search saw ``known`` others, one in four to its end, the rest up to an epoch drawn evenly in the
    logarithm. Trainings that diverged are known to have ended: they are not asked for.
    """
    rng = np.random.default_rng([seed, known, round(100 * share)])
    whole = Simulation(table, trainings=1e9)
    search = FreezeThaw(table.space, max_epochs=table.epochs, direction=table.direction, seed=seed)
    order = rng.permutation(len(table.value))
    asked = [i for i in order if np.isfinite(table.value[i]).all()][:ASKED]
    others = [i for i in order if i not in set(asked)][:known]
    stops = [table.epochs if k % 4 == 0 else round(table.epochs ** rng.random()) for k in range(len(others))]
    stops += [max(1, round(share * table.epochs))] * len(asked)
    configs = {index: complete({**table.fixed, **table.config(index)}) for index in [*others, *asked]}
    for number, (index, stop) in enumerate(zip(configs, stops, strict=True)):
        if index not in asked or share:
            search.tell(whole.train(Slice(number, configs[index], 0, stop, 0, {"freeze-thaw": 1})))
    rows = []
    for number, index in enumerate(asked, len(others)):
        forecast = search.predict(number if share else configs[index], table.epochs)
        rows.append((forecast.mean, forecast.low, forecast.high, truth(table, index)))
    return rows


def searched(table: Table, seed: int, trainings: float) -> list[tuple[float, float, float, float, float]]:
    """Share seen, mean, low, high and truth of every training that a search left unfinished after so much."""
    simulation = Simulation(table, trainings)
    search = FreezeThaw(table.space, max_epochs=table.epochs, direction=table.direction, seed=seed)
    reached: dict[int, tuple[int, float]] = {}
    with contextlib.suppress(BudgetSpent):
        while not search.finished:
            for cut in [d for d in search.ask() if isinstance(d, Slice)]:
                result = simulation.train(cut)
                search.tell(result)
                if result.over:
                    reached.pop(cut.training, None)
                else:
                    reached[cut.training] = table.index(cut.config), result.points[-1].epoch / table.epochs
    rows = []
    for number, (index, share) in reached.items():
        if np.isfinite(table.value[index]).all():
            forecast = search.predict(number, table.epochs)
            rows.append((share, forecast.mean, forecast.low, forecast.high, truth(table, index)))
    return rows


def truth(table: Table, index: int) -> float:
    """Best value of a full training."""
    return float(table.sign * (table.sign * table.value[index]).max())


def line(name: str, share: str, rows: Sequence[Sequence[float]], scale: float) -> str:
    """Coverage, width and error of mean, low, high and truth."""
    mean, low, high, value = np.array(rows).T
    inside = (low <= value) & (value <= high)
    width, error = np.median(high - low) / scale, np.median(np.abs(mean - value)) / scale
    return f"{name:20} {share:>10} seen: {inside.mean():.3f} of {len(rows):4}, {width:.3f}, {error:.3f}"


def print_coverage(tables: Mapping[str, Table], seeds: Sequence[int]) -> None:
    """Lines for each task and share seen."""
    title = "90 % intervals of the best value of a full training: how many hold, median width, median absolute error"
    print(f"\n{title} (in units of best minus median)\nof random trainings, beside {KNOWN} others")
    total: dict[str, list[bool]] = {}
    for table in tables.values():
        scale = abs(table.best - table.median)
        for share in SHARES:
            rows = [r for seed in seeds for known in KNOWN for r in situation(table, seed, known, share)]
            print(line(table.name, f"{share:.0%}", rows, scale), flush=True)
            total.setdefault(f"{share:.0%} of random", []).extend(low <= t <= high for _, low, high, t in rows)
    print(f"of what a search left unfinished after {BUDGETS} trainings' worth of epochs")
    for table in tables.values():
        scale = abs(table.best - table.median)
        found = [r for seed in seeds for budget in BUDGETS for r in searched(table, seed, budget)]
        for low_share, high_share in pairwise(BINS):
            rows = [r[1:] for r in found if low_share <= r[0] < high_share]
            if rows:
                name = f"{low_share:.0%}-{high_share:.0%}"
                print(line(table.name, name, rows, scale), flush=True)
                total.setdefault(f"{name} of searched", []).extend(low <= t <= high for _, low, high, t in rows)
    for name, held in total.items():
        print(f"all: {name}: {np.mean(held):.3f} of {len(held)}")
