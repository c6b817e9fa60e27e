import re

import pytest

from luthier.errors import UsageError
from luthier.report.sentences import LANGUAGES, sentences
from luthier.report.sentences._words import number


def slots(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)", text))


def test_the_languages_have_the_same_codes() -> None:
    assert LANGUAGES["en"].table.keys() == LANGUAGES["zh"].table.keys()
    assert LANGUAGES["en"].who.keys() == LANGUAGES["zh"].who.keys()


@pytest.mark.parametrize("key", LANGUAGES["en"].table)
def test_a_translation_uses_the_same_numbers(key: str) -> None:
    english, chinese = (LANGUAGES[lang].table[key] for lang in ("en", "zh"))
    assert slots(" ".join(english)) == slots(" ".join(chinese))
    assert not re.search("[A-Za-z]{12}", re.sub("{.*?}|weight_decay|clip_norm", "", " ".join(chinese)))


def test_slots_are_filled_and_the_first_letter_is_large() -> None:
    said = sentences("en").say("joint", {"a": "lr", "b": "batch_size", "share": 0.314, "n": 20})
    assert said[0].startswith("Two belong together, lr and batch size")
    assert "31 % of what" in said[0]


def test_a_name_that_begins_a_chinese_sentence_stays_small() -> None:
    low = {"lr": 0.1, "who": "", "training": 0, "share": 0.2, "loss": 1.0, "try_lr": 1.0}
    assert sentences("zh").say("lr-too-low", low)[0].startswith("lr ")


def test_what_is_not_known_is_a_question_mark() -> None:
    assert "?" in sentences("en").say("small-budget.short", {"trainings": 2, "epochs": float("nan"), "asked": 9.0})[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.97222, "0.9722"), (0.5, "0.5"), (20.0, "20"), (1e-7, "1e-07"), (0.00031622, "0.000316"), (123.456, "123")],
)
def test_numbers_have_the_digits_that_mean_something(value: float, text: str) -> None:
    assert number(value) == text


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UsageError, match="'de'; it must be one of en, zh"):
        sentences("de")


@pytest.mark.parametrize(
    ("trainings", "ranges", "said"),
    [(1, 6, "1 training is too few to search 6 ranges:"), (3, 1, "3 trainings are too few to search 1 range:")],
)
def test_one_training_is_too_few(trainings: int, ranges: int, said: str) -> None:
    slots = {"trainings": trainings, "ranges": ranges, "missed": 0.5, "needed": 9}
    assert sentences("en").say("small-budget", slots)[0].startswith(said)


@pytest.mark.parametrize(("more", "said"), [(1, "1 epoch more"), (16, "16 epochs more")])
def test_one_epoch_is_no_epochs(more: int, said: str) -> None:
    slots = {"who": "", "training": 0, "epochs": 2.0, "more": more, "gain": 0.2, "loss": 1.0, "later": 0.8}
    assert said in sentences("en").say("still-improving", slots)[1]
