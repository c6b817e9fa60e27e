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
from luthier.search._axes import Axes
from luthier.search._priors import Knowledge

SHARES = (0.0, 0.1, 0.3, 0.5)  #: of a training that were seen
ASKED = (4, 4)  #: trainings that are predicted after each search: drawn from the priors, and from everywhere
BUDGETS = (2, 4, 8)  #: full trainings' worth after which a search is asked
BINS = (0.0, 0.1, 0.2, 0.4, 1.0)  #: shares that trainings of a search are grouped by


def situation(table: Table, seed: int, budget: float) -> list[list[tuple[float, float, float, float]]]:
    """Mean, low, high and truth of the final best value of others than a search began, for each of SHARES.

    The search has spent ``budget`` full trainings' worth, as on LCBench (``_lcbench.coverage``); the others are drawn
    from the priors and from everywhere. Those that diverge are left out.
    """
    search, _ = spent(table, seed, budget)
    free, axes, rng = Simulation(table, trainings=1e9), Axes(table.space), np.random.default_rng(seed)
    drawn = Knowledge(axes, table.space.fixed).draw(rng, ASKED[0])
    rows: list[list[tuple[float, float, float, float]]] = [[] for _ in SHARES]
    for number, point in enumerate(np.concatenate([drawn, axes.uniform(rng, ASKED[1])]), 10_000):
        config = complete({**table.space.fixed, **axes.params(point)})
        index = table.index(config)
        if not np.isfinite(table.value[index]).all():
            continue
        start = 0
        for told, share in zip(rows, SHARES, strict=True):
            stop = max(1, round(share * table.epochs)) if share else 0
            if stop:
                search.tell(free.train(Slice(number, config, start, stop, 0, {"freeze-thaw": 1})))
            start = stop
            forecast = search.predict(number if stop else config, table.epochs)
            told.append((forecast.mean, forecast.low, forecast.high, truth(table, index)))
    return rows


def spent(table: Table, seed: int, budget: float) -> tuple[FreezeThaw, dict[int, tuple[int, float]]]:
    """A search after so many trainings' worth: what it left unfinished, as indices and shares seen."""
    simulation = Simulation(table, budget)
    search = FreezeThaw(table.space, max_epochs=table.epochs, direction=table.direction, complete=complete, seed=seed)
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
    return search, reached


def searched(table: Table, seed: int, trainings: float) -> list[tuple[float, float, float, float, float]]:
    """Share seen, mean, low, high and truth of every training that a search left unfinished after so much."""
    search, reached = spent(table, seed, trainings)
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


def print_coverage(tables: Mapping[str, Mapping[int, Table]]) -> None:
    """Lines for each task and share seen, over its seeds."""
    title = "90 % intervals of the best value of a full training: how many hold, median width, median absolute error"
    print(f"\n{title} (in units of best minus median)\nof others, after {BUDGETS} trainings' worth of a search")
    total: dict[str, list[bool]] = {}
    for name, by_seed in tables.items():
        scale = next(abs(table.best - table.median) for table in by_seed.values())
        found = [situation(table, seed, budget) for seed, table in by_seed.items() for budget in BUDGETS]
        for share, parts in zip(SHARES, zip(*found, strict=True), strict=True):
            rows = [row for part in parts for row in part]
            print(line(name, f"{share:.0%}", rows, scale), flush=True)
            total.setdefault(f"{share:.0%} of others", []).extend(low <= t <= high for _, low, high, t in rows)
    print(f"of what a search left unfinished after {BUDGETS} trainings' worth of epochs")
    for name, by_seed in tables.items():
        scale = next(abs(table.best - table.median) for table in by_seed.values())
        left = [r for seed, table in by_seed.items() for budget in BUDGETS for r in searched(table, seed, budget)]
        for low_share, high_share in pairwise(BINS):
            rows = [r[1:] for r in left if low_share <= r[0] < high_share]
            if rows:
                between = f"{low_share:.0%}-{high_share:.0%}"
                print(line(name, between, rows, scale), flush=True)
                total.setdefault(f"{between} of searched", []).extend(low <= t <= high for _, low, high, t in rows)
    for name, held in total.items():
        print(f"all: {name}: {np.mean(held):.3f} of {len(held)}")
