"""Words and numbers of the page in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping

from luthier.errors import UsageError, nearest
from luthier.records import Value
from luthier.report.page import _chinese, _english

#: Words, and names of hyperparameters and metrics, by language.
LANGUAGES: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "en": (_english.WORDS, _english.NAMES),
    "zh": (_chinese.WORDS, _chinese.NAMES),
}


class Words:
    """Words of one language: ``words("epoch")``. Raises UsageError for a language that is not there.

    A page of another ``kind`` than a search's says ``epoch.KIND`` instead, where there is that.
    """

    def __init__(self, language: str = "en", kind: str = "") -> None:
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise UsageError(f"the language is {language!r}; it must be one of {known}.{nearest(language, LANGUAGES)}")
        self.language, self._kind = language, kind
        self._words, self._names = LANGUAGES[language]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in."""
        own = f"{key}.{self._kind}"
        return self._words[own if own in self._words else key].format(**values)

    def name(self, name: str) -> str:
        """A hyperparameter or metric: ``batch size``."""
        return self._names.get(name, name.replace("_", " "))

    def value(self, value: Value) -> str:
        """A hyperparameter's value: three significant digits."""
        if value is None or isinstance(value, bool):
            return self("off" if value is None else "yes" if value else "no")
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    def amount(self, unit: str, total: float) -> str:
        """Of a budget: ``5 min``, ``200 epochs``."""
        return self.duration(total) if unit == "seconds" else self(f"amount.{unit}", n=f"{total:.4g}")

    def duration(self, seconds: float) -> str:
        """Seconds as people say them."""
        whole = round(seconds)
        if whole < 60:
            return self("duration.seconds", n=f"{seconds:.2g}" if seconds < 10 else whole)
        if whole < 3600:
            return self("duration.minutes", m=whole // 60, s=whole % 60)
        minutes = round(seconds / 60)
        return self("duration.hours", h=minutes // 60, m=minutes % 60)


def number(value: float) -> str:
    """Four decimals in the range that metrics live in, else three significant digits."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1000 else f"{value:.3g}"


def signed(value: float) -> str:
    """The same with its sign."""
    return ("+" if value > 0 else "−" if value < 0 else "") + number(abs(value))
