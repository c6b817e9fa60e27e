"""What threads inside a training gain beside as many trainings at once, by the size of a step.

    python benchmarks/threads.py [--workers 2] [--repeats 5] [--seconds 0.5]

Each line is a network and a batch size: floating-point operations of a step, its milliseconds with one thread, and how
many times as many steps a second there are with N threads, and in N processes with one thread each. Medians of the
repeats. Use an idle machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time

import torch
from torch import nn

from luthier.training._threads import FULL_STEP_FLOPS, sample_flops

BATCHES = (16, 32, 64, 128, 256, 512, 1024)
#: By name: the inputs of a sample, and the model.
NETWORKS: dict[str, tuple[tuple[int, ...], nn.Module]] = {
    "784-128-10": ((784,), nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))),
    "784-512-256-10": (
        (784,),
        nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)),
    ),
    "conv 16-32, 28 x 28": (
        (1, 28, 28),
        nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, 10),
        ),
    ),
    "conv 32-64-64, 32 x 32": (
        (3, 32, 32),
        nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(64, 10),
        ),
    ),
}


def steps_a_second(name: str, batch: int, threads: int, seconds: float) -> float:
    """Of SGD with momentum on random data."""
    torch.set_num_threads(threads)
    shape, model = NETWORKS[name]
    inputs, targets = torch.randn(batch, *shape), torch.randint(0, 10, (batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    done, start = -1, 0.0
    while done < 1 or time.perf_counter() - start < seconds:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        done += 1
        start = start or time.perf_counter()  # after the first, which has to set all up
    return done / (time.perf_counter() - start)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    arguments = parser.parse_args()
    count = arguments.workers
    print(f"network, batch, operations of a step, ms with one thread, gain of {count} threads, of {count} processes")
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        for name, (shape, model) in NETWORKS.items():
            flops = sample_flops(model, torch.randn(1, *shape))
            for batch in BATCHES:
                rows = []
                for _ in range(arguments.repeats):
                    one = pool.apply(steps_a_second, (name, batch, 1, arguments.seconds))
                    inside = pool.apply(steps_a_second, (name, batch, count, arguments.seconds))
                    each = [(name, batch, 1, arguments.seconds)] * count
                    beside = sum(pool.starmap(steps_a_second, each, chunksize=1))
                    rows.append((1000 / one, inside / one, beside / one))
                took, inside, beside = (statistics.median(column) for column in zip(*rows, strict=True))
                full = ", fills the cores" if flops * batch >= FULL_STEP_FLOPS else ""
                print(
                    f"{name:24}{batch:6}{flops * batch:9.1e}{took:9.2f}{inside:7.2f}{beside:7.2f}{full}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
