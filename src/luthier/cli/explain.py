"""``luthier explain``: a study in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from luthier.cli.errors import OK
from luthier.cli.options import Debug, Json, out, print_json
from luthier.cli.show import Folder, Storage, study_folder
from luthier.cli.wrapping import wrapped
from luthier.records import Finding

Language = Annotated[str, typer.Option("--lang", metavar="NAME", help="en or zh")]

#: A heading's words: how sure, what to do, nothing found.
WORDS = {
    "en": ("{:.0f} % sure", "next: ", "Nothing stands out: no fault was found."),
    "zh": ("把握 {:.0f} %", "下一步：", "没有发现值得一提的问题。"),
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
    findings = explained(study_folder(folder, storage), lang, storage=storage)
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
    for i, finding in enumerate(findings):
        if i:
            console.print()
        title = Text.assemble((finding.code, "bold"), "  ", (sure.format(100 * finding.confidence), "dim"))
        console.print(title, soft_wrap=True)
        for line in wrapped(finding.sentence, console.width, 2):
            console.print(Text(line), soft_wrap=True)
        for line in wrapped(f"{step}{finding.next_step}", console.width, 2):
            text = Text(line)
            text.highlight_words([step.strip()], "dim")
            console.print(text, soft_wrap=True)
