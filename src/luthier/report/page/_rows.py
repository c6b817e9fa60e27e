"""The table of all trainings, and what failed, as HTML is made of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from luthier.records import Config, Value
from luthier.report.axes import acting, axes
from luthier.report.history import History, Trained
from luthier.report.origins import YOURS, Origin
from luthier.report.page.words import Words, number
from luthier.report.tables import state

#: Kinds of failures that are told one by one.
MOST_MESSAGES = 8
LONGEST_MESSAGE = 200


@dataclass(frozen=True)
class Rows:
    """The table: names for filters, headings, and the body as HTML."""

    columns: list[tuple[str, str]]  #: name and heading
    body: Markup
    count: int


def table(history: History, words: Words) -> Rows:
    """All trainings, the best first; repetitions and those without a score after them."""
    names = list(axes(history))
    shown = [
        ("number", words("table.number")),
        ("metric", words.name(history.metric)),
        ("epoch", words("table.epoch")),
        ("epochs_run", words("table.epochs")),
        ("seconds", words("table.seconds")),
        *((name, words.name(name)) for name in names),
        ("state", words("table.state")),
    ]
    sign = -1.0 if history.direction == "maximize" else 1.0
    best = {t.number: history.best_point(t) for t in history.trainings}

    def place(training: Trained) -> tuple[bool, float, int]:
        point = best[training.number]
        return training.confirms is not None, sign * point.metric if point else math.inf, training.number

    rows = []
    for training in sorted(history.trainings, key=place):
        point = best[training.number]
        cells = [
            _cell(training.number, str(training.number)),
            _cell(point.metric, number(point.metric)) if point else _cell(None, "–"),
            _cell(point.epoch, f"{point.epoch:g}") if point else _cell(None, "–"),
            _cell(training.curve.epoch, f"{training.curve.epoch:g}"),
            _cell(training.curve.seconds, f"{training.curve.seconds:.3g}"),
            *(_setting(training.config, n, words) for n in names),
            f"<td>{escape(_state(training, words))}</td>",
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return Rows(shown, Markup("\n".join(rows)), len(rows))


def _setting(config: Config, name: str, words: Words) -> str:
    """The cell of a hyperparameter; a dash where it has no effect."""
    value = acting(config, name)
    return _cell(None, "–") if value is None and config.get(name) is not None else _cell(value, words.value(value))


def _cell(value: Value, text: str) -> str:
    """Sorted by its full value, which stands beside what is shown when that is shorter."""
    if value is None or isinstance(value, (str, bool)):
        return f"<td>{escape(text)}</td>"
    return f"<td>{text}</td>" if text == str(value) else f'<td data-v="{value!r}">{text}</td>'


def _state(training: Trained, words: Words) -> str:
    told = words(f"state.{state(training)}")
    return told if training.confirms is None else words("state.again", state=told, n=training.confirms)


def range_rows(origins: Sequence[Origin], words: Words) -> list[tuple[str, str, str, str, str]]:
    """Name, range, where that comes from, what was expected, where that comes from; a name stands once."""
    shown: set[str] = set()
    rows = []
    for row in origins:
        source = words("ranges.yours") if row.range_source == YOURS else row.range_source
        first = (words.name(row.name), row.range, source) if row.name not in shown else ("", "", "")
        shown.add(row.name)
        rows.append((*first, _expected(row, words), row.expected_source))
    return rows


def _expected(row: Origin, words: Words) -> str:
    found = row.expectation
    if found is None:
        return "" if row.first is None else words.value(row.first)
    text = words("ranges.about", centre=f"{found.centre:.3g}", low=f"{found.low:.3g}", high=f"{found.high:.3g}")
    if found.given:
        text += words("ranges.given", given=", ".join(map(words.value, found.given)))
    if found.at:
        at = words("ranges.and").join(f"{words.name(name)} {value:.3g}" for name, value in found.at)
        text += words("ranges.at", at=at)
    return text


def failures(history: History, words: Words) -> list[tuple[int, str, str]]:
    """How often, how, and with what message trainings failed; the most frequent first.

    Messages that differ in their numbers only count as one.
    """
    kinds: dict[tuple[str, str], list[str]] = {}
    for training in history.trainings:
        if training.failed and training.outcome is not None:
            message = " ".join(training.outcome.message.split())
            kinds.setdefault((training.outcome.status.value, re.sub(r"\d[\d.e+-]*", "0", message)), []).append(message)
    frequent = sorted(kinds.items(), key=lambda kind: -len(kind[1]))[:MOST_MESSAGES]
    return [(len(messages), words(f"state.{how}"), _cut(messages[0])) for (how, _), messages in frequent]


def _cut(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
