"""What recording one evaluation costs, in Optuna's storages and through Luthier's study.

    python benchmarks/storage.py

Prints medians of several repeats: the wall-clock of a call, and the CPU time of the whole process per call. Wall-clock
includes the fsync, so it depends on the disk under ``--folder``; CPU time is what a training on the same cores loses.
The study is fed one evaluation every 5 ms, which is how long an epoch on the built-in digits takes, or faster.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from luthier.records import Config, Point, Slice
from luthier.study import Study

POINT = Point(1.0, 0.6, 0.5, 0.9, 0.1, 32, 0.005)


def optuna_report(storage: BaseStorage, calls: int) -> tuple[float, float]:
    """Seconds of wall-clock and CPU per Trial.report."""
    trial = optuna.create_study(storage=storage).ask()
    walls, cpu = [], time.process_time()
    for step in range(calls):
        begin = time.perf_counter()
        trial.report(0.5, step)
        walls.append(time.perf_counter() - begin)
    return statistics.median(walls), (time.process_time() - cpu) / calls


def luthier_add_point(folder: Path, storage: str | None, gap: float, calls: int) -> tuple[float, float]:
    """Seconds of wall-clock and CPU per Study.add_point, one every ``gap`` seconds; the flush is in the CPU time."""
    about = {"name": "b", "task": {}, "space": {"ranges": {}, "fixed": {}}, "direction": "maximize", "metric": "m"}
    with Study.open(folder, **about, seed=0, search="none", storage=storage) as study:
        study.begin(Slice(0, Config(), 0.0, calls))
        study.flush()
        walls, cpu = [], time.process_time()
        for index in range(1, calls + 1):
            begin = time.perf_counter()
            study.add_point(0, index, POINT)
            walls.append(time.perf_counter() - begin)
            time.sleep(gap)
        study.flush()
        cpu = time.process_time() - cpu
        idle = time.process_time()
        for _ in range(calls):
            time.sleep(gap)
        cpu -= time.process_time() - idle
    return statistics.median(walls), cpu / calls


CASES: dict[str, Callable[[Path, int], tuple[float, float]]] = {
    "Optuna, SQLite": lambda d, n: optuna_report(RDBStorage(f"sqlite:///{d}/o.db"), n),
    "Optuna, journal file": lambda d, n: optuna_report(JournalStorage(JournalFileBackend(f"{d}/o.log")), n),
    "Luthier, SQLite, every 5 ms": lambda d, n: luthier_add_point(d, f"sqlite:///{d}/l.db", 0.005, n),
    "Luthier, journal, every 5 ms": lambda d, n: luthier_add_point(d, None, 0.005, n),
    "Luthier, journal, every 0.3 ms": lambda d, n: luthier_add_point(d, None, 0.0003, n),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="What recording one evaluation costs.")
    parser.add_argument("--folder", type=Path, help="where the files are made; its disk's fsync is measured")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--calls", type=int, default=200, help="evaluations in each repeat")
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    print(f"{'':32}{'call, µs':>10}{'CPU, µs':>10}")
    for name, measure in CASES.items():
        rows = []
        for _ in range(given.repeats):
            with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                rows.append(measure(Path(folder), given.calls))
        call, cpu = (statistics.median(column) * 1e6 for column in zip(*rows, strict=True))
        print(f"{name:32}{call:10.0f}{cpu:10.0f}")


if __name__ == "__main__":
    main()
