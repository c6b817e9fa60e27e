"""Luthier's searches on simulated trainings: LCBench, by the protocol whose folder is given.

python benchmarks/search.py FOLDER [--search freeze-thaw ...] [--others] [--default] [--seeds 0 1 2] [--trainings 20]
                                   [--in-seconds]
python benchmarks/search.py FOLDER --coverage | --gain | --wrong-belief [--seeds 0]

FOLDER holds ``protocol.py``, which simulates trainings (it needs onnxruntime), and ``peers.json``, what other tuners
reached. Without a folder there is nothing to run. Prints the protocol's tables, the paired differences from the best
peer, and the time of a decision.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _lcbench
import numpy as np

from luthier.hyperparameters import complete
from luthier.records import Outcome, Point, Slice, SliceResult, Status
from luthier.search import Search, make_search
from luthier.search.freeze_thaw import FreezeThaw
from luthier.space import Space, integer, log_uniform, uniform

#: The protocol's names, and Luthier's for the same.
NAMES = {"learning_rate": "lr", "num_layers": "layers", "max_units": "units", "max_dropout": "dropout"}


def load_protocol(folder: Path) -> Any:
    """The module ``protocol.py`` of ``folder``."""
    spec = importlib.util.spec_from_file_location("protocol", folder / "protocol.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["protocol"] = module
    spec.loader.exec_module(module)
    return module


def space_of(simulation: Any) -> Space:
    """The simulation's space under Luthier's names."""
    ranges: dict[str, Any] = {}
    for name, r in simulation.space.items():
        if r.integer:
            ranges[NAMES.get(name, name)] = integer(int(r.low), int(r.high), log=r.log)
        else:
            ranges[NAMES.get(name, name)] = log_uniform(r.low, r.high) if r.log else uniform(r.low, r.high)
    return Space({**ranges, "epochs": simulation.max_epochs, "optimizer": "SGD", "schedule": "cosine"})


def train(simulation: Any, cut: Slice) -> SliceResult:
    """Runs a slice in the simulation."""
    config = {name: cut.config[NAMES.get(name, name)] for name in simulation.space}
    accuracy, seconds = simulation.train(config, round(cut.start), round(cut.stop))
    points = tuple(
        Point(cut.start + k + 1, 1 - a, 1 - a, float(a), 0.0, 1, float(s))
        for k, (a, s) in enumerate(zip(accuracy, seconds, strict=True))
    )
    return SliceResult(cut, points, Outcome(Status.DONE), float(seconds.sum()))


class Tuner:
    """A search as the protocol wants it: a function of a simulation and a seed."""

    def __init__(self, name: str, in_seconds: bool, default: bool) -> None:
        self.name, self.in_seconds, self.default = name, in_seconds, default
        self.decisions: list[float] = []  #: seconds of each

    def __call__(self, simulation: Any, seed: int) -> None:
        space = space_of(simulation)
        own = {NAMES.get(name, name): value for name, value in simulation.default.items()}
        search: Search = make_search(
            self.name,
            space,
            max_epochs=simulation.max_epochs,
            direction="maximize",
            complete=complete,
            seed=seed,
            baseline=complete({**space.fixed, **own}) if self.default else None,
            in_seconds=self.in_seconds,
        )
        while not search.finished:
            start = time.perf_counter()
            cuts = [d for d in search.ask() if isinstance(d, Slice)]
            self.decisions.append(time.perf_counter() - start)
            for cut in cuts:
                search.tell(train(simulation, cut))


def paired(protocol: Any, mine: Sequence[Any], theirs: Sequence[Any], unit: str) -> str:
    """Mean difference of regret at each checkpoint, and its standard error."""
    other = {(r["instance"], r["seed"]): r[unit] for r in theirs}
    at = [protocol.GRID.index(c) for c in protocol.CHECKPOINTS]
    rows = []
    for run in mine:
        if (key := (run["instance"], run["seed"])) in other:
            pairs = zip(run[unit], other[key], strict=True)
            rows.append([protocol.regret(key[0], a) - protocol.regret(key[0], b) for a, b in pairs])
    values = np.array(rows)[:, at]
    errors = values.std(0) / len(values) ** 0.5
    return " ".join(f"{m:+.3f}±{e:.3f}" for m, e in zip(values.mean(0), errors, strict=True))


def decision_seconds(trainings: int, epochs: int, seed: int = 0) -> tuple[float, float]:
    """Median time of ask(1), and of ask(8), when so many trainings, each with so many epochs, are known."""
    space = Space(
        lr=log_uniform(1e-4, 1),
        batch_size=integer(16, 512, log=True),
        momentum=uniform(0, 0.99),
        weight_decay=log_uniform(1e-6, 0.1),
        dropout=uniform(0, 0.5),
        layers=integer(1, 5),
        units=integer(32, 1024, log=True),
        epochs=2 * epochs,
    )
    rng = np.random.default_rng(seed)
    search = FreezeThaw(space, max_epochs=2 * epochs, seed=seed)
    for number in range(trainings):
        values = {
            "lr": float(10 ** rng.uniform(-4, 0)),
            "units": int(rng.integers(32, 1024)),
            "layers": 2,
            "dropout": 0.1,
        }
        config = complete({**values, "batch_size": 32, "weight_decay": 1e-4, "momentum": 0.9, "epochs": 2 * epochs})
        top = 0.9 - 0.05 * abs(np.log10(config.lr) + 2)
        metric = [float(top - 0.3 / (e + 1) + 0.003 * rng.normal()) for e in range(1, epochs + 1)]
        points = tuple(Point(e, 0, 0, m, 0, 32, 1.0) for e, m in enumerate(metric, 1))
        search.tell(SliceResult(Slice(number, config, 0, epochs, 0, {"freeze-thaw": 1}), points, Outcome(Status.DONE)))
    while any(cut.start for cut in search.ask() if isinstance(cut, Slice)):
        pass  # what ranks high is thawed without the model; to begin something takes it
    times: dict[int, list[float]] = {1: [], 8: []}
    for _ in range(10):
        for count, seconds in times.items():
            start = time.perf_counter()
            search.ask(count)
            seconds.append(time.perf_counter() - start)
    return statistics.median(times[1]), statistics.median(times[8])


def print_speed() -> None:
    """Times of decisions, and memory of this process."""
    for trainings, epochs in ((100, 20), (1000, 50)):
        one, eight = decision_seconds(trainings, epochs)
        known = f"{trainings} x {epochs} epochs"
        print(f"a decision at {known}: {1e3 * one:.1f} ms, eight at once {eight / one:.2f} times that", flush=True)
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    """Runs the searches and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, nargs="?", help="holds protocol.py and peers.json")
    parser.add_argument("--search", nargs="+", default=["freeze-thaw"])
    parser.add_argument("--others", action="store_true", help="the data sets that nothing was developed on")
    parser.add_argument("--default", action="store_true", help="with the setting that a user would start from")
    parser.add_argument("--coverage", action="store_true", help="only whether intervals hold")
    parser.add_argument("--gain", action="store_true", help="only whether what more epochs bring is foreseen")
    parser.add_argument("--wrong-belief", action="store_true", help="only what beliefs around the worst config cost")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--trainings", type=float, default=20)
    parser.add_argument("--in-seconds", action="store_true", help="tell freeze-thaw that seconds are spent, not epochs")
    arguments = parser.parse_args()
    wanted = {
        _lcbench.coverage: arguments.coverage,
        _lcbench.gains: arguments.gain,
        _lcbench.wrong_belief: arguments.wrong_belief,
    }
    checks = [check for check, asked in wanted.items() if asked]
    if not checks:
        print_speed()
    if arguments.folder is None or not (arguments.folder / "protocol.py").exists():
        print("skipped: give the folder that holds protocol.py and peers.json")
        return
    protocol = load_protocol(arguments.folder)
    dev = protocol.DEV_INSTANCES
    instances = [i for i in protocol.INSTANCES if i not in dev] if arguments.others else dev
    for check in checks:
        print(check(protocol, instances, arguments.seeds, space_of, train), flush=True)
    if checks:
        return
    methods = {}
    for name in arguments.search:
        tuner = Tuner(name, arguments.in_seconds, arguments.default)
        methods[f"luthier {name}{', default' if arguments.default else ''}"] = runs = []
        for instance in instances:
            for seed in arguments.seeds:
                simulation = protocol.Simulation(instance, arguments.trainings)
                with contextlib.suppress(protocol.BudgetSpent):
                    tuner(simulation, seed)
                runs.append(protocol.as_run(simulation.log(), seed))
        print(f"{name}: a decision takes {1e3 * statistics.median(tuner.decisions):.1f} ms", flush=True)
    peers = protocol.load(arguments.folder / "peers.json") if not arguments.others else {}
    table = protocol.score({**peers, **methods}, peers)
    for unit in ("epochs", "seconds"):
        print("\n" + protocol.render(table, unit))
        for name, runs in methods.items():
            for peer in sorted(peers, key=lambda p: table[p][unit]["mean"][-1])[:4]:
                print(f"{name} minus {peer:28} {paired(protocol, runs, peers[peer], unit)}")


if __name__ == "__main__":
    main()
