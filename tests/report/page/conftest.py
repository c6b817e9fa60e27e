"""Histories as studies give them, without training anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from luthier.hyperparameters import complete
from luthier.records import Curve, Outcome, Point, Slice, SliceResult, Status
from luthier.report.history import History, Trained
from luthier.space import Space, choice, integer, log_uniform

Make = Callable[..., Trained]
SPACE = Space(
    lr=log_uniform(1e-4, 1), batch_size=integer(16, 256, log=True), optimizer=choice("SGD", "AdamW"), epochs=8
)


@pytest.fixture
def training() -> Make:
    """One training from its metrics, in as many pieces as asked; ``status`` is that of the last."""

    def make(
        number: int,
        metrics: Sequence[float],
        *,
        status: Status = Status.DONE,
        pieces: int = 1,
        seconds: float = 0.5,
        confirms: int | None = None,
        **values: Any,
    ) -> Trained:
        config = complete({"epochs": 8, **values})
        note = {} if confirms is None else {"confirms": confirms}
        points = tuple(Point(i + 1.0, 1 - m, 1.1 - m, m, config.lr, 32, seconds) for i, m in enumerate(metrics))
        size = -(-len(points) // pieces) or 1
        slices = []
        for start in range(0, max(1, len(points)), size):
            part = points[start : start + size]
            cut = Slice(number, config, float(start), float(start + size), number, note)
            slices.append(SliceResult(cut, part, Outcome(Status.DONE), seconds * len(part)))
        outcome = Outcome(status, "" if status is Status.DONE else f"loss {number}.5e+03 is too large <b>")
        over = status.final or len(points) >= config.epochs
        return Trained(number, config, number, note, None, Curve(points), tuple(slices), outcome, over)

    return make


@pytest.fixture
def history() -> Callable[..., History]:
    """A history of trainings."""

    def make(*trainings: Trained, **more: Any) -> History:
        about: dict[str, Any] = {
            "name": "digits",
            "task": {"validation": [360, "x"]},
            "space": SPACE.to_json(),
            "metric": "accuracy",
            "direction": "maximize",
            "seed": 0,
            "search": "asha",
            "seconds": 60.0,
        }
        return History(**{**about, **more}, trainings=tuple(trainings))

    return make


@pytest.fixture
def searched(training: Make, history: Callable[..., History]) -> History:
    """A search of 40 trainings: most paused, some diverged, the best and the baseline run again on three seeds."""
    found = [training(0, _curve(0.80), lr=0.01, batch_size=64)]
    for number in range(1, 40):
        lr, batch = 10 ** (-4 + 4 * (number * 0.618 % 1)), round(16 * 16 ** (number * 0.414 % 1))
        good = 0.97 - 0.05 * abs(number * 0.618 % 1 - 0.5) ** 2 * 4
        status = Status.DIVERGED if lr > 0.6 else Status.DONE
        epochs = 1 if status is Status.DIVERGED else 8 if number % 3 == 0 else 3
        optimizer = ("SGD", "AdamW")[number % 2]
        values = {"lr": lr, "batch_size": batch, "optimizer": optimizer}
        found.append(training(number, _curve(good)[:epochs], status=status, pieces=1 + number % 2, **values))
    best = max((t for t in found if not t.failed), key=lambda t: t.curve.points[-1].metric)
    for row in (best, found[0]):
        for shift in (-0.004, 0.0, 0.002):
            level = row.curve.points[-1].metric + shift
            values = {name: row.config[name] for name in ("lr", "batch_size", "optimizer")}
            found.append(training(len(found), _curve(level), confirms=row.number, **values))
    return history(*found)


def _curve(end: float) -> list[float]:
    return [end - 0.5 / e**1.5 + 0.5 / 8**1.5 for e in range(1, 9)]
