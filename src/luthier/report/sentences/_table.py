"""The languages, and how a sentence is found and filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from luthier.errors import UsageError, nearest
from luthier.report.sentences import _chinese, _english
from luthier.report.sentences._words import Words


@dataclass(frozen=True)
class Sentences:
    """One language's sentences, by code; ``code.text`` where a code has several: (what is so, what to do)."""

    language: str
    table: Mapping[str, tuple[str, str]]
    who: Mapping[str, str]  #: own, winner, both
    words: Words

    def say(self, code: str, slots: Mapping[str, Any], text: str = "") -> tuple[str, str]:
        """The sentence and the next step of a code, with the slots' values filled in."""
        sentence, step = self.table[f"{code}.{text}" if text else code]
        said = self.words.vformat(sentence, (), slots), self.words.vformat(step, (), slots)
        return said if self.language == "zh" else (_capital(said[0]), _capital(said[1]))


def _capital(text: str) -> str:
    """With a large first letter. Chinese has none, and a name that begins a sentence stays as it is typed."""
    return text[:1].upper() + text[1:]


LANGUAGES: Mapping[str, Sentences] = {
    "en": Sentences("en", _english.TABLE, _english.WHO, Words(", ", " and ")),
    "zh": Sentences("zh", _chinese.TABLE, _chinese.WHO, Words("、", "和")),
}


def sentences(language: str) -> Sentences:
    """The sentences of a language: ``en`` or ``zh``. Raises UsageError for another."""
    if language not in LANGUAGES:
        hint = nearest(language, LANGUAGES)
        raise UsageError(f"the language is {language!r}; it must be one of {', '.join(LANGUAGES)}.{hint}")
    return LANGUAGES[language]
