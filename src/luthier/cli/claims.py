"""The verdicts on the claims as text and as a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from luthier.cli import words
from luthier.cli.documents import JSON_FORMAT, plain
from luthier.report.claims import advice, headline, tell
from luthier.tuning.claims import Claims

STYLES = {"holds": "green", "does not hold": "red", "undecided": "dim"}


def check_language(language: str) -> None:
    """Raises UsageError for a language that is not there."""
    tell((), language)


def claims_report(result: Claims, task: str, language: str) -> RenderableType:
    """For each claim the verdict, the numbers, and what follows."""
    rows = Table.grid(padding=(0, 1))
    rows.add_column(justify="right")
    rows.add_column(overflow="fold")
    for verdict, told in zip(result.verdicts, tell(result.verdicts, language), strict=True):
        title = Text.assemble((told.claim, "bold"), ": ", (told.answer, STYLES[verdict.answer]))
        lines = [line for line in (told.measured, told.follows) if line]
        rows.add_row(str(told.number), Group(title, *map(Text, lines), ""))
    spent = f"{words.count(result.trainings, 'training')}, {words.count(result.epochs, 'epoch')}"
    where = f"{spent}, {words.duration(result.budget.seconds)}; {result.folder}"
    parts: list[RenderableType] = [Text(headline(result.verdicts, task, language), style="bold"), "", rows]
    if step := _advice(result, language):
        parts.append(Text(step))
    return Group(*parts, Text(where, style="dim"))


def _advice(result: Claims, language: str) -> str:
    return advice(result.verdicts, result.extent, language, _needed(result) or "")


def _needed(result: Claims) -> str | None:
    """As it is typed behind --budget."""
    return str(result.needed).replace(" ", "") if result.needed else None


def claims_document(result: Claims, task: str, language: str) -> dict[str, Any]:
    """The same as JSON values."""
    told = tell(result.verdicts, language)
    return {
        "format": JSON_FORMAT,
        "task": task,
        "metric": result.metric,
        "claims": [
            plain({**asdict(verdict), "told": asdict(text)})
            for verdict, text in zip(result.verdicts, told, strict=True)
        ],
        "study_folder": str(result.folder),
        "trainings": result.trainings,
        "epochs": result.epochs,
        "seconds": result.budget.seconds,
        "interrupted": result.interrupted,
        "extent": asdict(result.extent),
        "needed": _needed(result),
        "headline": headline(result.verdicts, task, language),
        "next_step": _advice(result, language) or None,
        "budget": {"unit": result.budget.unit, "total": result.budget.total, "spent": result.budget.spent},
    }
