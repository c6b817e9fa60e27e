"""From one number per replicate to a verdict that does not hang on luck.

A claim comes with the smallest effect of interest. It holds when the whole interval of the effect lies above that, does
not hold when all of it lies below, and is undecided in between; so both answers need evidence, and a rerun that turns
one into the other is as unlikely as two misses of the interval (Lakens 2017, doi 10.1177/1948550617697177, on
equivalence tests; the null is there the smallest effect of interest as well).
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Answer = Literal["holds", "does not hold", "undecided"]
Unit = Literal["ratio", "difference", "exponent"]
#: What an effect is of the true one, where some replicates show no more than that.
Bound = Literal["", "at least", "at most"]

CLAIMS = 11
#: Two-sided, for all claims together 95 % (Bonferroni).
CONFIDENCE = 1 - 0.05 / CLAIMS
#: Fewer replicates give no interval worth the name.
LEAST_REPLICATES = 3


@dataclass(frozen=True)
class Verdict:
    """What was found about one claim; effect, low, high and least are in its unit, a ratio being 2.0 for twice."""

    code: str
    answer: Answer
    unit: Unit
    least: float  #: smallest effect of interest
    #: mean over replicates, of ratios the geometric one; above 0 (of ratios 1) where the claim is right; None when not
    #: measured
    effect: float | None = None
    low: float | None = None  #: of the interval for CONFIDENCE; None with fewer than three replicates
    high: float | None = None
    replicates: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)  #: what was compared, for the sentence
    bound: Bound = ""  #: with "at least" high is None, with "at most" low
    reason: str = ""  #: why there is no verdict, by the name of its sentence; empty where the interval tells

    @property
    def opposite(self) -> bool:
        """Whether the contrary is as sure: the effect is at least as large as of interest, the other way."""
        return self.high is not None and self.high <= (1 / self.least if self.unit == "ratio" else -self.least)


def decide(
    code: str, effects: Sequence[float], unit: Unit, least: float, values: Mapping[str, Any], bound: Bound = ""
) -> Verdict:
    """The verdict on the effects of the replicates, by Student's t; of ratios both are natural logarithms.

    Where some effects are bounds, so is their mean: the interval is then open on that side.
    """
    known = [e for e in effects if math.isfinite(e)]
    told = _ratio if unit == "ratio" else float
    if not known:
        return Verdict(code, "undecided", unit, told(least), values=values)
    mean = statistics.fmean(known)
    if len(known) < LEAST_REPLICATES:
        return Verdict(code, "undecided", unit, told(least), told(mean), None, None, len(known), values, bound)
    half = _half_width(known)
    low = -math.inf if bound == "at most" else mean - half
    high = math.inf if bound == "at least" else mean + half
    answer: Answer = "holds" if low >= least else "does not hold" if high < least else "undecided"
    below, above = (told(end) if math.isfinite(end) else None for end in (low, high))
    return Verdict(code, answer, unit, told(least), told(mean), below, above, len(known), values, bound)


def _ratio(logarithm: float) -> float:
    """What it is the logarithm of; the largest number where that is larger still."""
    return math.exp(min(logarithm, math.log(sys.float_info.max)))


def _half_width(values: Sequence[float]) -> float:
    from scipy.special import stdtrit

    n = len(values)
    return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * statistics.stdev(values) / math.sqrt(n)
