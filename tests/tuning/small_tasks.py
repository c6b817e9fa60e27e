"""Small tasks, which a test and a program of its own load by file and name."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from luthier import Task

DEFAULTS = {"units": 8, "epochs": 9, "batch_size": 32, "lr": 0.05}
Pair = tuple[Tensor, Tensor]

#: Batches that any Counted was trained on in this process.
trained = Counter[str]()


def data() -> Pair:
    """200 noisy samples of three classes; 160 of them are trained on."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(200, 8, generator=generator)
    scores = inputs[:, :3] + 0.7 * torch.randn(200, 3, generator=generator)
    return inputs, scores.argmax(1)


def network(config: Mapping[str, Any]) -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, config["units"]), nn.ReLU(), nn.Dropout(0.1), nn.Linear(config["units"], 3))


class Counted(nn.Module):
    """Counts its training batches, and does ``act`` before each."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.layers = network(config)
        self.batch_size = config["batch_size"]

    def forward(self, inputs: Tensor) -> Tensor:
        if self.training:
            trained["batches"] += 1
            self.act(inputs)
        outputs: Tensor = self.layers(inputs)
        return outputs

    def act(self, inputs: Tensor) -> None:
        pass


class Failing(Counted):
    """Fails where it is wide."""

    def act(self, inputs: Tensor) -> None:
        if self.layers[0].out_features > 8:
            raise ValueError("too wide for this world")


class Hungry(Counted):
    """Takes 2**60 numbers for more than 32 samples at once."""

    def act(self, inputs: Tensor) -> None:
        if len(inputs) > 32:
            torch.empty(2**60)


def make(model: Any = Counted, **more: Any) -> Task:
    return Task(model, data, name="small", **{"defaults": DEFAULTS, **more})


def small() -> Task:
    return make()


def failing() -> Task:
    return make(Failing)


def hungry() -> Task:
    return make(Hungry)
