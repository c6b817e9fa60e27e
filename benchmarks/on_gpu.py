"""Seconds of an epoch of a 784-512-256-10 network on a GPU: Luthier's loop beside the loops people write.

    python benchmarks/on_gpu.py [--device cuda] [--repeats 5]

On noise of MNIST's shape (50,000 samples of training, 10,000 of validation, evaluation included). All loops of a
repeat run one after the other; ratios are taken within it, and the median is printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from luthier import Options, Task
from luthier.training import Training

TRAIN, VALID, EPOCHS = 50_000, 10_000, 3
Batches = Callable[[], Iterator[tuple[Tensor, Tensor]]]


def network() -> nn.Sequential:
    """The network of the article."""
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))


def noise(samples: int) -> tuple[Tensor, Tensor]:
    """Data of MNIST's shape."""
    return torch.randn(samples, 784), torch.randint(0, 10, (samples,))


def luthiers(batch: int, device: str) -> float:
    """Seconds of an epoch; the first is left out."""
    task = Task(lambda config: network(), noise(TRAIN), noise(VALID))
    config = task.config({"lr": 0.05, "batch_size": batch, "epochs": EPOCHS})
    training = Training(task, config, 0, Options(device=device))
    training.advance(EPOCHS)
    return min(point.seconds for point in training.curve.points[1:])


def plain(batches: Batches, validation: Batches, device: str) -> float:
    """Seconds of an epoch of a plain loop with torch's SGD; the first is left out."""
    model = network().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    taken = []
    for _ in range(EPOCHS):
        start = perf_counter()
        for x, y in batches():
            optimizer.zero_grad()
            F.cross_entropy(model(x.to(device, non_blocking=True)), y.to(device, non_blocking=True)).backward()
            optimizer.step()
        with torch.no_grad():
            sum(float(F.cross_entropy(model(x.to(device)), y.to(device))) for x, y in validation())
        taken.append(perf_counter() - start)
    return min(taken[1:])


def sliced(data: tuple[Tensor, Tensor], batch: int) -> Batches:
    """Batches out of tensors that lie on the device."""

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for part in torch.randperm(len(data[0]), device=data[0].device).split(batch):
            yield data[0][part], data[1][part]

    return batches


def loaded(data: tuple[Tensor, Tensor], batch: int) -> Batches:
    """Batches from a DataLoader over a TensorDataset in the CPU's memory."""
    loader = DataLoader(TensorDataset(*data), batch_size=batch, shuffle=True, pin_memory=True)
    return lambda: iter(loader)


def main() -> None:
    """Prints a row per batch size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    train, valid = noise(TRAIN), noise(VALID)
    there = [tuple(t.to(given.device) for t in data) for data in (train, valid)]
    print(f"{'batch':>6} {'Luthier s':>10} {'CPU s':>8} {'tensors / Luthier':>18} {'DataLoader / Luthier':>21}")
    for batch in (64, 128, 512, 4096):
        rows = []
        for _ in range(given.repeats):
            ours, cpu = luthiers(batch, given.device), luthiers(batch, "cpu")
            tensors = plain(sliced(there[0], batch), sliced(there[1], 10_000), given.device)
            loader = plain(loaded(train, batch), loaded(valid, 10_000), given.device)
            rows.append((ours, cpu, tensors / ours, loader / ours))
        low, middle, high = np.percentile(rows, [0, 50, 100], axis=0)
        cells = [f"{m:.2f} ({a:.2f}-{b:.2f})" for a, m, b in list(zip(low, middle, high, strict=True))[2:]]
        print(f"{batch:6} {middle[0]:10.3f} {middle[1]:8.3f} {cells[0]:>18} {cells[1]:>21}", flush=True)


if __name__ == "__main__":
    main()
