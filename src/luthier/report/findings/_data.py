"""The data: validation that is another kind of data than training, labels that carry no information."""

from __future__ import annotations

import math

import numpy as np

from luthier.report.findings._fit import SMALL, capacity, parameters_each
from luthier.report.findings._statistics import ramp, smooth, tail
from luthier.report.findings._view import Series, Sign, View
from luthier.task import Chance

#: Of what the first epochs teach about the training data, the share that normally holds for the validation data too.
TRANSFER = 0.6
LOSS_SPREAD = 1.5  #: how samples' losses spread about their mean, as a multiple of it
#: A validation loss at this share of the training loss is better than dropout or a moving average explains.
BETTER = 0.55
#: Of chance: a loss of trees that proves labels to carry information.
KNOWN = 0.9
#: Labels without information: p parameters explain a share p / n of n random numbers, and in the epochs of a training
#: no more of labels, though up to 2 p could be fitted (Cover 1965).
BY_HEART = 1.0
NOTHING_BY_HEART = 0.05  #: parameters for each target with which all that is learned should hold for other data
LEARNS_MORE = 1.4  #: as a multiple of what is learned of the training data
#: Halving the loss of some hundred labels by heart takes more epochs.
AT_ONCE = 4
#: And it has to matter, as a share of chance: where both are nearly 0, a hard sample more or less decides.
BETTER_BY = 0.1
#: What is learned first, as shares of chance.
FIRST_LEARNED = (0.03, 0.2)

#: Training losses of a constant answer to targets that are all the same: rounding, and what odds cost that stay finite.
ROUNDING, NO_ODDS = 1e-10, 2e-6


def same_targets(view: View) -> list[Sign]:
    """All training targets are the same: a constant answer costs nothing, and there is nothing to learn.

    Every other class counts as half a label in what it costs (see Chance); one true label of another costs far more.
    """
    if view.history.chance is None:
        return []
    loss = str(view.history.task.get("loss", ""))
    least = NO_ODDS if loss.startswith("BCE") else ROUNDING
    if loss.startswith(("CrossEntropy", "NLL")) and view.samples > 1:
        least = math.log(view.samples) / view.samples
    if abs(view.train_chance) >= least:
        return []
    return [Sign("same-targets", 0.99, 1.0, {"chance": view.history.chance.metric, "metric": view.history.metric})]


def data_mismatch(view: View, series: Series) -> Sign | None:
    """The validation is far worse, or far better, than the training from the first epoch on."""
    if len(series) < 3 or view.history.chance is None:
        return None
    gap = series.val / np.maximum(series.train, 1e-12)
    slots = {"train": float(series.train[0]), "val": float(series.val[0]), "epochs": float(series.epoch[-1])}
    taught = view.train_chance - series.train
    early = np.flatnonzero(taught > 0.15 * view.train_chance)
    if parameters_each(view, series.training) > NOTHING_BY_HEART:
        early = early[:2]  # later, what is learned by heart need not hold
    if len(early):
        # Each against its own chance: targets of another kind have another.
        held = (1 - series.val[early] / view.chance) / (taught[early] / view.train_chance)
        transfer = float(np.mean(held))
        slots = {**slots, "train": float(series.train[early[0]]), "val": float(series.val[early[0]])}
        spread = LOSS_SPREAD * float(np.mean(series.val[early])) / view.chance / math.sqrt(view.validation or 1)
        error = spread / float(np.mean(taught[early]) / view.train_chance)
        if transfer + 1.5 * error < TRANSFER and np.mean(gap[early[0] :] > 1.4) > 0.9:
            confidence = 0.6 + 0.35 * ramp(TRANSFER - transfer - error, 0, 0.4)
            return Sign("data-mismatch", confidence, 0.9, {**slots, "transfer": transfer}, "", series.training.number)
    return _better(view, series, slots)


def _better(view: View, series: Series, slots: dict[str, float]) -> Sign | None:
    """The validation is far better than dropout explains; or without it, better by more than luck, each against chance.

    A training loss is that of its epoch's middle, so it is held against the validation loss before and after.
    """
    drops = [v for n, v in series.training.config.items() if "drop" in n and isinstance(v, float)]
    half = len(series) // 2
    gap = (series.val / np.maximum(series.train, 1e-12))[half:]
    middle = (series.val[1:] + series.val[:-1])[max(0, half - 1) :] / 2 / view.chance
    train = series.train[max(1, half) :] / view.train_chance
    ahead, luck = train - middle, LOSS_SPREAD * middle / math.sqrt(view.validation or 1)
    far = np.mean(gap < BETTER) > 0.8 and not (any(v > 0.2 for v in drops) and float(np.median(gap)) > 0.3)
    end = slice(-max(3, len(series) // 4), None)
    learned = float(np.median(1 - middle[end]))
    more = learned > max(0.0, LEARNS_MORE * float(np.median(1 - train[end])))
    surely = more and not any(drops) and bool((ahead > 2 * luck)[end].all())
    if not (far or surely) or float(np.median(ahead[-3:])) < BETTER_BY:
        return None
    slots = {**slots, "train": float(series.train[-1]), "val": float(series.val[-1])}
    confidence = 0.6 + 0.35 * ramp(BETTER - float(np.median(gap)), 0, 0.3)
    return Sign("data-mismatch", confidence, 0.7, slots, "better", series.training.number)


def shuffled_labels(view: View) -> list[Sign]:
    """No training's validation rises above chance, though a training loss comes down by memorising."""
    chance = view.history.chance
    if chance is None or not view.series:
        return []
    lowest = min(float(smooth(s.val, 5).min()) for s in view.series.values())  # of many epochs one is low by luck
    usual = max(float(np.median(s.score[len(s) // 2 :])) for s in view.series.values())
    above = usual - view.sign * chance.metric
    if above > _margin(view, chance) or lowest < 0.95 * chance.loss:
        return []
    if view.history.metric in ("accuracy", "error") and above < -_margin(view, chance):
        return []  # surely worse than chance: labels are numbered otherwise; a loss gets worse by memorising alone
    if all(t.failed for t in view.history.competing) or _learned_at_once(view):
        return []
    if view.history.reference is not None and view.history.reference < KNOWN * chance.loss:
        return []  # trees learn from these labels what holds for the validation data
    learned = {n: 1 - float(s.train.min()) / view.train_chance for n, s in view.series.items()}
    number = max(learned, key=lambda n: learned[n])
    if learned[number] > max(0.1, BY_HEART * parameters_each(view, view.series[number].training)):
        return []  # more than there is room for by heart
    if _one_answer(view, view.series[number]):
        return []  # inputs unlike all that it learned from; to such like them it would give its many answers
    fell = [float(v[0] - np.median(tail(v, 0.2, 3))) for v in (view.series[number].train, view.series[number].val)]
    small = capacity(view, view.series[number].training) < SMALL
    if learned[number] < (0.05 if small else 0.01) or fell[1] > 0.5 * fell[0]:  # a small one learns nothing by heart
        return []  # a validation loss that falls with the training loss is slow, not shuffled
    slots = {
        "metric": view.history.metric,
        "best": abs(usual),
        "chance": chance.metric,
        "train": float(view.series[number].train.min()),
        "chance_loss": chance.loss,
    }
    confidence = 0.6 + 0.35 * ramp(learned[number], 0.01, 0.15) * _harmed(view)
    return [Sign("shuffled-labels", confidence, 1.0, {**slots, "training": number})]  # of the study, not of one


def _learned_at_once(view: View) -> bool:
    """Whether a training loss fell at once: by what labels have in common, not by heart.

    The first epoch's is taken before each sample is learned from, so labels at random cannot bring it below chance by
    more than noise, and the second's hardly. Then the validation data is of another kind.
    """
    spread = 1 / math.sqrt(view.samples) if view.samples else math.inf
    for epochs, share in [(1, 1 - 2 * spread), (2, 1 - 3.5 * spread), (AT_ONCE, 0.5)]:
        early = [s.train[s.epoch <= epochs + 1e-9] for s in view.series.values()]
        if any(len(v) > 0 and float(v.min()) < share * view.train_chance for v in early):
            return True
    return False


def _harmed(view: View) -> float:
    """How surely, from 0 to 1, what was learned first does harm on the validation data.

    Of labels at random it raises their loss about as much as it lowers that of the training data; what holds for both,
    however little, does not.
    """
    shares = []
    for series in view.series.values():
        learned, held = 1 - series.train / view.train_chance, 1 - series.val / view.chance
        first = (learned > FIRST_LEARNED[0]) & (learned < FIRST_LEARNED[1])
        shares += (held[first][:3] / learned[first][:3]).tolist()
    return ramp(-float(np.median(shares)), 0.1, 0.4) if shares else 1.0


def _one_answer(view: View, series: Series) -> bool:
    """Whether all validation samples get the same answer at most epochs, though the training data gets many."""
    if view.history.metric not in ("accuracy", "error") or float(series.train[-1]) > 0.7 * view.train_chance:
        return False
    late = series.score[len(series) // 3 :]
    return len(late) >= 4 and float(np.mean(late == np.median(late))) > 0.7


def _margin(view: View, chance: Chance) -> float:
    """How far the metric of a model that knows nothing usually lies from chance."""
    if view.history.metric not in ("accuracy", "error") or not view.validation:
        return 0.05 * abs(chance.metric) + 0.02
    share = min(max(chance.metric if view.sign > 0 else 1 - chance.metric, 0.01), 0.99)
    # 2.5 deviations; 1.6 times the binomial one, since a model answers alike for samples that are alike.
    return 1.6 * 2.5 * math.sqrt(share * (1 - share) / view.validation)
