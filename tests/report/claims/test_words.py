from dataclasses import replace

import pytest

from luthier.errors import UsageError
from luthier.report.claims import LANGUAGES, Extent, advice, headline, tell
from luthier.report.claims.verdict import Verdict, decide

REASONS = list(LANGUAGES["en"].reasons)
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
    assert {t.measured for t in told} == {LANGUAGES["zh"].reasons["budget"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language: str) -> None:
    assert list(LANGUAGES[language].reasons) == REASONS
    for reason in REASONS:
        told = tell([replace(decide("small-batch", [], "ratio", 0.1, VALUES), reason=reason)], language)[0]
        assert told.measured
        assert "{" not in told.measured


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_decides_the_rest_is_more_budget_until_all_is_done(language: str) -> None:
    open_, decided = verdicts([]), verdicts([1.0] * 4)
    more = advice(open_, Extent(2, 6, False), language)
    assert advice(decided, Extent(2, 6, False), language) == ""
    assert "--budget 21m" in advice(open_, Extent(0, 0, False), language, "21m")
    done = advice(open_, Extent(8, 6, True), language)
    assert "--set epochs=12" in done
    assert done != more
    lasting = [replace(verdict, reason="sizes") for verdict in open_]
    assert advice(lasting, Extent(2, 6, False), language) == ""


def test_the_headline_counts_the_answers() -> None:
    assert headline([*verdicts([1.0] * 4)[:3], *verdicts([])[3:]], "digits") == (
        "3 of 11 claims hold on digits, 0 do not, 8 are undecided"
    )


def test_the_languages_speak_of_the_same_claims() -> None:
    assert list(LANGUAGES["zh"].claims) == CODES


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(UsageError, match="language is 'de'; it must be one of en, zh"):
        tell([], "de")
