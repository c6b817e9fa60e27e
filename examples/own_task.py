"""A task of your own: which of two interleaved half moons is a point on?

luthier tune examples/own_task.py:task --space examples/space.yaml --budget 10s
"""

import torch
from torch import nn

from luthier import Task, integer


def moons(samples: int = 600, noise: float = 0.25) -> tuple[torch.Tensor, torch.Tensor]:
    """Points, shape (samples, 2), and the moon each is on, shape (samples,)."""
    generator = torch.Generator().manual_seed(0)
    moon = torch.arange(samples) % 2
    angle = torch.pi * torch.rand(samples, generator=generator)
    x = torch.where(moon == 0, angle.cos(), 1 - angle.cos())
    y = torch.where(moon == 0, angle.sin(), 0.5 - angle.sin())
    points = torch.stack([x, y], 1)
    return points + noise * torch.randn(points.shape, generator=generator), moon


def model(config) -> nn.Module:
    """The network. Names that Luthier does not know, such as ``units``, come from the space or the task's defaults."""
    return nn.Sequential(nn.Linear(2, config["units"]), nn.Tanh(), nn.Linear(config["units"], 2))


task = Task(
    model,
    train=moons,
    validation=0.25,
    defaults={"units": 16, "epochs": 30},
    ranges={"units": integer(4, 64, log=True)},
)
