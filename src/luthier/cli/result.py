"""A result as text."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from luthier import Budget
from luthier.cli import words
from luthier.cli.plot import plot
from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config, Curve, Point, Prospect, Status
from luthier.report.recommend import Recommendation
from luthier.training import unused, without_effect
from luthier.tuning.result import Best, Result, TrainResult

_FAILED = {Status.DIVERGED: "diverged", Status.OUT_OF_MEMORY: "ran out of memory", Status.FAILED: "failed"}


def report(result: Result, command: Sequence[str] = (), width: int = 80, storage: str | None = None) -> RenderableType:
    """The end of a search on one screen; ``command`` is what was typed after ``luthier`` to search.

    ``storage`` is the Optuna URL that the study lies at, if it was given one.
    """
    parts: list[RenderableType] = [Text(_headline(result), style="bold")]
    if result.best:
        said = (_gain(result), result.luck, *recommended(result), *expected(result))
        parts += [Text(sentence) for sentence in said if sentence]
        parts += ["", _table(result, result.best)]
        parts += [*_plot(result.best.curve, result.metric, width), ""]
    parts.append(_where(result, command, storage))
    return Group(*parts)


def training_report(result: TrainResult, best: Point, width: int = 80) -> RenderableType:
    """The end of one training, ``best`` being its best point."""
    headline = f"{result.metric} {words.number(best.metric)} at epoch {best.epoch:g} of {result.config.epochs:g}"
    silent = without_effect(result.config, result.config)
    acting = {name: value for name, value in result.config.items() if name not in silent}
    parts: list[RenderableType] = [
        Text(headline, style="bold"),
        Text(words.brief(acting)),
        *_how_it_ended(result, best),
    ]
    parts += _plot(result.curve, result.metric, width)
    if result.weights:
        parts += ["", _pairs([("weights", str(result.weights))])]
    return Group(*parts)


def _how_it_ended(result: TrainResult, best: Point) -> list[Text]:
    """Why a training has fewer epochs than were asked for, and which epoch has the lowest loss if not the best one."""
    until, told = f"after epoch {result.curve.epoch:g} of {result.config.epochs:g}", []
    if result.outcome.status is Status.STOPPED:
        told.append(f"Stopped early {until}: {result.outcome.message}.")
    elif result.outcome.status is Status.PAUSED:
        told.append(f"Interrupted {until}.")
    lowest = min(result.curve, key=lambda point: point.val_loss)
    if lowest.val_loss < best.val_loss:
        at, losses = best.epoch, (words.number(lowest.val_loss), words.number(best.val_loss))
        told.append(
            f"Epoch {at:g} has the best {result.metric}, which decides; the validation loss was lowest at epoch "
            f"{lowest.epoch:g} ({losses[0]}, at epoch {at:g} {losses[1]})."
        )
    return [Text(sentence) for sentence in told]


def _headline(result: Result) -> str:
    apart = [f"{result.failed} failed"] if result.failed else []
    apart += [f"{result.repeated} on fresh seeds"] if result.repeated else []
    trainings = words.count(result.trainings, "training") + (f" ({', '.join(apart)})" if apart else "")
    spent = f"{trainings}, {words.count(result.epochs, 'epoch')} in {words.duration(result.seconds)}"
    early = "stopped early: " if result.interrupted else ""
    if not result.best:
        why = "give it a larger budget"
        if result.trainings and result.failed == result.trainings:
            why = "all of them failed: 'luthier explain' says why"
        elif result.epochs >= 1 and result.trainings > result.failed:
            why = f"no {result.metric} is a number: 'luthier explain' says more"
        elif result.failure:
            why = f"{result.failed} failed, the last with {result.failure}"
        return f"{early}nothing to show yet after {spent}; {why}"
    return f"{early}{result.metric} {words.number(result.best.point.metric)} is the best after {spent}"


def _gain(result: Result) -> str:
    """The winner against the user's own setting. A gain is 0 or more."""
    if result.baseline is None and result.baseline_failed is not None:
        return f"Your own setting {_FAILED[result.baseline_failed]}, so there is no gain over it to tell."
    if not result.baseline or result.gain is None or not math.isfinite(result.gain):
        return ""
    done, epochs = result.baseline.curve.epoch, float(result.baseline.config.epochs)
    own = f"{result.metric} {words.number(result.baseline.point.metric)}"
    if done < epochs:
        own = f"{own} after {done:.4g} of {epochs:g} epochs"
    if result.trainings - result.repeated == 1:
        return f"Nothing but the baseline was trained ({own})."
    if result.gain <= 0:
        return f"Nothing beat the baseline ({own})."
    return f"That is {words.number(result.gain)} better than the baseline ({own})."


def recommended(result: Result) -> list[str]:
    """What fresh seeds say to use, and the gain over the baseline with its interval; nothing before there are any."""
    found = result.recommendation
    if result.best is None or found is None or found.confirmed is None:
        return []
    chosen, mean, told = found.confirmed, found.confirmed.mean, []
    same = found.training.number == result.best.training
    use = "Use it" if same else f"Use {_setting(found.training.number)} in its place"
    spread = f" ± {chosen.spread:.2g} on" if chosen.spread else " on each of"
    scores = f"{words.number(mean.value)}{spread} {len(chosen.scores)} fresh seeds"
    interval = f"95 % interval of the mean {words.number(mean.low)} to {words.number(mean.high)}"
    if len(found.tied) > 1:
        others = " and ".join(
            f"{_setting(c.training.number)} ({words.number(c.mean.value)}, {words.duration(c.seconds)})"
            for c in found.tied
            if c is not chosen
        )
        told.append(
            f"{use}: {scores} ({interval}). It ties with {others} and is among the quickest, "
            f"{words.duration(chosen.seconds)}."
        )
    elif found.stands_out:
        told.append(f"{use}: {scores} ({interval}), better than what else was run on them by more than luck explains.")
    else:
        told.append(f"{use}: {scores} ({interval}).")
    gain = found.gain_interval
    if gain is not None and found.gain is not None:
        few = "" if gain.is_clear else ", so wide because the seeds are few"
        doubt = ", so it may be no gain at all" if found.gain_may_be_none else few
        lent = (
            "" if found.baseline_confirmed else "; the baseline was not run again, its spread is taken to be the same"
        )
        told.append(
            f"Gain over the baseline on fresh seeds: {_signed(found.gain)} "
            f"(95 % interval {_signed(gain.low)} to {_signed(gain.high)}{doubt}){lent}."
        )
    return told


def expected(result: Result) -> list[str]:
    """What going on is expected to bring, and how many epochs the recommended setting deserves."""
    found = result.prospect
    if result.exhausted:
        return ["Nothing is left to try in this space."]
    if found is None:
        return []
    gain = found.gain
    would = (
        f"improve {result.metric} by {words.number(gain.mean)} "
        f"(90 % interval {words.number(gain.low)} to {words.number(gain.high)})"
    )
    amount = words.amount(found.unit, found.amount)
    told = {
        "again": f"As much again ({amount}) is expected to {would}.",
        "rest": f"The rest of the budget ({amount}) is expected to {would}.",
        "enough": f"Stopped by itself: the rest of the budget ({amount}) was expected to {would}, less than "
        f"{found.enough or 0:g}.",
    }
    return [told[found.kind], *_deserved(found, result.recommendation)]


def _deserved(found: Prospect, recommendation: Recommendation | None) -> list[str]:
    if recommendation is None:
        return []
    training = recommendation.training
    had, epochs = training.curve.epoch, found.epochs or 0.0
    luck = f"luck ({found.tolerance or 0:.2g})"
    fewer = f"It deserves {epochs:g} of its {had:g} epochs: later ones brought no more than {luck}."
    told = {
        "more": f"It had {had:g} epochs and is expected to gain more than {luck} until epoch {epochs:g}.",
        "all": f"It deserves all of its {had:g} epochs.",
        "fewer": fewer,
        "fewer.decayed": f"{fewer} Keep epochs, which its schedule goes by, and set patience to stop by itself.",
    }
    key = found.deserves(training.number, training.curve)
    return [] if key is None else [told[key]]


def _setting(training: int) -> str:
    return "your own setting" if training == 0 else f"training {training}"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + words.number(abs(value))


def _columns(result: Result, best: Best) -> list[tuple[str, Best]]:
    """The winner, what is recommended in its place, the user's own setting."""
    columns = [("winner", best)]
    chosen = result.recommendation.training if result.recommendation else None
    if chosen is not None and chosen.number not in (best.training, 0):
        point = chosen.curve.best(result.direction)
        if point is not None:
            columns.append(("to use", Best(chosen.number, chosen.seed, chosen.config, chosen.curve, point)))
    return [*columns, *([("baseline", result.baseline)] if result.baseline else [])]


def _table(result: Result, best: Best) -> Table:
    """The winner beside the user's own setting; rows that both have at the default are left out."""
    columns = _columns(result, best)
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim", no_wrap=True)
    for _ in columns:
        table.add_column(overflow="fold")
    table.add_row("", *(Text(title, style="bold") for title, _ in columns))
    for name in _rows([trained.config for _, trained in columns]):
        cells = [_cell(trained.config, name) for _, trained in columns]
        differs = len(set(cells)) > 1
        table.add_row(
            words.label(name), *(Text(c, style="bold green" if differs and not i else "") for i, c in enumerate(cells))
        )
    for title, field in ((result.metric, "metric"), ("validation loss", "val_loss"), ("train loss", "train_loss")):
        if not (field == "val_loss" and result.metric == "loss"):
            table.add_row(title, *(words.number(getattr(trained.point, field)) for _, trained in columns))
    table.add_row("at epoch", *(f"{trained.point.epoch:g}" for _, trained in columns))
    table.add_row("time", *(words.duration(_seconds_until(trained)) for _, trained in columns))
    return table


def _cell(config: Config, name: str) -> str:
    """A value, or a dash where it has no effect."""
    if name not in config:
        return ""
    return "–" if name in unused(config) else words.value(config[name])


def _rows(configs: Sequence[Config]) -> list[str]:
    telling = {name for config in configs for name in words.telling(config)}
    known = [*words.ALWAYS, *(n for n in HYPERPARAMETERS if n not in words.ALWAYS)]
    return [n for n in known if n in telling] + sorted(telling - set(known))


def _seconds_until(trained: Best) -> float:
    """Seconds of training and evaluation until the best point."""
    return trained.before + sum(p.seconds for p in trained.curve if p.epoch <= trained.point.epoch)


def _plot(curve: Curve, metric: str, width: int) -> list[RenderableType]:
    """The metric over the epochs; nothing for a curve of one point."""
    if len(curve) < 2:
        return []
    lines = plot(curve.column("epoch"), curve.column("metric"), width=min(width, 72))
    return ["", Text(f"{metric} by epoch", style="dim"), *(Text(line, no_wrap=True) for line in lines)] if lines else []


def _where(result: Result, command: Sequence[str], storage: str | None) -> Table:
    rows = [("study", str(result.study_folder))]
    if result.best and result.best.weights:
        other = result.recommendation is not None and result.recommendation.training.number != result.best.training
        rows.append(("weights", f"{result.best.weights}{' (the winner)' if other else ''}"))
    study = [str(result.study_folder), *(["--storage", storage] if storage else [])]
    if result.trainings:
        names = ("explain", "report", "confirm", "export") if result.best else ("explain", "report")
        labels = {"explain": "why", "report": "page", "confirm": "surer", "export": "export"}
        rows += [(labels[name], shlex.join(["luthier", name, *study])) for name in names]
        rows.append(("ranges", shlex.join(["luthier", "show", *study, "--ranges"])))
    if command and not result.exhausted:
        rows.append(("go on", shlex.join(["luthier", *go_on(result, command)])))
    return _pairs(rows)


def _pairs(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, Text(text))
    return table


def go_on(result: Result, command: Sequence[str]) -> list[str]:
    """The command that continues the study: the same after an interruption, else with twice the budget.

    Where the search had enough, it is the same without that threshold.
    """
    if result.prospect is not None and result.prospect.enough is not None:
        return _without(command, "--enough")
    if result.interrupted or result.asked is None:
        return list(command)
    total = 2 * result.asked.total
    while total <= result.budget.spent:
        total *= 2
    larger = str(Budget(result.asked.unit, total)).replace(" ", "")
    return [*_without(command, "--budget"), "--budget", larger]


def _without(command: Sequence[str], option: str) -> list[str]:
    """The words of a command without an option and its value."""
    kept: list[str] = []
    skip = False
    for word in command:
        if not skip and word != option and not word.startswith(f"{option}="):
            kept.append(word)
        skip = not skip and word == option
    return kept
