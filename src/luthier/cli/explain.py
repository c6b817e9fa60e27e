"""``luthier explain``: a study in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.padding import Padding

from luthier.cli.errors import OK
from luthier.cli.options import Debug, Json, out, print_json
from luthier.cli.show import STUDIES, Folder, Storage, newest_study
from luthier.records import Finding

Language = Annotated[str, typer.Option("--lang", metavar="NAME", help="en or zh")]

#: A heading's words: how sure, what to do, nothing found.
WORDS = {
    "en": ("{:.0f} % sure", "next", "Nothing stands out: no fault was found."),
    "zh": ("把握 {:.0f} %", "下一步", "没有发现值得一提的问题。"),
}


def explain(
    folder: Folder = None, storage: Storage = None, lang: Language = "en", json: Json = False, debug: Debug = False
) -> int:
    """Say what a study's curves and scores tell: what is wrong, how sure that is, what to try next. Trains nothing.

    [bold]Examples[/bold]

      luthier explain
      luthier explain luthier-studies/digits
      luthier explain luthier-studies/digits --lang zh
      luthier explain luthier-studies/digits --json
    """
    from luthier import explain as explained
    from luthier.report.sentences import sentences

    sentences(lang)  # a wrong language is told before the study is looked for
    findings = explained(folder or newest_study(STUDIES), lang, storage=storage)
    if json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings, lang)
    return OK


def _show(findings: Sequence[Finding], lang: str) -> None:
    console = out()
    sure, step, nothing = WORDS[lang]
    if not findings:
        console.print(nothing)
    for finding in findings:
        console.print(f"[bold]{escape(finding.code)}[/bold]  [dim]{sure.format(100 * finding.confidence)}[/dim]")
        console.print(Padding(escape(finding.sentence), (0, 0, 0, 2)))
        console.print(Padding(f"[dim]{step}:[/dim] {escape(finding.next_step)}", (0, 0, 1, 2)))
