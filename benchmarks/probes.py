"""What the probes are worth: how soon ``tune`` with them has the score that it has without them at the end.

python benchmarks/probes.py [--mnist FOLDER] [--seeds 0 1 2 3 4] [--budget 60] [--cpu]

Both run on the same seed, one after the other, start-up and probes included. A ratio of 0.5 is half the time; where the
search with probes never gets as far, the ratio is "never". The score is the metric, and beside it the least validation
loss of any training: an accuracy on a few hundred samples has few values, so that a search can stand still on one that
the other reaches by luck. With --cpu seconds are those of the processor, and trainings have one thread: for a machine
that does something else besides.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from pathlib import Path

from _machine import machine

from luthier import Options, Task, digits, mnist, tune
from luthier.events import Event, PointAdded, SliceStarted

Scores = list[tuple[float, float, float]]


def scores(task: Task, seconds: float, seed: int, options: Options, *, probes: bool) -> Scores:
    """Seconds into a search; the best metric by then, larger is better, and minus the least validation loss."""
    seen: Scores = []
    again: set[int] = set()  # trainings that repeat the winner on another seed do not compete
    sign = 1.0 if task.direction == "maximize" else -1.0

    def hear(event: Event) -> None:
        if isinstance(event, SliceStarted) and "confirms" in event.slice.note:
            again.add(event.slice.training)
        if isinstance(event, PointAdded) and event.training not in again:
            _, metric, loss = seen[-1] if seen else (0.0, -math.inf, -math.inf)
            point = event.point
            seen.append((event.budget.seconds, max(metric, sign * point.metric), max(loss, -point.val_loss)))

    with tempfile.TemporaryDirectory() as folder:
        tune(task, budget=seconds, seed=seed, probes=probes, folder=folder, options=options, on_event=hear)
    return seen


def compared(name: str, column: int, without: Scores, measured: Scores, budget: float) -> float:
    """Prints when each search had what the one without probes has at the end; returns the share of the budget."""
    goal = without[-1][column]
    needed = next(row[0] for row in without if row[column] >= goal)
    reached = next((row[0] for row in measured if row[column] >= goal), math.inf)
    told = f"after {reached:.1f} s" if math.isfinite(reached) else "never"
    end = measured[-1][column]
    print(f"  {name}: without {abs(goal):.4f} after {needed:.1f} s; with {told}, {abs(end):.4f} at the end", flush=True)
    return reached / budget


def main() -> None:
    """Prints a line for each seed, then the median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mnist", type=Path, help="folder of the four idx files; without it: digits")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of each search")
    parser.add_argument("--cpu", action="store_true", help="seconds of the processor, one thread")
    arguments = parser.parse_args()
    options = Options(threads=1) if arguments.cpu else Options()
    if arguments.cpu:
        time.perf_counter = time.process_time
    task = mnist(arguments.mnist) if arguments.mnist else digits()
    print(f"{machine()}; {task.name}, {arguments.budget:g} s")
    ratios: dict[str, list[float]] = {"metric": [], "validation loss": []}
    for seed in arguments.seeds:
        without = scores(task, arguments.budget, seed, options, probes=False)
        measured = scores(task, arguments.budget, seed, options, probes=True)
        print(f"seed {seed}")
        for column, (name, shares) in enumerate(ratios.items(), 1):
            shares.append(compared(name, column, without, measured, arguments.budget))
    for name, shares in ratios.items():
        middle = statistics.median(shares)
        told = f"{middle:.2f}" if math.isfinite(middle) else "never"
        print(f"{name}: median {told} of the budget (goal: 0.5), {sum(map(math.isinf, shares))} never")


if __name__ == "__main__":
    main()
