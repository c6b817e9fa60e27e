"""How many failures in a row are the task's fault."""

from pathlib import Path

import pytest

from luthier.errors import TooManyFailures
from luthier.records import Config, Outcome, Slice, SliceResult, Status
from luthier.tuning.failures import Failures


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
