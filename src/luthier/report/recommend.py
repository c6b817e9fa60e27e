"""Which setting to use and how sure that is, judged by fresh seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.special import stdtrit

from luthier.records import Status
from luthier.report.history import History, Trained
from luthier.task.metrics import RANGES

#: Costs that differ by less are the same: the clock of a shared machine is no better, and so little time saved is not
#: worth a setting that the search found worse.
SAME_COST = 1.25
#: Standard errors from the best beyond which nothing ties with it: Student's interval of two seeds is so wide that what
#: is far worse may lie in it.
FAR = 3.0


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether it is not 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Scale:
    """What is known of a metric's values beforehand."""

    grain: float = 0.0  #: scores are whole multiples of it; 0 when they may be anything
    low: float = -math.inf
    high: float = math.inf

    @property
    def least(self) -> float:
        """Standard deviation that rounding to the grain alone brings: equal scores are no proof of no spread."""
        return self.grain / math.sqrt(12)

    def clipped(self, interval: Interval) -> Interval:
        """An interval without what no mean can be."""
        return replace(interval, low=max(self.low, interval.low), high=min(self.high, interval.high))


@dataclass(frozen=True)
class Candidate:
    """A setting that was run again on fresh seeds."""

    training: Trained  #: the competing one
    scores: tuple[float, ...]  #: best metric on each fresh seed
    failed: int  #: fresh seeds on which it diverged or ran out of memory
    seconds: float  #: median of the fresh trainings
    place: int  #: among the candidates by what the search saw; 0 is the best
    tied: bool  #: the 95 % interval of its difference to the best mean holds 0, and it is not far from it
    scale: Scale = Scale()

    @property
    def mean(self) -> Interval:
        """Mean over seeds with Student's 95 % interval."""
        return self.scale.clipped(mean_interval(self.scores, self.scale.least))

    @property
    def spread(self) -> float:
        """Standard deviation between seeds."""
        return statistics.stdev(self.scores)

    def measured(self) -> dict[str, float]:
        """What the fresh seeds showed, by name, as JSON and CSV have it."""
        mean = self.mean
        return {
            "failed": self.failed,
            "mean": mean.value,
            "low": mean.low,
            "high": mean.high,
            "spread": self.spread,
            "seconds": self.seconds,
            "tied": self.tied,
        }


@dataclass(frozen=True)
class Recommendation:
    """What to use."""

    training: Trained
    confirmed: Candidate | None  #: None while it was not run on two fresh seeds or more
    candidates: tuple[Candidate, ...]  #: all that were, the best mean first
    gain: float | None  #: over the baseline, in the metric's unit, larger is better; None without one
    gain_interval: Interval | None  #: None until confirmed
    baseline_confirmed: bool  #: the baseline was run again too

    @property
    def tied(self) -> tuple[Candidate, ...]:
        """The candidates that cannot be told from the best."""
        return tuple(c for c in self.candidates if c.tied)

    @property
    def stands_out(self) -> bool:
        """Whether others that the search found were run again too, and the intervals of the differences leave 0 out.

        Of the user's own setting the gain tells.
        """
        own = self.confirmed
        others = [c for c in self.candidates if c.training.number not in (0, self.training.number)]
        return own is not None and bool(others) and all(_clearly_apart(own, c) for c in others)

    @property
    def is_baseline(self) -> bool:
        """Whether it is the user's own setting."""
        return self.training.number == 0

    @property
    def gain_may_be_none(self) -> bool:
        """Whether 0 lies in the interval of the gain, and not only because the seeds are few: the baseline ties too."""
        unclear = self.gain_interval is not None and not self.gain_interval.is_clear
        return unclear and all(c.tied for c in self.candidates if c.training.number == 0)


def recommend(history: History) -> Recommendation | None:
    """What to use: of the confirmed candidates that tie with the best the cheapest, else the winner as it stands.

    Only fresh seeds are judged: the score that made a training a candidate is partly luck. A candidate that failed on
    a fresh seed comes after all that did not. None when nothing was evaluated.
    """
    winner = history.winner
    if winner is None:
        return None
    candidates = _candidates(history)
    if all(c.training.number != winner.number for c in candidates):
        candidates = ()  # the leader is newer than its confirmations
    chosen = _cheapest(candidates) if candidates else None
    training = chosen.training if chosen else winner
    gain, interval, both = _gain(history, training, chosen, candidates)
    return Recommendation(training, chosen, candidates, gain, interval, both)


def emptiness(history: History) -> str:
    """Why there is nothing to recommend: "nan", "failed", or "none" while nothing was evaluated."""
    over = [t for t in history.trainings if t.over]
    if any(len(t.curve) for t in history.trainings):
        return "nan"
    return "failed" if over and all(t.failed for t in over) else "none"


def why_empty(history: History) -> str:
    """The same in words, with what to do."""
    return {
        "nan": f"no training has a {history.metric} that is a number; look at the metric",
        "failed": f"all {len(history.trainings)} trainings failed; 'luthier explain' says why",
        "none": "no training has been evaluated yet; give it a larger budget with luthier tune",
    }[emptiness(history)]


def mean_interval(scores: Sequence[float], least: float = 0.0) -> Interval:
    """The mean and Student's 95 % interval of it, of two values or more; their spread is ``least`` or more."""
    mean, n = statistics.fmean(scores), len(scores)
    half = float(stdtrit(n - 1, 0.975)) * max(least, statistics.stdev(scores)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half)


def scale_of(history: History) -> Scale:
    """Shares of the validation samples come in steps; of some metrics it is known what they lie between."""
    samples = history.task.get("validation", [0])[0]
    grain = 1 / samples if samples and history.metric in ("accuracy", "error") else 0.0
    return Scale(grain, *range_of(history))


def range_of(history: History) -> tuple[float, float]:
    """What the metric's values lie between; a user's own function may have a known name and another scale."""
    low, high = RANGES.get(history.metric, (-math.inf, math.inf))
    seen = [p.metric for t in history.trainings for p in t.curve if math.isfinite(p.metric)]
    return (low, high) if all(low <= value <= high for value in seen) else (-math.inf, math.inf)


def difference(a: Sequence[float], b: Sequence[float], least: float = 0.0) -> Interval:
    """Mean of ``a`` less mean of ``b`` with Welch's 95 % interval (Welch 1947, Biometrika 34: 28-35).

    Either may be a single value, whose spread is then taken to be that of the other. A spread is ``least`` or more.
    """
    value = statistics.fmean(a) - statistics.fmean(b)
    parts = _squared_errors(a, b, least)
    total = sum(parts)
    if total == 0:
        return Interval(value, value, value)
    freedom = total**2 / sum(p**2 / (len(x) - 1) for p, x in zip(parts, (a, b), strict=True) if len(x) > 1)
    if min(len(a), len(b)) == 1:
        freedom = max(len(a), len(b)) - 1
    half = float(stdtrit(freedom, 0.975)) * math.sqrt(total)
    return Interval(value, value - half, value + half)


def _squared_errors(a: Sequence[float], b: Sequence[float], least: float) -> list[float]:
    """Of the means of ``a`` and of ``b``."""
    spreads = [statistics.variance(x if len(x) > 1 else other) for x, other in ((a, b), (b, a))]
    return [max(least**2, spread) / len(x) for spread, x in zip(spreads, (a, b), strict=True)]


def _candidates(history: History) -> tuple[Candidate, ...]:
    sign, scale = 1.0 if history.direction == "maximize" else -1.0, scale_of(history)
    repeats: dict[int, list[Trained]] = {}
    for training in history.trainings:
        if training.confirms is not None and training.over:
            repeats.setdefault(training.confirms, []).append(training)
    found: list[Candidate] = []
    for training in sorted(history.competing, key=lambda t: _seen(history, t, sign)):
        again = repeats.get(training.number, [])
        fresh = [(t, p.metric) for t in again if not t.failed and (p := history.best_point(t)) is not None]
        if len(fresh) >= 2:
            seconds = statistics.median(t.curve.seconds for t, _ in fresh)
            failed = sum(t.failed and not _raised(t) for t in again)
            found.append(Candidate(training, tuple(m for _, m in fresh), failed, seconds, len(found), True, scale))
    found.sort(key=lambda c: (c.failed > 0, -sign * c.mean.value))
    return tuple(replace(c, tied=_ties(c, found[0], sign)) for c in found)


def _seen(history: History, training: Trained, sign: float) -> tuple[float, float]:
    """Smaller for what the search saw to be better."""
    point = history.best_point(training)
    return (-sign * point.metric, point.val_loss) if point else (math.inf, math.inf)


def _ties(candidate: Candidate, best: Candidate, sign: float) -> bool:
    """Whether a candidate cannot be told from the best; one that fails or collapses more often can."""
    if candidate is best:
        return True
    if (candidate.failed and not best.failed) or _collapses(candidate, best, sign):
        return False
    pair = best.scores, candidate.scores, best.scale.least
    found, error = difference(*pair), math.sqrt(sum(_squared_errors(*pair)))
    return not found.is_clear and abs(found.value) <= FAR * error


def _collapses(candidate: Candidate, best: Candidate, sign: float) -> bool:
    """Whether on some seed it is worse than one more of the best would be in 39 of 40 cases.

    Its own spread would make its mean so uncertain that it tied with anything.
    """
    n = len(best.scores)
    room = float(stdtrit(n - 1, 0.975)) * max(best.scale.least, best.spread) * math.sqrt(1 + 1 / n)
    worst = min(sign * score for score in candidate.scores)
    return candidate.spread > best.spread and worst < sign * best.mean.value - room


def _clearly_apart(one: Candidate, other: Candidate) -> bool:
    """Whether one fails less often, or the interval of the difference of the means does not hold 0."""
    return (other.failed > 0) > (one.failed > 0) or difference(one.scores, other.scores, one.scale.least).is_clear


def _raised(training: Trained) -> bool:
    """An exception is no fault of the setting."""
    return training.outcome is not None and training.outcome.status is Status.FAILED


def _cheapest(candidates: Sequence[Candidate]) -> Candidate:
    """Of the tied those that cost as little as the cheapest, and of these the one that the search found best.

    Not the one with the best mean: to pick by the fresh seeds would make their score luck again.
    """
    tied = [c for c in candidates if c.tied]
    least = min(c.seconds for c in tied)
    cheap = [c for c in tied if c.seconds <= SAME_COST * least]
    return min(cheap, key=lambda c: c.place)


def _gain(
    history: History, training: Trained, chosen: Candidate | None, candidates: Sequence[Candidate]
) -> tuple[float | None, Interval | None, bool]:
    sign = 1.0 if history.direction == "maximize" else -1.0
    baseline = history.baseline
    own = history.best_point(baseline) if baseline is not None else None
    best = history.best_point(training)
    if own is None or best is None:
        return None, None, False
    if training.number == 0:
        return 0.0, None, chosen is not None
    if chosen is None:
        return sign * (best.metric - own.metric), None, False
    again = next((c.scores for c in candidates if c.training.number == 0), None)
    scores, own_scores = [sign * s for s in chosen.scores], [sign * s for s in again or (own.metric,)]
    interval = difference(scores, own_scores, chosen.scale.least)
    return interval.value, interval, again is not None
