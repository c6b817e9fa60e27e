"""How good a minute is: ``luthier tune digits --budget 60s`` on several seeds.

python benchmarks/digits.py [--seeds 5] [--budget 60s] [--search NAME]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile

from _machine import machine

from luthier import digits, tune
from luthier.search import DEFAULT_SEARCH


def main() -> None:
    """Prints a line for each seed, then the median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--search", default=DEFAULT_SEARCH)
    arguments = parser.parse_args()
    print(f"{machine()}; {arguments.search}, {arguments.budget}")
    scores = []
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            result = tune(digits(), budget=arguments.budget, search=arguments.search, seed=seed, folder=folder)
        best, baseline = result.best, result.baseline
        assert best is not None
        assert baseline is not None
        scores.append(best.point.metric)
        again = [point.metric for point in result.confirmations]
        fresh = f"{statistics.fmean(again):.4f} on {len(again)} fresh seeds" if again else "not run again"
        print(
            f"seed {seed}: {best.point.metric:.4f} ({fresh}), baseline {baseline.point.metric:.4f}; "
            f"{result.trainings} trainings, {result.epochs:.0f} epochs, {result.seconds:.1f} s",
            flush=True,
        )
    print(f"median {statistics.median(scores):.4f} (goal: 0.983)")


if __name__ == "__main__":
    main()
