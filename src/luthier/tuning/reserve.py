"""How much of a budget is kept to run the best few, and the baseline, again on fresh seeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from luthier.records import Slice
from luthier.tuning.budget import Budget
from luthier.tuning.leader import Leader

#: At most this share of a budget is kept to run the best few, and the baseline, again on fresh seeds; at most this one
#: where it takes as much for two seeds of the winner, which a spread needs. How many settings, how often each.
CONFIRM_SHARE = 0.2
SPREAD_SHARE = 0.3
CONFIRM_TOP = 3
CONFIRM_SEEDS = 5


def kept(leader: Leader, asked: Budget, capacity: int) -> float:
    """Share of the budget: as much as it takes, within bounds."""
    winner, total = leader.winner, asked.total
    if winner is None or asked.unit == "trainings":
        return CONFIRM_SHARE
    everything = [*[winner.training] * CONFIRM_TOP, 0] * CONFIRM_SEEDS
    whole = cost(leader, asked, capacity, everything) / total
    spread = 1.1 * cost(leader, asked, capacity, [winner.training] * 2) / total  # a tenth more: no clock is so exact
    return min(whole, spread if CONFIRM_SHARE < spread <= SPREAD_SHARE else CONFIRM_SHARE)


def cost(leader: Leader, asked: Budget, capacity: int, trainings: Sequence[int], shares: Sequence[float] = ()) -> float:
    """What it takes of the budget to run these once more from start to end, those together that have room.

    ``shares``: of each, what is left of it; all where nothing is said.
    """
    left = shares or [1.0] * len(trainings)
    if asked.unit == "trainings":
        return float(sum(share == 1 for share in left))
    costs = sum(share * leader.cost(asked.unit, number) for number, share in zip(trainings, left, strict=True))
    return costs / (min(len(trainings), capacity) if asked.unit == "seconds" else 1)


def cost_of(leader: Leader, asked: Budget, capacity: int, cuts: Sequence[Slice]) -> float:
    """The same of slices that confirm: what was run of them before a stop is paid."""
    shares = [1.0 if cut.origin else 1 - cut.start / cut.stop for cut in cuts]
    return cost(leader, asked, capacity, [cut.note["confirms"] for cut in cuts], shares)


def together(portions: Iterable[list[Slice]], capacity: int) -> Iterator[list[Slice]]:
    """The first portion, then as many in one as fill an executor."""
    batch: list[Slice] = []
    for number, portion in enumerate(portions):
        batch += portion
        if number == 0 or len(batch) >= capacity:
            yield batch
            batch = []
    if batch:
        yield batch
