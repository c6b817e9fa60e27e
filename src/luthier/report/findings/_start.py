"""How a training starts: not at all, or with a bang."""

from __future__ import annotations

import re

import numpy as np

from luthier.records import Status
from luthier.report.findings._alike import NEAR, Verdict, bold, other_rates, penalised, same_model
from luthier.report.findings._fit import TINY, capacity
from luthier.report.findings._statistics import Array, slope
from luthier.report.findings._view import HUGE, Series, Sign, View
from luthier.report.history import Trained

INPUTS_USED = 0.99  #: a training loss below this share of chance takes more than a constant answer
#: Share by which a loss has to move over a training to count as moving.
STILL = 0.02
#: What always giving the mean of the targets costs, when their units are far from one; and a first epoch's loss that
#: has not come down from it, as a share.
LARGE_UNITS, STILL_FAR = 100.0, 0.9
_FIRST_LOSS = re.compile(r"it began at ([0-9.eE+-]+)")
_FIRST_LOSSES = re.compile(r"times the first ones?, ([0-9.eE+-]+)")


def dead_start(view: View, series: Series) -> Sign | None:
    """A loss that stays where it began, at chance or above."""
    if len(series) < 3:
        return None
    moved = float(np.ptp(series.train) / max(abs(float(series.train.mean())), 1e-12))
    learned = float(series.train.min()) < 0.95 * view.train_chance and view.history.chance is not None
    _, _, p = slope(series.epoch, series.train)
    half = series.train[int(np.searchsorted(np.cumsum(series.lr), 0.5 * series.lr.sum()))]  # of the way, not the time
    late = (half - series.train[-1]) / max(float(series.train[0] - series.train[-1]), 1e-12)
    falls = p < 0.001 and moved > 1e-4 and 0.3 < late <= 1.5  # a slow start gains pace, a dead one settles
    if learned or penalised(series):
        return None
    if moved > STILL or falls:
        return _constant(view, series)
    if any(float(s.train.min()) < 0.9 * view.train_chance for s in same_model(view, series)):
        return None  # the same model has learned when it was trained otherwise
    lr = float(series.lr.max())
    slots = {"lr": lr, "moved": moved, "loss": float(series.train[-1]), "epochs": float(series.epoch[-1])}
    confidence = 0.95 if moved < 0.01 else 0.75
    others = [s for n, s in view.series.items() if n != series.training.number]
    works = any(s.train.min() < 0.8 * view.train_chance for s in others)
    return Sign("dead-start", confidence, 1.0, {**slots, "works": works}, "", series.training.number)


def _constant(view: View, series: Series) -> Sign | None:
    """A loss that comes to what a constant answer costs and stays there: the output's bias learns, and nothing else."""
    if view.history.chance is None or len(series) < 6 or bold(series.training):
        return None
    late = series.train[len(series) // 3 :]
    level = float(np.median(late))
    if (
        not INPUTS_USED < level / view.train_chance < 1 + STILL
        or float(np.ptp(late)) > STILL * level
        or series.train[0] < level
    ):
        return None
    way = np.cumsum(series.lr)
    if _falls_on(way, series.train) or any(
        float(s.train.min()) < 0.9 * view.train_chance for s in same_model(view, series)
    ):
        return None  # slow, not dead: it falls on, or the same model trained otherwise has learned
    if capacity(view, series.training) < TINY and not _constant_score(view, series):
        return None  # too small to learn anything, not dead
    if other_rates(view, series, True) is Verdict.BETTER:
        return None  # the rate has killed it
    slots = {
        "loss": level,
        "chance": view.train_chance,
        "epochs": float(series.epoch[-1]),
        "lr": float(series.lr.max()),
    }
    return Sign("dead-start", 0.8, 1.0, slots, "constant", series.training.number)


def _falls_on(x: Array, y: Array) -> bool:
    """Whether a loss falls on steadily over the last two thirds of the way, and not only at first."""
    late = x >= x[-1] / 3
    b, _, p = slope(x[late], y[late])
    half = float(np.interp((x[late][0] + x[-1]) / 2, x, y))
    return b < 0 and p < 0.001 and half - float(y[-1]) > 0.25 * float(y[late][0] - y[-1])


def _constant_score(view: View, series: Series) -> bool:
    """Whether the metric is that of a constant answer at most epochs: then the inputs do not matter at all."""
    chance = view.history.chance
    if chance is None:
        return True
    near = np.abs(view.sign * series.score - chance.metric) <= 0.01 * max(abs(chance.metric), 0.1)
    return bool(near[len(near) // 3 :].mean() > 0.5)


def exploding_start(view: View, training: Trained) -> Sign | None:
    """A first loss far above chance, or a blow-up before the first evaluation."""
    series = view.series.get(training.number)
    lr = training.config.get("lr")
    chance = view.train_chance if view.history.chance is not None else float("nan")
    if series is not None:
        first = float(series.train[0])
        lrs = {n: float(s.training.config.get("lr") or np.inf) for n, s in view.series.items()}
        gentler = [s for n, s in view.series.items() if lrs[n] < lrs[training.number] / NEAR]
        calm = [s for s in gentler if s.train[0] < 0.5 * first]
        # With several trainings the start is to blame for less, when lower rates start as high, or for nothing.
        least = 4.0 if gentler else HUGE
        if not first > least * chance or calm:
            return _far_units(view, series)
        if not gentler and bold(training) and float(series.val[0]) < 1.5 * chance:
            return None  # what comes down at once at a bold rate was its first steps
        confidence = 0.95 if first > 2 * HUGE * chance else 0.8 if first > HUGE * chance else 0.7
        slots = {"first": first, "chance": chance, "times": first / chance, "lr": lr}
        return Sign("exploding-start", confidence, 0.9, slots, "", training.number)
    if training.outcome is None or training.outcome.status is not Status.DIVERGED:
        return None
    told = _FIRST_LOSS.search(training.outcome.message) or _FIRST_LOSSES.search(training.outcome.message)
    first = float(told.group(1)) if told else float("nan")
    if first < HUGE * chance:
        return None  # it started well, and the steps were too large
    slots = {"lr": lr, "first": first, "chance": chance, "message": training.outcome.message}
    return Sign("exploding-start", 0.9 if first > HUGE * chance else 0.65, 1.0, slots, "overflow", training.number)


def _far_units(view: View, series: Series) -> Sign | None:
    """Targets so far from unit size that the first epoch, which should find their mean, is lost on that."""
    chance, first = view.train_chance, float(series.train[0])
    if view.history.chance is None or view.classes or chance < LARGE_UNITS or first < STILL_FAR * chance:
        return None
    slots = {"first": first, "chance": chance, "times": first / chance, "lr": series.training.config.get("lr")}
    return Sign("exploding-start", 0.75, 0.9, slots, "units", series.training.number)


def lr_blows_up(view: View, training: Trained) -> Sign | None:
    """A training that diverged before its first evaluation: of its learning rate, when lower ones did not."""
    if training.number in view.series or training.outcome is None or training.outcome.status is not Status.DIVERGED:
        return None
    lr = float(training.config.get("lr") or np.nan)
    failed = [t for t in view.history.competing if t.number not in view.series and t.failed]
    lower = [t for t in view.history.competing if "lr" in t.config and t.config.lr < 0.7 * lr]
    survived = [t for t in lower if t not in failed]
    if lower and not survived:
        return None  # lower ones blow up too: the start is to blame
    slots = {"lr": lr, "epoch": 1.0, "try_lr": lr / 10, "survived": [t.number for t in survived]}
    return Sign("lr-too-high", 0.9 if survived else 0.7, 1.0, slots, "blew-up", training.number)
