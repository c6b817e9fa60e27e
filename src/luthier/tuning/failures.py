"""When failures are the task's fault, and no longer a config's."""

from __future__ import annotations

import math
from pathlib import Path

from luthier.errors import TooManyFailures
from luthier.events import Listener, Warned
from luthier.records import Curve, SliceResult, Status

#: Trainings that may fail in a row; after as many, the fault is in the task and not in a config.
IN_A_ROW = 3
#: The same where trainings have come to values: the task works, though not with all configs.
IN_BETWEEN = 10
#: Ends that tell of a metric, if nothing has a score. A loss that is no number is a config's, and a pause no end.
EVALUATED = (Status.DONE, Status.STOPPED)


class Failures:
    """Counts failures in a row in the study of ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    def take(self, result: SliceResult, *, found: bool) -> None:
        """Takes a result; ``found``: trainings of this task have come to values. Raises TooManyFailures."""
        self._count = self._count + 1 if result.outcome.status is Status.FAILED else 0
        if self._count < (IN_BETWEEN if found else IN_A_ROW):
            return
        error = TooManyFailures(
            f"{self._count} trainings in a row failed, the last one with {result.outcome.message}; "
            f"the tracebacks are in the study in {self._folder}, and --debug shows the last; mend the task "
            "and run the same command again" + (f"; found until then: luthier show {self._folder}" if found else "")
        )
        error.add_note(result.outcome.traceback)  # the user's own
        raise error


class NoScores:
    """Watches for a ``metric`` that is no number: says so once, and ends a study in which it never is one."""

    def __init__(self, metric: str, emit: Listener) -> None:
        self._metric, self._emit = metric, emit
        self._trainings: set[int] = set()  # that were evaluated and have no score
        self._warned = False

    def take(self, result: SliceResult, curve: Curve, *, found: bool) -> None:
        """Takes a result and all its training's points; ``found``: a training has a score. Raises TooManyFailures."""
        number, ended = result.slice.training, result.outcome.status in EVALUATED
        if not ended or not curve or any(math.isfinite(point.metric) for point in curve):
            return
        value = curve.points[-1].metric
        if not self._warned:
            self._warned = True
            self._emit(
                Warned(
                    f"the metric {self._metric} is {value} at every evaluation of training {number} so far, and "
                    "without a finite number no training can win: look at what the metric returns"
                )
            )
        self._trainings.add(number)
        if not found and len(self._trainings) >= IN_BETWEEN:  # some metrics are none in the first epochs
            raise TooManyFailures(
                f"{len(self._trainings)} trainings were evaluated and none has a score: the metric {self._metric} "
                f"was {value} at the last evaluation and never a finite number, which it has to be; mend it and run "
                "the same command again"
            )
