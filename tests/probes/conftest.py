"""Settings and small tasks of the tests of probes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from luthier import Task


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine the threads of small operations wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def linear_data(samples: int = 256) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples of a noisy linear function of eight inputs."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(samples, 8, generator=generator)
    targets = inputs @ torch.arange(1.0, 9.0).unsqueeze(1) / 5 + torch.randn(samples, 1, generator=generator)
    return inputs, targets


@pytest.fixture
def task() -> Callable[..., Task]:
    """A linear regression; keywords replace the arguments of Task, the first of all its model."""

    def make(model: Any = lambda config: nn.Linear(8, 1), **more: Any) -> Task:
        arguments = {"train": linear_data(), "loss": "MSELoss", "defaults": {"epochs": 6, "batch_size": 16}, **more}
        return Task(model, **arguments)

    return make
