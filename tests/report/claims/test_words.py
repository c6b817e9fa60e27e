import pytest

from luthier.errors import UsageError
from luthier.report.claims import LANGUAGES, tell
from luthier.report.claims.verdict import Verdict, decide

NAMES = "high low best diverged of epochs lr small large epoch last regret"
VALUES = dict.fromkeys(NAMES.split(), 0.5)
CODES = list(LANGUAGES["en"].claims)


def verdicts(effects: list[float]) -> list[Verdict]:
    return [decide(code, effects, "ratio", 0.1, VALUES) for code in CODES]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("effect", [1.0, 0.0, -1.0])
def test_every_answer_has_its_words(language: str, effect: float) -> None:
    told = tell(verdicts([effect] * 4), language)
    assert [t.number for t in told] == list(range(1, 12))
    texts = LANGUAGES[language]
    answer = texts.holds if effect > 0 else texts.fails if effect == 0 else texts.opposite
    assert {t.answer for t in told} == {answer}
    assert all("{" not in t.measured + t.follows and t.follows for t in told)


def test_a_ratio_is_told_as_a_ratio() -> None:
    told = tell([decide("decay", [0.693147] * 4, "ratio", 0.05, {"lr": 0.1, "epochs": 20})])[0]
    assert "2.00 times" in told.measured
    assert "4 replicates" in told.measured


def test_what_was_not_measured_is_said_to_be_so() -> None:
    told = tell(verdicts([]), "zh")
    assert {t.answer for t in told} == {LANGUAGES["zh"].undecided}
    assert {t.measured for t in told} == {LANGUAGES["zh"].not_measured}


def test_the_languages_speak_of_the_same_claims() -> None:
    assert list(LANGUAGES["zh"].claims) == CODES


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(UsageError, match="language is 'de'; it must be one of en, zh"):
        tell([], "de")
