"""From one number per replicate to a verdict that does not hang on luck.

A claim comes with the smallest effect of interest. It holds when the whole interval of the effect lies above that, does
not hold when all of it lies below, and is undecided in between; so both answers need evidence, and a rerun that turns
one into the other is as unlikely as two misses of the interval (Lakens 2017, doi 10.1177/1948550617697177, on
equivalence tests; the null is there the smallest effect of interest as well).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Answer = Literal["holds", "does not hold", "undecided"]
Unit = Literal["ratio", "difference", "exponent"]

CLAIMS = 11
#: Two-sided, for all claims together 95 % (Bonferroni).
CONFIDENCE = 1 - 0.05 / CLAIMS
#: Fewer replicates give no interval worth the name.
LEAST_REPLICATES = 3


@dataclass(frozen=True)
class Verdict:
    """What was found about one claim.

    With the unit "ratio" effect, low, high and least are natural logarithms of ratios.
    """

    code: str
    answer: Answer
    unit: Unit
    least: float  #: smallest effect of interest
    effect: float | None = None  #: mean over replicates, positive where the claim is right; None when not measured
    low: float | None = None  #: of the interval for CONFIDENCE; None with fewer than three replicates
    high: float | None = None
    replicates: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)  #: what was compared, for the sentence

    @property
    def opposite(self) -> bool:
        """Whether the contrary is as sure: the effect is at least as large as of interest, the other way."""
        return self.high is not None and self.high <= -self.least


def decide(code: str, effects: Sequence[float], unit: Unit, least: float, values: Mapping[str, Any]) -> Verdict:
    """The verdict on the effects of the replicates, by Student's t."""
    known = [e for e in effects if math.isfinite(e)]
    if not known:
        return Verdict(code, "undecided", unit, least, values=values)
    mean = statistics.fmean(known)
    if len(known) < LEAST_REPLICATES:
        return Verdict(code, "undecided", unit, least, mean, replicates=len(known), values=values)
    half = _half_width(known)
    low, high = mean - half, mean + half
    answer: Answer = "holds" if low >= least else "does not hold" if high < least else "undecided"
    return Verdict(code, answer, unit, least, mean, low, high, len(known), values)


def _half_width(values: Sequence[float]) -> float:
    from scipy.special import stdtrit

    n = len(values)
    return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * statistics.stdev(values) / math.sqrt(n)
