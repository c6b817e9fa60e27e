"""The fresh cases' tasks: simulations, tables, texts, graphs, series and pictures unlike those of the other parts.

Written without knowledge of the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from sklearn import datasets
from torch import Tensor

from diagnosis.blind_tasks import Recurrent, task
from diagnosis.fresh_models import Formula, Meeting, Messages, Words, hourglass, strip, viewer
from luthier import Task


def standard(x: Any) -> Any:
    """Columns of mean 0 and deviation 1."""
    return (x - x.mean(0)) / (x.std(0) + 1e-9)


def exact(outputs: Tensor, targets: Tensor) -> float:
    """Share of the samples all of whose labels are right."""
    return float(((outputs > 0) == (targets > 0.5)).all(1).float().mean())


def worst(outputs: Tensor, targets: Tensor) -> float:
    """The error that one in ten samples exceeds."""
    return float((outputs - targets).abs().amax(1).quantile(0.9))


def pendulum(samples: int = 1500, noise: float = 0.02, **rest: Any) -> Task:
    """Where a damped pendulum is, and how fast, two seconds after its start."""
    draw = np.random.default_rng(60)
    angle, speed = draw.uniform(-2.5, 2.5, samples), draw.uniform(-2, 2, samples)
    length, drag = draw.uniform(1.0, 3.0, samples), draw.uniform(0, 0.6, samples)
    x = np.column_stack([angle, speed, length, drag])
    for _ in range(100):
        speed = speed - 0.02 * (9.81 / length * np.sin(angle) + drag * speed)
        angle = angle + 0.02 * speed
    y = standard(np.column_stack([angle, speed])) + noise * draw.normal(size=(samples, 2))
    return task(x, y, "pendulum", **rest)


def heat(samples: int = 1000, size: int = 16, noise: float = 0.02, **rest: Any) -> Task:
    """The temperatures along a rod after a while, from those before; it conducts better where it is hot."""
    draw = np.random.default_rng(61)
    waves = draw.normal(size=(samples, 5)) / (1 + np.arange(5))
    t = np.cos(np.pi * np.arange(5)[:, None] * (np.arange(size) + 0.5) / size)
    u = start = waves @ t
    for _ in range(60):
        flow = (0.05 + 0.3 * (u[:, 1:] + u[:, :-1] > 0)) * np.diff(u, axis=1)
        u = u + np.pad(flow, ((0, 0), (0, 1))) - np.pad(flow, ((0, 0), (1, 0)))
    return task(start, u / u.std() + noise * draw.normal(size=u.shape), "heat", raw=True, **rest)


def rentals(samples: int = 1200, **rest: Any) -> Task:
    """How many bicycles are rented in an hour: Poisson counts by hour, warmth, rain and day."""
    draw = np.random.default_rng(62)
    hour, warm, rain, day = draw.uniform(0, 24, samples), draw.normal(size=samples), draw.random(samples) < 0.2, 0
    day = draw.integers(7, size=samples)
    rate = np.exp(0.8 - np.cos(hour / 24 * 2 * np.pi) + 0.4 * warm - 0.9 * rain - 0.3 * (day > 4))
    columns = [np.sin(hour / 24 * 2 * np.pi), np.cos(hour / 24 * 2 * np.pi), warm, rain, day > 4]
    x, y = standard(np.column_stack(columns).astype(float)), draw.poisson(rate).astype(float)
    return task(x, y, "rentals", **{"loss": "PoissonNLLLoss", "raw": True, **rest})


def tracts(samples: int = 1400, noise: float = 0.3, dollars: bool = False, **rest: Any) -> Task:
    """What houses of a district cost, by place, age, rooms, people and income; in dollars or standardised."""
    draw = np.random.default_rng(63)
    east, north, age = draw.uniform(-3, 3, samples), draw.uniform(-3, 3, samples), draw.uniform(1, 52, samples)
    rooms, people = draw.gamma(6, 1, samples), draw.gamma(3, 1, samples)
    income = draw.lognormal(1.2, 0.45, samples)
    sea = np.exp(-np.abs(north + 0.5 * np.sin(2 * east)))
    price = 0.5 * np.log(income) + 1.5 * sea + 0.1 * rooms / people - 0.004 * age + noise * draw.normal(size=samples)
    x = np.column_stack([east, north, age, rooms, people, income])
    if dollars:
        return task(x * [1, 1, 1, 100, 300, 1e4], 100 * price, "tracts", raw=True, **rest)
    return task(x, price, "tracts", **rest)


def topics(samples: int = 900, kinds: int = 6, words: int = 80, length: int = 25, **rest: Any) -> Task:
    """What a text is about, by how often each word stands in it."""
    draw = np.random.default_rng(64)
    usual = draw.dirichlet(np.full(words, 0.3), kinds)
    y = draw.integers(kinds, size=samples)
    share = 0.5 * usual[y] + 0.5 * usual.mean(0)
    x = np.array([draw.multinomial(length, row / row.sum()) for row in share]).astype(float)
    return task(x, y, "topics", **rest)


def reviews(samples: int = 900, words: int = 120, length: int = 14, wrong: float = 0.0, **rest: Any) -> Task:
    """Whether a review is friendly: its words' moods, some of them turned round by the company of others."""
    draw = np.random.default_rng(65)
    mood, x = draw.normal(size=words), draw.integers(words, size=(samples, length))
    turned = np.sign(np.isin(x, np.arange(8)).sum(1) % 2 - 0.5) if rest.pop("turned", False) else 1
    y = (mood[x].sum(1) * turned > 0).astype(int)
    y = np.where(draw.random(samples) < wrong, draw.integers(2, size=samples), y)
    return task(x, y, "reviews", **{"model": Words.of(words, 2), "width": 16, **rest})


def tags(samples: int = 1200, features: int = 20, labels: int = 6, noise: float = 0.2, **rest: Any) -> Task:
    """Which of several tags a song has; each depends on two of its features together."""
    draw = np.random.default_rng(66)
    x = draw.normal(size=(samples, features))
    a, b = draw.normal(size=(2, features, labels)) / features**0.5
    y = ((x @ a) * (x @ b) + 0.7 * x @ a + noise * draw.normal(size=(samples, labels)) > 0.1).astype(float)
    return aimed(task(x, y, "tags", loss="BCEWithLogitsLoss", raw=True, **rest), exact, "maximize")


def aimed(made: Task, metric: Callable[[Tensor, Tensor], float], direction: Literal["maximize", "minimize"]) -> Task:
    """The task with a metric of its own."""
    train, validation = made.given
    return Task(
        made.model,
        train,
        validation,
        loss=made.loss,
        metric=metric,
        direction=direction,
        defaults=made.defaults,
        name=made.name,
    )


def graphs(samples: int = 900, nodes: int = 10, noise: float = 0.1, **rest: Any) -> Task:
    """How strongly the nodes of a graph cluster: the triangles among its paths of three; for message passing."""
    draw = np.random.default_rng(67)
    place = draw.normal(size=(samples, nodes, 2))
    near = np.linalg.norm(place[:, :, None] - place[:, None], axis=3) < draw.uniform(0.8, 1.6, (samples, 1, 1))
    x = (near & ~np.eye(nodes, dtype=bool)).astype(float)
    degree = x.sum(2)
    y = np.log1p(np.einsum("nij,njk,nki->n", x, x, x)) - 0.5 * degree.var(1)
    return task(
        x, standard(y) + noise * draw.normal(size=samples), "graphs", raw=True, **{"model": Messages.of(1)} | rest
    )


def weather(samples: int = 900, length: int = 12, ahead: int = 6, noise: float = 0.05, **rest: Any) -> Task:
    """Lorenz's weather a little later, from its last hours; for a recurrent network."""
    draw = np.random.default_rng(68)
    s = draw.normal(size=(samples, 3)) * 8 + [0, 0, 25]
    path = []
    for k in range(200 + 4 * (length + ahead)):
        x, y, z = s.T
        s = s + 0.01 * np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], 1)
        if k >= 200 and k % 4 == 0:
            path.append(s)
    states = (np.stack(path, 1) - [0, 0, 24]) / 8 + noise * draw.normal(size=(samples, length + ahead, 3))
    return task(states[:, :length], states[:, -1], "weather", raw=True, **{"model": Recurrent.of(3, 3)} | rest)


def walks(samples: int = 900, length: int = 32, noise: float = 0.5, **rest: Any) -> Task:
    """What kind of price a series is: it drifts, returns to its mean, jumps, or wanders; for a convolution."""
    draw = np.random.default_rng(69)
    y = draw.integers(4, size=samples)
    steps = draw.normal(size=(samples, length))
    x = np.zeros((samples, length))
    for k in range(1, length):
        pull = np.where(y == 1, 0.6, 0.0) * x[:, k - 1]
        jump = (y == 2) * (draw.random(samples) < 0.1) * draw.choice([-4.0, 4.0], samples)
        x[:, k] = x[:, k - 1] + 0.6 * steps[:, k] + 0.4 * (y == 0) - pull + jump
    x = x / 4 + noise * draw.normal(size=x.shape) / 4
    return task(x[:, None], y, "walks", raw=True, **{"model": strip(4, length), "channels": 8, "act": "relu"} | rest)


def brackets(samples: int = 900, length: int = 10, wrong: float = 0.0, **rest: Any) -> Task:
    """How deep the brackets of a row are nested at most; for a transformer."""
    draw = np.random.default_rng(70)
    x = draw.integers(2, size=(samples, length))
    y = np.minimum(np.cumsum(2 * x - 1, 1).max(1).clip(0), 4)
    y = np.where(draw.random(samples) < wrong, draw.integers(5, size=samples), y)
    return task(x, y, "brackets", **{"model": Formula.of(2, length, 5), "units": 16, "layers": 1} | rest)


def sums(samples: int = 900, **rest: Any) -> Task:
    """Which of two handwritten digits side by side is greater, or none; for a convolution."""
    data, digit = datasets.load_digits(return_X_y=True)
    draw = np.random.default_rng(71)
    a, b = draw.integers(len(data), size=(2, samples))
    x = np.concatenate([data[a].reshape(-1, 1, 8, 8), data[b].reshape(-1, 1, 8, 8)], 3) / 16 - 0.3
    y = (digit[a] > digit[b]).astype(int)
    return task(x, y, "sums", raw=True, **{"model": viewer(2, 16), "channels": 6, "act": "relu"} | rest)


def numerals(samples: int = 1000, **rest: Any) -> Task:
    """Handwritten digits as pictures; for a convolution."""
    x, y = datasets.load_digits(return_X_y=True)
    pictures = x[-samples:].reshape(-1, 1, 8, 8) / 16 - 0.3
    return task(
        pictures, y[-samples:], "numerals", raw=True, **{"model": viewer(10, 8), "channels": 6, "act": "relu"} | rest
    )


def photograph(samples: int = 1500, noise: float = 0.02, **rest: Any) -> Task:
    """The brightness of a picture at a point, from waves of the point's place."""
    draw = np.random.default_rng(72)
    place = draw.uniform(-1, 1, size=(samples, 2))
    grid = datasets.load_digits().images[5] / 8 - 1
    i, j = ((place.T + 1) * 3.5 - 1e-9).clip(0)
    a, b = i.astype(int), j.astype(int)
    u, v = i - a, j - b
    top, low = grid[a, b] * (1 - v) + grid[a, b + 1] * v, grid[a + 1, b] * (1 - v) + grid[a + 1, b + 1] * v
    y = top * (1 - u) + low * u + noise * draw.normal(size=samples)
    waves = np.concatenate([f(k * np.pi * place) for k in (0.5, 1, 2) for f in (np.sin, np.cos)], 1)
    return task(waves, y, "photograph", raw=True, **rest)


def beats(samples: int = 800, length: int = 32, noise: float = 0.1, **rest: Any) -> Task:
    """A heartbeat from itself through ``code`` numbers; its waves vary in place, width and height."""
    draw = np.random.default_rng(73)
    t = np.linspace(0, 1, length)[None]
    x = np.zeros((samples, length))
    for centre, width, height in ((0.2, 0.05, 0.5), (0.45, 0.02, 2.0), (0.75, 0.08, 0.8)):
        at = centre + 0.04 * draw.normal(size=(samples, 1))
        tall = height * (1 + 0.3 * draw.normal(size=(samples, 1)))
        x += tall * np.exp(-(((t - at) / (2 * width)) ** 2))
    x += noise * draw.normal(size=x.shape)
    return task(x, x, "beats", raw=True, **{"model": hourglass(length), "units": 48, "code": 6} | rest)


def clicks(samples: int = 2000, users: int = 40, things: int = 50, noise: float = 0.5, **rest: Any) -> Task:
    """How long a user looks at a thing, by two tastes, with noise; for a product of embeddings."""
    draw = np.random.default_rng(74)
    x = np.column_stack([draw.integers(users, size=samples), draw.integers(things, size=samples)])
    a, b = draw.normal(size=(users, 2)), draw.normal(size=(things, 2))
    y = (a[x[:, 0]] * b[x[:, 1]]).sum(1) / 2**0.5 + noise * draw.normal(size=samples)
    return task(x, y, "clicks", **{"model": Meeting.of(users, things), "units": 4, **rest})


def credit(samples: int = 1200, features: int = 14, wrong: float = 0.0, slope: float = 1.5, **rest: Any) -> Task:
    """Whether a loan is paid back: odds that are linear in some features and in a product of two."""
    draw = np.random.default_rng(75)
    x = draw.normal(size=(samples, features))
    odds = slope * (x[:, 0] - x[:, 1] + 0.7 * x[:, 2] + rest.pop("bent", 0.5) * x[:, 3] * x[:, 4])
    y = (draw.random(samples) < 1 / (1 + np.exp(-odds))).astype(int)
    y = np.where(draw.random(samples) < wrong, draw.integers(2, size=samples), y)
    return task(x, y, "credit", **rest)


def flowers(**rest: Any) -> Task:
    """Which of three kinds of iris a flower is, of 150."""
    return task(*datasets.load_iris(return_X_y=True), "flowers", **rest)


def vineyards(**rest: Any) -> Task:
    """Whose wine of three growers a sample is, of 178."""
    return task(*datasets.load_wine(return_X_y=True), "vineyards", **rest)
