"""What the fast step of dense stacks saves: milliseconds of a step of a 784-512-256-10 network, also with dropout.

    python benchmarks/dense_step.py [--batch 64] [--repeats 15]

Autograd and the fast step take turns; of so many repeats of 60 steps the quickest counts, in seconds of the processor.
"""

from __future__ import annotations

import argparse
import math
import time

import torch
from _machine import machine
from torch import Tensor, nn

from luthier.hyperparameters import complete
from luthier.records import Options
from luthier.training.dense import DenseStep
from luthier.training.optimizers import make_optimizer
from luthier.training.step import AutogradStep, Step

STEPS = 60
CONFIG = complete({"lr": 0.01})


def network(dropout: float) -> nn.Sequential:
    """The network of the article, with dropout after each hidden layer."""
    drop = [nn.Dropout(dropout)] if dropout else []
    first, second = [nn.Linear(784, 512), nn.ReLU(), *drop], [nn.Linear(512, 256), nn.ReLU(), *drop]
    return nn.Sequential(*first, *second, nn.Linear(256, 10))


def steps(dropout: float) -> dict[str, Step]:
    """Both ways to take a step."""
    models = network(dropout), network(dropout)
    autograd, dense = (make_optimizer(CONFIG, model.parameters(), "cpu") for model in models)
    return {
        "autograd": AutogradStep(models[0], nn.CrossEntropyLoss(), autograd, CONFIG, Options()),
        "fast": DenseStep(models[1], dense, CONFIG),
    }


def milliseconds(step: Step, inputs: Tensor, targets: Tensor) -> float:
    """Of one of STEPS steps."""
    begun = time.process_time()
    for _ in range(STEPS):
        step(inputs, targets, 0.01)
    return 1e3 * (time.process_time() - begun) / STEPS


def main() -> None:
    """Prints a line for each way and dropout."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    inputs, targets = torch.randn(arguments.batch, 784), torch.randint(10, (arguments.batch,))
    ways = {(name, share): step for share in (0.0, 0.3) for name, step in steps(share).items()}
    best = dict.fromkeys(ways, math.inf)
    for _ in range(arguments.repeats):
        for key, step in ways.items():
            best[key] = min(best[key], milliseconds(step, inputs, targets))
    print(f"{machine()}; batch {arguments.batch}, {arguments.repeats} repeats")
    for (name, share), value in best.items():
        print(f"{name:10} dropout {share:g}: {value:.2f} ms")


if __name__ == "__main__":
    main()
