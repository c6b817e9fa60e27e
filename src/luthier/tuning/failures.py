"""When failures are the task's fault, and no longer a config's."""

from __future__ import annotations

from pathlib import Path

from luthier.errors import TooManyFailures
from luthier.records import SliceResult, Status

#: Trainings that may fail in a row; after as many, the fault is in the task and not in a config.
IN_A_ROW = 3
#: The same where trainings have come to values: the task works, though not with all configs.
IN_BETWEEN = 10


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
