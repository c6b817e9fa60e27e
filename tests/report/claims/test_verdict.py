import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem, t

from luthier.report.claims.verdict import CONFIDENCE, decide

effects = st.lists(st.floats(-5, 5), min_size=3, max_size=8)


@given(effects, st.floats(0.01, 2))
def test_a_verdict_agrees_with_its_interval(values: list[float], least: float) -> None:
    verdict = decide("decay", values, "difference", least, {})
    assert verdict.effect is not None
    assert verdict.low is not None
    assert verdict.high is not None
    assert verdict.low <= verdict.effect <= verdict.high
    assert (verdict.answer == "holds") == (verdict.low >= least)
    assert (verdict.answer == "does not hold") == (verdict.high < least)
    assert not (verdict.opposite and verdict.answer == "holds")


def test_the_interval_is_students() -> None:
    values = [0.5, 0.9, 1.6, 2.0]
    verdict = decide("decay", values, "difference", 0.1, {})
    low, high = t.interval(CONFIDENCE, 3, np.mean(values), sem(values))
    assert (verdict.low, verdict.high) == pytest.approx((low, high))


def test_a_ratio_is_given_as_one_and_judged_by_its_logarithm() -> None:
    values = [math.log(v) for v in (1.8, 2.0, 2.0, 2.2)]
    ratio, plain = (decide("decay", values, unit, math.log(1.1), {}) for unit in ("ratio", "difference"))
    assert ratio.effect == pytest.approx((1.8 * 2.0 * 2.0 * 2.2) ** 0.25)
    assert (ratio.least, ratio.answer) == (pytest.approx(1.1), plain.answer)
    assert [math.log(v or 0) for v in (ratio.low, ratio.high)] == pytest.approx([plain.low, plain.high])
    less = decide("decay", [-v for v in values], "ratio", math.log(1.1), {})
    assert less.effect == pytest.approx(1 / ratio.effect)
    assert less.opposite
    assert not decide("decay", [math.log(0.95)] * 3, "ratio", math.log(1.1), {}).opposite
    assert decide("decay", [0.0, 0.0, 900.0], "ratio", 0.1, {}).high == pytest.approx(sys.float_info.max)


@given(effects)
def test_the_order_of_the_replicates_does_not_matter(values: list[float]) -> None:
    one, other = (decide("decay", v, "difference", 0.1, {}) for v in (values, values[::-1]))
    assert one.effect == pytest.approx(other.effect)
    assert one.low == pytest.approx(other.low)


def test_fewer_than_three_replicates_decide_nothing() -> None:
    assert decide("decay", [1.0, 1.0], "difference", 0.1, {}).answer == "undecided"
    assert decide("decay", [1.0, 1.0], "difference", 0.1, {}).effect == 1.0


def test_what_is_not_a_number_does_not_count() -> None:
    assert decide("decay", [math.nan, math.inf], "difference", 0.1, {}).effect is None
    assert decide("decay", [1.0, math.nan, 1.0, 1.0], "difference", 0.1, {}).replicates == 3


def test_reruns_hardly_ever_contradict_each_other_whatever_the_true_effect() -> None:
    """The worst case is a true effect that equals the smallest one of interest."""
    rng = np.random.default_rng(0)
    for true in (0.0, 0.1, 0.2, 0.4):
        answers = [decide("decay", rng.normal(true, 0.1, 5).tolist(), "difference", 0.1, {}).answer for _ in range(400)]
        shares = [answers.count(a) / len(answers) for a in ("holds", "does not hold")]
        assert shares[0] * shares[1] < 1e-4


def test_a_large_effect_is_found_and_a_missing_one_ruled_out() -> None:
    rng = np.random.default_rng(1)
    large = [decide("decay", rng.normal(1.0, 0.1, 5).tolist(), "difference", 0.1, {}).answer for _ in range(50)]
    none = [decide("decay", rng.normal(0.0, 0.02, 5).tolist(), "difference", 0.1, {}).answer for _ in range(50)]
    assert large.count("holds") == 50
    assert none.count("does not hold") >= 45
