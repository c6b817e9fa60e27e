"""What the probes are worth: how soon ``tune`` with them has the score that it has without them at the end.

python benchmarks/probes.py [--mnist FOLDER] [--seeds 0 1 2 3 4] [--budget 60]

Both run on the same seed, one after the other, start-up and probes included. A ratio of 0.5 is half the time; where the
search with probes never gets as far, the ratio is "never".
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from pathlib import Path

from _machine import machine

from luthier import Task, digits, mnist, tune
from luthier.events import Event, PointAdded, SliceStarted


def scores(task: Task, seconds: float, seed: int, *, probes: bool) -> list[tuple[float, float]]:
    """Seconds into a search, and the best metric by then."""
    seen: list[tuple[float, float]] = []
    again: set[int] = set()  # trainings that repeat the winner on another seed do not compete

    def hear(event: Event) -> None:
        if isinstance(event, SliceStarted) and "confirms" in event.slice.note:
            again.add(event.slice.training)
        if isinstance(event, PointAdded) and event.training not in again:
            best = max(event.point.metric, seen[-1][1] if seen else -math.inf)
            seen.append((event.budget.seconds, best))

    with tempfile.TemporaryDirectory() as folder:
        tune(task, budget=seconds, seed=seed, probes=probes, folder=folder, search="freeze-thaw", on_event=hear)
    return seen


def main() -> None:
    """Prints a line for each seed, then the median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mnist", type=Path, help="folder of the four idx files; without it: digits")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of each search")
    arguments = parser.parse_args()
    task = mnist(arguments.mnist) if arguments.mnist else digits()
    print(f"{machine()}; {task.name}, {arguments.budget:g} s")
    ratios = []
    for seed in arguments.seeds:
        without = scores(task, arguments.budget, seed, probes=False)
        goal = without[-1][1]
        needed = next(at for at, best in without if best >= goal)
        measured = scores(task, arguments.budget, seed, probes=True)
        reached = next((at for at, best in measured if best >= goal), math.inf)
        ratios.append(reached / arguments.budget)
        print(
            f"seed {seed}: without probes {goal:.4f}, first after {needed:.1f} s; with them "
            f"{f'after {reached:.1f} s' if math.isfinite(reached) else 'never'}, {measured[-1][1]:.4f} at the end",
            flush=True,
        )
    middle = statistics.median(ratios)
    print(f"median {f'{middle:.2f}' if math.isfinite(middle) else 'never'} of the budget (goal: 0.5)")


if __name__ == "__main__":
    main()
