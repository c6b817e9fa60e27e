"""What the page says in sentences: the recommendation, how sure it is, what it gained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.report.axes import Axis
from luthier.report.front import Deal, Saving, own_epochs
from luthier.report.history import History
from luthier.report.page.words import Words, number, signed
from luthier.report.recommend import Candidate, Recommendation, emptiness
from luthier.report.tested import HeldOut
from luthier.training import unused

#: In the first sentence; the rest follows it.
FIRST = ("lr", "batch_size", "epochs", "optimizer")


@dataclass(frozen=True)
class Figure:
    """One large number with what it is."""

    value: str
    label: str
    note: str
    good: bool = False


@dataclass(frozen=True)
class Story:
    """The first screen's text."""

    title: str
    sentences: list[str]
    figures: list[Figure] = field(default_factory=list)
    sure: list[str] = field(default_factory=list)


def sentences(
    history: History, found: Recommendation, folder: str, tested: HeldOut | None, language: str = "en"
) -> Story:
    """The recommendation as the command line tells it."""
    return story(history, found, folder, tested, Words(language))


def story(history: History, found: Recommendation, folder: str, tested: HeldOut | None, words: Words) -> Story:
    """The recommendation in words."""
    figures = [*_gain(found, words), _score(history, found, words)]
    if tested is not None and tested.training == found.training.number:
        figures.append(_test(tested, history.metric, words))
    title = words("recommend.own" if found.is_baseline else "recommend")
    sure = [*_sure(history, found, folder, words), *_ahead(history, found, words)]
    return Story(title, _setting(history, found, words), figures, sure)


def subtitle(history: History, words: Words) -> str:
    """What was spent, and what is measured."""
    epochs = sum(map(own_epochs, history.trainings))
    return words(
        "subtitle",
        trainings=len(history.trainings),
        epochs=f"{epochs:.10g}" if epochs == round(epochs) else f"{epochs:.1f}",
        seconds=words.duration(history.seconds),
        metric=words.name(history.metric),
        better=words(history.direction),
    )


def telling(history: History, found: Recommendation) -> list[str]:
    """The hyperparameters worth telling: the first four, what was varied, what differs from the user's own setting."""
    config = found.training.config
    own = history.baseline.config if history.baseline else config
    silent = unused(config)
    shown = {*history.space.get("ranges", {}), *(n for n in config if config[n] != own.get(n))}
    names = [n for n in (*HYPERPARAMETERS, *config) if n in config and n not in silent and n in shown]
    return list(dict.fromkeys([n for n in FIRST if n in config] + names))


def _setting(history: History, found: Recommendation, words: Words) -> list[str]:
    config, point = found.training.config, history.best_point(found.training)
    sentences = [words("recommend.sentence", **{n: words.value(config[n]) for n in FIRST})]
    rest = [n for n in telling(history, found) if n not in FIRST and config[n] is not None]
    if rest:
        values = words("comma").join(f"{words.name(n)} {words.value(config[n])}" for n in rest)
        sentences.append(words("recommend.rest", values=values))
    if point is not None and point.epoch < 0.95 * config.epochs:
        sentences.append(words("recommend.stop", epoch=f"{point.epoch:g}", epochs=words.value(config.epochs)))
    return sentences


def _gain(found: Recommendation, words: Words) -> list[Figure]:
    if found.gain is None or not math.isfinite(found.gain):
        return []
    if found.is_baseline:
        return [Figure("±0", words("gain.none"), "")]
    interval = found.gain_interval
    if interval is None:
        return [Figure(signed(found.gain), words("gain"), words("gain.once"))]
    note = words("gain.interval", low=signed(interval.low), high=signed(interval.high))
    if not interval.is_clear:
        note = f"{note}{words('semicolon')}{words('gain.unclear' if found.gain_may_be_none else 'gain.few')}"
    return [Figure(signed(found.gain), words("gain"), note, good=interval.low > 0)]


def _score(history: History, found: Recommendation, words: Words) -> Figure:
    label = words("score", metric=words.name(history.metric))
    chosen, point = found.confirmed, history.best_point(found.training)
    if chosen is not None:
        note = words(_key("score", chosen), n=len(chosen.scores), spread=_brief(chosen.spread))
        value = number(chosen.mean.value)
    else:
        note = words("score.once", n=len(history.competing))
        value = number(point.metric if point else math.nan)
    own = "" if found.is_baseline else _own_score(history, found, words)
    if own:
        note = f"{note}{words('semicolon')}{own}"
    return Figure(value, label, note)


def _own_score(history: History, found: Recommendation, words: Words) -> str:
    """The baseline's: its mean on fresh seeds, if it was run again; nothing before it has one."""
    again = next((c.mean.value for c in found.candidates if c.training.number == 0), None)
    if again is not None:
        return words("score.own", value=number(again))
    own = history.baseline
    point = history.best_point(own) if own is not None else None
    if own is None or point is None:
        return ""
    told = words("score.own", value=number(point.metric))
    if own.over:
        return told
    return told + words("score.own.part", done=f"{own.curve.epoch:.4g}", epochs=words.value(own.config.epochs))


def _test(tested: HeldOut, metric: str, words: Words) -> Figure:
    note = words("test.note" if tested.looks == 1 else "test.again", samples=tested.samples, looks=tested.looks)
    return Figure(number(tested.metric), words("test", metric=words.name(metric)), note)


def _sure(history: History, found: Recommendation, folder: str, words: Words) -> list[str]:
    chosen, point = found.confirmed, history.best_point(found.training)
    if chosen is None:
        sentences = [words("sure.once", n=len(history.competing), command=f"luthier confirm {folder}")]
    else:
        sentences = _confirmed(history, found, chosen, words)
    margin = _margin(history, point.metric if point else math.nan)
    if margin is not None:
        samples, half = margin
        sentences.append(words("sure.validation", n=samples, margin=_brief(half)))
    return sentences


def _confirmed(history: History, found: Recommendation, chosen: Candidate, words: Words) -> list[str]:
    mean, tied = chosen.mean, found.tied
    numbers = {"mean": number(mean.value), "low": number(mean.low), "high": number(mean.high)}
    sentences = [words(_key("sure", chosen), n=len(chosen.scores), spread=_brief(chosen.spread), **numbers)]
    point = history.best_point(found.training)
    if point is not None:
        luck = (point.metric - mean.value) * (1 if history.direction == "maximize" else -1)
        if luck > 0:
            sentences.append(words("sure.luck", score=number(point.metric)))
    if len(tied) > 1:
        sentences.append(words("sure.tied", n=len(tied), seconds=words.duration(chosen.seconds)))
    elif found.stands_out:
        sentences.append(words("sure.alone"))
    if chosen.failed:
        sentences.append(words("sure.failed", failed=chosen.failed))
    if found.gain_interval is not None and not found.baseline_confirmed:
        sentences.append(words("sure.few"))
    return sentences


def _ahead(history: History, found: Recommendation, words: Words) -> list[str]:
    """What going on is expected to bring, and how many epochs the recommended setting deserves."""
    told = history.prospect
    if told is None:
        return []
    gain = {"gain": number(told.gain.mean), "low": number(told.gain.low), "high": number(told.gain.high)}
    amount = words.amount(told.unit, told.amount)
    metric = words.name(history.metric)
    sentences = [words(f"ahead.{told.kind}", amount=amount, metric=metric, enough=told.enough, **gain)]
    had = found.training.curve.epoch
    key = told.deserves(found.training.number, found.training.curve)
    if key is None:
        return sentences
    slots = {"epochs": f"{told.epochs:g}", "had": f"{had:g}", "luck": _brief(told.tolerance or 0.0)}
    return [*sentences, words(f"ahead.{key}", **slots)]


def _key(what: str, chosen: Candidate) -> str:
    """Of the words for its scores: that seeds differ by 0 is said as what it is, all of them scored the same."""
    return f"{what}.confirmed" if chosen.spread else f"{what}.same"


def _margin(history: History, score: float) -> tuple[int, float] | None:
    """Validation samples, and half the width of Wilson's 95 % interval of a share of them."""
    samples = history.task.get("validation", [0])[0]
    if history.metric not in ("accuracy", "error") or not samples or not 0 <= score <= 1:
        return None
    from scipy.stats import binomtest

    interval = binomtest(round(score * samples), samples).proportion_ci(method="wilson")
    return samples, float(interval.high - interval.low) / 2


def values(history: History, found: Recommendation, known: Mapping[str, Axis], words: Words) -> list[tuple[str, ...]]:
    """Rows of the table of the setting: name, recommended, own, searched."""
    own = history.baseline.config if history.baseline and not found.is_baseline else None
    rows: list[tuple[str, ...]] = []
    for name in telling(history, found):
        cells = [words.value(config.get(name)) for config in (found.training.config, *([own] if own else []))]
        rows.append((words.name(name), cells[0], cells[1] if own else "", _range(known.get(name), words)))
    return rows


def _range(place: Axis | None, words: Words) -> str:
    if place is None:
        return ""
    if place.choices:
        return " · ".join(map(words.value, place.choices))
    return f"{place.low:.3g} – {place.high:.3g}"


def saving_text(saving: Saving, best: Deal, metric: str, words: Words) -> str:
    """``2.4 times as fast costs 0.0083 accuracy``."""
    return words(
        "front.saving",
        times=f"{saving.times:.2g}",
        cost=_brief(saving.cost),
        metric=words.name(metric),
        training=saving.deal.training,
        epoch=f"{saving.deal.epoch:g}",
        seconds=words.duration(saving.deal.seconds),
        most=words.duration(best.seconds),
    )


def empty_text(history: History, words: Words) -> str:
    """Why there is nothing to recommend."""
    return words(f"empty.{emptiness(history)}", n=len(history.trainings))


def _brief(value: float) -> str:
    return f"{value:.2g}"
