"""Points where a search could begin a training, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luthier.search import _trust
from luthier.search._axes import Axes
from luthier.search._priors import Knowledge
from luthier.search._trainings import Trainings

Array = NDArray[np.float64]
Part = tuple[Array, NDArray[np.int64]]  #: points and their origins

_COUNTS = (600, 100, 300)  #: from the priors, from everywhere, around the best
PRIOR, ANYWHERE = 0, 1  #: places of the plain draws among the points


@dataclass(frozen=True)
class Candidates:
    """Points, and the origin of each (``_trust.ORIGIN``; -1: neither). The plain draws come first, then the centres."""

    points: Array
    origin: NDArray[np.int64]
    centres: int  #: how many of them come next: to be begun before others

    @property
    def due(self) -> list[int]:
        """The places of the centres."""
        return list(range(ANYWHERE + 1, ANYWHERE + 1 + self.centres))

    def without(self, known: Array) -> Candidates:
        """Those that are not among ``known`` points; the plain draws stay, so that places hold."""
        tried = set(_names(known))
        new = np.array([name not in tried for name in _names(self.points)], bool)
        new[[PRIOR, ANYWHERE]] = True
        return Candidates(self.points[new], self.origin[new], int(new[self.due].sum()))


class Source:
    """Draws candidates for a search."""

    def __init__(self, axes: Axes, knowledge: Knowledge, trainings: Trainings, first: float) -> None:
        self._axes, self._knowledge, self._trainings, self._first = axes, knowledge, trainings, first

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
            self._centres(rng),
            self._from_priors(rng, likely, round(trust * likely)),
            _of_neither(self._axes.uniform(rng, anywhere)),
            _of_neither(self._around(rng, leaders, bred)),
        ]
        points, origins = zip(*parts, strict=True)
        return Candidates(np.concatenate(points), np.concatenate(origins), len(points[2]))

    def _from_priors(self, rng: np.random.Generator, count: int, believed: int, width: float = 1.0) -> Part:
        points = self._knowledge.draw(rng, count, width, believed=believed)
        return points, (np.arange(count) < believed).astype(np.int64)

    def _centres(self, rng: np.random.Generator) -> Part:
        """Of the literature, then of the beliefs, until the search has begun them.

        The literature's is what the search would begin without beliefs; those of beliefs have to be better to go on.
        """
        begun = sum(_trust.own(t) for t in self._trainings)
        believed = self._knowledge.centres
        points, origin = self._from_priors(rng, believed + 1, believed, width=0.0)
        return np.roll(points, 1, axis=0)[begun:], np.roll(origin, 1)[begun:]

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
