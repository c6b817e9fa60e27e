"""What all benchmarks share: the machine in a line, its matrix-multiply rate, medians."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch


def machine() -> str:
    """Processor, threads and torch's version."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
    return (
        f"{names[0] if names else platform.processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    )


def matmul_rate(size: int = 1024, repeats: int = 30) -> float:
    """Floating-point operations per second of a square float32 product, the median of ``repeats``."""
    a, b, out = (torch.randn(size, size) for _ in range(3))
    return 2 * size**3 / median_seconds(lambda: torch.mm(a, b, out=out), repeats, warmup=3)


def median_seconds(run: Callable[[], object], repeats: int, warmup: int = 1) -> float:
    """Median wall-clock of ``run``."""
    for _ in range(warmup):
        run()
    return statistics.median(seconds(run) for _ in range(repeats))


def seconds(run: Callable[[], object]) -> float:
    """Wall-clock of one ``run``."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def spread(values: Sequence[float]) -> str:
    """Median, smallest and largest."""
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"
