"""Every error Luthier raises on purpose.

::

    LuthierError
    ├── UsageError            the user can mend it; the command line exits with 2
    │   ├── ConfigError       a hyperparameter's name or value
    │   ├── SpaceError        a range: empty, upside down, log of zero
    │   ├── TaskError         model, loss or metric do not work together; unknown task
    │   ├── DataError         shapes, lengths, NaN, missing or malformed files
    │   ├── BudgetError       a budget that cannot be read
    │   └── StudyError        another task or space, a newer format, an unusable folder
    └── RunError              something failed on the way; the command line exits with 1
        ├── CheckpointError   a checkpoint that cannot be read or written
        ├── StorageError      the study cannot be written (a full disk, a lost server)
        └── TooManyFailures   several trainings in a row ended in an exception, or none has a score

A message is one sentence that names what was given, what is allowed, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class LuthierError(Exception):
    """Any error that Luthier raises on purpose."""


class UsageError(LuthierError):
    """The user can mend it; exit code 2."""


class ConfigError(UsageError):
    """A hyperparameter's name or value is not allowed."""


class SpaceError(UsageError):
    """A range of a hyperparameter is not one."""


class TaskError(UsageError):
    """Model, loss, metric or the task's name do not work."""


class DataError(UsageError):
    """The data cannot be trained on."""


class BudgetError(UsageError):
    """The budget cannot be read."""


class StudyError(UsageError):
    """The study cannot be continued or opened as asked."""


class RunError(LuthierError):
    """Something failed on the way; exit code 1."""


class CheckpointError(RunError):
    """A checkpoint cannot be read or written."""


class StorageError(RunError):
    """The study cannot be written."""


class TooManyFailures(RunError):
    """Several trainings in a row ended in an exception, or several were evaluated and none has a score."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for an unknown name: ``" Did you mean 'lr'?"``, or nothing when no known name is near."""
    lowered = {k.lower(): k for k in known}
    aliases = {a: k for a, k in ALIASES.items() if k in lowered.values()}
    alias = get_close_matches(name.lower(), aliases, n=1, cutoff=0.85)
    if alias and name.lower() not in lowered:
        return f" Did you mean {aliases[alias[0]]!r}?"
    near = get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.5)
    return f" Did you mean {lowered[near[0]]!r}?" if near else ""


#: What other tools call a hyperparameter, so that the hint finds ours.
ALIASES = {
    "learning_rate": "lr",
    "learningrate": "lr",
    "batchsize": "batch_size",
    "bs": "batch_size",
    "n_epochs": "epochs",
    "num_epochs": "epochs",
    "wd": "weight_decay",
    "l2": "weight_decay",
    "max_grad_norm": "clip_norm",
    "gradient_clip_val": "clip_norm",
    "scheduler": "schedule",
    "lr_scheduler": "schedule",
    "optim": "optimizer",
}
