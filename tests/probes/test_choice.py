import math

import numpy as np
import pytest

from luthier.probes import Interval
from luthier.probes._choice import beside, beyond, choose, first_lrs, next_lrs
from luthier.probes._range_analysis import Reading
from luthier.probes._short import Shown


@pytest.fixture
def reading() -> Reading:
    lrs = np.geomspace(1e-6, 10, 50)
    losses = np.linspace(2.0, 1.0, 50)
    return Reading(
        lrs, losses, 0.01, Interval(0.005, 0.02), 0.3, fall=1.0, noise=0.1, clarity=50.0, start=2.0, start_error=0.01
    )


def shown(*losses: float, epoch: float = 6.0) -> list[Shown]:
    return [Shown(0.01 * 2**i, epoch, loss, over=math.isinf(loss)) for i, loss in enumerate(losses)]


def test_the_first_lrs_reach_from_below_the_steepest_fall_to_the_largest_stable_lr(reading: Reading) -> None:
    lrs = first_lrs(reading, 5)
    assert lrs[0] < reading.steepest < lrs[-1] == reading.largest_stable
    assert np.diff(np.log(lrs)) == pytest.approx(np.log(lrs[1] / lrs[0]), rel=0.05)


def test_between_two_equally_good_ones_the_middle_is_taken(reading: Reading) -> None:
    assert choose(reading, shown(0.6, 0.3, 0.3, 0.6)).lr == pytest.approx(0.01 * 2**1.5, rel=0.2)


def test_one_far_better_than_the_others_is_taken_itself(reading: Reading) -> None:
    assert choose(reading, shown(0.9, 0.3, 0.9)).lr == pytest.approx(0.02, rel=0.2)


def test_a_best_one_at_an_end_leaves_room_beyond_it(reading: Reading) -> None:
    upward, downward = choose(reading, shown(0.9, 0.6, 0.3)), choose(reading, shown(0.3, 0.6, 0.9))
    assert 0.04 < upward.lr < upward.interval.high
    assert downward.interval.low < downward.lr < 0.02 < upward.interval.low


def test_a_best_one_between_two_worse_ones_is_not_far_from_them(reading: Reading) -> None:
    off = Reading(**{**vars(reading), "steepest": 1e-5, "largest_stable": 1e-3})
    found = choose(off, [Shown(0.02, 5.0, 1.2), Shown(0.05, 5.0, 0.54), Shown(0.12, 5.0, 0.45), Shown(0.3, 5.0, 1.2)])
    assert 0.04 < found.lr < 0.2
    assert found.interval.low > 0.01


def test_range_tests_count_less_where_they_disagree(reading: Reading) -> None:
    high = Reading(**{**vars(reading), "steepest": 0.1, "steepest_interval": Interval(0.05, 0.2)})
    split = Reading(**{**vars(high), "steepest_interval": Interval(1e-5, 10)})
    losses = shown(0.41, 0.4, 0.41)
    assert choose(split, losses).lr < choose(high, losses).lr


def test_the_last_losses_count_and_not_the_very_last_alone(reading: Reading) -> None:
    steady = [Shown(0.01 * 2**i, 6.0, loss, recent=(loss, loss)) for i, loss in enumerate((0.9, 0.3, 0.5))]
    lucky = [*steady[:2], Shown(0.04, 6.0, 0.29, recent=(0.8, 0.29))]
    assert lucky[2].level == pytest.approx(0.48, rel=0.01)
    assert choose(reading, lucky).lr == pytest.approx(choose(reading, steady).lr, rel=0.1)


def test_losses_below_zero_are_read_too(reading: Reading) -> None:
    losses = (-1.0, -4.0, -1.5)
    assert choose(reading, shown(*losses)).lr == pytest.approx(0.02, rel=0.2)


def test_only_those_that_got_furthest_count(reading: Reading) -> None:
    early = [Shown(0.001, 1.0, 0.1)]
    assert choose(reading, [*early, *shown(0.9, 0.3, 0.9)]) == choose(reading, shown(0.9, 0.3, 0.9))


def test_the_suggestion_does_not_depend_on_the_unit_of_the_loss(reading: Reading) -> None:
    scaled = Reading(**{**vars(reading), "start": 100 * reading.start})
    losses = (0.5, 0.32, 0.3, 0.6)
    assert choose(reading, shown(*losses)).lr == choose(scaled, shown(*(100 * v for v in losses))).lr


def test_there_is_a_reason_when_all_diverged_or_none_learned(reading: Reading) -> None:
    assert "diverged" in choose(reading, shown(math.inf, math.inf)).reason
    assert "below the loss at the start" in choose(reading, shown(2.5, 2.2)).reason
    assert "(1.5) below what always giving the same answer costs (1.4)" in choose(reading, shown(1.7, 1.5), 1.4).reason
    assert choose(reading, shown(1.7, 1.3), 1.4).reason == ""


def test_without_short_trainings_repeats_that_disagree_are_a_reason(reading: Reading) -> None:
    assert choose(reading, ()).reason == ""
    split = Reading(**{**vars(reading), "steepest_interval": Interval(1e-5, 0.1)})
    assert "disagree" in choose(split, ()).reason


def test_beyond_goes_outward_only_from_an_end() -> None:
    assert beyond(shown(0.2, 0.3, 0.4)) == pytest.approx(0.005)
    assert beyond(shown(0.4, 0.3, 0.2)) == pytest.approx(0.08)
    assert beyond(shown(0.4, 0.2, 0.3)) is None


def test_a_training_more_reaches_as_far_where_the_best_is_at_an_end() -> None:
    begun = [Shown(0.005, 1.0, 0.7), *shown(0.2, 0.3, 0.4), Shown(0.1, 1.0, 2.0)]
    assert beside(begun) == 0.005
    assert beside(begun[1:]) == pytest.approx(0.005)
    assert beside([*shown(0.4, 0.3, 0.2), Shown(0.1, 1.0, 2.0)]) == 0.1
    assert beside([*shown(0.4, 0.3, 0.2), Shown(0.1, 1.0, math.inf, over=True)]) is None
    assert beside(shown(0.4, 0.2, 0.3)) is None
    assert beside(shown(0.4)) is None


def test_the_best_go_on_and_none_that_diverged() -> None:
    assert next_lrs(shown(0.4, 0.2, math.inf, 0.3), 2) == [0.02, 0.08]
    assert next_lrs(shown(0.4, math.inf, math.inf), 2) == [0.01]
