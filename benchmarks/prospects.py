"""What tune says that as much budget again will bring, beside what it brought.

    python benchmarks/prospects.py [--budget SECONDS] [--doublings N] [--seeds 0 1 2 3] [--workers N]

Tunes the digits, continues the same study with twice the budget, and so on. Accuracy there comes in steps of 1 / 360.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from luthier import digits, tune


def main() -> None:
    """Prints a row for each continuation, then how many intervals held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=15.0)
    parser.add_argument("--doublings", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--workers", default="auto")
    arguments = parser.parse_args()
    workers = int(arguments.workers) if arguments.workers.isdecimal() else arguments.workers
    rows: list[tuple[float, float, bool]] = []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            task, before, budget = digits(), None, arguments.budget
            for _ in range(arguments.doublings + 1):
                result = tune(task, budget=budget, seed=seed, folder=Path(folder), workers=workers)
                assert result.best is not None
                score = result.best.point.metric
                if before is not None and before.prospect is not None:
                    assert before.best is not None
                    said, gained = before.prospect.gain, score - before.best.point.metric
                    held = said.low - 1e-9 <= gained <= said.high + 1e-9
                    rows.append((said.mean, gained, held))
                    text = f"{said.mean:.4f} ({said.low:.4f} to {said.high:.4f})"
                    print(
                        f"seed {seed}, {budget / 2:g} s and as much again: said {text}, gained {gained:.4f}", flush=True
                    )
                before, budget = result, 2 * budget
    if rows:
        said_mean, gained_mean = (statistics.fmean(row[k] for row in rows) for k in (0, 1))
        held = sum(row[2] for row in rows)
        print(f"mean said {said_mean:.4f}, gained {gained_mean:.4f}; {held} of {len(rows)} intervals held")


if __name__ == "__main__":
    main()
