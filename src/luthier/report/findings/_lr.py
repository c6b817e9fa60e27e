"""The learning rate: too high, too low."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from luthier.records import Config, Status
from luthier.report.findings._alike import NEAR, Verdict, bold, other_rates, timid
from luthier.report.findings._statistics import Array, noise, ramp, slope, smooth, surely, tail
from luthier.report.findings._view import FEW, HUGE, Series, Sign, View

Bools = NDArray[np.bool_]

#: Jumps of the loss from epoch to epoch, as a share of its level, that steady descent with mini-batches does not show,
#: and those that it never shows; at a level, as a share of chance, at which jumps still matter.
JUMP, SURE_JUMP, LEVEL = 0.15, 0.35, 0.08
#: The same where no lower rate was tried, at a level below a share of chance: momentum and small data jitter as well.
JUMP_ALONE, FAR = 0.25, 0.3
LEAST_LEVEL = 0.02  #: the same, where the metric jumps too
#: How a mean distance to the lowest so far compares with a standard deviation; of noise about 0.7.
WANDERS = 0.7
#: A loss that at a bold rate never leaves this share of chance, where others learn down to the second.
STUCK, LEARNED = 0.85, 0.75
#: Values at a high rate from which jumps can be told from a fall, where no other rate was tried.
ENOUGH = 6
#: A loss that rises to this many times its lowest so far, and to this share of chance, has spiked.
SPIKE, SPIKE_LEVEL = 2.5, 0.4
LASTS = 1.4  #: the same, where it never comes down again: too little data or too much capacity does not do that
#: Of all that was learned, the share that the last quarter of a slow training's way brings; a decay brings some itself.
STEEP, STEEP_DECAYED = 0.1, 0.22
MANY_EPOCHS = 15  #: in fewer, a loss that falls steeply at a usual rate needs more of them
#: Unless it has hardly left chance by then (a share of it), and falls evenly still.
NEAR_CHANCE, EVENLY = 0.75, 0.2
LAST = 0.75  #: where the last quarter begins


def lr_too_high(view: View, series: Series) -> Sign | None:
    """Divergence after a start; a loss that jumps up and down; a loss that was low and spiked."""
    training = series.training
    lr = float(training.config.get("lr") or np.nan)
    if training.outcome is not None and training.outcome.status is Status.DIVERGED:
        epoch = float(series.epoch[-1])
        about = {"lr": lr, "epoch": epoch, "try_lr": lr / 10}
        return Sign("lr-too-high", 0.9 if _lower_survives(view, lr) else 0.75, 1.0, about, "diverged", training.number)
    if len(series) < FEW + 1:
        return None
    late = slice(len(series) // 3, None) if len(series) >= 12 else slice(1, None)
    return _destroyed(view, series, late, lr) or _unsteady(view, series, late, lr)


def _destroyed(view: View, series: Series, late: slice, lr: float) -> Sign | None:
    """A loss that bounces above chance, or one that steps too large have thrown to chance, where it stays."""
    chance, train = view.train_chance, series.train[late]
    level, number = float(np.median(train)), series.training.number
    about = {"lr": lr, "level": level, "chance": chance, "try_lr": lr / 10}
    if view.history.chance is None:
        return None
    bounces = noise(train) > 0.01 * level and float(np.mean(np.diff(train) > 0)) > 0.2
    if level > 1.08 * chance and float(np.median(tail(series.train))) > 1.08 * chance and bounces:
        return Sign("lr-too-high", 0.85, 1.0, about, "above-chance", number)
    stays = float(np.quantile(train[len(train) // 2 :], 0.1)) > 0.97 * chance and level < 1.2 * chance
    had = float(series.train.min()) < 0.9 * chance
    first, end = float(series.train[0]), float(np.median(tail(train)))
    thrown = 1.1 * chance < first < HUGE * chance and (
        bold(series.training) or other_rates(view, series, True) is Verdict.BETTER
    )
    # What only ever falls, and is as far off after its first epoch, was not flung by a step but began there.
    rose = bool((np.diff(series.train) > 0).any()) or float(series.val[0]) < 0.5 * first
    flung = first > HUGE * chance and end > LEARNED * chance and rose  # far off by the first steps, and hardly back
    stuck = flung or (bounces and float(series.train.min()) > STUCK * chance)
    if (stays and (had or thrown)) or (stuck and not stays and bold(series.training) and _learnable(view)):
        about = {**about, "was": first if flung or not had else float(series.train.min())}
        return Sign("lr-too-high", 0.8, 1.0, about, "destroyed", number)
    return None


def _learnable(view: View) -> bool:
    """Whether a forest of trees, or another training, shows that much can be learned."""
    reference = view.history.reference
    lowest = min(float(s.val.min()) for s in view.series.values())
    return min(lowest, lowest if reference is None else reference) < LEARNED * view.chance


def _unsteady(view: View, series: Series, late: slice, lr: float) -> Sign | None:
    """A loss that jumps up and down or spikes, and no lower rate does without it for nothing.

    Once a decay has calmed the loss, or where lower rates were tried, it takes one of those that does better.
    """
    late = slice(1, None) if series.decayed else late  # the first half is all that is hot
    hot = series.lr[late] >= 0.5 * series.lr.max()
    lower = other_rates(view, series, True)
    if hot.sum() < FEW or lower is Verdict.NO_BETTER or (series.decayed and lower is not Verdict.BETTER):
        return None
    if hot.sum() < ENOUGH and lower is Verdict.UNTRIED:
        return None
    jump, level = _jumps(series, late, hot)
    spike = _spike(view, series) or _spiked_again(view, series)
    slots: dict[str, float | None] = {"lr": lr, "jump": jump, "level": level, "try_lr": lr / 5, "spike": spike}
    matters = level > LEVEL * view.train_chance or (
        level > LEAST_LEVEL * view.train_chance and noise(series.score[late][hot]) > 1.5 * view.luck
    )
    proven = lower is Verdict.BETTER
    least = JUMP_ALONE if not proven and level < FAR * view.train_chance else JUMP
    if matters and jump > least:
        confidence = 0.55 + 0.4 * max(ramp(jump, JUMP, SURE_JUMP), 0.8 * proven)
        return Sign("lr-too-high", confidence, 0.9, slots, "", series.training.number)
    if spike:
        return Sign("lr-too-high", 0.8, 0.9, slots, "spikes", series.training.number)
    return None


def _jumps(series: Series, late: slice, hot: Bools) -> tuple[float, float]:
    """How much the training loss jumps at a high rate, as a share of its level; and that level.

    From epoch to epoch, or, where it wanders for several, above the lowest that it had been at.
    """
    train = np.maximum(series.train[late][hot], 1e-12)
    risen = float(np.mean(np.diff(train) / train[:-1] > 0.03))
    lowest = np.minimum.accumulate(np.maximum(series.train, 1e-12))[late][hot]
    above = WANDERS * float(np.mean(np.log(train / lowest)))
    return (max(noise(np.log(train)), above) if risen >= 0.2 else 0.0), float(np.median(train))


def _spike(view: View, series: Series) -> float | None:
    """The epoch of a spike that is none of the first ones."""
    lowest = np.minimum.accumulate(series.train)
    after = np.minimum.accumulate(series.train[::-1])[::-1]  # the lowest from there to the end
    risen = (series.train[1:] > SPIKE * lowest[:-1]) | (after[1:] > LASTS * lowest[:-1])
    high = risen & (series.train[1:] > SPIKE_LEVEL * view.train_chance)
    return float(series.epoch[1:][high][0]) if high.any() else None


def _spiked_again(view: View, series: Series) -> float | None:
    """The epoch of a spike of the same setting on another seed."""
    again = [s for s in view.series.values() if s.training.config == series.training.config and s is not series]
    return next((epoch for epoch in (_spike(view, s) for s in again) if epoch), None)


def _lower_survives(view: View, lr: float) -> bool:
    return any(
        not t.failed and isinstance(t.config.get("lr"), float) and t.config.lr < 0.7 * lr
        for t in view.history.competing
    )


def lr_too_low(view: View, series: Series) -> Sign | None:
    """A validation loss that still falls steeply at the end, far from learned; or that has hardly fallen at all."""
    if len(series) < FEW + 1 or series.training.failed:
        return None
    # Measured along the way that the steps can have gone, so that a decay, which ends every fall, hides none.
    way = np.cumsum(series.lr) / series.lr.sum()
    quarter = min(max(2, int((way > LAST).sum())), len(series) - 2)
    val, train = smooth(series.val, 3), smooth(series.train, 3)
    known = view.history.chance is not None
    # Where chance is not known, a fall is told from the first evaluation on.
    chance, train_chance = (view.chance, view.train_chance) if known else (float(series.val[0]), float(series.train[0]))
    if not min(chance, train_chance) > 0:
        return None
    learned = chance - float(val[-1])
    # It is the training that is slow: where its loss has levelled off, a validation loss that falls is luck.
    share = min(
        _lately(way, val, max(chance, float(series.val[0]))),
        _lately(way, train, max(train_chance, float(series.train[0]))),
    )
    b, error, p = slope(way[-quarter - 2 :], series.val[-quarter - 2 :])
    level = float(tail(series.val)[-1]) / chance
    lr = float(series.training.config.get("lr") or np.nan)
    beside = {"level": level, "chance": chance} if known else {"first": chance}
    slots = {"lr": lr, "share": share, **beside, "loss": float(series.val[-1])}
    if b >= 0 or p > 0.05 or level < 0.25 or learned / chance > 0.9:
        return None
    sure = surely(-b, error)
    higher = other_rates(view, series, False)
    if level > 0.9:
        moved = (series.train[0] - series.train[-1]) / series.train[0]
        trained = float(tail(series.train)[-1]) / train_chance
        if moved < 1e-4 or trained < 0.9 or share < STEEP or higher is Verdict.NO_BETTER:
            return None  # a dead start, or what is left is noise: not a slow one
        if not known and higher is Verdict.UNTRIED and not timid(series.training):
            return None  # it may have learned all there is before its first evaluation
        text = "crawls" if known else "hardly-falls"
        return Sign("lr-too-low", 0.9 * sure, 0.9, {**slots, "try_lr": lr * 30}, text, series.training.number)
    steep = STEEP_DECAYED if series.decayed else STEEP
    near_chance = min(level, float(tail(series.train)[-1]) / train_chance) > NEAR_CHANCE
    straight = known and near_chance and share > EVENLY
    slow = timid(series.training) or float(series.epoch[-1]) > MANY_EPOCHS
    slow = slow or (straight and not bold(series.training))  # whose loss falls as the rate does
    proven = higher is Verdict.BETTER or (higher is Verdict.UNTRIED and slow)
    cut_off = not series.complete and float(series.epoch[-1]) < 0.9 * float(series.training.config.get("epochs") or 0.0)
    if share > steep and not cut_off and not _chosen(view, series) and proven:  # its plan would go on falling
        confidence = sure * (0.6 + 0.35 * ramp(share, steep, steep + 0.15))
        return Sign("lr-too-low", confidence, 0.8, {**slots, "try_lr": lr * 10}, "", series.training.number)
    return None


def _chosen(view: View, series: Series) -> bool:
    """Whether the search tried several higher rates, however shortly, and the best training has none of them.

    Rates compare for one optimizer alone, and SGD's only by what momentum makes of them, lr / (1 - momentum).
    """
    config = series.training.config
    alike = [t for t in view.history.competing if t.config.get("optimizer") == config.get("optimizer")]
    rates = {t.number: _rate(t.config) for t in alike if t.outcome is not None}
    scored = [s for s in view.series.values() if s.training.number in rates]
    best = max(scored, key=lambda s: float(s.score.max()), default=series)
    least = NEAR * _rate(config)
    return sum(rate >= least for rate in rates.values()) >= 2 and _rate(best.training.config) < least


def _rate(config: Config) -> float:
    lr, momentum = float(config.lr), float(config.get("momentum") or 0.0)
    return lr / max(1.0 - momentum, 1e-3) if config.get("optimizer") == "SGD" else lr


def _lately(way: Array, loss: Array, begin: float) -> float:
    """Share of all that a loss fell which the last part of the way brought.

    Not more than twice what the part before it brought: where a loss was level and falls with the rate, it was the
    rate that had kept it up.
    """
    before, last, end = (float(v) for v in np.interp([2 * LAST - 1, LAST, 1.0], way, loss))
    return min(last - end, 2 * max(0.0, before - last)) / max(begin - end, 1e-12)
