"""The last cases' tasks: orbits, spectra, genes, photographs, sounds, sets and dice, unlike those of the other parts.

Written without knowledge of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor, nn

from diagnosis.blind_tasks import ACTS, Builder, dense, task
from diagnosis.fresh_tasks import aimed, standard
from luthier import Task


def cells_right(outputs: Tensor, targets: Tensor) -> float:
    """Share of all answers that are right."""
    return float(((outputs > 0) == (targets > 0.5)).float().mean())


class Heap(nn.Module):
    """The sum of what a small network of ``units`` says about each member of a set, through a second one."""

    def __init__(self, inputs: int, outputs: int, config: Mapping[str, Any], shift: float) -> None:
        super().__init__()
        units, act = config["units"], ACTS[config["act"]]
        self.each = nn.Sequential(nn.Linear(inputs, units), act(), nn.Linear(units, units), act())
        self.all = nn.Sequential(nn.Linear(units, units), act(), nn.Linear(units, outputs))
        with torch.no_grad():
            self.each[2].bias += shift  # type: ignore[operator]  # a Linear's bias

    @classmethod
    def of(cls, inputs: int, outputs: int, shift: float = 0.0) -> Builder:
        """Its builder; ``shift`` is added to a layer's biases."""
        return lambda config: cls(inputs, outputs, config, shift)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each set."""
        answer: Tensor = self.all(self.each(x).mean(1))
        return answer


class Motifs(nn.Module):
    """Letters as vectors of ``width``, a convolution of ``channels`` over seven of them, its maximum over places."""

    def __init__(self, letters: int, outputs: int, config: Mapping[str, Any], reach: int) -> None:
        super().__init__()
        self.letters, self.act = nn.Embedding(letters, config["width"]), ACTS[config["act"]]()
        self.look = nn.Conv1d(config["width"], config["channels"], reach)
        self.drop, self.last = nn.Dropout(config["dropout"]), nn.Linear(config["channels"], outputs)

    @classmethod
    def of(cls, letters: int, outputs: int, reach: int = 7) -> Builder:
        """Its builder."""
        return lambda config: cls(letters, outputs, config, reach)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each text."""
        h = self.act(self.look(self.letters(x).transpose(1, 2)))
        answer: Tensor = self.last(self.drop(h.amax(2)))
        return answer


class Sack(nn.Module):
    """The mean of the vectors of ``units`` of a text's words, and a linear layer; ``gain`` times as at random."""

    def __init__(self, words: int, outputs: int, config: Mapping[str, Any], gain: float) -> None:
        super().__init__()
        self.words, self.drop = nn.EmbeddingBag(words, config["units"], mode="mean"), nn.Dropout(config["dropout"])
        self.last = nn.Linear(config["units"], outputs)
        with torch.no_grad():
            for weight in (self.words.weight, self.last.weight, self.last.bias):
                weight *= gain

    @classmethod
    def of(cls, words: int, outputs: int, gain: float = 1.0) -> Builder:
        """Its builder."""
        return lambda config: cls(words, outputs, config, gain)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each text."""
        answer: Tensor = self.last(self.drop(self.words(x)))
        return answer


class Old(nn.Module):
    """A plain recurrent network of ``units`` whose weights start ``gain`` times as large as usual."""

    def __init__(self, inputs: int, outputs: int, units: int, kind: str, gain: float) -> None:
        super().__init__()
        self.cells, self.last = nn.RNN(inputs, units, 1, kind, batch_first=True), nn.Linear(units, outputs)
        with torch.no_grad():
            for weight in self.cells.parameters():
                weight *= gain

    @classmethod
    def of(cls, inputs: int, outputs: int, kind: str = "tanh", gain: float = 1.0) -> Builder:
        """Its builder."""
        return lambda config: cls(inputs, outputs, config["units"], kind, gain)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each series."""
        answer: Tensor = self.last(self.cells(x)[0][:, -1])
        return answer


class Throws(nn.Module):
    """What five dice show, each as a vector of 8, through hidden layers of ``units``; the answer times ``gate``."""

    def __init__(self, outputs: int, config: Mapping[str, Any], gated: bool) -> None:
        super().__init__()
        self.faces = nn.Embedding(6, 8)
        self.rest = dense(8, outputs)(config)
        self.gate = nn.Linear(8, outputs, bias=False) if gated else None
        if self.gate:
            last = self.rest[-1]  # type: ignore[index]  # a Sequential
            with torch.no_grad():
                for weight in (self.gate.weight, last.weight, last.bias):
                    weight *= 0.0

    @classmethod
    def of(cls, outputs: int, gated: bool = False) -> Builder:
        """Its builder; ``gated``: the answer is a product of two that both start at 0."""
        return lambda config: cls(outputs, config, gated)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each throw."""
        h = self.faces(x).mean(1) * 3
        answer: Tensor = self.rest(h)
        return answer if self.gate is None else answer * self.gate(h)


def neighbours(after_last: float = 0.0) -> Builder:
    """A convolution of ``channels`` over a torus, and two over single cells; ``after_last`` shifts the last bias."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c, act = config["channels"], ACTS[config["act"]]
        layers = [nn.Conv2d(1, c, 3, padding=1, padding_mode="circular"), act(), nn.Conv2d(c, c, 1), act()]
        last = nn.Conv2d(c, 1, 1)
        with torch.no_grad():
            last.bias += after_last  # type: ignore[operator]  # a Conv2d's bias
        return nn.Sequential(*layers, last, nn.Flatten())

    return build


def listening(outputs: int, shift: float = 0.0) -> Builder:
    """Three convolutions of ``channels`` over time, each further apart, and the mean over time."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c, act = config["channels"], ACTS[config["act"]]
        parts: list[nn.Module] = []
        for before, far in ((1, 1), (c, 2), (c, 4)):
            conv = nn.Conv1d(before, c, 3, padding=far, dilation=far)
            with torch.no_grad():
                conv.bias += shift  # type: ignore[operator]  # a Conv1d's bias
            parts += [conv, act()]
        return nn.Sequential(*parts, nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(4 * c, outputs))

    return build


def looking(outputs: int, side: int = 8) -> Builder:
    """A convolution of ``channels`` with stride 2, one more, and a linear layer, all with leaks; for pictures."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c = config["channels"]
        layers = [nn.Conv2d(1, c, 3, 2, 1), nn.LeakyReLU(0.1), nn.Conv2d(c, 2 * c, 3, 2, 1), nn.LeakyReLU(0.1)]
        return nn.Sequential(
            *layers, nn.Flatten(), nn.Dropout(config["dropout"]), nn.Linear(2 * c * (side // 4) ** 2, outputs)
        )

    return build


def saturated(inputs: int, outputs: int) -> Builder:
    """A network whose answers go through a sigmoid that starts at its upper end."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        model = dense(inputs, outputs)(config)
        with torch.no_grad():
            model[-1].bias += 60.0  # type: ignore[index]  # a Sequential
        return nn.Sequential(model, nn.Sigmoid())

    return build


def kepler(samples: int = 1200, noise: float = 0.02, **rest: Any) -> Task:
    """Where on its ellipse a planet is, by the time since its closest approach and its eccentricity."""
    draw = np.random.default_rng(160)
    mean, e = draw.uniform(-np.pi, np.pi, samples), draw.uniform(0, 0.9, samples)
    angle = mean.copy()
    for _ in range(60):
        angle = angle - (angle - e * np.sin(angle) - mean) / (1 - e * np.cos(angle))
    y = np.stack([np.cos(angle) - e, np.sqrt(1 - e * e) * np.sin(angle)], 1)
    return task(np.column_stack([mean, e]), y + noise * draw.normal(size=y.shape), "kepler", **rest)


def enzymes(samples: int = 1100, noise: float = 0.15, nanomolar: bool = False, **rest: Any) -> Task:
    """How fast an enzyme works, by its amount, food, poison, warmth and acidity."""
    draw = np.random.default_rng(161)
    amount, food, poison = draw.uniform(0.2, 2, samples), draw.uniform(0, 5, samples), draw.uniform(0, 3, samples)
    warm, acid = draw.uniform(0, 60, samples), draw.uniform(4, 10, samples)
    fit = np.exp(-(((warm - 37) / 25) ** 2) - ((acid - 7) / 3) ** 2)
    speed = np.sqrt(amount) * food / (0.8 * (1 + poison) + food) * fit
    y = standard(speed) + noise * draw.normal(size=samples)
    x = np.column_stack([amount, food, poison, warm, acid])
    if nanomolar:
        return task(x * [1e6, 1e6, 1e6, 1, 1], y, "enzymes", raw=True, **rest)
    return task(x, y, "enzymes", **rest)


def spectra(samples: int = 900, bands: int = 40, substances: int = 3, noise: float = 0.02, **rest: Any) -> Task:
    """How much of each substance a liquid holds, by the light of each colour that it lets through."""
    draw = np.random.default_rng(162)
    t = np.linspace(0, 1, bands)
    lines = np.exp(-(((t - draw.uniform(0.1, 0.9, (2 * substances, 1))) / 0.08) ** 2))
    lines = lines[:substances] + 0.6 * lines[substances:]
    much = draw.uniform(0, 2, size=(samples, substances))
    x = np.exp(-much @ lines) + noise * draw.normal(size=(samples, bands))
    return task(4 * (x - 0.6), standard(much), "spectra", raw=True, **rest)


def genes(samples: int = 1000, length: int = 24, wrong: float = 0.0, **rest: Any) -> Task:
    """Which of three words, if any, stands somewhere in a strand of DNA, with a letter changed at times."""
    draw = np.random.default_rng(163)
    words = draw.integers(4, size=(3, 6))
    x, y = draw.integers(4, size=(samples, length)), draw.integers(4, size=samples)
    for row, kind in zip(x, y, strict=True):
        if kind < 3:
            at = draw.integers(length - 6)
            row[at : at + 6] = words[kind]
            if draw.random() < 0.2:
                row[at + draw.integers(6)] = draw.integers(4)
    y = np.where(draw.random(samples) < wrong, draw.integers(4, size=samples), y)
    usual = {"model": Motifs.of(4, 4), "width": 6, "channels": 24, "act": "relu"}
    return task(x, y, "genes", **{**usual, **rest})


def sets(samples: int = 1000, members: int = 10, noise: float = 0.05, **rest: Any) -> Task:
    """How far the members of a set lie apart and how skewed they lie; for a network of sets."""
    draw = np.random.default_rng(164)
    x = draw.gamma(draw.uniform(0.5, 4, (samples, 1, 1)), 1.0, (samples, members, 1))
    x = x / x.mean() * draw.uniform(0.3, 1.7, (samples, 1, 1)) - 1
    y = standard(np.column_stack([np.log(x.std(1)), x.max(1) - x.mean(1)]))
    return task(x, y + noise * draw.normal(size=y.shape), "sets", raw=True, **{"model": Heap.of(1, 2)} | rest)


def patch(samples: int, side: int, seed: int) -> tuple[Any, Any]:
    """Small pieces of two photographs in grey, and which one each is from."""
    photos = [photo.mean(2) / 128 - 1 for photo in datasets.load_sample_images().images]
    draw = np.random.default_rng(seed)
    y, i, j = draw.integers(2, size=samples), *draw.integers((427 - side, 640 - side), size=(samples, 2)).T
    x = np.stack([photos[k][a : a + side, b : b + side] for k, a, b in zip(y, i, j, strict=True)])
    return x, y


def textures(samples: int = 1200, wrong: float = 0.0, gain: float = 1.0, **rest: Any) -> Task:
    """Whether a small piece of a photograph is of a temple or of a flower; some are noted wrongly."""
    x, y = patch(samples, 8, 165)
    draw = np.random.default_rng(165)
    y = np.where(draw.random(samples) < wrong, draw.integers(2, size=samples), y)
    usual = {"model": looking(2), "channels": 12}
    return task(gain * x[:, None], y, "textures", raw=True, **{**usual, **rest})


def cleaning(samples: int = 1200, noise: float = 0.3, **rest: Any) -> Task:
    """The middle of a small piece of a photograph from the noisy piece around it."""
    x, _ = patch(samples, 6, 166)
    x = x - x.mean((1, 2), keepdims=True)
    noisy = x + noise * np.random.default_rng(166).normal(size=x.shape)
    return task(3 * noisy.reshape(samples, -1), 3 * x[:, 1:5, 1:5].reshape(samples, -1), "cleaning", raw=True, **rest)


def life(samples: int = 500, side: int = 8, wrong: float = 0.0, **rest: Any) -> Task:
    """Which cells of a board live in the next round of Conway's game, some of them misread; for a convolution."""
    draw = np.random.default_rng(167)
    x = (draw.random((samples, side, side)) < 0.45).astype(int)
    near = sum(np.roll(x, (a, b), (1, 2)) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0))
    y = ((near == 3) | ((near == 2) & (x == 1))) ^ (draw.random(x.shape) < wrong)
    usual = {"model": neighbours(), "channels": 16, "act": "relu", "loss": "BCEWithLogitsLoss"}
    made = task(x[:, None] - 0.45, y.reshape(samples, -1).astype(float), "life", raw=True, **{**usual, **rest})
    return aimed(made, cells_right, "maximize")


def chirps(samples: int = 900, length: int = 48, noise: float = 0.5, **rest: Any) -> Task:
    """Whether a tone rises, falls, stays, swings or there is none; for a convolution over time."""
    draw = np.random.default_rng(168)
    y, t = draw.integers(5, size=samples)[:, None], np.linspace(0, 1, length)[None]
    low, far = draw.uniform(0.3, 0.6, (samples, 1)), draw.uniform(0.6, 1.2, (samples, 1))
    speed = np.select([y == 0, y == 1, y == 2], [low + far * t, low + far * (1 - t), low + far / 2 + 0 * t])
    speed = np.where(y == 3, low + far * (0.5 + 0.5 * np.sin(6 * np.pi * t)), speed)
    x = (y != 4) * np.sin(np.cumsum(speed, 1) + draw.uniform(0, 6.3, (samples, 1)))
    x = x + noise * draw.normal(size=x.shape)
    usual = {"model": listening(5), "channels": 16, "act": "relu"}
    return task(x[:, None], y[:, 0], "chirps", raw=True, **{**usual, **rest})


def spam(samples: int = 1200, words: int = 200, length: int = 20, wrong: float = 0.0, **rest: Any) -> Task:
    """Whether a letter is spam, by its words, most of which say little; some are noted wrongly."""
    draw = np.random.default_rng(169)
    often = 1 / (5 + np.arange(words))
    bad = often * np.exp(1.2 * draw.normal(size=words))
    y = draw.integers(2, size=samples)
    rows = [draw.choice(words, length, p=p / p.sum()) for p in np.stack([often, bad])[y]]
    y = np.where(draw.random(samples) < wrong, draw.integers(2, size=samples), y)
    return task(np.stack(rows), y, "spam", **{"model": Sack.of(words, 2), "units": 16, **rest})


def traffic(samples: int = 1000, length: int = 16, noise: float = 0.1, **rest: Any) -> Task:
    """How many cars come in the next hour, from the last hours: a jam builds up, breaks, and comes again."""
    draw = np.random.default_rng(170)
    x = np.empty((samples, length + 21))
    x[:, 0], x[:, 1] = draw.normal(size=(2, samples))
    for k in range(2, length + 21):
        x[:, k] = 1.4 - x[:, k - 1] ** 2 / 1.1 + 0.28 * x[:, k - 2] + 0.02 * draw.normal(size=samples)
        x[:, k] = np.clip(x[:, k], -2, 2)
    x = x[:, 20:]
    seen = x[:, :-1] + noise * draw.normal(size=(samples, length))
    return task(seen[:, :, None], x[:, -1], "traffic", raw=True, **{"model": Old.of(1, 1), **rest})


def inversions(samples: int = 1000, length: int = 8, noise: float = 0.05, **rest: Any) -> Task:
    """How far a row of numbers is from being sorted; for a recurrent network."""
    draw = np.random.default_rng(171)
    x = draw.normal(size=(samples, length)) + draw.uniform(-1, 1, (samples, 1)) * np.arange(length)
    y = sum((x[:, a] > x[:, b]).astype(float) for a in range(length) for b in range(a + 1, length))
    y = standard(y) + noise * draw.normal(size=samples)
    return task(x[:, :, None] / 3, y, "inversions", raw=True, **{"model": Old.of(1, 1), **rest})


def dice(samples: int = 1200, wrong: float = 0.0, **rest: Any) -> Task:
    """What five dice make: nothing, a pair, two pairs, three alike, or better; some of them are noted wrongly."""
    draw = np.random.default_rng(172)
    x = draw.integers(6, size=(samples * 12, 5))
    counts = np.sort(np.stack([(x == k).sum(1) for k in range(6)], 1), 1)[:, ::-1]
    kinds = np.select(
        [counts[:, 0] > 3, (counts[:, 0] == 3) & (counts[:, 1] < 2), counts[:, 0] == 3, counts[:, 1] == 2],
        [4, 3, 4, 2],
        1,
    ) * (counts[:, 0] > 1)
    kept = np.concatenate([np.flatnonzero(kinds == k)[: samples // 5] for k in range(5)])
    kept, y = draw.permutation(kept), kinds
    y = np.where(draw.random(len(y)) < wrong, draw.integers(5, size=len(y)), y)
    usual = {"model": Throws.of(5), "units": 48, "act": "relu"}
    return task(x[kept], y[kept].astype(int), "dice", **{**usual, **rest})


def ribbon(samples: int = 1200, noise: float = 0.1, **rest: Any) -> Task:
    """Where on a ribbon bent like an S a point in space lies, along it and across."""
    x, along = datasets.make_s_curve(samples, noise=noise, random_state=173)
    return task(x, np.column_stack([along, x[:, 1]]), "ribbon", **rest)


def petals(**rest: Any) -> Task:
    """How wide the petals of 150 irises are, from their other measures."""
    x = datasets.load_iris().data
    return task(x[:, :3], x[:, 3], "petals", **rest)


def radii(samples: int = 1000, features: int = 10, wrong: float = 0.0, **rest: Any) -> Task:
    """Whether a point of ten dimensions lies far from the middle (Hastie's tenth example); some are noted wrongly."""
    draw = np.random.default_rng(174)
    x = draw.normal(size=(samples, features))
    y = ((x**2).sum(1) > features - 0.66).astype(int)
    y = np.where(draw.random(samples) < wrong, draw.integers(2, size=samples), y)
    return task(x, y, "radii", **rest)
