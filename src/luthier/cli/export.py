"""``luthier export``: what a study recommends as a script or a file of values, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from luthier.cli.errors import OK
from luthier.cli.options import Debug
from luthier.cli.reporting import chosen_study
from luthier.cli.show import Folder, Storage
from luthier.errors import StudyError, UsageError, nearest

if TYPE_CHECKING:
    from luthier.report.history import History, Trained

#: What is written when nothing is named, by format. CSV is several files, in a folder.
FORMATS = {"script": "winner.py", "yaml": "winner.yaml", "json": "winner.json", "csv": "tables"}


def export(
    folder: Folder = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="What to write: winner.py, ..., or the folder of tables"),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default=False, help="script, yaml, json or csv; without it by --out's name"),
    ] = None,
    storage: Storage = None,
    debug: Debug = False,
) -> int:
    """Write the setting that a study recommends as a script in plain PyTorch, which trains it without Luthier.

    Or as a YAML or JSON file of its values, which luthier train takes with --config. Or all tables of the report as CSV
    files in a folder.

    [bold]Examples[/bold]

      luthier export
      luthier export luthier-studies/digits --out digits.py
      luthier export --format yaml
      luthier export --format csv --out tables
    """
    kind = _kind(format, out)
    path = out or Path(FORMATS[kind])
    if path.exists():
        raise UsageError(f"{path} is there already; name another {'folder' if kind == 'csv' else 'file'} with --out")
    if kind != "csv" and path.suffix != Path(FORMATS[kind]).suffix:
        raise UsageError(f"--out is {path}; it must end in {Path(FORMATS[kind]).suffix}")
    chosen = chosen_study(folder, storage)
    write = {"script": _script, "yaml": _values, "json": _values, "csv": _tables}[kind]
    try:
        written = write(chosen, storage, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; name another with --out") from error
    hint = {"script": f"run it with: python {path}", "yaml": f"train it with: luthier train TASK --config {path}"}
    typer.echo("; ".join([f"wrote {' and '.join(map(str, written))}", *([hint[kind]] if kind in hint else [])]))
    return OK


def _kind(format: str | None, out: Path | None) -> str:
    """What to write. Raises UsageError for a format that is not there."""
    if format is None:
        suffixes = {Path(name).suffix: kind for kind, name in FORMATS.items()}
        return suffixes.get(out.suffix, "script") if out is not None and out.suffix else "script"
    if format not in FORMATS:
        raise UsageError(f"--format is {format!r}; it must be {', '.join(FORMATS)}.{nearest(format, FORMATS)}")
    return format


def _script(folder: Path, storage: str | None, path: Path) -> Sequence[Path]:
    from luthier import Options, load_result
    from luthier.report import export_script

    history, training = _recommended(folder, storage)
    best = load_result(folder, storage=storage).best
    if best is None or best.task is None:
        raise StudyError(
            f"the study in {folder} was given its task as an object; call luthier.tune with the task's name, or its "
            f"file as my_file.py:task, to export its winner"
        )
    expected = history.best_point(training)
    return export_script(
        best.task,
        training.config,
        training.seed,
        path,
        expected=expected,
        epochs=training.curve.epoch,
        options=Options(**{name: value for name, value in history.options.items() if value is not None}),
        alike=None not in history.options.values(),
    )


def _values(folder: Path, storage: str | None, path: Path) -> Sequence[Path]:
    import json

    import yaml

    from luthier.files import written_whole

    _, training = _recommended(folder, storage)
    values = {name: value for name, value in training.config.items() if value is not None}
    with written_whole(path) as file:
        text = json.dumps(values, indent=2) + "\n" if path.suffix == ".json" else yaml.safe_dump(values)
        file.write(text.encode())
    return [path]


def _tables(folder: Path, storage: str | None, path: Path) -> Sequence[Path]:
    from luthier.report.history import read_history
    from luthier.report.origins import origins
    from luthier.report.tables import write_tables

    history = read_history(folder, storage)
    if not history.trainings:
        raise StudyError(f"the study in {folder} has no training yet, so there are no tables; continue it")
    try:
        return write_tables(history, path, origins(history))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; name another folder with --out") from error


def _recommended(folder: Path, storage: str | None) -> tuple[History, Trained]:
    from luthier.report.history import read_history
    from luthier.report.recommend import recommend, why_empty

    history = read_history(folder, storage)
    found = recommend(history)
    if found is None:
        raise StudyError(f"the study in {folder} has no winner: {why_empty(history)}")
    training, origin = found.training, found.training.origin
    if origin is not None and not training.plain:
        raise StudyError(
            f"training {training.number} went on from training {origin.training} at epoch {origin.stop:g}, so no "
            f"single setting repeats it; take its weights from {folder / 'best'}, or search with freeze-thaw, whose "
            "winners can be exported"
        )
    return history, training
