"""What Luthier adds to a training: recording, checkpoints, search.

    python benchmarks/overhead.py [MNIST_FOLDER]

Two figures for each task. "within": in one run of ``tune`` (everything on), the wall-clock that was not spent in
training and evaluation, over that which was; both come from the same seconds of the same run, so the machine's moods
cancel. "against": the run's wall-clock over that of the very same slices repeated without a study, less one; it also
holds what the recording thread takes away from training, and it wanders with the machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from _machine import machine, spread

from luthier import Task, digits, mnist, tune
from luthier.events import Event, SliceFinished
from luthier.records import SliceResult
from luthier.training import Training

REPEATS = 5


def study(task: Task, budget: str, seed: int) -> tuple[float, list[SliceResult]]:
    """Wall-clock and slices of a study."""
    results: list[SliceResult] = []

    def listen(event: Event) -> None:
        if isinstance(event, SliceFinished):
            results.append(event.result)

    with tempfile.TemporaryDirectory() as folder:
        took = clocked(lambda: tune(task, budget=budget, workers=1, folder=Path(folder), seed=seed, on_event=listen))
    return took, results


def bare(task: Task, results: list[SliceResult]) -> float:
    """Wall-clock of the same slices with nothing around them."""

    def run() -> None:
        trainings: dict[int, Training] = {}
        for result in results:
            cut = result.slice
            if cut.training not in trainings:
                trainings[cut.training] = Training(task, cut.config, cut.seed)
            trainings[cut.training].advance(result.points[-1].epoch if result.points else cut.stop)

    return clocked(run)


def clocked(run: Callable[[], object]) -> float:
    """Wall-clock of ``run``."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", default=os.environ.get("LUTHIER_MNIST"), help="MNIST's idx files")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--epochs", type=int, default=500, help="of digits; MNIST has a fortieth")
    arguments = parser.parse_args()
    print(f"{machine()}; {arguments.repeats} repeats")
    tasks = [(digits(), arguments.epochs, 0.10)]
    if arguments.folder:
        tasks.append((mnist(arguments.folder), max(1, arguments.epochs // 40), 0.02))
    else:
        print("mnist: skipped, no folder with its idx files was given")
    study(digits(), "1 epochs", 0)  # what torch and Optuna import at their first use is start-up, not overhead
    for task, epochs, goal in tasks:
        task.describe()  # loads the data, which is start-up too
        within, against = [], []
        for seed in range(arguments.repeats):
            took, results = study(task, f"{epochs} epochs", seed)
            trained = sum(point.seconds for result in results for point in result.points)
            within.append(took / trained - 1)
            against.append(took / bare(task, results) - 1)
            print(f"  {task.name}: {took:.1f} s, {trained:.1f} s of it training", flush=True)
        figures = f"within {spread(within)}, against {spread(against)}"
        print(f"{task.name}, {epochs} epochs: {figures} (goal: {goal})", flush=True)


if __name__ == "__main__":
    main()
