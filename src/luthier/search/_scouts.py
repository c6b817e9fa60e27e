"""Now and then a training that ranks low goes to its end: what starts slowly is found by nothing else.

Ranks compare trainings at the same epoch, and the model knows of later epochs what those showed that came there. So a
kind of training that is slow to start and best in the end would never be seen. A scout costs one training in five at
first, and less and less where scouts find nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from luthier.records import Slice
from luthier.search import _trust
from luthier.search._curves import expected_improvement
from luthier.search._outlook import Outlook
from luthier.search._ranks import following
from luthier.search._trainings import EPSILON, Training

Array = NDArray[np.float64]

#: Whole trainings' worth of epochs before the first scout; the next ones come after twice as many, unless a scout was
#: the best of all at its end: then the next goes at once. Which trainings (the likeliest, the most unlike, both) and
#: how often: dev/LOG.md.
AFTER = 5.0


class Scouts:
    """When a scout is due, and which training it is. What was told says all: a search begun again sends the same."""

    def __init__(self, rungs: Sequence[float]) -> None:
        self._rungs = rungs
        self._sent: set[int] = set()
        self._found = 0  # those that were the best of all at their ends

    def tell(self, training: Training, cut: Slice, *, best: bool) -> None:
        """Takes a slice, and whether its training is the best of all by then."""
        if _trust.own(training) and cut.stop > following(cut.start, self._rungs) + EPSILON:
            self._sent.add(training.number)
            self._found += best

    def ask(
        self, outlook: Outlook, trainings: Sequence[Training], live: Sequence[Training], end: float
    ) -> list[Training]:
        """A training that is to go to its end whatever its rank, if one is due: one of those that are ``live``."""
        spent = sum(t.reached for t in trainings if _trust.own(t))
        if spent < AFTER * end * 2.0 ** (len(self._sent) - self._found):
            return []
        waiting = [t for t in live if self._waits(t) and t.number in outlook.points]
        if not waiting:
            return []
        ended = [t for t in trainings if t.over and t.number in outlook.points]
        chosen = waiting[int(_promise(outlook, waiting, ended).argmax())]
        self._sent.add(chosen.number)
        return [chosen]

    def _waits(self, training: Training) -> bool:
        """Whether it is one of the search's own that has more than one rung before it, to its own end."""
        rung = following(training.reached, self._rungs)
        return _trust.own(training) and math.isfinite(training.score()) and training.epochs > rung + EPSILON


def _promise(outlook: Outlook, waiting: Sequence[Training], ended: Sequence[Training]) -> Array:
    """How likely each is to become the best of all at its end, and how unlike those that came to theirs."""
    outlook.look()
    runs = outlook.begun(waiting)
    promise = expected_improvement(*outlook.predict(runs, runs.ends[None]), outlook.best)[0]
    unlike = np.ones(len(waiting))
    for features in outlook.begun(ended).features if ended else ():
        unlike = np.minimum(unlike, outlook.novelty(runs.features, features))
    found: Array = promise * unlike
    return found
