import math

import numpy as np
import pytest

from luthier.probes import Interval
from luthier.probes._choice import STEEPEST_TO_BEST, beyond, choose, first_lrs, middle_lr, next_lrs
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


def test_between_two_equally_good_ones_the_middle_is_taken() -> None:
    assert middle_lr(shown(0.9, 0.3, 0.3, 0.9), 0.03) == pytest.approx(0.01 * 2**1.5, rel=0.01)


def test_one_far_better_than_the_others_is_taken_itself() -> None:
    assert middle_lr(shown(0.9, 0.3, 0.9), 0.03) == pytest.approx(0.02, rel=0.01)


def test_range_tests_pull_the_suggestion_less_where_they_disagree(reading: Reading) -> None:
    split = Reading(**{**vars(reading), "steepest_interval": Interval(1e-5, 0.1)})
    losses = shown(0.9, 0.3, 0.9)
    assert 0.02 < choose(split, losses).lr < choose(reading, losses).lr < STEEPEST_TO_BEST * reading.steepest


def test_range_tests_do_not_pull_back_from_an_end(reading: Reading) -> None:
    low = Reading(**{**vars(reading), "steepest": 1e-3})
    losses = shown(0.9, 0.6, 0.3)
    assert choose(low, losses).lr == pytest.approx(0.04, rel=0.01)


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


def test_without_short_trainings_repeats_that_disagree_are_a_reason(reading: Reading) -> None:
    assert choose(reading, ()).reason == ""
    split = Reading(**{**vars(reading), "steepest_interval": Interval(1e-5, 0.1)})
    assert "disagree" in choose(split, ()).reason


def test_beyond_goes_outward_only_from_an_end() -> None:
    assert beyond(shown(0.2, 0.3, 0.4)) == pytest.approx(0.005)
    assert beyond(shown(0.4, 0.3, 0.2)) == pytest.approx(0.08)
    assert beyond(shown(0.4, 0.2, 0.3)) is None


def test_the_best_go_on_and_none_that_diverged() -> None:
    assert next_lrs(shown(0.4, 0.2, math.inf, 0.3), 2) == [0.02, 0.08]
    assert next_lrs(shown(0.4, math.inf, math.inf), 2) == [0.01]
