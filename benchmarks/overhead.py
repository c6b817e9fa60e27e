"""What Luthier adds to a training: recording, checkpoints, search.

    python benchmarks/overhead.py [MNIST_FOLDER]

A study is run (``tune``, everything on), then the very same trainings again without a study: only Training, in the same
process, in the same order, to the same epochs. The overhead is the first's wall-clock and the first's processor time
over the second's, less one; whatever a background thread takes away from training shows in both.
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


def study(task: Task, budget: str, seed: int) -> tuple[float, float, list[SliceResult]]:
    """Wall-clock, processor seconds and slices of a study."""
    results: list[SliceResult] = []

    def listen(event: Event) -> None:
        if isinstance(event, SliceFinished):
            results.append(event.result)

    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = clocked(lambda: tune(task, budget=budget, folder=Path(folder), seed=seed, on_event=listen))
    return wall, cpu, results


def bare(task: Task, results: list[SliceResult]) -> tuple[float, float]:
    """Wall-clock and processor seconds of the same slices with nothing around them."""

    def run() -> None:
        trainings: dict[int, Training] = {}
        for result in results:
            cut = result.slice
            if cut.training not in trainings:
                trainings[cut.training] = Training(task, cut.config, cut.seed)
            trainings[cut.training].advance(result.points[-1].epoch if result.points else cut.stop)

    return clocked(run)


def clocked(run: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", default=os.environ.get("LUTHIER_MNIST"), help="MNIST's idx files")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    arguments = parser.parse_args()
    print(f"{machine()}; {arguments.repeats} repeats")
    tasks = [(digits(), "1200 epochs", 0.10)]
    if arguments.folder:
        tasks.append((mnist(arguments.folder), "20 epochs", 0.02))
    else:
        print("mnist: skipped, no folder with its idx files was given")
    for task, budget, goal in tasks:
        walls, cpus = [], []
        for seed in range(arguments.repeats):
            wall, cpu, results = study(task, budget, seed)
            bare_wall, bare_cpu = bare(task, results)
            walls.append(wall / bare_wall - 1)
            cpus.append(cpu / bare_cpu - 1)
        both = f"{spread(walls)} of wall-clock, {spread(cpus)} of processor time"
        print(f"{task.name}, {budget}: overhead {both} (goal: {goal})")


if __name__ == "__main__":
    main()
