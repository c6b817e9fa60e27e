"""``luthier export``: a study's winner as a script."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from luthier.cli.errors import OK
from luthier.cli.options import Debug
from luthier.cli.show import STUDIES, Folder, Storage, newest_study
from luthier.errors import StudyError, UsageError


def export(
    folder: Folder = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The script to write")] = Path("winner.py"),
    storage: Storage = None,
    debug: Debug = False,
) -> int:
    """Write a study's winner as a script in plain PyTorch, which trains it from scratch without Luthier.

    [bold]Examples[/bold]

      luthier export
      luthier export luthier-studies/digits --out digits.py
    """
    if out.exists():
        raise UsageError(f"{out} is there already; name another file with --out")
    if out.suffix != ".py":
        raise UsageError(f"--out is {out}; it must end in .py")
    chosen = folder or newest_study(STUDIES)

    from luthier import load_result
    from luthier.report import export_script

    best = load_result(chosen, storage=storage).best
    if best is None:
        raise StudyError(f"the study in {chosen} has no winner yet; give it a larger budget")
    if best.task is None:
        raise StudyError(
            f"the study in {chosen} was given its task as an object; call luthier.tune with the task's name, or its "
            f"file as my_file.py:task, to export its winner"
        )
    if best.origin is not None:
        raise StudyError(
            f"training {best.training} went on from training {best.origin.training} at epoch {best.origin.stop:g}, so "
            f"no single setting repeats it; its weights are in {best.weights}, and luthier tune with another search, "
            "such as freeze-thaw, finds a winner that can be exported"
        )
    try:
        written = export_script(best.task, best.config, best.seed, out, expected=best.point, epochs=best.curve.epoch)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}; name another file with --out") from error
    typer.echo(f"wrote {' and '.join(map(str, written))}; run it with: python {out}")
    return OK
