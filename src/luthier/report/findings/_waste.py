"""Time and memory that brought nothing."""

from __future__ import annotations

import math

import numpy as np

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Status
from luthier.report.findings._alike import alike, as_good
from luthier.report.findings._batch import _pace, _slower
from luthier.report.findings._length import EARLY_DECAYED
from luthier.report.findings._statistics import ramp
from luthier.report.findings._view import Series, Sign, View
from luthier.report.history import Trained

#: What is waste: a share of a study's time spent after the best epoch of each training; a setting so much slower.
SHARE, SLOWER = 0.5, 3.0
LESS_WORK = 2.0  #: and by what its sizes tell at least so many times the work
ALL_STEPS = 0.995  #: of the sum of learning rates
SHARE_OF_ONE = 0.67  #: of a single training, where early-stop already tells less
#: How many times as large a model is that scores no better.
LARGER = 6.0


def time_wasted(view: View) -> list[Sign]:
    """Most of the time went into epochs after the best ones, or into a far slower setting that is no better."""
    trainings = view.history.competing
    spent = {t.number: _idle(view, t) for t in trainings}
    # A poor setting may settle at once; it is the good ones, and the one to use, that need not be so long.
    middle = float(np.median(list(view.finals.values()))) if view.finals else 0.0
    good = [n for n in spent if view.finals.get(n, -math.inf) >= middle]
    best = [view.winner.number] if view.winner is not None else []
    groups = [[spent[n] for n in numbers] for numbers in (spent, good, best)]
    judged = [(sum(part for part, _ in group), sum(whole for _, whole in group)) for group in groups]
    share = min(part / whole if whole else 0.0 for part, whole in judged)
    idle, total = judged[0]
    if share > (SHARE if len(trainings) > 1 else SHARE_OF_ONE):
        slots = {"share": idle / total, "seconds": idle, "total": total}
        return [Sign("time-wasted", 0.55 + 0.43 * ramp(share, SHARE, 0.8), 0.4, slots)]
    for training in view.subjects:
        series = view.series.get(training.number)
        if series is None:
            continue
        quick = _quicker(view, series)
        if quick is not None:
            times = _pace(series) / _pace(quick)
            slots = {"times": times, "other": quick.training.number, "scores": abs(float(quick.score.max()))}
            more = {"score": abs(float(series.score.max())), "metric": view.history.metric}
            confidence = 0.6 + 0.3 * ramp(times, SLOWER, 2 * SLOWER)
            return [Sign("time-wasted", confidence, 0.5, {**slots, **more}, "slower", training.number)]
    return []


def _idle(view: View, training: Trained) -> tuple[float, float]:
    """Seconds of a training that lay after its best, and all of them."""
    series = view.series.get(training.number)
    seconds = np.array([p.seconds for p in training.curve])
    total = float(seconds.sum())
    if series is None or len(series) < 8 or float(series.val.min()) > 0.95 * view.chance:
        return 0.0, total  # one that learned nothing: others tell why
    at = series.settled(0.5 * view.luck, view.chance)
    if series.decayed:
        # A shorter decay is fit into what is left; once the rate has come down to nothing, nothing can follow.
        done = int(np.argmax(np.cumsum(series.lr) >= ALL_STEPS * series.lr.sum()))
        at = max(at, min(round(at / EARLY_DECAYED), done))
    return float(seconds[at + 1 :].sum()), total


def _quicker(view: View, series: Series) -> Series | None:
    """The best training that is as good and takes a fraction of the time of an epoch."""
    others = [view.series[n] for n in view.finals if n != series.training.number]
    finals = [s for s in others if as_good(view, s, series)]
    quick = [
        s
        for s in finals
        if _pace(series) >= _slower(series.training, s.training) * _pace(s)
        and s.epoch[-1] <= 1.5 * series.epoch[-1]
        and _work(series, s) >= LESS_WORK
    ]
    return max(quick, key=lambda s: float(s.score.max()), default=None)


def _work(slow: Series, quick: Series) -> float:
    """How many times the work of one epoch may exceed another's, from the configs: steps, and squares of sizes."""
    times = 1.0
    for name in {*slow.training.config, *quick.training.config}:
        a, b = slow.training.config.get(name), quick.training.config.get(name)
        if a == b or (name in HYPERPARAMETERS and name not in ("batch_size", "optimizer")):
            continue
        if isinstance(a, float) and isinstance(b, float):
            continue  # no size
        if isinstance(a, bool) or not isinstance(a, int) or not isinstance(b, int) or min(a, b) < 1:
            return math.inf  # another model or optimizer
        times *= b / a if name == "batch_size" else (a / b) ** 2
    return times


def memory_wasted(view: View) -> list[Sign]:
    """Trainings that ran out of memory; or a model several times as large as one that scores as well."""
    full = [t for t in view.history.trainings if t.outcome is not None and t.outcome.status is Status.OUT_OF_MEMORY]
    if full:
        sizes = [int(t.config.batch_size) for t in full if isinstance(t.config.get("batch_size"), int)]
        slots = {"count": len(full), "of": len(view.history.trainings), "batch_size": min(sizes, default=0)}
        effect = 0.4 + 0.5 * ramp(len(full) / len(view.history.trainings), 0, 0.5)
        return [Sign("memory-wasted", 0.98, effect, {**slots, "trainings": [t.number for t in full]})]
    for training in view.subjects:
        series = view.series.get(training.number)
        sign = None if series is None else _oversized(view, series)
        if sign is not None:
            return [sign]
    return []


def _oversized(view: View, series: Series) -> Sign | None:
    config = series.training.config
    for name, value in config.items():
        if name in HYPERPARAMETERS or isinstance(value, bool) or not isinstance(value, int) or value < LARGER:
            continue
        small = [
            s
            for s in alike(view, series.training, {name, "lr", "momentum"}, 2.0)
            if isinstance(size := s.training.config.get(name), int)
            and value >= LARGER * size
            and as_good(view, s, series)
        ]
        if small:
            other = max(small, key=lambda s: float(s.score.max()))
            to = other.training.config[name]
            slots = {"name": name, "value": value, "to": to, "other": other.training.number}
            scores = {"score": abs(float(series.score.max())), "other_score": abs(float(other.score.max()))}
            confidence = 0.6 + 0.3 * ramp(len(small), 0, 3)
            more = {**slots, **scores, "metric": view.history.metric}
            return Sign("memory-wasted", confidence, 0.4, more, "larger", series.training.number)
    return None
