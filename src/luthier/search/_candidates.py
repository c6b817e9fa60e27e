"""Points where a search could begin a training, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from luthier.search import _trust
from luthier.search._axes import Axes
from luthier.search._portfolio import PORTFOLIO
from luthier.search._priors import Knowledge
from luthier.search._trainings import Trainings

Array = NDArray[np.float64]
Part = tuple[Array, NDArray[np.int64]]  #: points and their origins

_COUNTS = (600, 100, 300)  #: from the priors, from everywhere, around the best
PRIOR, ANYWHERE = 0, 1  #: places of the plain draws among the points
#: After the centres and so many more of the portfolio, one in two new trainings is the next of it, until all are begun.
_AT_ONCE = 2
_DEAR = 2.0  #: 1.2 and 3 were worse where seconds are spent (dev/LOG.md)
_ALIKE = 0.02  #: of each range: starts this near to each other are one


@dataclass(frozen=True)
class Candidates:
    """Points, and the origin of each (``_trust.ORIGIN``; -1: neither). The plain draws come first, then the starts."""

    points: Array
    origin: NDArray[np.int64]
    starts: int  #: how many of them come next: they are to be begun in this order
    at_once: int  #: how many of these before anything else

    def due(self, begun: int, cost: Array) -> int | None:
        """The place of the start whose turn it is when the search has begun so many; None: it is another's.

        ``cost`` is what an epoch of each point takes, in those of usual trainings: after the first ones, what is dear
        loses its turn.
        """
        turns, others = divmod(begun - self.at_once, 2)
        number = begun if begun < self.at_once else self.at_once + turns if others else self.starts
        place = ANYWHERE + 1 + number
        taken = number < self.starts and (number < self.at_once or cost[place] <= _DEAR)
        return place if taken else None

    def without(self, known: Array) -> Candidates:
        """Those that are not among ``known`` points; plain draws and starts stay, so that places hold."""
        tried = set(_names(known))
        new = np.array([name not in tried for name in _names(self.points)], bool)
        new[: ANYWHERE + 1 + self.starts] = True
        return replace(self, points=self.points[new], origin=self.origin[new])


class Source:
    """Draws candidates for a search."""

    def __init__(self, axes: Axes, knowledge: Knowledge, trainings: Trainings, first: float) -> None:
        self._axes, self._knowledge, self._trainings, self._first = axes, knowledge, trainings, first
        self._starts, self._at_once = self._order()

    def draw(self, rng: np.random.Generator, leaders: Array, share: float = 1.0) -> Candidates:
        """Points from the priors, from everywhere, and around the ``leaders``; ``share`` of the usual number.

        Beliefs and literature have their parts of the draws from the priors by ``_trust.trust``.
        """
        likely, anywhere, bred = (round(share * count) for count in _COUNTS)
        trust = _trust.trust(self._trainings, self._first) if self._knowledge.informed else 0.0
        plain_believed = rng.random() < trust
        parts = [
            self._from_priors(rng, 1, int(plain_believed)),
            _of_neither(self._axes.uniform(rng, 1)),
            self._starts[int(trust > 0.5)],
            self._from_priors(rng, likely, round(trust * likely)),
            _of_neither(self._axes.uniform(rng, anywhere)),
            _of_neither(self._around(rng, leaders, bred)),
        ]
        points, origins = zip(*parts, strict=True)
        return Candidates(np.concatenate(points), np.concatenate(origins), len(points[2]), self._at_once)

    def _from_priors(self, rng: np.random.Generator, count: int, believed: int) -> Part:
        points = self._knowledge.draw(rng, count, believed=believed)
        return points, (np.arange(count) < believed).astype(np.int64)

    def _order(self) -> tuple[list[Part], int]:
        """What a search begins with, where literature and where beliefs are trusted more, and how much of it at once.

        First the literature's centre, which it would begin without beliefs, then those of beliefs, which have to be
        better to go on, then the rest of the portfolio, around whichever fares better.
        """
        centres = self._knowledge.centres()
        sides = (0, 1) if self._knowledge.informed else (0,)
        portfolios = [self._knowledge.away(PORTFOLIO, np.full(len(PORTFOLIO), bool(side))) for side in sides]
        ordered = [np.concatenate([portfolios[0][:1], centres, points[1:]]) for points in portfolios]
        apart = [k for k in range(len(ordered[0])) if not any(_near(points[k], points[:k]) for points in ordered)]
        parts = []
        for side, points in zip(sides, ordered, strict=True):
            origin = np.full(len(points), side)
            origin[: 1 + len(centres)] = np.arange(1 + len(centres)) > 0
            parts.append((points[apart], origin[apart]))
        return parts, sum(k <= len(centres) + _AT_ONCE for k in apart)

    def _around(self, rng: np.random.Generator, leaders: Array, count: int) -> Array:
        """Crossed and changed leaders."""
        if not len(leaders):
            return leaders
        parents = leaders[rng.integers(len(leaders), size=count)]
        partners = leaders[rng.integers(len(leaders), size=count)]
        crossed = rng.random((count, 1)) < 0.3
        parents = np.where(crossed & (rng.random(parents.shape) < 0.5), partners, parents)
        return self._axes.mutated(rng, parents)


def _names(points: Array) -> list[bytes]:
    """The same for points that are the same to four digits."""
    rounded = np.round(points, 4) + 0.0  # no minus zero
    return [row.tobytes() for row in rounded]


def _of_neither(points: Array) -> Part:
    return points, np.full(len(points), -1, np.int64)


def _near(point: Array, others: Array) -> bool:
    return bool(np.all(np.abs(others - point) < _ALIKE, axis=1).any())
