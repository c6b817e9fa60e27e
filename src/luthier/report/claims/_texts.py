"""What a language has to say about the claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One claim. ``{effect}`` and the verdict's values are filled in."""

    claim: str
    measured: str
    holds: str  #: what follows, for each answer
    fails: str
    opposite: str
    undecided: str


@dataclass(frozen=True)
class Language:
    """All texts of a language."""

    claims: Mapping[str, Text]
    holds: str
    fails: str
    opposite: str
    undecided: str
    reasons: Mapping[str, str]  #: why there is no verdict, by ``Verdict.reason``
    few: str  #: with fewer than three replicates
    interval: str
    bounds: Mapping[str, str]  #: before the number that is a bound, by ``Verdict.bound``
    bounded: str  #: with three replicates or more
    headline: str
    more: str  #: what to do about the undecided ones while there are replicates to run
    needed: str  #: the same, when it is known what the first verdicts take
    complete: str  #: the same, when all replicates are done
