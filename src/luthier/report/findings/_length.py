"""The number of epochs: too few, too many, cut short."""

from __future__ import annotations

import numpy as np

from luthier.report.findings._statistics import extrapolate, ramp, smooth, surely
from luthier.report.findings._view import Series, Sign, View, planned_end

#: By how much the validation loss has to fall in half as many epochs again to be worth them. The fewer epochs there
#: are, the more a possible floor takes away from what a power law promises.
WORTH, WORTH_OF_FEW = 0.1, 0.06
FEW_EPOCHS = 6
#: A loss below this share of chance needs no more epochs: where another metric counts, and where it is the loss.
LEAST, LEAST_OF_SCORE = 0.03, 0.005
#: A training could have ended at this share of its epochs: no loss but luck.
EARLY = 0.6
#: The same when the learning rate comes down: the end of a decay is worth something, and a shorter one has less of it.
EARLY_DECAYED = 0.4

#: A fall of the validation loss that is not worth an epoch: as a share of it; of chance where another metric counts.
NEGLIGIBLE, NEGLIGIBLE_OF_CHANCE = 0.015, 0.02

STILL_HOT = 0.3  #: share of the highest rate below which most of a decay has done its work


def still_improving(view: View, series: Series) -> Sign | None:
    """Extrapolated, both losses go on falling by more than their error, validation's by more than is negligible."""
    if len(series) < 3 or series.decayed or series.training.failed:
        return None
    if series.training.number != getattr(view.winner, "number", None) or not series.complete or series.stopped:
        return None
    end = float(series.epoch[-1])
    if int(smooth(series.val, 3).argmin()) < len(series) - max(3, len(series) // 6):
        return None
    found, train = (extrapolate(series.epoch, v, 1.5 * end) for v in (series.val, series.train))
    if found is None or train is None:
        return None
    now, later, error = found
    gain = (now - later) / now
    least = LEAST_OF_SCORE if series.loss_counts or not view.classes else LEAST
    worth = WORTH_OF_FEW if len(series) <= FEW_EPOCHS else WORTH
    if gain < worth or now - later < error or train[0] - train[1] < train[2] or now < least * view.chance:
        return None
    more = _worthwhile(series)
    slots = {"epochs": end, "more": more, "gain": gain, "loss": now, "later": later}
    confidence = surely(now - later, error) * (0.65 + 0.3 * ramp(gain, worth, 0.25))
    return Sign("still-improving", confidence, 0.4 + 0.5 * ramp(gain, 0, 0.4), slots, "", series.training.number)


def _worthwhile(series: Series) -> int:
    """Epochs until another tenth of what was trained brings less than 2 % of the loss; at most 4 times as many more."""
    end = float(series.epoch[-1])
    before = None
    for step in range(41):
        found = extrapolate(series.epoch, series.val, end * (1 + step / 10))
        if found is None or (before is not None and before - found[1] < 0.02 * before):
            return max(1, round(end * (step - 1) / 10))
        before = found[1]
    return round(4 * end)


def early_stop(view: View, series: Series) -> Sign | None:
    """From an epoch on neither the metric nor the validation loss gets better by more than their noise."""
    if len(series) < 8 or not series.complete or series.training.failed or series.stopped:
        return None
    if series.training.number != getattr(view.winner, "number", None):
        return None
    if view.history.metric == "r2" and float(series.score.max()) <= 0:
        return None  # no better than the mean: it has learned nothing
    at = _lowest_loss(view, series, series.settled(0.5 * view.luck, view.chance))
    epoch, end = float(series.epoch[at]), float(series.epoch[-1])
    if epoch > (EARLY_DECAYED if series.decayed else EARLY) * end or float(series.val.min()) > 0.97 * view.chance:
        return None
    lost = max(0.0, float(series.score.max() - series.score[: at + 1].max()))
    slots = {"epoch": epoch, "epochs": end, "saved": 1 - epoch / end, "lost": lost, "metric": view.history.metric}
    form = "decayed" if series.decayed else ""
    return Sign("early-stop", 0.65 + 0.3 * ramp(1 - epoch / end, 0.4, 0.8), 0.3, slots, form, series.training.number)


def _lowest_loss(view: View, series: Series, at: int) -> int:
    """The first index from ``at`` on where the validation loss is about as low as in the last quarter."""
    level = smooth(series.val)
    end = float(np.median(level[-max(3, len(level) // 4) :]))
    room = NEGLIGIBLE * abs(end) if series.loss_counts else max(NEGLIGIBLE * end, NEGLIGIBLE_OF_CHANCE * view.chance)
    return at + int(np.argmax(level[at:] <= end + room))


def schedule_cut_short(view: View, series: Series) -> Sign | None:
    """A training that ended while its schedule still held the learning rate far above where it ends."""
    training = series.training
    epochs = training.config.get("epochs")
    if training.config.get("schedule") in (None, "constant", "plateau") or not isinstance(epochs, (int, float)):
        return None
    if training.failed or not (training.over or training.outcome is not None):
        return None
    done, end = float(series.epoch[-1]) / epochs, planned_end(training)
    now = float(series.lr[-1]) / float(training.config["lr"] or 1.0)
    if done > 0.9 or now < max(3 * end, STILL_HOT):
        return None
    schedule = str(training.config.get("schedule"))
    slots = {"epoch": float(series.epoch[-1]), "epochs": float(epochs), "schedule": schedule, "now": now, "end": end}
    return Sign("schedule-cut-short", 0.95, 0.6, slots, "", training.number)
