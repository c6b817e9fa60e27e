"""The noise scale against its closed form on a linear regression, and against the critical batch size on MNIST.

    python benchmarks/noise_scale.py [MNIST_FOLDER] [--runs 400]

The regression y = W x + noise with inputs N(0, I) has, at weight V and D = V - W, by Isserlis' theorem
tr(Sigma) / |G|^2 = (|D|^2 (d + 1) + k d s^2) / |D|^2, with d inputs, k outputs and noise of standard deviation s.
"Possible" is 0.674 standard deviations of the ratio's influence function |g|^2 / |G|^2 - 2 E|g|^2 g'G / |G|^4 over
sqrt(n): for large n no estimate that does not know the distribution has a smaller median error (the efficiency bound).
"""

from __future__ import annotations

import argparse
import math
import statistics
from dataclasses import dataclass

import torch
from _machine import machine
from torch import nn

from luthier import Task, mnist
from luthier.probes import critical_batch, noise_scale
from luthier.records import Options

SAMPLES = 2000


@dataclass(frozen=True)
class Setting:
    inputs: int
    outputs: int
    noise: float


SETTINGS = (Setting(20, 10, 0.3), Setting(20, 10, 1.0), Setting(20, 1, 0.3), Setting(10, 1, 1.0), Setting(50, 1, 3.0))


def regression(setting: Setting, seed: int) -> tuple[Task, float, float]:
    """A task with fresh data and weights of norm 1, trained from 0, its noise scale there, and the error possible."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(setting.inputs, setting.outputs, generator=generator)
    weight /= weight.norm()
    inputs = torch.randn(SAMPLES, setting.inputs, generator=generator)
    noise = setting.noise * torch.randn(SAMPLES, setting.outputs, generator=generator)
    model = nn.Linear(setting.inputs, setting.outputs, bias=False)
    nn.init.zeros_(model.weight)
    rows = inputs, inputs @ weight + noise
    truth = setting.inputs + 1 + setting.outputs * setting.inputs * setting.noise**2
    return (
        Task(lambda config: model, rows, (rows[0][:50], rows[1][:50]), loss="MSELoss"),
        truth,
        possible(weight, setting),
    )


def possible(weight: torch.Tensor, setting: Setting, draws: int = 20_000) -> float:
    """The best median relative error, from gradients g = x r' of fresh samples; |G| is 1."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(draws, setting.inputs, generator=generator)
    along = x @ weight
    r = along + setting.noise * torch.randn(draws, setting.outputs, generator=generator)
    squares, inner = x.square().sum(1) * r.square().sum(1), (along * r).sum(1)
    spread = float((squares - 2 * squares.mean() * inner).std())
    return 0.674 * spread / float(squares.mean() - 1) / math.sqrt(SAMPLES)


def closed_form(runs: int) -> None:
    """Errors and coverage of the public probe before the first step."""
    print("inputs outputs noise  truth    bias median error possible 95 % below covered")
    for setting in SETTINGS:
        errors, best, covered = [], [], 0
        for seed in range(runs):
            task, truth, least = regression(setting, seed)
            point = noise_scale(task, epochs=(0,), samples=SAMPLES, seed=seed, options=Options("cpu")).points[0]
            errors.append(point.value / truth - 1)
            best.append(least)
            covered += truth in point.interval
        absolute = sorted(map(abs, errors))
        bias = statistics.fmean(errors)
        print(
            f"{setting.inputs:>6} {setting.outputs:>7} {setting.noise:>5} {truth:>6.1f} {bias:>+7.2%} "
            f"{statistics.median(absolute):>12.2%} {statistics.fmean(best):>8.2%} "
            f"{absolute[math.ceil(0.95 * runs) - 1]:>10.2%} {covered} of {runs} ({covered / runs:.1%})"
            f"{'; no estimate from so few samples can err by less than 5 %' if statistics.fmean(best) > 0.05 else ''}",
            flush=True,
        )


def on_mnist(folder: str, batch_size: int, lr: float, repeats: int, length: float) -> None:
    """Both answers from the same place of a training."""
    task, config = mnist(folder), {"batch_size": batch_size, "lr": lr}
    found = critical_batch(task, config, epoch=1, length=length, repeats=repeats, options=Options("cpu"))
    print("\n".join(found.sentences()))
    print(f"{found.seconds:.0f} s; training loss from {found.start_loss:.4f} to {found.target:.4f}")
    for branch in found.branches:
        needed = branch.needed(found.target) / len(task.train)
        print(f"  batch {branch.batch_size:>5}, lr {branch.lr:<7.3g} {needed:.3f} epochs")
    for point in found.noise:
        print(f"  noise scale at epoch {point.epoch:.2f}: {point.value:.0f}, {point.interval}")
    print(f"critical {found.value:.0f}, {found.interval}; noise scale on the way {found.noise_scale:.0f}")
    print(f"critical / noise scale: {found.value / found.noise_scale:.2f}")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", help="MNIST's idx files")
    parser.add_argument("--runs", type=int, default=400, help="of each regression: coverage is then within 1 %% or so")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=0.2)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--length", type=float, default=0.5, help="epochs of the smallest batch")
    arguments = parser.parse_args()
    print(machine())
    if arguments.runs:
        closed_form(arguments.runs)
    if arguments.folder:
        on_mnist(arguments.folder, arguments.batch_size, arguments.lr, arguments.repeats, arguments.length)


if __name__ == "__main__":
    main()
