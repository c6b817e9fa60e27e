import io
import math
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from luthier.cli.progress import MOST_SHOWN, Progress
from luthier.cli.training_progress import TrainingProgress
from luthier.events import (
    BudgetState,
    Event,
    NewBest,
    PointAdded,
    SliceFinished,
    SliceStarted,
    StudyOpened,
    TrainingEnded,
    Warned,
)
from luthier.hyperparameters import complete
from luthier.records import Curve, End, Outcome, Point, Slice, SliceResult, Status

CONFIG = complete({"lr": 0.1, "epochs": 20})


def budget(spent: float) -> BudgetState:
    return BudgetState("seconds", 60.0, spent, spent)


def point(epoch: float, metric: float) -> Point:
    return Point(epoch, 0.5, 0.6, metric, 0.1, 64, 2.0)


def opened(trainings: int = 0) -> StudyOpened:
    return StudyOpened(Path("studies/digits"), "digits", "accuracy", "maximize", trainings, budget(0))


def started(training: int, start: float = 0.0) -> SliceStarted:
    return SliceStarted(Slice(training, CONFIG, start, start + 5), budget(1))


def finished(training: int, status: Status = Status.DONE, message: str = "") -> SliceFinished:
    return SliceFinished(SliceResult(Slice(training, CONFIG, 0, 5), (), Outcome(status, message)), budget(20))


def after(*events: Event) -> Progress:
    return reduce(Progress.after, events, Progress("tuning digits"))


def text(renderable: RenderableType, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    console.print(renderable)
    return console.file.getvalue()  # type: ignore[attr-defined]


class TestProgress:
    def test_it_shows_the_best_what_runs_and_what_is_left(self) -> None:
        progress = after(
            opened(),
            started(0),
            PointAdded(0, CONFIG, point(1, 0.9), budget(15)),
            NewBest(0, CONFIG, point(1, 0.9), Curve((point(1, 0.9),))),
            PointAdded(0, CONFIG, point(2, 0.8), budget(20)),
        )
        shown = text(progress.panel())
        assert "40 s left of 1 min" in shown
        assert "accuracy 0.9000 (training 0, epoch 1: lr 0.1, batch size 64, epochs 20, SGD)" in " ".join(shown.split())
        assert "training 0, epoch 2 of 20, accuracy 0.8000" in shown
        assert "1 training" in shown

    def test_the_best_is_by_the_studys_direction_and_never_nan(self) -> None:
        def points(*metrics: float) -> list[Event]:
            return [PointAdded(n, CONFIG, point(n + 1, m), budget(n)) for n, m in enumerate(metrics)]

        rising, falling = opened(), replace(opened(), direction="minimize")
        assert "0.9000 (training 1" in after(rising, *points(0.5, 0.9, math.nan, 0.7)).best_text()
        assert "0.5000 (training 1" in after(falling, *points(0.9, 0.5, math.nan, 0.7)).best_text()
        assert after(rising, *points(math.nan)).best_text() == "none yet"

    def test_a_repetition_on_another_seed_does_not_compete(self) -> None:
        again = SliceStarted(Slice(5, CONFIG, 0, 20, 1, {"confirms": 0}), budget(2))
        points = PointAdded(0, CONFIG, point(1, 0.8), budget(1)), again, PointAdded(5, CONFIG, point(1, 0.9), budget(3))
        progress = after(opened(), started(0), *points)
        assert "0.8000 (training 0" in progress.best_text()
        assert "training 5 (training 0 again, on another seed), epoch 1 of 20, accuracy 0.9000" in " ".join(
            text(progress.panel()).split()
        )

    def test_time_goes_on_between_events(self) -> None:
        progress = after(opened(), SliceStarted(Slice(0, CONFIG, 0, 5), budget(20)))
        assert "30 s left" in text(progress.panel(since=10))
        assert progress.line(since=10).startswith("30 s left of 1 min; 1 training")

    def test_a_line_names_the_best_training_without_repeating_its_config(self) -> None:
        progress = after(opened(), started(0), NewBest(0, CONFIG, point(3, 0.9), Curve()))
        assert progress.line().endswith("best accuracy 0.9000 (training 0, epoch 3)")
        assert "lr" in progress.best_text()

    def test_before_anything_happened_it_still_shows(self) -> None:
        assert "none yet" in text(Progress("tuning digits").panel())
        assert Progress("tuning digits").line() == "0 trainings; best none yet"

    def test_a_finished_slice_no_longer_runs_and_a_thawed_one_shows_its_epoch(self) -> None:
        progress = after(opened(), started(0), finished(0))
        assert progress.running == {}
        assert "training 0, epoch 5 of 20" in text(progress.after(started(0, start=5)).panel())

    def test_trainings_that_ended_badly_are_counted(self) -> None:
        statuses = [Status.DIVERGED, Status.DIVERGED, Status.FAILED, Status.OUT_OF_MEMORY, Status.DONE, Status.PAUSED]
        progress = after(opened(), *(e for n, s in enumerate(statuses) for e in (started(n), finished(n, s))))
        assert progress.counts_text() == "6 trainings, 2 diverged, 1 out of memory, 1 failed"

    def test_trainings_of_an_earlier_run_count(self) -> None:
        assert after(opened(trainings=8)).counts_text() == "8 trainings"
        assert after(opened(trainings=8), started(8)).counts_text() == "9 trainings"

    def test_many_workers_do_not_fill_the_screen(self) -> None:
        shown = text(after(opened(), *(started(n) for n in range(12))).panel())
        assert shown.count("now ") == MOST_SHOWN
        assert "and 8 more" in shown

    @pytest.mark.parametrize(
        ("event", "notices"),
        [
            (opened(), ["tuning digits: study in studies/digits"]),
            (opened(3), ["tuning digits: study in studies/digits, continued after 3 trainings"]),
            (Warned("lr is at the edge"), ["warning: lr is at the edge"]),
            (finished(4, Status.FAILED, "KeyError: 'x'\nmore"), ["training 4 failed: KeyError: 'x'"]),
            (finished(4, Status.DIVERGED, "loss is nan"), []),
            (TrainingEnded(End(4)), []),
        ],
    )
    def test_what_stays_on_the_screen(self, event: Event, notices: list[str]) -> None:
        assert after(event).notices(event) == notices

    @pytest.mark.parametrize("width", [60, 80, 120])
    def test_it_fits_the_terminal(self, width: int) -> None:
        best = NewBest(0, CONFIG, point(1, 0.9), Curve())
        shown = text(after(opened(), started(0), best).panel(width=width), width)
        assert all(len(line.rstrip()) <= width for line in shown.splitlines())
        assert "left of 1 min" in shown


class TestTrainingProgress:
    def test_epochs_metric_and_time_left(self) -> None:
        progress = TrainingProgress("training digits", "accuracy", 20.0)
        assert "no epoch done yet" in text(progress.panel())
        progress = progress.after(point(1, 0.5)).after(point(2, 0.75))
        assert progress.line() == (
            "epoch 2 of 20: accuracy 0.7500, loss 0.5000 (validation 0.6000), lr 0.1, batch size 64, about 36 s left"
        )
        assert "training digits, about 30 s left" in text(progress.panel(since=6))
        assert progress.after(point(20, 0.8)).line().endswith("batch size 64")
