"""The fresh cases' models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from diagnosis.blind_tasks import ACTS, Builder


class Words(nn.Module):
    """The mean of a text's word vectors of ``width``, a hidden layer of ``units``, an answer."""

    def __init__(self, words: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.words = nn.Embedding(words, config["width"])
        self.rest = nn.Sequential(
            nn.Linear(config["width"], config["units"]),
            ACTS[config["act"]](),
            nn.Dropout(config["dropout"]),
            nn.Linear(config["units"], outputs),
        )

    @classmethod
    def of(cls, words: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(words, outputs, config)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each text."""
        answer: Tensor = self.rest(self.words(x).mean(1))
        return answer


class Meeting(nn.Module):
    """What users and things have in common, as a product of their vectors of ``units``, which start ``spread`` wide."""

    def __init__(self, users: int, things: int, units: int, spread: float) -> None:
        super().__init__()
        self.users, self.things = nn.Embedding(users, units), nn.Embedding(things, units)
        with torch.no_grad():
            for table in (self.users, self.things):
                table.weight *= spread

    @classmethod
    def of(cls, users: int, things: int, spread: float = 0.3) -> Builder:
        """Its builder."""
        return lambda config: cls(users, things, config["units"], spread)

    def forward(self, x: Tensor) -> Tensor:
        """A number for each pair."""
        answer: Tensor = (self.users(x[:, 0]) * self.things(x[:, 1])).sum(1, keepdim=True)
        return answer


class Messages(nn.Module):
    """Each node of a graph sums up its neighbours, ``layers`` times; the mean over the nodes decides."""

    def __init__(self, outputs: int, config: Mapping[str, Any], shift: float) -> None:
        super().__init__()
        units, self.act = config["units"], ACTS[config["act"]]()
        self.enter = nn.Linear(1, units)
        self.steps = nn.ModuleList([nn.Linear(units, units) for _ in range(config["layers"])])
        self.drop, self.last = nn.Dropout(config["dropout"]), nn.Linear(units, outputs)
        with torch.no_grad():
            for step in self.steps:
                step.bias += shift  # type: ignore[operator]  # a Linear's bias

    @classmethod
    def of(cls, outputs: int, shift: float = 0.0) -> Builder:
        """Its builder; ``shift`` is added to the biases between."""
        return lambda config: cls(outputs, config, shift)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each graph."""
        h = self.act(self.enter(x.sum(2, keepdim=True) / 4))
        for step in self.steps:
            h = self.act(step(h + x @ h / 4))
        answer: Tensor = self.last(self.drop(h.mean(1)))
        return answer


class Formula(nn.Module):
    """A transformer of ``layers`` layers of width ``units``, read at its first place; its answer times ``gain``."""

    def __init__(self, symbols: int, length: int, outputs: int, config: Mapping[str, Any], gain: float) -> None:
        super().__init__()
        units, self.gain = config["units"], gain
        self.symbols, self.places = nn.Embedding(symbols, units), nn.Parameter(0.3 * torch.randn(length, units))
        self.layers = nn.Sequential(
            *[
                nn.TransformerEncoderLayer(units, 2, 2 * units, config["dropout"], batch_first=True, norm_first=True)
                for _ in range(config["layers"])
            ]
        )
        self.norm, self.last = nn.LayerNorm(units), nn.Linear(units, outputs)

    @classmethod
    def of(cls, symbols: int, length: int, outputs: int, gain: float = 1.0) -> Builder:
        """Its builder."""
        return lambda config: cls(symbols, length, outputs, config, gain)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each row of symbols."""
        h = self.layers(self.symbols(x) + self.places)
        answer: Tensor = self.gain * self.last(self.norm(h[:, 0]))
        return answer


class Skips(nn.Module):
    """Residual layers without any normalisation, whose weights start ``gain`` times as large as usual."""

    def __init__(self, inputs: int, outputs: int, config: Mapping[str, Any], gain: float) -> None:
        super().__init__()
        units, self.act = config["units"], ACTS[config["act"]]()
        self.enter, self.last = nn.Linear(inputs, units), nn.Linear(units, outputs)
        self.steps = nn.ModuleList([nn.Linear(units, units) for _ in range(config["layers"])])
        with torch.no_grad():
            for step in self.steps:
                step.weight *= gain  # type: ignore[operator]  # a Linear's weight

    @classmethod
    def of(cls, inputs: int, outputs: int, gain: float = 1.0) -> Builder:
        """Its builder."""
        return lambda config: cls(inputs, outputs, config, gain)

    def forward(self, x: Tensor) -> Tensor:
        """The answer."""
        h = self.enter(x)
        for step in self.steps:
            h = h + self.act(step(h))
        answer: Tensor = self.last(h)
        return answer


def strip(outputs: int, length: int) -> Builder:
    """Two convolutions of ``channels`` over time with strides, and a linear layer."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c, act = config["channels"], ACTS[config["act"]]
        layers = [nn.Conv1d(1, c, 5, 2, 2), act(), nn.Conv1d(c, 2 * c, 5, 2, 2), act(), nn.Flatten()]
        return nn.Sequential(*layers, nn.Dropout(config["dropout"]), nn.Linear(2 * c * (length // 4), outputs))

    return build


def viewer(outputs: int, width: int) -> Builder:
    """A convolution of ``channels`` with a pooling, then a hidden layer of ``units``; pictures of 8 x ``width``."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c, act = config["channels"], ACTS[config["act"]]
        hidden = nn.Linear(c * 4 * (width // 2), config["units"])
        layers = [nn.Conv2d(1, c, 3, padding=1), act(), nn.MaxPool2d(2), nn.Flatten(), hidden, act()]
        return nn.Sequential(*layers, nn.Linear(config["units"], outputs))

    return build


def hourglass(size: int) -> Builder:
    """Down to ``code`` numbers and back."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        act, units, code = ACTS[config["act"]], config["units"], config["code"]
        down = [nn.Linear(size, units), act(), nn.Linear(units, code)]
        return nn.Sequential(*down, nn.Linear(code, units), act(), nn.Linear(units, size))

    return build
