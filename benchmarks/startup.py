"""Start-up: ``import luthier`` beyond torch's own import, and ``luthier --help``.

python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from _machine import machine, median_seconds

REPEATS = 11
IMPORT = """
import time
import torch
start = time.perf_counter()
import luthier
{use}
print(time.perf_counter() - start)
"""


def import_seconds(use: str) -> float:
    """Median seconds of importing luthier, and using what ``use`` says, after torch."""
    command = [sys.executable, "-c", IMPORT.format(use=use)]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(REPEATS)]
    return statistics.median(float(run.stdout) for run in runs)


def main() -> None:
    """Prints the figures."""
    print(f"{machine()}; medians of {REPEATS}")
    print(f"import luthier, torch imported: {import_seconds('') * 1e3:.0f} ms (goal: 300)")
    names = "luthier.tune, luthier.Task, luthier.Space"
    print(f"  and {names}: {import_seconds(names) * 1e3:.0f} ms")
    help_command = [sys.executable, "-m", "luthier", "--help"]
    took = median_seconds(lambda: subprocess.run(help_command, check=True, capture_output=True), REPEATS)
    print(f"luthier --help: {took * 1e3:.0f} ms (goal: 500)")


if __name__ == "__main__":
    main()
