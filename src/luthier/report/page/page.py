"""A study as one HTML file: text from templates, figures for plotly.js, everything inside."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from luthier.errors import UsageError
from luthier.files import written_whole
from luthier.records import Finding
from luthier.report.axes import axes
from luthier.report.claims import NOTE as CLAIMS
from luthier.report.claims import of_claims
from luthier.report.front import front, savings, spending
from luthier.report.history import History
from luthier.report.importance import FEWEST, importances, interactions
from luthier.report.origins import Origin
from luthier.report.page import _curves, _effects
from luthier.report.page._limits import metric_limits
from luthier.report.page._losses import losses
from luthier.report.page._rows import failures, range_rows, table
from luthier.report.page._story import empty_text, saving_text, story, subtitle, values
from luthier.report.page._verdicts import about_own, verdicts
from luthier.report.page.words import Words
from luthier.report.recommend import recommend
from luthier.report.ridge import lr_batch_map
from luthier.report.tested import HeldOut


@dataclass(frozen=True)
class Source:
    """Where a study lies and what the page adds from beside it."""

    folder: str  #: as the user would type it behind a command, with its --storage if it has one
    tested: HeldOut | None = None
    version: str = ""
    live: str = ""  #: fingerprint of the study; empty for a page that does not follow it
    origins: tuple[Origin, ...] = ()  #: where its ranges come from


def render(history: History, source: Source, findings: Sequence[Finding] = (), language: str = "en") -> str:
    """The page. Raises UsageError for a language that is not there."""
    words = Words(language, CLAIMS if of_claims(history) else "")
    found = recommend(history)
    known = axes(history)
    context: dict[str, Any] = {
        "w": words,
        "history": history,
        "source": source,
        "found": found,
        "claims": verdicts(history, language),
        "findings": about_own(findings) if of_claims(history) else list(findings),
        "fewest": FEWEST,
        "failures": failures(history, words),
        "table": table(history, words),
        "failed": sum(t.failed for t in history.trainings),
        "subtitle": subtitle(history, words),
        "empty": "" if found else empty_text(history, words),
        "ranges": range_rows(source.origins, words),
    }
    figures: list[dict[str, Any]] = []
    if found:
        config = found.training.config
        matters, field = importances(history), lr_batch_map(history)
        deals = front(history)
        context |= {
            "story": story(history, found, source.folder, source.tested, words),
            "values": values(history, found, known, words),
            "passes": any(i.matters for i in matters),
            "ridge": field.ridge if field else None,
            "savings": [saving_text(s, deals[-1], history.metric, words) for s in savings(deals)],
            "together": [i for i in interactions(history) if i.share >= 0.01][:3],
        }
        figures.append(_curves.curves(history, found, words))
        figures += losses(history, found, words)
        figures += [_curves.confirmed(found, history.metric, metric_limits(history), words)] if found.candidates else []
        figures += [_effects.lr_batch_map(field, found.training.number, history.metric, words)] if field else []
        figures += [_effects.importance(matters, words)] if matters else []
        figures += _effects.isolation(history, known, config, words)
        figures += [_curves.front(deals, history, words)] if deals else []
    figures += [_curves.budget(spending(history), words)] if history.seconds else []
    context["figures"] = {figure["name"]: figure for figure in figures}
    context["isolated"] = [figure for figure in figures if "caption" in figure]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            **context,
            css=_asset("page.css"),
            js=_asset("page.js"),
            plotly=_plotly(),
            data=_packed(json.dumps(figures, separators=(",", ":"), allow_nan=False).encode()),
        )
    )


def write_page(
    path: Path, history: History, source: Source, findings: Sequence[Finding] = (), language: str = "en"
) -> None:
    """Writes the page as one file. Raises UsageError when it cannot."""
    text = render(history, source, findings, language)
    try:
        with written_whole(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; name another file with --out") from error


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("luthier.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> Markup:
    return Markup(files("luthier.report.page").joinpath("templates", name).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _plotly() -> Markup:
    """plotly.js as Plotly's package has it, compressed: 4.8 MB would leave no room for the study."""
    from plotly.offline import get_plotlyjs  # not light

    return _packed(get_plotlyjs().encode())


def _packed(content: bytes) -> Markup:
    """Compressed, in base64; the page unpacks it with DecompressionStream (in browsers since 2023)."""
    return Markup(base64.b64encode(gzip.compress(content, 6, mtime=0)).decode())
