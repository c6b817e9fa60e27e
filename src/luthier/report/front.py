"""The trade between time and quality: what less training costs, and where the time went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from luthier.records import Config, Status
from luthier.report.claims import NOTE, Role
from luthier.report.history import History, Trained

#: Kinds of spending by what a training is for in a study of claims; the others are follow-ups of the grid.
_CLAIMS: Mapping[Role, str] = {"own": "baseline", "pace": "pilot", "pilot": "pilot", "grid": "grid"}


@dataclass(frozen=True)
class Deal:
    """A training stopped at an epoch: nothing that was seen is both faster and better."""

    training: int
    config: Config
    epoch: float
    seconds: float  #: of training and evaluation up to there
    metric: float  #: the best up to there


@dataclass(frozen=True)
class Saving:
    """What a training ``times`` as fast as the best one costs."""

    times: float
    cost: float  #: how much worse, in the metric's unit, 0 or more
    deal: Deal


@dataclass(frozen=True)
class Spent:
    """A part of the study's time."""

    #: baseline, winner, confirmations, finished, given up, failed, overhead; of claims pilot, grid, follow-up
    kind: str
    seconds: float
    epochs: float
    trainings: int


def front(history: History) -> list[Deal]:
    """The deals, the fastest first. Every evaluation of every competing training counts, paused ones too.

    One that branched from another has its seconds up to there; it is left out where the study does not hold them.
    """
    sign = 1.0 if history.direction == "maximize" else -1.0
    kept: list[Deal] = []
    for deal in sorted(_deals(history, sign), key=lambda d: (d.seconds, -sign * d.metric)):
        if not kept or sign * deal.metric > sign * kept[-1].metric:
            kept.append(deal)
    return kept


def savings(deals: list[Deal], times: Iterable[float] = (2, 4, 10)) -> list[Saving]:
    """For each factor the best deal that takes so much less time than the best of all; where there is one."""
    found: list[Saving] = []
    for factor in times:
        within = [d for d in deals if d.seconds * factor <= deals[-1].seconds]
        if within and (not found or within[-1] != found[-1].deal):
            deal = within[-1]
            found.append(Saving(deals[-1].seconds / deal.seconds, abs(deals[-1].metric - deal.metric), deal))
    return found


def _deals(history: History, sign: float) -> Iterable[Deal]:
    for training in history.competing:
        best, before = None, history.seconds_before(training)
        seconds = before or 0.0
        for point in training.curve if before is not None else ():
            seconds += point.seconds
            if point.metric == point.metric and (best is None or sign * point.metric > best):
                best = sign * point.metric
                if seconds > 0:
                    yield Deal(training.number, training.config, point.epoch, seconds, point.metric)


def spending(history: History) -> list[Spent]:
    """Where the study's time went; kinds with nothing are left out."""
    parts: dict[str, list[Trained]] = {}
    winner = history.winner
    for training in history.trainings:
        parts.setdefault(_kind(training, winner), []).append(training)
    order = ("winner", "baseline", "pilot", "grid", "follow-up", "finished", "given up", "failed", "confirmations")
    found = [_spent(kind, parts[kind]) for kind in order if kind in parts]
    rest = history.seconds - sum(spent.seconds for spent in found)
    return [*found, Spent("overhead", rest, 0.0, 0)] if rest > 0 else found


def _spent(kind: str, trainings: list[Trained]) -> Spent:
    seconds = sum(result.seconds for t in trainings for result in t.slices)
    return Spent(kind, seconds, sum(own_epochs(t) for t in trainings), len(trainings))


def own_epochs(training: Trained) -> float:
    """Epochs that it ran itself, without those up to where it branched from another."""
    return max(0.0, training.curve.epoch - (training.origin.stop if training.origin else 0.0))


def _kind(training: Trained, winner: Trained | None) -> str:
    if NOTE in training.note:
        return _CLAIMS.get(training.note[NOTE]["role"], "follow-up")
    if training.confirms is not None:
        return "confirmations"
    if winner is not None and training.number == winner.number:
        return "winner"
    if training.number == 0:
        return "baseline"
    if training.failed:
        return "failed"
    epochs = training.config.get("epochs")
    whole = isinstance(epochs, (int, float)) and training.curve.epoch >= epochs - 1e-9
    stopped = training.outcome is not None and training.outcome.status is Status.STOPPED
    return "finished" if whole or stopped else "given up"
