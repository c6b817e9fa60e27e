"""Training speed of a 784-512-256-10 network: against the matrix-multiply rate, and against the loops people write.

    python benchmarks/training_speed.py [MNIST_FOLDER]

Without a folder with MNIST's idx files it trains on noise of the same shape, which takes as long. All figures of a
repeat are measured one after the other, ratios are taken within it, and the median of the ratios is reported.

Operations are counted in two ways. "usual" is three times the forward pass, the convention for model utilisation
(Kaplan et al. 2020, arXiv 2001.08361, section 2.1; Chowdhery et al. 2022, arXiv 2204.02311, appendix B). "strict"
leaves out the gradient by the input, which nobody computes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

import numpy as np
import torch
from _machine import machine, matmul_rate, seconds, spread
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from luthier import Task, mnist
from luthier.training import Training

WEIGHTS = (784 * 512, 512 * 256, 256 * 10)
REPEATS = 5
GOALS = {64: 0.65, 128: 0.80, 512: 0.90}


def noise() -> Task:
    """A task of MNIST's shape."""
    torch.manual_seed(0)
    train, valid = (((torch.randn(n, 784)), torch.randint(0, 10, (n,))) for n in (50_000, 10_000))
    return Task(lambda config: network(), train, valid, name="noise")


def network() -> nn.Sequential:
    """The network of the article."""
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))


def operations(samples: int, validation: int) -> tuple[float, float]:
    """Of an epoch and its evaluation: usual and strict."""
    forward = 2 * sum(WEIGHTS)
    usual, strict = 3 * forward, 3 * forward - 2 * WEIGHTS[0]
    return samples * usual + validation * forward, samples * strict + validation * forward


def luthier_epoch(task: Task, batch: int) -> float:
    """Seconds of an epoch, its evaluation included; the first is left out."""
    training = Training(task, task.check({"lr": 0.1, "batch_size": batch, "epochs": 2}))
    training.advance(2)
    return training.curve.points[1].seconds


class Pictures(Dataset[tuple[Tensor, Tensor]]):
    """What torchvision's MNIST with ToTensor and Normalize does: a PIL image for each sample, then a tensor."""

    def __init__(self, images: np.ndarray, labels: Tensor) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        image = Image.fromarray(self.images[i])
        pixels = torch.from_numpy(np.array(image, np.uint8, copy=True)).view(1, 28, 28).float().div(255)
        return pixels.sub_(0.1307).div_(0.3081), self.labels[i]


def plain_epoch(loader: DataLoader[tuple[Tensor, Tensor]]) -> float:
    """Seconds of the loop people write, without evaluation."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss_function = nn.CrossEntropyLoss()

    def epoch() -> None:
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = loss_function(model(inputs.flatten(1)), targets)
            loss.backward()
            optimizer.step()

    return seconds(epoch)


def loops(task: Task) -> Iterator[tuple[str, DataLoader[tuple[Tensor, Tensor]]]]:
    """The plain loops by name."""
    inputs, targets = task.train.sample(torch.device("cpu"), len(task.train))
    pixels = inputs.mul(0.3081).add(0.1307).mul(255).clamp(0, 255).to(torch.uint8).view(-1, 28, 28).numpy()
    for workers in (0, 2):
        name = f"PIL pictures, {workers} workers"
        yield name, DataLoader(Pictures(pixels, targets), 64, shuffle=True, num_workers=workers)
    yield "TensorDataset", DataLoader(TensorDataset(inputs, targets), 64, shuffle=True)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", default=os.environ.get("LUTHIER_MNIST"), help="MNIST's idx files")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--skip-loops", action="store_true")
    arguments = parser.parse_args()
    task = mnist(arguments.folder) if arguments.folder else noise()
    print(f"{machine()}; {task.name}, {len(task.train)} + {len(task.validation)} samples, {arguments.repeats} repeats")
    usual, strict = operations(len(task.train), len(task.validation))
    epochs: dict[int, list[float]] = {batch: [] for batch in GOALS}
    shares: dict[int, list[tuple[float, float]]] = {batch: [] for batch in GOALS}
    gains: dict[str, list[float]] = {}
    for _ in range(arguments.repeats):
        for batch in GOALS:
            rate = matmul_rate()
            took = luthier_epoch(task, batch)
            rate = (rate + matmul_rate()) / 2  # before and after, since the machine's speed wanders
            epochs[batch].append(took)
            shares[batch].append((usual / took / rate, strict / took / rate))
        for name, loader in () if arguments.skip_loops else loops(task):
            took = luthier_epoch(task, 64)
            gains.setdefault(name, []).append(plain_epoch(loader) / took)
    print(f"{'batch':>6} {'epoch, s':>24} {'usual / matmul rate':>26} {'goal':>6} {'strict / matmul rate':>26}")
    for batch, goal in GOALS.items():
        both = [spread([pair[i] for pair in shares[batch]]) for i in (0, 1)]
        print(f"{batch:>6} {spread(epochs[batch]):>24} {both[0]:>26} {goal:>6} {both[1]:>26}")
    for name, values in gains.items():
        print(f"epochs per second against a DataLoader, batch 64, {name}: x {spread(values)}")


if __name__ == "__main__":
    main()
