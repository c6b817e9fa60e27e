"""What the commands that tell of a study share: which study, which language."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from luthier.cli.show import study_folder

Language = Annotated[str, typer.Option("--lang", metavar="NAME", help="en or zh")]


def chosen_study(folder: Path | None, storage: str | None) -> Path:
    """The study that was named, or that of the database, or the newest. Raises StudyError when there is none."""
    return study_folder(folder, storage)


def check_language(language: str) -> None:
    """Raises UsageError for a language that is not there."""
    from luthier.report.page import Words

    Words(language)


def typed(folder: Path, storage: str | None) -> str:
    """A study as it is typed behind a command."""
    return shlex.join([str(folder), *(["--storage", storage] if storage else [])])
