"""A training as plain parts, and back. Freezing and thawing changes no bit of what comes after."""

from __future__ import annotations

import copy
import time
from dataclasses import asdict
from typing import Any

from torch import Tensor

from luthier.errors import CheckpointError
from luthier.records import Curve, Point
from luthier.training.noise import Growth
from luthier.training.stopping import Patience, Stopping
from luthier.training.training import Training

#: 1: model, optimizer, best (weights), loop (position, curve, stopping). 2: loop has branched and optimizer (a name).
FORMAT = 2


def freeze(training: Training) -> dict[str, Any]:
    """The parts of a training: tensors and plain values. They share memory with it: write them before it goes on."""
    loop = {
        "format": FORMAT,
        "position": training.position,
        "first_loss": training.first_loss,
        "optimizer": type(training.optimizer).__name__,
        "branched": None if training.branched is None else list(asdict(training.branched).values()),
        "stopping": asdict(training.stopping),
        "growth": asdict(training.growth),
        "curve": [list(asdict(p).values()) for p in training.curve],
        "best": None if training.best is None else training.curve.points.index(training.best),
        "frozen_at": time.time(),
    }
    return {
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "best": training.best_weights,
        "loop": loop,
    }


def thaw(training: Training, parts: dict[str, Any]) -> None:
    """Puts a fresh training where the frozen one was; the parts stay as they are.

    Raises CheckpointError for a newer format, or for parts of another model or optimizer.
    """
    loop = read_loop(parts)
    try:
        training.model.load_state_dict(parts["model"])
        training.optimizer.load_state_dict(copy.deepcopy(parts["optimizer"]))  # it would keep the tensors themselves
    except (RuntimeError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"the checkpoint does not fit this training: {' '.join(str(error).split())}; "
            "was the task's model changed since?"
        ) from None
    training.curve = Curve(tuple(Point(*row) for row in loop["curve"]))
    training.branched = None if loop.get("branched") is None else Point(*loop["branched"])
    training.best = None if loop["best"] is None else training.curve.points[loop["best"]]
    training.best_weights = {n: _on(t, training) for n, t in parts["best"].items()}
    take_course(training, loop)


def read_loop(parts: dict[str, Any]) -> dict[str, Any]:
    """The loop's state among the parts. Raises CheckpointError for a newer format."""
    loop: dict[str, Any] = parts["loop"]
    if loop["format"] > FORMAT:
        raise CheckpointError(
            f"the checkpoint has format {loop['format']}, this Luthier reads up to {FORMAT}; install a newer Luthier"
        )
    return loop


def take_course(training: Training, loop: dict[str, Any]) -> None:
    """Puts a training where another one was in its epoch, and in what the losses had decided."""
    training.position, training.first_loss = loop["position"], loop["first_loss"]
    stopping = loop["stopping"]
    patiences = {name: Patience(**stopping[name]) for name in ("early", "plateau")}
    training.stopping = Stopping(**{**stopping, **patiences})
    training.growth = Growth(**loop.get("growth", {}))  # the first checkpoints came without


def _on(tensor: Tensor, training: Training) -> Tensor:
    return tensor.to(training.device)
