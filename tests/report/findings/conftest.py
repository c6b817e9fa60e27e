"""Histories from curves that are written down, not trained."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from optuna.distributions import BaseDistribution

from luthier import Space
from luthier.hyperparameters import complete
from luthier.records import Curve, Outcome, Point, Slice, SliceResult, Status
from luthier.report.history import History, Trained
from luthier.task import Chance
from luthier.training.schedules import lr_at

CHANCE = 2.3
Values = Sequence[float] | np.ndarray


def make_training(
    number: int = 0,
    train: Values = (),
    val: Values | None = None,
    metric: Values | None = None,
    *,
    status: Status = Status.DONE,
    message: str = "",
    seed: int = 0,
    confirms: int | None = None,
    seconds: float = 1.0,
    **values: Any,
) -> Trained:
    """A training with one point an epoch. Without more the validation follows the training loss, the metric both."""
    losses = np.asarray(train, dtype=float)
    vals = losses * 1.02 if val is None else np.asarray(val, dtype=float)
    scores = np.clip(1 - 0.9 * vals / CHANCE, 0, 1) if metric is None else np.asarray(metric, dtype=float)
    config = complete({"epochs": max(1, len(losses)), **values})
    size = int(config.batch_size)
    points = tuple(
        Point(float(e + 1), float(a), float(b), float(c), lr_at(config, e + 0.99), size, seconds)
        for e, (a, b, c) in enumerate(zip(losses, vals, scores, strict=True))
    )
    note = {} if confirms is None else {"confirms": confirms}
    cut = Slice(number, config, 0.0, float(config.epochs), seed, note)
    result = SliceResult(cut, points, Outcome(status, message), seconds * len(points))
    return Trained(number, config, seed, note, None, Curve(points), (result,), result.outcome, True)


def make_history(
    *trainings: Trained, ranges: Mapping[str, BaseDistribution] | None = None, chance: Chance | None = None, **more: Any
) -> History:
    """A study of 10 classes with 1000 training and 400 validation samples."""
    about = {
        "name": "made",
        "task": {"train": [1000, ""], "validation": [400, ""]},
        "space": Space(ranges or {}).to_json(),
        "metric": "accuracy",
        "direction": "maximize",
        "seed": 0,
        "search": "random",
        "seconds": 1.0,
        "chance": chance or Chance(CHANCE, 0.1),
        **more,
    }
    return History(trainings=trainings, **about)


@pytest.fixture
def training() -> Callable[..., Trained]:
    """Makes a training from its losses."""
    return make_training


@pytest.fixture
def history() -> Callable[..., History]:
    """Makes a history from trainings."""
    return make_history


@pytest.fixture
def healthy() -> np.ndarray:
    """A training loss that falls, levels off, and wobbles by a few per cent, as a good one does; 20 epochs."""
    epochs = np.arange(1, 21)
    wobble = 1 + 0.02 * np.random.default_rng(0).normal(size=20)
    falling: np.ndarray = (0.15 + 2.1 * np.exp(-epochs / 1.5)) * wobble
    return falling
