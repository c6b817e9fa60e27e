"""How many failures in a row are the task's fault."""

import math
from pathlib import Path

import pytest

from luthier.errors import TooManyFailures
from luthier.events import Warned
from luthier.records import Config, Curve, Outcome, Point, Slice, SliceResult, Status
from luthier.tuning.failures import Failures, NoScores


def result(status):
    return SliceResult(Slice(0, Config(epochs=1), 0, 1), (), Outcome(status, "ValueError: no", "the traceback"))


@pytest.mark.parametrize(("found", "most"), [(False, 3), (True, 10)])
def test_once_the_task_has_worked_more_of_them_are_bad_luck(found, most):
    failures = Failures(Path("study"))
    for _ in range(most - 1):
        failures.take(result(Status.FAILED), found=found)
    with pytest.raises(TooManyFailures, match=f"{most} trainings in a row failed.* ValueError: no") as error:
        failures.take(result(Status.FAILED), found=found)
    assert ("found until then: luthier show study" in str(error.value)) is found
    assert error.value.__notes__ == ["the traceback"]


@pytest.mark.parametrize("between", [Status.DONE, Status.DIVERGED, Status.OUT_OF_MEMORY])
def test_what_does_not_raise_begins_the_count_anew(between):
    failures = Failures(Path("study"))
    for _ in range(5):
        for status in (Status.FAILED, Status.FAILED, between):
            failures.take(result(status), found=False)


class TestNoScores:
    def take(self, watch, number, *metrics, status=Status.DONE, found=False):
        """A training comes back that has shown these metrics."""
        points = tuple(Point(i + 1.0, 0.5, 0.6, metric, 0.1, 8, 1.0) for i, metric in enumerate(metrics))
        cut = Slice(number, Config(epochs=9), 0, 1)
        watch.take(SliceResult(cut, points[-1:], Outcome(status)), Curve(points), found=found)

    def test_it_is_said_once_and_the_tenth_training_ends_the_study(self):
        said = []
        watch = NoScores("f1", said.append)
        for number in (*range(9), 1, 1, 1):  # the same training over and over is one
            self.take(watch, number, math.nan, math.nan)
        assert [type(event) for event in said] == [Warned]
        assert "the metric f1 is nan at every evaluation of training 0" in said[0].message
        with pytest.raises(TooManyFailures, match="10 trainings were evaluated and none has a score: the metric f1"):
            self.take(watch, 9, math.inf)

    @pytest.mark.parametrize("status", [Status.DIVERGED, Status.OUT_OF_MEMORY, Status.FAILED, Status.PAUSED])
    def test_how_else_a_training_ends_tells_nothing_of_the_metric(self, status):
        said = []
        watch = NoScores("f1", said.append)
        for number in range(12):
            self.take(watch, number, math.nan, status=status)
            self.take(watch, 20 + number, status=status)
        assert said == []

    def test_where_a_training_has_a_score_the_others_are_only_told(self):
        said = []
        watch = NoScores("f1", said.append)
        self.take(watch, 0, 0.5, math.nan)
        assert said == []
        for number in range(1, 15):
            self.take(watch, number, math.nan, found=True)
        assert len(said) == 1
