from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.search._halving import ETA, Bracket, ladder
from luthier.space import Space, choice, integer, log_uniform


def scored(cut: Slice, value: float) -> SliceResult:
    """A slice in which every evaluation gives ``value``."""
    points, epoch = [], cut.start
    while epoch < cut.stop:
        epoch = min(epoch + 1, cut.stop)
        points.append(Point(epoch, 1.0, 1.0, value, 0.1, 64, 1.0))
    return SliceResult(cut, tuple(points), Outcome(Status.DONE))


@given(st.integers(1, 400), st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_rungs_rise_to_the_longest_training_in_whole_intervals(epochs: int, interval: float) -> None:
    rungs = ladder(epochs, interval)
    assert rungs[-1] == epochs
    assert all(low < high for low, high in pairwise(rungs))
    assert rungs[0] >= min(interval, epochs)
    assert all(abs(r / interval - round(r / interval)) < 1e-6 for r in rungs)
    assert len(rungs) <= 5


def test_the_ladder_of_the_hyperband_paper() -> None:
    assert ladder(81, 1) == [1, 3, 9, 27, 81]
    assert ladder(1, 1) == [1]


@given(st.lists(st.floats(0, 1), min_size=3, max_size=40, unique=True))
def test_a_full_rung_promotes_its_best_third_and_nobody_before(scores: list[float]) -> None:
    bracket = Bracket([1, 3], len(scores))
    promoted = []
    for number, score in enumerate(scores):
        assert promoted == []
        bracket.entered[0].append(number)
        bracket.arrive(0, score, number)
        promoted += bracket.promote(0)
    best = sorted(range(len(scores)), key=lambda n: -scores[n])
    assert promoted == best[: len(scores) // ETA]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40, unique=True))
def test_an_endless_rung_promotes_whatever_is_in_the_best_third_so_far(scores: list[float]) -> None:
    bracket = Bracket([1, 3], None)
    promoted: set[int] = set()
    for number, score in enumerate(scores):
        bracket.entered[0].append(number)
        bracket.arrive(0, score, number)
        new = bracket.promote(0)
        assert not promoted & set(new)
        promoted |= set(new)
        best = sorted(range(number + 1), key=lambda n: -scores[n])
        assert set(best[: (number + 1) // ETA]) <= promoted
    assert len(promoted) >= len(scores) // ETA


def test_failures_are_not_promoted() -> None:
    bracket = Bracket([1, 3], 3)
    for number in range(3):
        bracket.entered[0].append(number)
        bracket.arrive(0, float("-inf"), number)
    assert bracket.promote(0) == []


def test_the_best_third_is_thawed_and_the_others_are_ended(bench) -> None:
    """27 trainings to epoch 1, 9 to 3, 3 to 9, 1 to 27; the later trainings are the better ones."""
    space = Space(lr=log_uniform(1e-4, 1), epochs=27)
    search = bench.search("successive-halving", space=space, max_epochs=27, baseline=None)
    log, ended = [], []
    for _ in range(27 + 9 + 3 + 1):
        decisions = search.ask()
        ended += [end.training for end in bench.ends(decisions)]
        [cut] = bench.slices(decisions)
        log.append((cut.training, cut.start, cut.stop))
        search.tell(scored(cut, cut.training / 100))
    assert log[:27] == [(n, 0, 1) for n in range(27)]
    assert sorted(log[27:]) == sorted(
        [(n, 1, 3) for n in range(18, 27)] + [(n, 3, 9) for n in (24, 25, 26)] + [(26, 9, 27)]
    )
    assert sorted([*ended, *(e.training for e in bench.ends(search.ask()))]) == list(range(26))


def test_hyperband_starts_the_next_bracket_a_rung_higher(bench) -> None:
    space = Space(lr=log_uniform(1e-4, 1), epochs=9)
    search = bench.search("hyperband", space=space, max_epochs=9, baseline=None)
    first = [r.slice for r in bench.drive(search, 40, execute=lambda c: scored(c, 0.5)) if r.slice.start == 0]
    assert [c.stop for c in first[: 9 + 5 + 3 + 1]] == [1] * 9 + [3] * 5 + [9] * 3 + [1]


def test_asha_does_not_wait_for_a_rung_to_fill(bench) -> None:
    space = Space(lr=log_uniform(1e-4, 1), epochs=9)
    search = bench.search("asha", space=space, max_epochs=9, baseline=None)
    cuts = [r.slice for r in bench.drive(search, 4, execute=lambda c: scored(c, c.training))]
    assert [(c.training, c.start, c.stop) for c in cuts] == [(0, 0, 1), (1, 0, 1), (2, 0, 1), (2, 1, 3)]


@pytest.mark.parametrize("name", ["hyperband", "successive-halving", "asha"])
def test_a_training_that_beats_all_others_goes_straight_to_its_end(name, bench) -> None:
    search = bench.search(name)  # the user's setting reaches 0.5
    cuts = [r.slice for r in bench.drive(search, 3, execute=lambda c: scored(c, 0.6 if c.training == 1 else 0.5))]
    assert [(c.training, c.start, c.stop) for c in cuts] == [(0, 0, 9), (1, 0, 1), (1, 1, 9)]


@pytest.mark.parametrize("name", ["hyperband", "successive-halving", "asha"])
def test_the_best_training_is_never_left_unfinished(name, bench) -> None:
    """However short the budget, once its last slice is back and the next is asked."""
    search = bench.search(name)
    best: dict[int, float] = {}
    reached: dict[int, float] = {}
    for _ in range(60):
        [cut] = bench.slices(search.ask())
        leader = max(best, key=best.__getitem__, default=None)
        if leader is not None and reached[leader] < 9:
            assert cut.training == leader
        result = bench.run(cut)
        if result.points:
            best[cut.training] = max(best.get(cut.training, 0), *(p.metric for p in result.points))
            reached[cut.training] = result.points[-1].epoch
        search.tell(result)


@pytest.mark.parametrize("name", ["hyperband", "successive-halving", "asha"])
def test_a_smaller_metric_can_be_the_better_one(name, bench) -> None:
    largest = bench.drive(bench.search(name), 40)
    smallest = bench.drive(
        bench.search(name, direction="minimize"), 40, execute=lambda cut: bench.run(cut, direction="minimize")
    )
    assert [r.slice for r in smallest] == [r.slice for r in largest]


@pytest.mark.parametrize("name", ["hyperband", "successive-halving", "asha"])
def test_short_trainings_compete_with_their_last_value(name, bench) -> None:
    """Trainings of 2 epochs are over at the rung of 3, and count there."""
    space = Space(lr=log_uniform(1e-4, 1), epochs=choice(2, 9))
    log = bench.drive(bench.search(name, space=space, max_epochs=9), 60)
    short = [r.slice for r in log if r.slice.config.epochs == 2]
    assert any(cut.stop == 2 for cut in short)
    assert all(cut.stop <= 2 for cut in short)


def test_new_trainings_gather_where_the_good_ones_are(bench) -> None:
    space = Space(lr=log_uniform(1e-4, 1), batch_size=integer(16, 256, log=True), epochs=9)
    log = bench.drive(bench.search("hyperband", space=space), 150)
    begun: list[Config] = [r.slice.config for r in log if r.slice.start == 0]

    def near(configs: list[Config]) -> float:
        return sum(0.02 < c.lr < 0.5 for c in configs) / len(configs)

    assert near(begun[40:]) > near(begun[1:21]) + 0.1
