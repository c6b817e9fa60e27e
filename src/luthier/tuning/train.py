"""One training under one config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from luthier.errors import StorageError, StudyError
from luthier.records import Options, Point
from luthier.task import Task, load_task
from luthier.training import Training
from luthier.tuning.result import TrainResult
from luthier.tuning.source import SOURCE
from luthier.tuning.winner import Winner, save_winner, winner_folder


def train(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    options: Options | None = None,
    folder: str | Path | None = None,
    on_point: Callable[[Point], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> TrainResult:
    """Trains ``task`` under ``config`` (completed by defaults) to its last epoch, or until early stopping.

    Early stopping looks at the validation loss. The best epoch is that of the best metric, of equal ones that of the
    lowest validation loss. With a ``folder`` its weights are kept in ``folder/best/model.pt``. ``on_point`` gets each
    evaluation;
    ``stop`` is asked before each interval. Divergence, lack of memory and an exception in the model end the
    training with an outcome that says so. Raises UsageError for what can be seen to be wrong before, StorageError
    when the weights cannot be written.
    """
    task = load_task(task) if isinstance(task, str) else task
    complete = task.check(config or {}, to_train=True)
    training = Training(task, complete, seed, options)
    if folder is not None:
        _check_folder(Path(folder))
    outcome = training.advance(complete.epochs, on_point, stop)
    weights = None
    if folder is not None and training.best is not None:
        winner = Winner(0, seed, complete, training.best)
        on_cpu = {name: tensor.cpu() for name, tensor in training.best_weights.items()}
        try:
            weights = save_winner(Path(folder), winner, on_cpu)
        except OSError as error:
            raise StorageError(f"the weights cannot be written to {folder}: {error}; choose another folder") from error
    return TrainResult(complete, training.curve, outcome, training.best, weights, task.metric_name, task.direction)


def _check_folder(folder: Path) -> None:
    """Raises StudyError before an hour of training when the weights will find no place, or take a study's."""
    if (folder / SOURCE).exists():
        raise StudyError(f"{folder} holds a study, whose winner's weights would be lost; choose another folder")
    try:
        winner_folder(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError(f"the weights cannot be written to {folder}: {error}; choose another folder") from error
