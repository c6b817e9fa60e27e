"""A study in sentences: what is wrong, how sure that is, what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from luthier.records import Finding
from luthier.report.findings import Sign, View, signs_of
from luthier.report.history import History, read_history
from luthier.report.sentences import Sentences, sentences
from luthier.study import Study


class HasFolder(Protocol):
    """A result of ``luthier.tune``."""

    @property
    def study_folder(self) -> Path:
        """Where its study lies."""
        ...


def explain(
    study: Study | HasFolder | History | str | Path, lang: str = "en", *, storage: str | None = None
) -> list[Finding]:
    """What the curves and scores of a study tell, the most important first (confidence times how much it matters).

    ``study`` is its folder, the result of ``tune``, an open Study, or a History; ``storage`` the Optuna URL, if it was
    given one. A quiet study gives few findings or none. Findings about one training are about the winner and your own
    setting (training 0). ``lang`` is "en" or "zh". Another process may be writing the study. Raises StudyError when
    there is none, UsageError for another language.
    """
    language = sentences(lang)
    if isinstance(study, History):
        history = study
    else:
        where = study if isinstance(study, (Study, str, Path)) else study.study_folder
        history = read_history(where, storage)
    view = View(history)
    return [_finding(sign, view, language) for sign in signs_of(history)]


def _finding(sign: Sign, view: View, language: Sentences) -> Finding:
    slots = dict(sign.slots)
    if sign.training is not None:
        slots = {**slots, "training": sign.training}
    who = "" if sign.training is None else language.who[view.who(sign.training)]
    sentence, step = language.say(sign.code, {**slots, "who": who}, sign.text)
    stop = "。" if language.language == "zh" else "."
    return Finding(sign.code, sentence + stop, _plain(slots), round(sign.confidence, 2), step + stop)


def _plain(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence as JSON values; numbers that are not finite become None."""
    return {name: _value(value) for name, value in slots.items()}


def _value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_value(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
