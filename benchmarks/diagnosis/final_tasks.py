"""The final cases' own tasks: colours, triangles, planets, clocks, blood cells, rules and queens.

Written without knowledge of the rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diagnosis.blind_tasks import Recurrent, task
from diagnosis.fresh_tasks import aimed, exact, standard
from diagnosis.last_settings import strided
from luthier import Task


def colours(samples: int = 1400, wrong: float = 0.0, **rest: Any) -> Task:
    """Which of six hues a colour of red, green and blue is; some are named wrongly."""
    draw = np.random.default_rng(201)
    x = draw.random((samples, 3))
    red, green, blue = x.T
    angle = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)
    y = np.floor((angle + np.pi) / (2 * np.pi) * 6).astype(int) % 6
    y = np.where(draw.random(samples) < wrong, draw.integers(6, size=samples), y)
    return task(x, y, "colours", **rest)


def triangles(samples: int = 1400, wrong: float = 0.0, **rest: Any) -> Task:
    """Whether a triangle is very blunt, blunt or not, by the lengths of its sides; some are told wrongly."""
    draw = np.random.default_rng(202)
    corners = draw.normal(size=(samples, 3, 2))
    sides = np.stack([np.linalg.norm(corners[:, (k + 1) % 3] - corners[:, k], axis=1) for k in range(3)], 1)
    squares = np.sort(sides**2, 1)
    blunt = (squares[:, 0] + squares[:, 1] - squares[:, 2]) / squares[:, 2]
    y = np.searchsorted(np.quantile(blunt, [1 / 3, 2 / 3]), blunt)
    y = np.where(draw.random(samples) < wrong, draw.integers(3, size=samples), y)
    return task(sides / sides.mean(1, keepdims=True), y, "triangles", **rest)


def planets(samples: int = 1400, noise: float = 0.05, **rest: Any) -> Task:
    """How three planets pull a probe, by the place of the probe; measured with an error."""
    draw = np.random.default_rng(203)
    x = draw.uniform(-1, 1, (samples, 2))
    pull = np.zeros((samples, 2))
    for place, mass in (((0.5, 0.4), 1.0), ((-0.6, 0.2), 0.7), ((0.1, -0.6), 0.8)):
        way = np.array(place) - x
        pull += mass * way / ((way**2).sum(1, keepdims=True) + 0.06)
    return task(x, standard(pull) + noise * draw.normal(size=pull.shape), "planets", **rest)


def clocks(samples: int = 1200, noise: float = 0.2, **rest: Any) -> Task:
    """Where the hand of a clock points, as sine and cosine, in a noisy picture of 12 x 12."""
    draw = np.random.default_rng(204)
    angle = draw.uniform(0, 2 * np.pi, samples)[:, None, None]
    i, j = np.mgrid[:12, :12] - 5.5
    along, across = i * np.cos(angle) + j * np.sin(angle), i * np.sin(angle) - j * np.cos(angle)
    x = np.exp(-(across**2)) * (along > 0) * (along < 5) + noise * draw.normal(size=(samples, 12, 12))
    y = np.sqrt(2) * np.concatenate([np.sin(angle), np.cos(angle)], 2)[:, 0]
    usual = {"model": strided(2, 2, 9), "channels": 10, "act": "relu", "raw": True}
    return task(x[:, None], y, "clocks", **{**usual, **rest})


def blood(samples: int = 1200, length: int = 12, ahead: int = 12, noise: float = 0.05, **rest: Any) -> Task:
    """How many blood cells there are later, from how many there were (Mackey & Glass 1977); for a GRU."""
    draw = np.random.default_rng(205)
    cells = draw.uniform(0.4, 1.4, (samples, 18)) * np.ones((1, 18))
    cells[:] = cells[:, :1]
    path = list(cells.T)
    for _ in range(400 + 3 * (length + ahead)):
        late = path[-18]
        path.append(path[-1] + 0.2 * late / (1 + late**10) - 0.1 * path[-1])
    series = np.stack(path[-3 * (length + ahead) :: 3], 1)
    series = (series - series.mean()) / series.std()
    seen = series[:, :length] + noise * draw.normal(size=(samples, length))
    y = series[:, -1] + noise * draw.normal(size=samples)
    return task(seen[:, :, None], y, "blood", **{"model": Recurrent.of(1, 1), "raw": True, **rest})


def rules(samples: int = 1400, facts: int = 8, labels: int = 5, wrong: float = 0.0, **rest: Any) -> Task:
    """Which of several rules hold, each an "and" or "or" or "either" of three facts; some are noted wrongly."""
    draw = np.random.default_rng(206)
    x = draw.integers(2, size=(samples, facts)).astype(bool)
    held = []
    for k in range(labels):
        a, b, c = x[:, draw.choice(facts, 3, replace=False)].T
        held.append(((a ^ b) | c, (a & b) | (~a & c), (a ^ b) ^ c)[k % 3])
    y = np.stack(held, 1) ^ (draw.random((samples, labels)) < wrong)
    made = task(2.0 * x - 1, y.astype(float), "rules", **{"loss": "BCEWithLogitsLoss", "raw": True, **rest})
    return aimed(made, exact, "maximize")


def queens(samples: int = 2000, wrong: float = 0.0, **rest: Any) -> Task:
    """Whether a queen attacks another one on a chess board of 6 x 6, by their rows and columns."""
    draw = np.random.default_rng(207)
    places = draw.integers(6, size=(samples, 4))
    a, b, c, d = places.T
    y = ((a == c) | (b == d) | (abs(a - c) == abs(b - d))).astype(int)
    y = np.where(draw.random(samples) < wrong, draw.integers(2, size=samples), y)
    x = (places[:, :, None] == np.arange(6)).reshape(samples, 24) - 0.2
    return task(x, y, "queens", **{"raw": True, **rest})
