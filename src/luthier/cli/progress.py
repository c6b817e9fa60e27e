"""What a search shows while it runs: events add up to a value, and functions turn the value into text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from luthier.cli import words
from luthier.events import (
    BudgetState,
    Event,
    NewBest,
    PointAdded,
    Probed,
    SliceFinished,
    SliceStarted,
    StudyOpened,
    Warned,
)
from luthier.records import Config, Outcome, Point, Status

#: How outcomes are counted for people, in this order.
COUNTED = (Status.STOPPED, Status.DIVERGED, Status.OUT_OF_MEMORY, Status.FAILED)
COUNTED_AS = {Status.STOPPED: "stopped early"}
MOST_SHOWN = 4  #: trainings under way that get a line each
MOST_VALUES = len(words.ALWAYS)  #: values of their configs that are shown


@dataclass(frozen=True)
class Running:
    """A training under way."""

    config: Config
    stop: float  #: epoch at which its slice ends
    epoch: float
    point: Point | None = None
    again: int | None = None  #: the training that this one repeats on another seed


@dataclass(frozen=True)
class Leader:
    """The best point so far."""

    training: int
    config: Config
    point: Point


@dataclass(frozen=True)
class Progress:
    """All that is shown of a search."""

    title: str
    opened: StudyOpened | None = None
    budget: BudgetState | None = None
    best: Leader | None = None
    running: Mapping[int, Running] = field(default_factory=dict)
    epochs: Mapping[int, float] = field(default_factory=dict)  #: epochs done, by training
    outcomes: Mapping[Status, int] = field(default_factory=dict)

    def after(self, event: Event) -> Progress:
        """The progress once ``event`` has happened."""
        match event:
            case StudyOpened():
                return replace(self, opened=event, budget=event.budget)
            case SliceStarted(slice=cut, budget=budget):
                running = {
                    **self.running,
                    cut.training: Running(cut.config, cut.stop, cut.start, None, cut.note.get("confirms")),
                }
                epochs = {cut.training: cut.start, **self.epochs}
                return replace(self, running=running, epochs=epochs, budget=budget)
            case PointAdded():
                return self._with_point(event)
            case SliceFinished(result=result, budget=budget):
                training, status = result.slice.training, result.outcome.status
                running = {n: r for n, r in self.running.items() if n != training}
                outcomes = {**self.outcomes, status: self.outcomes.get(status, 0) + 1}
                return replace(self, running=running, outcomes=outcomes, budget=budget)
            case NewBest(training=training, config=config, point=point):
                return replace(self, best=self._better(Leader(training, config, point)))
            case _:
                return self

    def _with_point(self, event: PointAdded) -> Progress:
        now, point = self.running.get(event.training, Running(event.config, event.point.epoch, 0.0)), event.point
        running = {**self.running, event.training: replace(now, epoch=point.epoch, point=point)}
        epochs = {**self.epochs, event.training: point.epoch}
        best = self.best  # a repetition does not compete: picking the best seed would be luck
        if now.again is None:
            best = self._better(Leader(event.training, event.config, point))
        return replace(self, running=running, epochs=epochs, best=best, budget=event.budget)

    def _better(self, other: Leader) -> Leader | None:
        """The better one of the best so far and ``other``, whose metric may be no number."""
        direction = self.opened.direction if self.opened else "maximize"
        if not math.isfinite(other.point.metric) or (self.best and not other.point.better(self.best.point, direction)):
            return self.best
        return other

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return self.opened.metric if self.opened else "metric"

    def notices(self, event: Event) -> list[str]:
        """Lines that stay on the screen, about ``event``."""
        match event:
            case StudyOpened(folder=folder, trainings=trainings):
                again = f", continued after {words.count(trainings, 'training')}" if trainings else ""
                return [f"{self.title}: study in {folder}{again}"]
            case Probed(what=what, sentences=sentences):
                return [f"{what}: {sentence}" for sentence in sentences[:1]]
            case Warned(message=message):
                return [f"warning: {message}"]
            case SliceFinished(result=result) if result.outcome.status == Status.FAILED:
                return [f"training {result.slice.training} failed: {_first_line(result.outcome)}"]
            case _:
                return []

    def panel(self, since: float = 0.0, width: int = 80) -> RenderableType:
        """The live display, ``since`` seconds after the last event."""
        rows = Table.grid(padding=(0, 1))
        rows.add_column(style="bold", no_wrap=True)
        rows.add_column(overflow="fold")
        rows.add_row("best", self.best_text())
        for training, running in sorted(self.running.items())[:MOST_SHOWN]:
            rows.add_row("now", self.running_text(training, running))
        if len(self.running) > MOST_SHOWN:
            rows.add_row("", f"and {len(self.running) - MOST_SHOWN} more")
        parts: list[RenderableType] = [rows, Text(self.counts_text(), style="dim")]
        if self.budget:
            parts.insert(0, _bar(self.budget, since, width))
        return Group(*parts)

    def line(self, since: float = 0.0) -> str:
        """The progress in one line, for a file or a pipe."""
        parts = [words.left(self.budget, since)] if self.budget else []
        return "; ".join([*parts, self.counts_text(), f"best {self.best_text(config=False)}"])

    def best_text(self, *, config: bool = True) -> str:
        """The best point so far and where it comes from; its config is too long for every line of a file."""
        if not self.best:
            return "none yet"
        point = self.best.point
        where = f"training {self.best.training}, epoch {point.epoch:g}"
        values = f": {words.brief(self.best.config)}" if config else ""
        return f"{self.metric} {words.number(point.metric)} ({where}{values})"

    def running_text(self, training: int, running: Running) -> str:
        """A training under way: where it is, what it shows, its config."""
        length = running.config.get("epochs", running.stop)
        shown = f", {self.metric} {words.number(running.point.metric)}" if running.point else ""
        config = words.brief(running.config, MOST_VALUES)
        again = "" if running.again is None else f" (training {running.again} again, on another seed)"
        return f"training {training}{again}, epoch {running.epoch:g} of {length:g}{shown}: {config}"

    def counts_text(self) -> str:
        """How many trainings and epochs, and how trainings ended that did not end well."""
        earlier = self.opened.trainings if self.opened else 0
        trainings = max(len(self.epochs), 1 + max(self.epochs, default=-1), earlier)
        bad = [f"{self.outcomes[s]} {COUNTED_AS.get(s, s.value)}" for s in COUNTED if s in self.outcomes]
        return ", ".join([words.count(trainings, "training"), *bad])


def _bar(budget: BudgetState, since: float, width: int) -> RenderableType:
    """The budget as a bar with what is left beside it."""
    spent = budget.spent + (since if budget.unit == "seconds" else 0.0)
    text = words.left(budget, since)
    bar = ProgressBar(total=budget.total, completed=min(spent, budget.total), width=max(10, width - len(text) - 2))
    row = Table.grid(padding=(0, 1))
    row.add_row(bar, text)
    return row


def _first_line(outcome: Outcome) -> str:
    return next(iter(outcome.message.splitlines()), "no message")
