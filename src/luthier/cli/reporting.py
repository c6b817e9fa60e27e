"""What the commands that tell of a study share: which study, which language, its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from luthier.cli.show import STUDIES, newest_study

if TYPE_CHECKING:
    from luthier.report.history import History

Language = Annotated[str, typer.Option("--lang", metavar="NAME", help="Language of the page: en or zh")]


def chosen_study(folder: Path | None) -> Path:
    """The study that was named, or the newest. Raises StudyError when there is none."""
    return folder or newest_study(STUDIES)


def page(folder: Path, storage: str | None, language: str, live: str = "") -> tuple[str, History]:
    """The page of a study as it is now, and what it shows. Raises UsageError."""
    from luthier import __version__
    from luthier.report.explain import explain
    from luthier.report.history import read_history
    from luthier.report.page import Source, render
    from luthier.report.tested import read_tested

    history = read_history(folder, storage)
    source = Source(str(folder), read_tested(folder), __version__, live)
    return render(history, source, explain(history, language), language), history
