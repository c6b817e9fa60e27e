"""The batch size: too large to get far in the epochs, too small to be fast."""

from __future__ import annotations

import math

import numpy as np

from luthier.report._ranks import ranked
from luthier.report.findings._alike import alike, as_good
from luthier.report.findings._statistics import ramp, tail
from luthier.report.findings._view import Series, Sign, View
from luthier.report.history import Trained

#: How much higher the validation loss ends with the larger batch, and how much longer an epoch takes with the smaller.
WORSE, SLOWER = 1.25, 3.0
#: A batch that nobody would call small, and how many times as long an epoch with it must take to be worth a change.
USUAL, USUALLY_SLOWER = 16, 6.0
#: Steps in an epoch below which a single training with a steep end has too large a batch.
FEW_STEPS = 4
#: Steps in the whole training below which they are too few where trees show that far more can be learned, or the loss
#: still falls by this share in a quarter of the epochs.
FEW_IN_ALL, FALLS = 60, 0.1
#: A loss far from learned, as a share of chance; and one that is not near, where a quarter of the epochs takes a third.
FAR, NEAR, STEEP = 0.2, 0.03, 0.33
BETTER = 1.1  #: how much lower the loss of another with as large a batch is
SOME_STEPS, LARGE = 10, 256  #: the same, where the batch is large by itself


def batch_too_large(view: View, training: Trained) -> Sign | None:
    """Smaller batches, all else about equal, get to a lower loss in the same epochs, and in fewer epochs as low."""
    series, size = view.series.get(training.number), training.config.get("batch_size")
    if series is None or not isinstance(size, int) or len(series) < 3:
        return None
    smaller = [
        s
        for s in alike(view, training, {"batch_size", "lr"}, 3.0)
        if s.training.config.batch_size <= size / 2 and _scaled(training, s.training)
    ]
    if len(smaller) >= 2:
        return _against_smaller(view, series, size, smaller)
    steps = view.samples / size if view.samples else math.inf
    late, before = float(np.median(tail(series.val))), float(series.val[-1 - max(2, len(series) // 4)])
    fell = (before - late) / max(view.chance - late, 1e-12)
    level = min(late / view.chance, float(np.median(tail(series.train))) / view.train_chance)
    few = fell > 0.05 if steps <= FEW_STEPS else fell > 0.1 and steps <= SOME_STEPS and size >= LARGE
    far = level > FAR or (level > NEAR and before - late > STEEP * before)
    reference = view.history.reference
    if steps <= FEW_STEPS and steps * len(series) < FEW_IN_ALL and level > NEAR:
        more = before - late > FALLS * before or (reference is not None and reference < late / 2)
        few, far = few or more, far or more
    if few and far and not _same_batch_better(view, series, size):
        slots = {
            "batch_size": size,
            "steps": math.ceil(steps),
            "fall": (before - late) / before,
            "to": max(1, size // 8),
        }
        return Sign("batch-too-large", 0.65, 0.8, slots, "few-steps", training.number)
    return None


def _same_batch_better(view: View, series: Series, size: int) -> bool:
    """Whether a training with as large a batch gets further: then something else is to blame."""
    others = [s for s in view.series.values() if int(s.training.config.get("batch_size") or 0) >= size]
    return any(float(s.val.min()) < float(series.val.min()) / BETTER for s in others)


def _scaled(large: Trained, small: Trained) -> bool:
    """Whether the smaller batch has about the same rate, or one that is lower by up to its share of the batch."""
    rates = [t.config.get("lr") for t in (large, small)]
    if not all(isinstance(r, float) and r > 0 for r in rates):
        return rates[0] == rates[1]
    ratio = float(small.config.lr / large.config.lr)
    return bool(small.config.batch_size / large.config.batch_size / 3 <= ratio <= 3)


def _against_smaller(view: View, series: Series, size: int, smaller: list[Series]) -> Sign | None:
    low = float(series.val.min())
    best = min(smaller, key=lambda s: float(s.val.min()))
    ratio = low / max(float(best.val.min()), 1e-12)
    lead = float(best.score.max() - series.score.max())
    if ratio < WORSE or lead < max(view.luck, 1e-12):
        return None
    sizes = [math.log(s.training.config.batch_size) for s in [*smaller, series]]
    lowest = ranked([float(s.val.min()) for s in [*smaller, series]])
    trend = np.corrcoef(ranked(sizes), lowest)[0, 1]
    reached = [float(s.epoch[np.argmax(s.val <= low)]) for s in smaller if (s.val <= low).any()]
    sooner = float(series.epoch[-1]) / min(reached) if reached else 1.0
    if not trend > 0.3 or sooner < 1.5:
        return None
    confidence = 0.55 + 0.2 * ramp(len(smaller), 1, 4) + 0.2 * ramp(ratio, WORSE, 2)
    slots = {
        "batch_size": size,
        "to": best.training.config.batch_size,
        "loss": low,
        "other_loss": float(best.val.min()),
        "sooner": sooner,
        "other": best.training.number,
    }
    return Sign("batch-too-large", confidence, 0.8, slots, "", series.training.number)


def batch_too_small(view: View, training: Trained) -> Sign | None:
    """A larger batch takes a third of the time for an epoch, or less, and scores as well."""
    series, size = view.series.get(training.number), training.config.get("batch_size")
    if series is None or not isinstance(size, int):
        return None
    pace = _pace(series)
    score = float(series.score.max())
    good = [
        s
        for s in alike(view, training, {"batch_size", "lr", "momentum"}, 1.5)
        if s.training.config.batch_size >= SLOWER * size
        and as_good(view, s, series)
        and pace >= _slower(training, s.training) * _pace(s)
        and s.epoch[-1] <= 1.5 * series.epoch[-1]
    ]
    if not good:
        return None
    best = max(good, key=lambda s: (float(s.score.max()), -_pace(s)))
    ratio = pace / _pace(best)
    sure = 0.6 + 0.3 * ramp(ratio, SLOWER, 6) + 0.08 * ramp(len(good), 0, 3)
    slots = {"batch_size": size, "to": best.training.config.batch_size, "times": ratio, "other": best.training.number}
    scores = {"score": abs(score), "other_score": abs(float(best.score.max())), "metric": view.history.metric}
    return Sign("batch-too-small", sure, 0.6, {**slots, **scores}, "", training.number)


def _slower(slow: Trained, quick: Trained) -> float:
    """How many times as long an epoch must take to matter: more where the batch is what differs and is a usual one."""
    size, other = slow.config.get("batch_size"), quick.config.get("batch_size")
    return USUALLY_SLOWER if isinstance(size, int) and size >= USUAL and size != other else SLOWER


def _pace(series: Series) -> float:
    """Seconds of the fastest epoch, without the start-up of the first: a busy machine only ever adds."""
    points = series.training.curve.points
    seconds = [p.seconds for p in (points[1:] if len(points) > 2 else points)]
    per = (points[-1].epoch / len(points)) if points else 1.0
    return max(min(seconds) / per, 1e-9)
