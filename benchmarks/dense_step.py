"""What the fast step of dense stacks saves: milliseconds of a step beside autograd's, by network, update and dropout.

    python benchmarks/dense_step.py [--batch 64] [--repeats 15]

Autograd and the fast step take turns; of so many repeats of 60 steps the quickest counts, in seconds of the processor.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from itertools import pairwise, product

import torch
from _machine import machine
from torch import Tensor, nn

from luthier.hyperparameters import complete
from luthier.records import Options
from luthier.training.dense import DenseStep
from luthier.training.optimizers import make_optimizer
from luthier.training.step import AutogradStep, Step

STEPS = 60
NETWORKS = ((64, 128, 128, 10), (784, 512, 256, 10))  # of digits and of MNIST
UPDATES = {"SGD": {}, "momentum": {"momentum": 0.9}, "AdamW": {"optimizer": "AdamW"}}


def network(widths: Sequence[int], dropout: float) -> nn.Sequential:
    """Linear layers and ReLUs, with dropout after each hidden layer."""
    layers: list[nn.Module] = []
    for below, above in pairwise(widths[:-1]):
        layers += [nn.Linear(below, above), nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*layers, nn.Linear(*widths[-2:]))


def steps(widths: Sequence[int], dropout: float, update: str) -> tuple[Step, Step]:
    """Autograd's and the fast one."""
    config = complete({"lr": 0.01, **UPDATES[update]})
    models = network(widths, dropout), network(widths, dropout)
    plain, fast = (make_optimizer(config, model.parameters(), "cpu") for model in models)
    return AutogradStep(models[0], nn.CrossEntropyLoss(), plain, config, Options()), DenseStep(models[1], fast, config)


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
    print(f"{machine()}; batch {arguments.batch}, {arguments.repeats} repeats")
    for widths, dropout, update in product(NETWORKS, (0.0, 0.3), UPDATES):
        batch = torch.randn(arguments.batch, widths[0]), torch.randint(10, (arguments.batch,))
        ways, best = steps(widths, dropout, update), [math.inf, math.inf]
        for _ in range(arguments.repeats):
            best = [min(known, milliseconds(way, *batch)) for known, way in zip(best, ways, strict=True)]
        name = "-".join(map(str, widths))
        told = f"autograd {best[0]:.3f} ms, fast {best[1]:.3f} ms, {best[1] / best[0]:.2f}"
        print(f"{name:14} {update:8} dropout {dropout:g}: {told}", flush=True)


if __name__ == "__main__":
    main()
