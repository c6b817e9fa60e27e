import math
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.search._ranks import ETA, goal, promoted, rungs
from luthier.search._trainings import Training, Trainings


def told(values: list[list[float]]) -> Trainings:
    """Trainings that gave these metrics, one for each epoch; an empty one diverged."""
    trainings = Trainings("maximize", 0)
    for number, metrics in enumerate(values):
        points = tuple(Point(e, 0, 0, metric, 0, 1, 1.0) for e, metric in enumerate(metrics, 1))
        outcome = Outcome(Status.DONE if points else Status.DIVERGED)
        trainings.tell(SliceResult(Slice(number, Config(epochs=8), 0, max(1, len(points))), points, outcome))
    return trainings


def earned(
    trainings: Trainings, epochs: list[float], handicap: Mapping[int, float] = MappingProxyType({})
) -> list[Training]:
    live = [t for t in trainings if t.at_rest and not t.failed and t.reached < t.epochs]
    return promoted(list(trainings), live, epochs, handicap)


@given(st.integers(1, 20), st.integers(1, 200))
def test_rungs_rise_to_the_last(first: int, more: int) -> None:
    epochs = rungs(first, first + more, 1.0)
    assert epochs[0] == first
    assert epochs[-1] == first + more
    assert all(a < b <= a * ETA**1.5 + 1 for a, b in pairwise(epochs))


def test_a_space_of_single_slices_has_one_rung() -> None:
    assert rungs(1.0, 1.0, 1.0) == [1.0]


def test_the_best_half_goes_on_to_the_next_rung() -> None:
    assert earned(told([[0.3]]), [1, 2, 4]) == []
    trainings = told([[0.1], [0.3], [0.2]])
    assert earned(trainings, [1, 2, 4]) == [trainings[1]]
    assert goal(trainings[1], [1, 2, 4]) == 2


def test_one_that_is_alone_goes_on_where_that_is_asked() -> None:
    trainings = told([[0.3, 0.5], [0.4]])
    live = list(trainings)
    assert promoted(live, live, [1, 2, 4], {}) == [trainings[1]]
    assert promoted(live, live, [1, 2, 4], {}, alone_from=2) == [trainings[0], trainings[1]]
    assert promoted(live, live, [1, 2, 4], {}, alone_from=3) == [trainings[1]]


def test_trainings_are_compared_at_the_same_epoch() -> None:
    """The first has come further, and was worse when it was where the other is."""
    trainings = told([[0.1, 0.9], [0.3]])
    assert earned(trainings, [1, 2, 4]) == [trainings[1]]


def test_the_furthest_that_has_earned_it_goes_first() -> None:
    trainings = told([[0.5, 0.6], [0.4, 0.5], [0.9], [0.1]])
    assert [t.number for t in earned(trainings, [1, 2, 4])] == [0, 2]


def test_what_costs_more_must_be_better_unless_it_is_the_best() -> None:
    trainings = told([[0.9], [0.8], [0.7], [0.3], [0.2], [0.1]])
    assert {t.number for t in earned(trainings, [1, 2, 4])} == {0, 1, 2}
    assert {t.number for t in earned(trainings, [1, 2, 4], {1: 2.0, 2: 2.0})} == {0, 1}
    assert {t.number for t in earned(trainings, [1, 2, 4], {0: 9.0, 1: 9.0, 2: 9.0})} == {0}


def test_what_diverged_never_goes_on() -> None:
    trainings = told([[], [], []])
    assert earned(trainings, [1, 2, 4]) == []
    assert math.isinf(trainings[0].score())
