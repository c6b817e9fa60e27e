"""The verdicts in words, in English and Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from luthier.errors import UsageError, nearest
from luthier.report.claims._chinese import CHINESE
from luthier.report.claims._english import ENGLISH
from luthier.report.claims._texts import Language, Text
from luthier.report.claims.judge import Extent
from luthier.report.claims.reasons import LASTING
from luthier.report.claims.verdict import Verdict

LANGUAGES: Mapping[str, Language] = {"en": ENGLISH, "zh": CHINESE}


@dataclass(frozen=True)
class Told:
    """A verdict in words."""

    number: int  #: 1 for the first claim
    claim: str
    answer: str
    measured: str  #: the numbers, in a sentence
    follows: str  #: what it means for the user's next training; nothing when nothing was measured


def tell(verdicts: Sequence[Verdict], language: str = "en") -> list[Told]:
    """The verdicts in words. Raises UsageError for a language that is not there."""
    if language not in LANGUAGES:
        hint = nearest(language, LANGUAGES)
        raise UsageError(f"language is {language!r}; it must be one of {', '.join(LANGUAGES)}.{hint}")
    words = LANGUAGES[language]
    return [_told(number, verdict, words) for number, verdict in enumerate(verdicts, 1)]


def headline(verdicts: Sequence[Verdict], task: str, language: str = "en") -> str:
    """How many claims hold, do not, and are undecided."""
    answers = Counter(verdict.answer for verdict in verdicts)
    return LANGUAGES[language].headline.format(
        holds=answers["holds"],
        fails=answers["does not hold"],
        undecided=answers["undecided"],
        all=len(verdicts),
        task=task,
    )


def advice(verdicts: Sequence[Verdict], done: Extent, language: str = "en", needed: str = "") -> str:
    """What decides the rest; empty where nothing does. ``needed`` is the budget that the first verdicts take."""
    words = LANGUAGES[language]
    if not any(v.answer == "undecided" and v.reason not in LASTING for v in verdicts):
        return ""
    if done.complete:
        return words.complete.format(replicates=done.replicates, epochs=2 * done.epochs)
    return words.needed.format(needed=needed) if needed else words.more


def _told(number: int, verdict: Verdict, words: Language) -> Told:
    text = words.claims[verdict.code]
    return Told(
        number, text.claim, _answer(verdict, words), _measured(verdict, text, words), _follows(verdict, text, words)
    )


def _answer(verdict: Verdict, words: Language) -> str:
    if verdict.answer == "does not hold" and verdict.opposite:
        return words.opposite
    return {"holds": words.holds, "does not hold": words.fails, "undecided": words.undecided}[verdict.answer]


def _measured(verdict: Verdict, text: Text, words: Language) -> str:
    values = {name: _number(value) for name, value in verdict.values.items()}
    if verdict.effect is None:
        return words.reasons[verdict.reason or "budget"].format(**values)
    sentence = text.measured.format(**values, effect=_size(verdict, verdict.effect, words))
    least = _effect(verdict, verdict.least)
    if verdict.low is None and verdict.high is None:
        return words.few.format(sentence=sentence, replicates=verdict.replicates)
    if verdict.low is None or verdict.high is None:
        return words.bounded.format(sentence=sentence, replicates=verdict.replicates, least=least)
    low, high = _effect(verdict, verdict.low), _effect(verdict, verdict.high)
    return words.interval.format(sentence=sentence, low=low, high=high, replicates=verdict.replicates, least=least)


def _size(verdict: Verdict, effect: float, words: Language) -> str:
    """The effect; where only a bound is known that of the interval, since the mean of bounds is uncertain as well."""
    if not verdict.bound:
        return _effect(verdict, effect)
    end = verdict.low if verdict.bound == "at least" else verdict.high
    return words.bounds[verdict.bound].format(effect=_effect(verdict, effect if end is None else end))


def _follows(verdict: Verdict, text: Text, words: Language) -> str:
    values = {name: _number(value) for name, value in verdict.values.items()}
    if verdict.effect is None:
        return ""
    if verdict.reason:
        return words.reasons[verdict.reason].format(**values)
    if verdict.answer == "undecided":
        return text.undecided.format(**values)
    if verdict.answer == "holds":
        return text.holds.format(**values)
    return (text.opposite if verdict.opposite else text.fails).format(**values)


def _effect(verdict: Verdict, value: float) -> str:
    """Two decimals; of a large ratio three digits."""
    return f"{value:.3g}" if verdict.unit == "ratio" and value >= 10 else f"{value:.2f}"


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
