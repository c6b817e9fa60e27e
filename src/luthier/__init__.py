"""Luthier finds the learning rate, batch size and number of epochs of a PyTorch training, and says why.

The names below are all that is public. Each is imported when it is first used, so that ``import luthier`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from luthier.errors import LuthierError as LuthierError
    from luthier.probes.scaling_rule import scale as scale
    from luthier.records import Config as Config
    from luthier.records import Options as Options
    from luthier.report.document import write_report as write_report
    from luthier.report.explain import explain as explain
    from luthier.space import Space as Space
    from luthier.space import choice as choice
    from luthier.space import integer as integer
    from luthier.space import load_config as load_config
    from luthier.space import load_space as load_space
    from luthier.space import log_uniform as log_uniform
    from luthier.space import uniform as uniform
    from luthier.task import Task as Task
    from luthier.task import default_space as default_space
    from luthier.task import digits as digits
    from luthier.task import load_task as load_task
    from luthier.task import mnist as mnist
    from luthier.tuning.budget import Budget as Budget
    from luthier.tuning.claims import Claims as Claims
    from luthier.tuning.claims import claims as claims
    from luthier.tuning.confirm import Confirmation as Confirmation
    from luthier.tuning.confirm import confirm as confirm
    from luthier.tuning.result import Result as Result
    from luthier.tuning.result import TrainResult as TrainResult
    from luthier.tuning.source import load_result as load_result
    from luthier.tuning.train import train as train
    from luthier.tuning.tune import tune as tune

_HOME = {
    "Budget": "luthier.tuning.budget",
    "Claims": "luthier.tuning.claims",
    "Config": "luthier.records",
    "Confirmation": "luthier.tuning.confirm",
    "LuthierError": "luthier.errors",
    "Options": "luthier.records",
    "Result": "luthier.tuning.result",
    "Space": "luthier.space",
    "Task": "luthier.task",
    "TrainResult": "luthier.tuning.result",
    "choice": "luthier.space",
    "claims": "luthier.tuning.claims",
    "confirm": "luthier.tuning.confirm",
    "default_space": "luthier.task",
    "digits": "luthier.task",
    "explain": "luthier.report.explain",
    "integer": "luthier.space",
    "load_config": "luthier.space",
    "load_result": "luthier.tuning.source",
    "load_space": "luthier.space",
    "load_task": "luthier.task",
    "log_uniform": "luthier.space",
    "mnist": "luthier.task",
    "scale": "luthier.probes.scaling_rule",
    "train": "luthier.tuning.train",
    "tune": "luthier.tuning.tune",
    "uniform": "luthier.space",
    "write_report": "luthier.report.document",
}
__version__ = "0.1.0"
__all__ = ["__version__", *_HOME]  # literal names, kept in one place


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'luthier' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
