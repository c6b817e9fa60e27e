"""The page as text: what it says, in which language, and of odd studies."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from luthier.errors import UsageError
from luthier.records import Curve, Finding, Forecast, Prospect, Slice, Status
from luthier.report.claims import advice, extent, headline, judge, tell
from luthier.report.origins import Expected, Origin
from luthier.report.page import Source, render, write_page
from luthier.report.page import page as pages
from luthier.report.page.words import LANGUAGES, Words
from luthier.report.recommend import recommend
from luthier.report.tested import HeldOut

NAN = float("nan")


class Text(HTMLParser):
    """What a reader sees, with the text of scripts and styles left out."""

    def __init__(self, html):
        super().__init__()
        self.parts, self.hidden = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.hidden = tag in ("script", "style")

    def handle_endtag(self, tag):
        self.hidden = False

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def seen(history, findings=(), language="en", **source):
    html = render(history, Source("studies/digits", **source), findings, language)
    return " ".join(" ".join(Text(html).parts).split())


def test_a_finding_shows_its_numbers_and_a_quiet_study_says_that_it_is(searched):
    finding = Finding("edge", "At the edge.", {"gain": 0.12345678, "name": "lr", "trainings": [3, 4]}, 0.9, "Widen.")
    text = seen(searched, [finding])
    assert "gain 0.1235; name lr; trainings [3, 4]" in text
    assert "No known fault shows" not in text
    assert "No known fault shows" in seen(searched)


def test_a_setting_of_the_users_that_was_put_aside_is_told_with_its_epochs(training, history):
    better = training(1, [0.5, 0.7])
    assert "your own: 0.3000 after 2 of 8 epochs" in seen(history(training(0, [0.2, 0.3]), better))
    whole = seen(history(training(0, [0.2] * 7 + [0.3]), better))
    assert "your own: 0.3000" in whole
    assert "of 8 epochs" not in whole.partition("Curves")[0]


def test_the_first_screen_says_what_to_use_how_sure_and_what_was_gained(searched):
    findings = [Finding(f"code-{i}", f"Sentence {i}.", {}, 0.9, f"Step {i}.") for i in range(5)]
    text = seen(searched, findings, tested=HeldOut(searched.winner.number, 40, 0.9555, 0.2, 90, 1))
    first = text[: text.index("Curves")]
    assert "Train with" in first
    assert "Run again on 3 fresh seeds it scores" in first
    assert "95 % interval +0.1" in first
    assert "0.9555 90 samples, looked at once" in first
    assert [first.count(f"Sentence {i}.") for i in range(5)] == [1] * 5
    assert first.index("Sentence 2.") < first.index("2 more") < first.index("Sentence 3.")


def test_epochs_that_a_branch_shares_with_its_trunk_count_once(training, history):
    trunk, branch = training(0, [0.5] * 6), training(1, [0.6] * 8)
    origin = Slice(0, trunk.config, 0.0, 6.0, 0)
    branch = replace(branch, origin=origin, curve=Curve(branch.curve.points[6:]))
    assert "2 trainings, 8 epochs in" in seen(history(trunk, branch))


def test_a_winner_that_was_not_run_again_is_called_luck(searched):
    alone = replace(searched, trainings=tuple(t for t in searched.trainings if t.confirms is None))
    text = seen(alone)
    assert "is partly luck. To know how much, run: luthier confirm studies/digits" in text
    assert "one training each, so partly luck" in text
    assert "Fresh seeds" not in text


def test_what_going_on_is_expected_to_bring_stands_on_the_page(searched):
    gain, number = Forecast(0.0021, 0.0, 0.0083), recommend(searched).training.number
    again = replace(searched, prospect=Prospect("seconds", 60.0, False, gain))
    assert "As much again (1 min 0 s) is expected to improve accuracy by 0.0021 (90 % interval 0.0000 to 0.0083)." in (
        seen(again)
    )
    ended = replace(searched, prospect=Prospect("epochs", 120.0, True, gain, 0.005, number, 5.0, 0.003))
    assert "The search stopped by itself: the rest of the budget (120 epochs) was expected" in seen(ended)
    assert "less than 0.005. It deserves 5 of its 8 epochs: later ones brought no more than" in seen(ended)
    assert "值得训练的是 5 轮" in seen(ended, language="zh")
    curves = [t.curve for t in ended.trainings]
    cooled = [Curve((*c.points[:-1], replace(c.points[-1], lr=1e-9))) for c in curves]
    trainings = (replace(t, curve=curve) for t, curve in zip(ended.trainings, cooled, strict=True))
    ended = replace(ended, trainings=tuple(trainings))
    assert "Keep epochs, which its schedule goes by" in seen(ended)
    assert "并设置 patience" in seen(ended, language="zh")
    assert "It deserves" not in seen(replace(ended, prospect=replace(ended.prospect, training=number + 1)))
    assert "is expected to improve" not in seen(searched)


def test_where_ranges_come_from_stands_on_the_page(searched):
    rows = (
        Origin("lr", "0.0001 to 1 (log)", "a book", Expected(0.02, 0.01, 0.04, ("SGD",), (("batch_size", 32.0),)), "X"),
        Origin("lr", "0.0001 to 1 (log)", "a book", Expected(0.001, 0.0001, 0.01, ("AdamW",)), "Y"),
        Origin("layers", "1 to 3", "your setting", None, ""),
        Origin("schedule", "one of 'constant', 'cosine'", "a paper", None, "Z", first="cosine"),
    )
    text = seen(searched, origins=rows)
    assert "about 0.02 (0.01 to 0.04) for SGD at batch size 32 X" in text
    assert text.count("a book") == 1
    assert "a paper cosine Z" in text
    assert "约 0.02（0.01 到 0.04），适用于 SGD，批大小 32 时" in seen(searched, language="zh", origins=rows)
    assert "您的设置" in seen(searched, language="zh", origins=rows)
    assert "Where the ranges come from" not in seen(searched)


def test_every_language_has_the_same_words_with_the_same_blanks():
    (english, _), (chinese, _) = LANGUAGES["en"], LANGUAGES["zh"]
    assert english.keys() == chinese.keys()
    blanks = {key: re.findall(r"{(\w+)}", text) for key, text in english.items()}
    assert {k: sorted(v) for k, v in blanks.items()} == {
        k: sorted(re.findall(r"{(\w+)}", text)) for k, text in chinese.items()
    }


def test_the_page_in_chinese_holds_no_english_sentence(searched):
    text = seen(searched, language="zh")
    assert "建议使用" in text
    assert "学习率" in text
    assert not re.findall(r"\b(?:the|training|seeds|with)\b", text.replace("luthier train", ""))
    with pytest.raises(UsageError, match="the language is 'fr'; it must be one of en, zh"):
        Words("fr")


def odd(training, history):
    """Odd studies by name, and a sentence that each must tell."""
    diverged = [training(n, [], status=Status.DIVERGED, lr=0.9) for n in range(3)]
    one = {"space": {"ranges": {"lr": history().space["ranges"]["lr"]}, "fixed": {}}}
    return {
        "nothing": (history(), "No training has been evaluated yet"),
        "begun": (history(replace(training(0, []), outcome=None, slices=(), over=False)), "No training has been"),
        "diverged": (history(*diverged), "All 3 trainings failed before they could be scored"),
        "nan": (history(training(0, [NAN, NAN])), "No training has a score that is a number"),
        "some nan": (history(training(0, [NAN, 0.5]), training(1, [0.5, NAN], lr=0.1)), "Train with"),
        "one": (history(training(0, [0.5, 0.6])), "Keep your own setting"),
        "one point": (history(training(0, [0.5]), seconds=0.0), "Keep your own setting"),
        "one hyperparameter": (history(*(training(n, [0.5 + n / 9], lr=0.01 * 2**n) for n in range(4)), **one), "lr"),
        "all the same": (history(*(training(n, [0.5] * 8, lr=0.01 * 2**n) for n in range(30))), "Train with"),
        "infinite": (history(training(0, [float("inf"), 1.0], lr=0.1), direction="minimize"), "Keep"),
        "zero range": (history(training(0, [0.5]), space={"ranges": {}, "fixed": {}}), "Keep your own setting"),
        "late failure": (history(training(0, [0.5]), training(1, [0.9], status=Status.DIVERGED, lr=0.1)), "Train with"),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_odd_studies_get_a_page_that_says_so(training, history, language):
    for name, (study, sentence) in odd(training, history).items():
        text = seen(study, language=language)
        assert language != "en" or sentence in text or sentence == "lr", f"{name}: {text}"


def test_what_the_user_named_cannot_break_the_page(training, history):
    failed = training(1, [], status=Status.FAILED, lr=0.2)
    html = render(history(training(0, [0.5]), failed, name="</script><b>x"), Source("a <folder>"))
    assert "</script><b>x" not in html
    assert "too large <b>" not in html
    assert "too large &lt;b&gt;" in html


def test_scores_that_are_all_the_same_are_not_said_to_differ_by_nothing(training, history):
    own, better = training(0, [0.3] * 8, lr=0.1), training(1, [0.9] * 8)
    again = [training(n, [0.9] * 8, confirms=1) for n in (2, 3, 4)]
    text = seen(history(own, better, *again))
    assert "on each of 3 fresh seeds" in text
    assert "it scores 0.9000 on each of them" in text
    assert "±0 " not in text.replace("± ", "±")


def test_that_it_is_better_than_others_is_said_of_others_alone(training, history):
    """How it does beside the baseline is what the gain tells."""
    own, better, other = training(0, [0.3] * 8, lr=0.1), training(1, [0.9] * 8), training(2, [0.8] * 8, lr=0.3)
    scores = {0: (0.3, 0.31, 0.32), 1: (0.9, 0.91, 0.92), 2: (0.8, 0.81, 0.82)}

    def page(*numbers):
        again = [training(10 * n + i, [s] * 8, confirms=n) for n in numbers for i, s in enumerate(scores[n], 3)]
        return seen(history(own, better, other, *again))

    assert "better than the other settings that were run again" in page(0, 1, 2)
    assert "better than the other settings" not in page(0, 1)


@pytest.fixture
def drawn(monkeypatch):
    """The figures of a history's page."""
    kept = []
    monkeypatch.setattr(pages, "_packed", lambda content: kept.append(content) or "")

    def draw(history):
        kept.clear()
        render(history, Source("x"))
        return next(json.loads(content) for content in kept if content.startswith(b"["))

    pages._plotly.cache_clear()
    yield draw
    pages._plotly.cache_clear()


def test_no_axis_shows_what_the_metric_cannot_be(training, history, drawn):
    def axes(study):
        figures = {f["name"]: f["layout"] for f in drawn(study)}
        return [figures[name]["yaxis"] for name in ("curves", "front", "isolation-lr")] + [
            figures["confirmed"]["xaxis"]
        ]

    def study(scores, **more):
        found = [training(n, [score - 0.2, score], lr=0.01 * 2**n) for n, score in enumerate(scores)]
        again = [training(9 + n, [scores[1]] * 8, confirms=1) for n in range(2)]
        return history(*found, *again, **more)

    for axis in axes(study([0.3, 1.0, 0.9, 0.2])):
        assert (axis["minallowed"], axis["maxallowed"]) == (0, 1)
        low, high = axis.get("range", (0, 1))
        assert 0 <= low < high <= 1
    for axis in axes(study([-3.0, 1.0, 0.9, -3.0], metric="r2")):
        assert "minallowed" not in axis
        assert axis["maxallowed"] == 1
        assert axis.get("range", (0, 1))[1] <= 1
    own_scale, unknown = study([30.0, 97.0, 90.0, 10.0]), study([0.3, 1.0, 0.9, 0.2], metric="score")
    for axis in (*axes(own_scale), *axes(unknown)):
        assert not {"minallowed", "maxallowed"} & axis.keys()


def test_the_losses_of_the_recommended_and_of_the_users_setting_are_drawn(training, history, drawn):
    own, better = training(0, [0.2, 0.3]), training(1, [0.5, 0.9, 0.95], lr=0.1)
    (figure,) = [f for f in drawn(history(own, better, task={"loss": "CrossEntropyLoss"})) if f["name"] == "losses"]
    traces = {trace["name"]: trace["y"] for trace in figure["data"]}
    assert traces == {
        "recommended, training": pytest.approx([0.5, 0.1, 0.05]),
        "recommended, validation": pytest.approx([0.6, 0.2, 0.15]),
        "your own, training": pytest.approx([0.8, 0.7]),
        "your own, validation": pytest.approx([0.9, 0.8]),
    }
    assert figure["layout"]["yaxis"]["type"] == "log"
    (figure,) = [f for f in drawn(history(own, task={"loss": "CrossEntropyLoss"})) if f["name"] == "losses"]
    assert len(figure["data"]) == 2
    assert (figure["layout"]["yaxis"]["type"], figure["layout"]["yaxis"]["minallowed"]) == ("linear", 0)
    assert not [f for f in drawn(history(training(0, []))) if f["name"] == "losses"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_study_of_claims_shows_its_verdicts_and_nothing_of_a_search(searched, language):
    own = Finding("crawl", "Your own crawls.", {"training": 0}, 0.9, "Raise lr.")
    winner = Finding("short", "The winner was still improving.", {"training": 39}, 0.9, "Train longer.")
    study = replace(searched, search="claims", name="digits-claims", task={"name": "digits"})
    text = seen(study, [winner, own], language)
    told = tell(judge(study), language)
    colon = Words(language)("confirm.colon").strip()
    assert all(f"{row.claim} {colon} {row.answer} {row.measured}" in text for row in told)
    assert headline(judge(study), "digits", language) in text
    assert advice(judge(study), extent(study), language) in text
    assert Words(language, "claims")("title", name="digits-claims") in text
    assert own.sentence in text
    assert winner.sentence not in text
    said = Words(language)
    for key in ("recommend", "sure", "curves.winner", "curves.note", "reproduce.script"):
        assert said(key) not in text
    html = render(study, Source("x"), (), language)
    assert not [part for part in ("values", "effects", "front", "confirmed", "findings") if f'id="{part}"' in html]
    assert [part for part in ("verdicts", "curves", "map", "budget", "table") if f'id="{part}"' not in html] == []
    empty = seen(replace(study, trainings=()), language=language)
    assert told[0].claim in empty
    assert said("empty.title") not in empty
    assert "luthier tune" not in empty
    assert "commonly said" not in seen(searched, language=language)


def test_figures_are_what_plotly_knows(searched, drawn):
    """Its Python classes check every name and value; the page itself goes without them, for speed."""
    from plotly.graph_objects import Figure

    figures = drawn(searched)
    names = [figure["name"] for figure in figures]
    assert names[:5] == ["curves", "losses", "confirmed", "map", "importance"]
    assert {"losses", "front", "budget", "isolation-lr", "isolation-optimizer"} <= set(names)
    for figure in figures:
        plain = json.loads(re.sub(r'"@\w+"', '"#123456"', json.dumps(figure)))
        Figure(data=plain["data"], layout=plain["layout"])


def test_a_page_that_cannot_be_written_is_one_sentence(searched, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_page(tmp_path / "file" / "report.html", searched, Source("x"))
