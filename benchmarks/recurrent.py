"""Searches on a recurrent network, trained for real: a GRU that reads digits row by row, Adam, very wide ranges.

    python benchmarks/recurrent.py [--search freeze-thaw asha ...] [--seeds 0 1 2 3 4 5] [--trainings 4]

Eight hyperparameters over up to twelve decades, so that most configs learn nothing: what a search knows
beforehand shows. Prints the mean and median of the least validation loss after 1, 2, 4 ... full trainings' worth of
epochs. Each training takes a second or two.
"""

from __future__ import annotations

import argparse
import math
from functools import cache
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from luthier import Config, Options, Task
from luthier.hyperparameters import complete
from luthier.records import Slice, SliceResult
from luthier.search import make_search
from luthier.space import Space, log_uniform, uniform
from luthier.training import Training

EPOCHS = 25
SAMPLES = 600  #: of training and of validation
CHECKPOINTS = (1, 2, 4, 8, 12, 20)
WORST = math.log(10)
SPACE = Space(
    lr=log_uniform(1e-7, 10),
    beta1=uniform(0.0, 0.999),
    beta2=uniform(0.0, 0.9999),
    eps=log_uniform(1e-10, 1e2),
    l1=log_uniform(1e-8, 1),
    weight_decay=log_uniform(1e-8, 1),
    gamma=uniform(0.5, 1.0),
    clip_norm=log_uniform(1e-3, 1e2),
    batch_size=50,
    optimizer="Adam",
    schedule="exponential",
    epochs=EPOCHS,
)


class Reader(nn.Module):
    """Reads the rows of an image from top to bottom."""

    def __init__(self) -> None:
        super().__init__()
        self.recurrent = nn.GRU(8, 24, batch_first=True)
        self.out = nn.Linear(24, 10)

    def forward(self, images: Tensor) -> Tensor:
        states, _ = self.recurrent(images)
        return self.out(states[:, -1])


@cache
def task() -> Task:
    """The digits as rows."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))[: 2 * SAMPLES]
    x = torch.tensor(images[order] / 16, dtype=torch.float32).reshape(-1, 8, 8)
    y = torch.tensor(labels[order])
    train, validation = (x[:SAMPLES], y[:SAMPLES]), (x[SAMPLES:], y[SAMPLES:])
    return Task(lambda config: Reader(), train, validation, loss=F.cross_entropy, metric="loss")


class Trainings:
    """Trainings of one run, kept so that they go on."""

    def __init__(self) -> None:
        self._known: dict[int, Training] = {}
        self.best = [WORST]  #: least loss by epochs spent

    def run(self, cut: Slice) -> SliceResult:
        """A slice, and what it cost."""
        fresh = Training(task(), Config(cut.config), 0, Options(device="cpu", threads=1))
        training = self._known.setdefault(cut.training, fresh)
        before = len(training.curve)
        outcome = training.advance(cut.stop)
        points = tuple(training.curve.points[before:])
        for point in points:
            self.best.append(min(self.best[-1], point.val_loss))
        if not points:
            self.best.append(self.best[-1])
        return SliceResult(cut, points, outcome, sum(p.seconds for p in points))


def losses(name: str, seed: int, trainings: float) -> list[float]:
    """Least validation loss at each checkpoint."""
    search = make_search(name, SPACE, max_epochs=EPOCHS, direction="minimize", complete=complete, seed=seed)
    under_way = Trainings()
    while len(under_way.best) <= trainings * EPOCHS and not search.finished:
        for cut in [d for d in search.ask() if isinstance(d, Slice)]:
            search.tell(under_way.run(cut))
    spent = [min(c * EPOCHS, len(under_way.best) - 1) for c in CHECKPOINTS if c <= trainings]
    return [under_way.best[int(s)] for s in spent]


def main() -> None:
    """A line for each search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--search", nargs="+", default=["freeze-thaw", "asha"])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(6)))
    parser.add_argument("--trainings", type=float, default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"least validation loss after {', '.join(str(c) for c in CHECKPOINTS if c <= arguments.trainings)} trainings")
    for name in arguments.search:
        values: Any = np.array([losses(name, seed, arguments.trainings) for seed in arguments.seeds])
        mean, median = (" ".join(f"{v:.3f}" for v in row) for row in (values.mean(0), np.median(values, 0)))
        print(f"{name:20} mean {mean}, median {median} ({len(values)} runs)", flush=True)


if __name__ == "__main__":
    main()
