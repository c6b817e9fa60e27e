"""Searches on recorded real trainings (``curves/record.py``): Luthier's, and Optuna's as a user would run them.

    python benchmarks/curves.py [--search freeze-thaw asha ...] [--aim metric|loss] [--seeds 0 1 2 3 4] [--runs FILE]
    python benchmarks/curves.py --coverage | --gain

A name is a search of Luthier, or ``optuna:tpe+hyperband``: Optuna's own loop, which goes on with a trial until the
pruner ends it. With ``,default`` at its end the search begins with the setting that a user would start from;
with ``,seconds`` it is told that seconds are spent, and not epochs. With
``--runs`` a run that is in FILE is taken from there, and others are added. A search sees trainings of one seed, in turn
by its own; regret is that of its best config in the mean over all their seeds: 0 at the best config, 1 at a median full
training. For what it costs to look at the same training twice see ``_recorded.py``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import _gains
import numpy as np
import optuna
from _coverage import print_coverage
from _recorded import CHECKPOINTS, DATA, GRID, BudgetSpent, Simulation, Table, load

from luthier.hyperparameters import complete
from luthier.records import Slice, SliceResult
from luthier.search import FreezeThaw, make_search

OPTUNA = "optuna:"
DEFAULT = ",default"
SECONDS = ",seconds"
SEARCHES = (
    "freeze-thaw",
    f"freeze-thaw{DEFAULT}",
    "asha",
    f"asha{DEFAULT}",
    "hyperband",
    "successive-halving",
    "random",
    "optuna:tpe+hyperband",
    f"optuna:tpe+hyperband{DEFAULT}",
)
#: What ``needs`` and the paired differences compare with.
RIVALS = ("optuna:tpe+hyperband", f"optuna:tpe+hyperband{DEFAULT}", f"optuna:gp+hyperband{DEFAULT}")
Run = dict[str, Any]


def luthier_loop(
    name: str, simulation: Simulation, seed: int, first: Mapping[str, Any] | None, in_seconds: bool
) -> list[float]:
    """Runs one of Luthier's searches; the seconds of each decision."""
    table = simulation.table
    search = make_search(
        name,
        table.space,
        max_epochs=table.epochs,
        direction=table.direction,
        complete=complete,
        seed=seed,
        baseline=None if first is None else complete({**table.fixed, **first}),
        in_seconds=in_seconds,
    )
    decisions = []
    with contextlib.suppress(BudgetSpent):
        while not search.finished:
            start = time.perf_counter()
            cuts = [d for d in search.ask() if isinstance(d, Slice)]
            decisions.append(time.perf_counter() - start)
            for cut in cuts:
                search.tell(simulation.train(cut))
    return decisions


def optuna_loop(name: str, simulation: Simulation, seed: int, first: Mapping[str, Any] | None) -> list[float]:
    """Runs a sampler with Hyperband the way Optuna's documentation does; the seconds of each decision."""
    sampler_name, _, pruner_name = name.partition("+")
    samplers = {"tpe": optuna.samplers.TPESampler, "gp": optuna.samplers.GPSampler}
    if sampler_name not in samplers or pruner_name != "hyperband":
        raise SystemExit(f"{OPTUNA}{name} is not there; take {OPTUNA}tpe+hyperband or {OPTUNA}gp+hyperband")
    table = simulation.table
    study = optuna.create_study(
        direction=table.direction,
        sampler=samplers[sampler_name](seed=seed),
        pruner=optuna.pruners.HyperbandPruner(min_resource=1, max_resource=table.epochs, reduction_factor=3),
        study_name=f"{table.name}-{seed}",  # Hyperband draws the bracket from it
    )
    if first is not None:
        study.enqueue_trial(dict(first))
    decisions = []
    with contextlib.suppress(BudgetSpent):
        while True:
            start = time.perf_counter()
            trial = study.ask(dict(table.space))
            decisions.append(time.perf_counter() - start)
            one_trial(study, trial, simulation)
    return decisions


def one_trial(study: optuna.Study, trial: optuna.Trial, simulation: Simulation) -> None:
    """Trains until the end, or until the pruner ends it."""
    table = simulation.table
    config = complete({**table.fixed, **trial.params})
    best = -table.sign * float("inf")
    for epoch in range(table.epochs):
        result = simulation.train(Slice(trial.number, config, epoch, epoch + 1))
        if not result.points:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)  # diverged; without a value it counts as worst
            return
        value = result.points[0].metric
        best = table.sign * max(table.sign * best, table.sign * value)
        trial.report(value, epoch + 1)
        if epoch + 1 < table.epochs and trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return
    study.tell(trial, best)


def run(method: str, table: Table, seed: int, trainings: float, pay_again: bool) -> Run:
    """One search on one table."""
    simulation = Simulation(table, trainings, pay_again=pay_again)
    name, default, _ = method.replace(SECONDS, "").partition(DEFAULT)
    first = table.config(table.index(table.default)) if default else None
    if name.startswith(OPTUNA):
        decisions = optuna_loop(name.removeprefix(OPTUNA), simulation, seed, first)
    else:
        decisions = luthier_loop(name, simulation, seed, first, SECONDS in method)
    return {
        "method": method,
        "task": table.name,
        "direction": table.direction,
        "seed": seed,
        "trainings": trainings,
        "pay_again": pay_again,
        **simulation.log(),
        "decision": round(statistics.median(decisions), 5),
    }


def gains(table: Table, seed: int) -> list[_gains.Gain]:
    """What a search said that more epochs would bring, and what they did."""
    simulation = Simulation(table, _gains.LONGEST)
    search = FreezeThaw(table.space, max_epochs=table.epochs, direction=table.direction, complete=complete, seed=seed)

    def step(cut: Slice) -> SliceResult | None:
        with contextlib.suppress(BudgetSpent):
            return simulation.train(cut)
        return None

    return _gains.gains(search, step, table.epochs, table.sign)


class Kept:
    """Runs in a file, one JSON line each."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path is not None and path.exists() else []
        self._runs = {self._key(r): r for r in map(json.loads, lines)}

    @staticmethod
    def _key(run: Run) -> tuple[Any, ...]:
        return tuple(run[k] for k in ("method", "task", "direction", "seed", "trainings", "pay_again"))

    def get(self, method: str, table: Table, seed: int, trainings: float, pay_again: bool) -> Run:
        """The run, made when it is not there."""
        key = (method, table.name, table.direction, seed, trainings, pay_again)
        if key not in self._runs:
            self._runs[key] = run(method, table, seed, trainings, pay_again)
            if self._path is not None:
                with self._path.open("a") as file:
                    file.write(json.dumps(self._runs[key]) + "\n")
        return self._runs[key]


def regrets(runs: Sequence[Run], unit: str) -> np.ndarray:
    """(runs, GRID)."""
    return np.array([r[unit] for r in runs])


def ranks(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Mean rank among all methods along GRID; ties share."""
    stacked = np.stack(list(values.values()))
    better = (stacked[None] < stacked[:, None]).sum(1)
    equal = (stacked[None] == stacked[:, None]).sum(1) - 1
    return dict(zip(values, (1 + better + 0.5 * equal).mean(1), strict=True))


def print_table(runs: Mapping[str, Sequence[Run]], unit: str) -> None:
    """Mean and median regret, mean rank, and when a method has what the first rival has at the end."""
    values = {name: regrets(rs, unit) for name, rs in runs.items()}
    ranked = ranks(values)
    at = [GRID.index(c) for c in CHECKPOINTS]
    goal = values[RIVALS[0]].mean(0)[-1] if RIVALS[0] in values else -1.0
    print(f"\nregret after N full trainings' worth of {unit}")
    print(f"{'':30} {'mean':<41} {'median':<41} {'rank':<29} needs")
    print(f"{'N':30} {' '.join(f'{c:>6}' for c in CHECKPOINTS * 2)} {' '.join(f'{c:>4}' for c in CHECKPOINTS)}")
    for name in sorted(values, key=lambda n: values[n].mean(0)[-1]):
        mean = values[name].mean(0)
        needs = next((g for g, v in zip(GRID, mean, strict=True) if v <= goal), float("inf"))
        cells = " ".join(f"{v:6.3f}" for v in [*mean[at], *np.median(values[name], axis=0)[at]])
        print(f"{name:30} {cells} {' '.join(f'{v:4.1f}' for v in ranked[name][at])} {needs:5.1f}")
    for name in values:
        for rival in [r for r in RIVALS if r in values and not name.startswith(OPTUNA)]:
            difference = (values[name] - values[rival])[:, at]
            error = difference.std(0, ddof=1) / len(difference) ** 0.5
            cells = " ".join(f"{m:+.3f}±{e:.3f}" for m, e in zip(difference.mean(0), error, strict=True))
            print(f"{name:22} minus {rival:30} {cells}")


def main() -> None:
    """Runs the searches and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--search", nargs="+", default=list(SEARCHES))
    parser.add_argument("--tasks", nargs="+", help="of the recorded ones")
    parser.add_argument(
        "--aim", choices=["metric", "loss"], default="metric", help="a task of regression has no metric"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--trainings", type=float, default=20)
    parser.add_argument("--free-again", action="store_true", help="epochs of a known config cost nothing")
    parser.add_argument("--runs", type=Path, help="JSON lines, read and added to")
    parser.add_argument("--each", action="store_true", help="a table for each task, too")
    parser.add_argument("--coverage", action="store_true", help="how often the curve model's 90 %% intervals hold")
    parser.add_argument("--gain", action="store_true", help="whether what more epochs bring is foreseen")
    arguments = parser.parse_args()
    if not arguments.data.exists():
        print(f"skipped: {arguments.data} is not there; benchmarks/curves/record.py makes it")
        return
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    loaded = {seed: load(arguments.data, arguments.aim, seed) for seed in arguments.seeds}
    recorded = list(loaded[arguments.seeds[0]])
    names = arguments.tasks or recorded
    if unknown := sorted(set(names) - set(recorded)):
        parser.error(f"--tasks: {', '.join(unknown)} is not recorded; there are {', '.join(recorded)}")
    tables = {name: {seed: found[name] for seed, found in loaded.items()} for name in names}
    for by_seed in tables.values():
        table = by_seed[arguments.seeds[0]]
        print(f"{table.name}: {len(table.value)} trainings of {table.epochs} epochs, best {table.best:.4f}, ", end="")
        print(f"median {table.median:.4f}, a training takes {table.mean_seconds:.2f} s")
    if arguments.coverage:
        print_coverage(tables)
    if arguments.gain:
        print(_gains.table([g for by_seed in tables.values() for s, t in by_seed.items() for g in gains(t, s)]))
    if arguments.coverage or arguments.gain:
        return
    kept = Kept(arguments.runs)
    runs: dict[str, list[Run]] = {}
    for method in arguments.search:
        runs[method] = [
            kept.get(method, table, seed, arguments.trainings, not arguments.free_again)
            for by_seed in tables.values()
            for seed, table in by_seed.items()
        ]
        median = statistics.median(r["decision"] for r in runs[method])
        configs = statistics.mean(r["configs"] for r in runs[method])
        print(f"{method}: {configs:.0f} configs, a decision takes {1e3 * median:.1f} ms", flush=True)
    for name in tables if arguments.each else []:
        print(f"\n== {name}")
        for unit in ("epochs", "seconds"):
            print_table({m: [r for r in rs if r["task"] == name] for m, rs in runs.items()}, unit)
    print("\n== all tasks")
    for unit in ("epochs", "seconds"):
        print_table(runs, unit)


if __name__ == "__main__":
    main()
