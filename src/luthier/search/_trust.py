"""How far beliefs are to be trusted, by how the trainings fare that were drawn from them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from luthier.search._trainings import Training

#: Of the note of a training: whether it was drawn from beliefs (1), or from the literature (0). Others lack it.
ORIGIN = "believed"


def note(origin: int) -> dict[str, Any]:
    """The note of a training; ``origin`` below 0: drawn from neither."""
    return {"freeze-thaw": 1} if origin < 0 else {"freeze-thaw": 1, ORIGIN: origin}


def own(training: Training) -> bool:
    """Whether the search began it by itself."""
    return "freeze-thaw" in training.note


def trust(trainings: Iterable[Training], first: float) -> float:
    """The share in (0, 1) of new draws that beliefs deserve beside the literature.

    Every training that came as far as the first rung is a vote: for its own side when it is in the better half there,
    for the other side when it is not. The share is the mean of a Beta(1, 1) prior with these votes.
    """
    drawn = [t for t in trainings if ORIGIN in t.note and (t.failed or t.passed(first))]
    ranked = sorted(drawn, key=lambda t: (-t.score(first), t.number))
    votes = [1.0, 1.0]
    for place, training in enumerate(ranked):
        good = place < len(ranked) / 2 and math.isfinite(training.score(first))
        votes[training.note[ORIGIN] if good else 1 - training.note[ORIGIN]] += 1
    return votes[1] / sum(votes)
