"""``luthier show``: a study again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from luthier.cli.errors import FAILED, OK
from luthier.cli.options import Debug, Json, out, print_json
from luthier.cli.wrapping import wrapped
from luthier.errors import StudyError

STUDIES = Path("luthier-studies")  #: where ``tune`` puts studies when no folder is given

Folder = Annotated[
    Path | None,
    typer.Argument(show_default=False, help=f"The study's folder; without it the newest one in {STUDIES}"),
]
Storage = Annotated[str | None, typer.Option(metavar="URL", help="The Optuna storage that the study was given, if any")]
Ranges = Annotated[
    bool,
    typer.Option("--ranges", metavar="", help="Where each range comes from, and what was expected before the search"),
]


def show(
    folder: Folder = None, storage: Storage = None, ranges: Ranges = False, json: Json = False, debug: Debug = False
) -> int:
    """Show what a study has found, while it runs or afterwards. Trains nothing.

    [bold]Examples[/bold]

      luthier show
      luthier show luthier-studies/digits
      luthier show luthier-studies/digits --json
      luthier show --ranges
      luthier show --storage sqlite:///study.db
    """
    chosen = study_folder(folder, storage)
    if ranges:
        return _show_ranges(chosen, storage, json=json)

    from luthier import load_result
    from luthier.cli.documents import tune_document
    from luthier.cli.result import report

    result = load_result(chosen, storage=storage)
    if json:
        print_json(tune_document(result, result.study_name))
    else:
        console = out()
        console.print(report(result, width=console.width, storage=storage))
    return OK if result.best else FAILED


def _show_ranges(folder: Path, storage: str | None, *, json: bool) -> int:
    from luthier.report.history import read_history
    from luthier.report.origins import origins

    rows = origins(read_history(folder, storage))
    if json:
        names = ("name", "range", "range_source", "expected", "expected_source")
        print_json({"ranges": [{name: getattr(row, name) for name in names} for row in rows]})
        return OK
    console = out()
    if not rows:
        console.print("The study varies nothing.")
    shown: set[str] = set()
    for row in rows:
        if row.name not in shown:
            console.print(Text.assemble((row.name, "bold"), f"  {row.range}"), soft_wrap=True)
            _print_lines(console, f"range: {row.range_source}")
        shown.add(row.name)
        if row.expected:
            _print_lines(console, f"expected: {row.expected}; {row.expected_source}")
    return OK


def _print_lines(console: Console, text: str) -> None:
    for line in wrapped(text, console.width, 2, 4):
        console.print(Text(line), soft_wrap=True)


def study_folder(folder: Path | None, storage: str | None) -> Path:
    """The folder that was given, else where ``tune`` puts that of the database's only study, else the newest.

    Raises StudyError when there is none.
    """
    if folder is None and storage is not None:
        from luthier.study import Study

        return STUDIES / Study.load(storage).description.name
    return folder or newest_study(STUDIES)


def newest_study(studies: Path) -> Path:
    """The folder in ``studies`` that was written to last. Raises StudyError when there is none."""
    folders = [p for p in studies.iterdir() if p.is_dir()] if studies.is_dir() else []
    if not folders:
        raise StudyError(f"there is no study in {studies}; name its folder, or begin one with 'luthier tune digits'")
    return max(folders, key=lambda folder: max(p.stat().st_mtime for p in [folder, *folder.iterdir()]))
