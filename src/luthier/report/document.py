"""The page of a study, from where the study lies."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from luthier.errors import UsageError
from luthier.files import written_whole
from luthier.report.explain import HasFolder, explain
from luthier.report.history import read_history
from luthier.report.origins import origins
from luthier.report.page import Source, Words, render
from luthier.report.tested import read_tested


def study_page(folder: Path, storage: str | None = None, lang: str = "en", live: str = "") -> str:
    """The page of the study in ``folder`` as it is now; ``live`` is its fingerprint, for a page that follows it.

    Raises StudyError when there is no study, UsageError for a language that is not there.
    """
    Words(lang)  # a wrong language is told before the study is looked for
    history = read_history(folder, storage)
    shown = [str(folder), *(["--storage", re.sub(r"//[^/@]*@", "//", storage)] if storage else [])]
    source = Source(shlex.join(shown), read_tested(folder), _version(), live, origins(history))
    return render(history, source, explain(history, lang), lang)


def write_report(
    study: str | Path | HasFolder, out: str | Path = "report.html", lang: str = "en", *, storage: str | None = None
) -> Path:
    """Writes what a study found as one HTML page that needs no network; the path of the file.

    ``study`` is its folder, or the result of ``tune``; ``storage`` the Optuna URL, if it was given one. ``lang`` is
    "en" or "zh". Another process may be writing the study. Raises StudyError when there is none, UsageError for another
    language and for a file that cannot be written.
    """
    folder, out = Path(study if isinstance(study, (str, Path)) else study.study_folder), Path(out)
    if out.suffix != ".html":
        raise UsageError(f"the page is to be written to {out}; it must end in .html")
    text = study_page(folder, storage, lang)
    try:
        with written_whole(out) as file:
            file.write(text.encode())
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}; name another file") from error
    return out


def _version() -> str:
    try:
        return version("luthier")
    except PackageNotFoundError:  # run from a checkout
        return ""
