"""Which training has earned to go on, by nothing but what it has shown.

A training whose value is in the best half of all that were as far goes on until twice as far, at once: ASHA (Li et al.
2020, arXiv 1810.05934). So no model, however wrong, can starve a training that does well.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from luthier.search._trainings import EPSILON, Training

#: One in so many goes on, so many times as far. Here 2 was better than 3 (dev/LOG.md), and looks more often.
ETA = 2


FIRST_SHARE = 1 / 25  #: of the longest training, in the first slice of each (1 / 50 and 2 / 25: no better, dev/LOG.md)
#: Share of the longest training after which one that is alone goes on, while the user's own setting waits: soon there
#: is something whole. 0.3 and 0 left more regret (dev/LOG.md).
ALONE_FROM = 0.4


def first_slice(longest: float, interval: float) -> float:
    """Epochs of the first slice of a training, in whole evaluation intervals."""
    return min(longest, interval * max(1, round(FIRST_SHARE * longest / interval)))


def first_look(longest: float, interval: float) -> float:
    """Epochs of the user's own setting before others: two evaluations at least, since the first is slow to start."""
    return min(longest, max(first_slice(longest, interval), 2 * interval))


def rungs(first: float, last: float, interval: float) -> list[float]:
    """Epochs at which trainings are compared: from ``first``, each ETA times the one before; the last is ``last``."""
    epochs = [first]
    while epochs[-1] * ETA**1.5 <= last + EPSILON:
        epochs.append(interval * round(epochs[-1] * ETA / interval))
    return [*epochs, last] if first < last - EPSILON else [last]


def promoted(
    trainings: Collection[Training],
    live: Sequence[Training],
    epochs: Sequence[float],
    handicap: Mapping[int, float],
    alone_from: float = math.inf,
) -> list[Training]:
    """All that have earned to go on, of those that are ``live``: from the highest rung first, there the best first.

    A training with a ``handicap`` above 1 must be in a so many times smaller share than the best half; the best goes on
    in any case. One that is alone at its rung goes on when that lies at epoch ``alone_from`` or later.
    """
    earned: dict[int, Training] = {}
    for here, above in reversed(list(pairwise(epochs))):
        scores = [(-t.score(here), t.number) for t in trainings if t.passed(here)]
        ranked = sorted(score for score in scores if math.isfinite(score[0]))
        half = len(ranked) // ETA
        if len(ranked) == 1 and here >= alone_from - EPSILON:
            half = 1
        waiting = {t.number: t for t in live if t.reached < above - EPSILON}
        for place, (_, number) in enumerate(ranked[:half]):
            if number in waiting and place * max(1.0, handicap.get(number, 1.0)) < half:
                earned.setdefault(number, waiting[number])
    return list(earned.values())


def goal(training: Training, epochs: Sequence[float]) -> float:
    """The next rung of a training."""
    return following(training.reached, epochs)


def following(epoch: float, epochs: Sequence[float]) -> float:
    """The next rung after an epoch; the last one after it."""
    return next((e for e in epochs if e > epoch + EPSILON), epochs[-1])
