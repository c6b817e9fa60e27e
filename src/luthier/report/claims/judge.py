"""The claims, each with its effect in a replicate and the smallest effect of interest."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from luthier.records import Point
from luthier.report.claims.evidence import Evidence, Seen, log
from luthier.report.claims.reasons import why
from luthier.report.claims.verdict import CLAIMS, Bound, Verdict, decide
from luthier.report.history import History

FIVE_PERCENT = math.log(1.05)  # of a loss; less is hardly worth a change of setting
QUARTER = math.log(1.25)  # of the epochs
#: Of the fall of the log loss: twice the loss, where the best run comes down to a sixteenth. And a fall too small to
#: have shares.
LACK, LEAST_FALL = 0.25, math.log(1.25)


def judge(history: History) -> list[Verdict]:
    """A verdict on every claim, from the trainings that ``luthier.claims`` recorded; deterministic."""
    evidence = Evidence(history)
    return [_explained(claim(evidence), evidence) for claim in _CLAIMS]


@dataclass(frozen=True)
class Extent:
    """How far the experiment has come."""

    replicates: int  #: begun
    epochs: int  #: of a training of the grid; 0 before there is one
    complete: bool  #: all replicates are done: more budget changes nothing


def extent(history: History) -> Extent:
    """How far the experiment has come."""
    evidence = Evidence(history)
    return Extent(len(evidence.replicates), int(evidence.epochs), evidence.complete)


def _explained(verdict: Verdict, e: Evidence) -> Verdict:
    if verdict.effect is not None or verdict.reason:
        return verdict
    return replace(verdict, reason=why(e, verdict.code))


def _large_lr(e: Evidence) -> Verdict:
    """Share of the epochs in which the training loss rises: 0 for a steady fall, 1/2 for pure oscillation."""
    best = e.best_lr(e.batch_size)
    high, low = (None, None) if best is None else (e.higher(best, 2), e.lower(best, 2))
    pairs = _pairs(e, high, low)
    effects = [_rises(a, e.epochs) - _rises(b, e.epochs) for a, b in pairs]
    diverged = sum(a.diverged for a, _ in pairs)
    values = {"high": high, "low": low, "best": best, "diverged": diverged, "of": len(pairs)}
    return decide("large-lr", effects, "difference", 0.1, values)


def _small_lr(e: Evidence) -> Verdict:
    best = e.best_lr(e.batch_size)
    low = None if best is None else e.lower(best, 3)
    effects = [_lacks(a, b, e.epochs) for a, b in _pairs(e, low, best)]
    verdict = decide("small-lr", effects, "difference", LACK, {"low": low, "best": best, "epochs": e.epochs})
    return replace(verdict, reason="flat") if math.inf in effects and verdict.effect is None else verdict


def _decay(e: Evidence) -> Verdict:
    trunks, branches = e.continued(), e.role("cooldown")
    effects, lr = [], None
    for r, branch in branches.items():
        if r in trunks and branch.points and branch.points[-1].epoch >= e.epochs - 1e-9:
            effects.append(log(trunks[r].upto(e.epochs)[-1].val_loss) - log(branch.points[-1].val_loss))
            lr = branch.lr
    return decide("decay", effects, "ratio", FIVE_PERCENT, {"lr": lr, "epochs": e.epochs})


def _gradient_variance(e: Evidence) -> Verdict:
    slopes, sizes = [], [0]
    for seen in e.continued().values():
        measured = {int(size): v for size, v in seen.about.get("gradient_variance", {}).items() if v > 0}
        if len(measured) >= 3:
            sizes = sorted(measured)
            slopes.append(-_slope([math.log(s) for s in sizes], [math.log(measured[s]) for s in sizes]))
    return decide("gradient-variance", slopes, "exponent", 0.5, {"small": sizes[0], "large": sizes[-1]})


def _small_batch(e: Evidence) -> Verdict:
    small, large = _extremes(e)
    pairs = _best_pairs(e, small, large)
    effects = [log(b.lowest(e.epochs)) - log(a.lowest(e.epochs)) for a, b in pairs]
    behind = [_behind(a, b, e.epochs) for a, b in pairs]
    verdict = decide("small-batch", effects, "ratio", FIVE_PERCENT, {**_sizes(e), "epochs": e.epochs})
    if verdict.answer != "does not hold" and 2 * sum(behind) > len(pairs):  # the large one may yet come down, not go up
        return replace(verdict, answer="undecided", reason="undertrained")
    return verdict


def _lr_with_batch(e: Evidence) -> Verdict:
    exponents = []
    for r in e.replicates:
        found = {size: best for size in e.batch_sizes if (best := _best_log_lr(e, r, size)) is not None}
        if len(found) >= 2 and len(found) == len(e.batch_sizes):
            exponents.append(_slope([math.log(s) for s in found], list(found.values())))
    return decide("lr-with-batch", exponents, "exponent", 0.1, _sizes(e))


def _epochs_with_batch(e: Evidence) -> Verdict:
    small, large = _extremes(e)
    return _by_epochs("epochs-with-batch", e, _best_pairs(e, large, small), _sizes(e))


def _epochs_with_lr(e: Evidence) -> Verdict:
    best = e.best_lr(e.batch_size)
    low = None if best is None else e.lower(best, 2)
    return _by_epochs("epochs-with-lr", e, _pairs(e, low, best), {"low": low, "best": best})


def _by_epochs(code: str, e: Evidence, pairs: Sequence[tuple[Seen, Seen]], values: Mapping[str, object]) -> Verdict:
    """The epochs of the first over those of the second, to the validation loss that both reach."""
    found = [_epochs_ratio(a, b, e.epochs) for a, b in pairs]
    bounds = {bound for effect, bound in found if bound and math.isfinite(effect)}
    if len(bounds) > 1 or (found and not any(math.isfinite(effect) for effect, _ in found)):
        return replace(decide(code, [], "ratio", QUARTER, values), reason="coarse")
    return decide(code, [effect for effect, _ in found], "ratio", QUARTER, values, bounds.pop() if bounds else "")


def _overfit(e: Evidence) -> Verdict:
    """The last tenth against the epochs that are best in the other replicates, so that no luck is picked."""
    rows = {r: s.points for r, s in e.continued().items()}
    full = max((len(points) for points in rows.values()), default=0)
    curves = {r: np.array([log(p.val_loss) for p in points]) for r, points in rows.items() if len(points) == full}
    window = max(1, full // 10)
    effects, best_epochs, last = [], [], 0.0
    for r, curve in curves.items():
        others = [c for q, c in curves.items() if q != r]
        if not others:
            break
        smooth = np.convolve(np.mean(others, axis=0), np.ones(window) / window, "valid")
        start = int(smooth.argmin())
        effects.append(float(curve[-window:].mean() - curve[start : start + window].mean()))
        best_epochs.append(rows[r][start + window // 2].epoch)
        last = rows[r][-1].epoch
    return decide("overfit", effects, "ratio", FIVE_PERCENT, {"epoch": _middle(best_epochs), "last": last})


def _early_stop(e: Evidence) -> Verdict:
    chosen_by, held = e.continued(), e.role("held-out")
    effects, regrets, epochs, last = [], [], [], 0.0
    for r, judged in held.items():
        if r not in chosen_by or len(judged.points) != len(chosen_by[r].points):
            continue
        share = judged.about["share"]  # of the validation samples that are held out; 0 when others are
        pairs = list(zip(chosen_by[r].points, judged.points, strict=True))
        choosing = [(p.val_loss - share * q.val_loss) / (1 - share) for p, q in pairs]
        stop = int(np.argmin(choosing))
        losses = [q.val_loss for _, q in pairs]
        effects.append(log(losses[-1]) - log(losses[stop]))
        regrets.append(log(losses[stop]) - log(min(losses)))
        epochs.append(pairs[stop][0].epoch)
        last = pairs[-1][0].epoch
    values = {"epoch": _middle(epochs), "last": last, "regret": f"{100 * (math.exp(_middle(regrets)) - 1):.1f} %"}
    return decide("early-stop", effects, "ratio", FIVE_PERCENT, values)


def _batch_schedule(e: Evidence) -> Verdict:
    grow, shrink = e.role("grow"), e.role("shrink")
    effects = []
    for r in sorted({*grow} & {*shrink}):
        if all(s[r].points and s[r].points[-1].epoch >= e.epochs - 1e-9 for s in (grow, shrink)):
            effects.append(log(shrink[r].points[-1].val_loss) - log(grow[r].points[-1].val_loss))
    return decide("batch-schedule", effects, "ratio", FIVE_PERCENT, {**_sizes(e), "epochs": e.epochs})


_CLAIMS: Sequence[Callable[[Evidence], Verdict]] = (
    _large_lr,
    _small_lr,
    _decay,
    _gradient_variance,
    _small_batch,
    _lr_with_batch,
    _epochs_with_batch,
    _epochs_with_lr,
    _overfit,
    _early_stop,
    _batch_schedule,
)
assert len(_CLAIMS) == CLAIMS


def _pairs(e: Evidence, first: float | None, second: float | None) -> list[tuple[Seen, Seen]]:
    """The trainings at the user's batch size with two learning rates, by replicate."""
    if first is None or second is None:
        return []
    found = [(e.at(r, e.batch_size, first), e.at(r, e.batch_size, second)) for r in e.replicates]
    return [(a, b) for a, b in found if a is not None and b is not None]


def _best_pairs(e: Evidence, first: int, second: int) -> list[tuple[Seen, Seen]]:
    """The trainings at two batch sizes, each with its own best learning rate."""
    best = e.best_lr(first), e.best_lr(second)
    if first == second or best[0] is None or best[1] is None:
        return []
    found = [(e.at(r, first, best[0]), e.at(r, second, best[1])) for r in e.replicates]
    return [(a, b) for a, b in found if a is not None and b is not None]


def _extremes(e: Evidence) -> tuple[int, int]:
    return (e.batch_sizes[0], e.batch_sizes[-1]) if e.batch_sizes else (0, 0)


def _sizes(e: Evidence) -> dict[str, object]:
    small, large = _extremes(e)
    return {"small": small, "large": large, "lr_small": e.best_lr(small), "lr_large": e.best_lr(large)}


def _rises(seen: Seen, epochs: float) -> float:
    losses = [log(p.train_loss) for p in seen.upto(epochs)]
    steps = np.diff(losses)
    return 0.5 if seen.diverged or len(steps) == 0 else float(np.mean(steps > 0))


def _behind(small: Seen, large: Seen, epochs: float) -> bool:
    """Whether the large batch is worse because it has not learned as much, not because it generalises worse.

    Generalisation is what lies between training and validation loss. The large batch's lowest training loss is compared
    with that of the small one where its validation loss is lowest: when it is above that by half of the difference in
    validation loss or more, most of the difference was there in training, and further epochs can remove it.
    """
    best = min(small.upto(epochs), key=lambda p: p.val_loss)
    in_training = min(p.train_loss for p in large.upto(epochs)) - best.train_loss
    return in_training > 0 and in_training >= (large.lowest(epochs) - best.val_loss) / 2


def _train_loss(seen: Seen, epochs: float) -> float:
    """Log of the mean training loss over the last tenth; not a number after a divergence."""
    points = seen.upto(epochs)
    last = points[-max(1, len(points) // 10) :]
    return math.nan if seen.diverged or not last else log(sum(p.train_loss for p in last) / len(last))


def _lacks(low: Seen, best: Seen, epochs: float) -> float:
    """The share of the fall of the best run's log training loss that another lacks; infinite where there is no fall.

    Both began at about the first loss of the slower one, which has hardly moved by then.
    """
    first = max((log(s.points[0].train_loss) for s in (low, best) if s.points), default=math.nan)
    end, lowest = _train_loss(low, epochs), _train_loss(best, epochs)
    return math.inf if first - lowest < LEAST_FALL else (end - lowest) / (first - lowest)


def _epochs_ratio(a: Seen, b: Seen, epochs: float) -> tuple[float, Bound]:
    """Log of the epochs of ``a`` over those of ``b``; when one was there at its first evaluation, a bound of it."""
    target = max(a.lowest(epochs), b.lowest(epochs))
    (long, long_hidden), (short, short_hidden) = _epochs_to(a.points, target), _epochs_to(b.points, target)
    if long_hidden and short_hidden:
        return math.nan, ""
    return log(long) - log(short), "at least" if short_hidden else "at most" if long_hidden else ""


def _epochs_to(points: Sequence[Point], target: float) -> tuple[float, bool]:
    """Epochs until the validation loss is first at ``target`` or below, between evaluations by interpolation.

    And whether that was at the first evaluation, and so anywhere before it.
    """
    before: Point | None = None
    for point in points:
        if point.val_loss <= target:
            if before is None or before.val_loss <= point.val_loss:
                return point.epoch, before is None
            share = (before.val_loss - target) / (before.val_loss - point.val_loss)
            return before.epoch + share * (point.epoch - before.epoch), False
        before = point
    return math.nan, False


def _best_log_lr(e: Evidence, replicate: int, batch_size: int) -> float | None:
    """Log of the best learning rate in a replicate: the vertex of the parabola through the best and its neighbours."""
    found = {lr: s for lr in e.lrs if (s := e.at(replicate, batch_size, lr)) is not None and not s.diverged}
    if len(found) < 3:
        return None
    lrs = sorted(found)
    scores = [log(found[lr].lowest(e.epochs)) for lr in lrs]
    place = int(np.argmin(scores))
    if place in (0, len(lrs) - 1):
        return math.log(lrs[place])
    left, middle, right = scores[place - 1 : place + 2]
    bend = left - 2 * middle + right
    shift = (left - right) / (2 * bend) if bend > 0 else 0.0
    step = (math.log(lrs[place + 1]) - math.log(lrs[place - 1])) / 2
    return math.log(lrs[place]) + shift * step


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    return float(np.polyfit(x, y, 1)[0])


def _middle(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else 0.0
