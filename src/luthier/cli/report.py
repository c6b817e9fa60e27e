"""``luthier report``: a study as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from luthier.cli.errors import OK
from luthier.cli.options import Debug
from luthier.cli.reporting import Language, chosen_study
from luthier.cli.show import Folder, Storage


def report(
    folder: Folder = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page to write; an old one is replaced")] = Path(
        "report.html"
    ),
    language: Language = "en",
    storage: Storage = None,
    debug: Debug = False,
) -> int:
    """Write what a study found as one HTML page: what to use, how sure that is, what each hyperparameter does.

    The file needs no network and no Luthier; it can be sent, read on a phone, and printed. Trains nothing.

    [bold]Examples[/bold]

      luthier report
      luthier report luthier-studies/digits --out digits.html
      luthier report --lang zh
    """
    chosen = chosen_study(folder, storage)

    from luthier import write_report

    write_report(chosen, out, language, storage=storage)
    typer.echo(f"wrote {out}; open it in a browser")
    return OK
