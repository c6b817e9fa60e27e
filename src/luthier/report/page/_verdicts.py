"""What the page of a study of claims says first: a verdict on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from luthier.records import Finding
from luthier.report.claims import Told, advice, extent, headline, judge, of_claims, tell
from luthier.report.history import History

_STYLES = {"holds": "holds", "does not hold": "fails", "undecided": "open"}


@dataclass(frozen=True)
class Verdicts:
    """The verdicts in words."""

    headline: str
    rows: list[tuple[Told, str]]  #: with the answer's style
    advice: str  #: what decides the rest; empty where nothing does


def verdicts(history: History, language: str) -> Verdicts | None:
    """None for a study that is not of claims."""
    if not of_claims(history):
        return None
    found = judge(history)
    rows = [(told, _STYLES[verdict.answer]) for verdict, told in zip(found, tell(found, language), strict=True)]
    task = str(history.task.get("name", history.name))
    return Verdicts(headline(found, task, language), rows, advice(found, extent(history), language))


def about_own(findings: Sequence[Finding]) -> list[Finding]:
    """Those about the user's own setting: the others speak of a search and its winner."""
    return [finding for finding in findings if finding.evidence.get("training") == 0]
