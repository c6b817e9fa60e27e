"""A training that begins in the middle of another one, under a config and a seed of its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from luthier.errors import CheckpointError, ConfigError
from luthier.records import Config, Options, Point, Slice
from luthier.task import Task
from luthier.training.checkpoint import read_loop, take_course
from luthier.training.training import Training


def branch(task: Task, config: Config, seed: int, options: Options | None, parts: dict[str, Any]) -> Training:
    """A training under ``config`` and ``seed`` that goes on from where the frozen ``parts`` of another one stand.

    It takes weights, optimizer and position (epoch, samples of the epoch, patience, drops of the schedule "plateau");
    its curve and its best weights are its own and begin empty. The optimizer goes on with the hyperparameters of
    ``config``, and afresh where its class is another one. Schedules go by fractions of the epochs of ``config``. With
    the config and the seed of the other training it does, bit for bit, what that one would have done next. ``parts``
    (``freeze(training)``) stay as they are.

    Raises ConfigError where the model has another shape, or ``config`` has no epoch left.
    """
    loop = read_loop(parts)
    if loop["format"] < 2:
        raise CheckpointError("the checkpoint is of an older Luthier, which did not note the optimizer; train it again")
    training = Training(task, config, seed, options)
    _take_weights(training.model, parts["model"])
    if loop["optimizer"] == type(training.optimizer).__name__:
        _take_state(training.optimizer, parts["optimizer"]["state"])
    last = loop["curve"][-1] if loop["curve"] else loop["branched"]
    training.branched = None if last is None else Point(*last)
    if training.epoch >= config.epochs:
        raise ConfigError(
            f"a training of {config.epochs:g} epochs cannot branch at epoch {training.epoch:g}; give it more epochs"
        )
    take_course(training, loop)
    training.stopping.early.min_delta = config.min_delta
    waited = training.epoch - training.stopping.early.since
    training.stopping.over = config.patience is not None and waited >= config.patience
    return training


def _take_weights(model: nn.Module, state: dict[str, Any]) -> None:
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        reason = " ".join(str(error).split()).partition(": ")[2]
        raise ConfigError(
            f"a training cannot branch into a model of another shape ({reason}); keep the hyperparameters that shape it"
        ) from None


def _take_state(optimizer: torch.optim.Optimizer, state: dict[int, Any]) -> None:
    """Puts the state into an optimizer, which keeps its own hyperparameters."""
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": copy.deepcopy(state), "param_groups": groups})  # it would keep the tensors
    for parameter, kept in optimizer.state.items():
        # RMSprop makes this at its first step only; without it, a momentum that was 0 until now would be missed.
        if isinstance(optimizer, torch.optim.RMSprop) and kept and "momentum_buffer" not in kept:
            kept["momentum_buffer"] = torch.zeros_like(parameter)


def straight(cut: Slice) -> bool:
    """Whether a training is, bit for bit, what its config gives without a branch.

    So it is after a constant learning rate, as a cooldown that branches from its trunk: where the trainings differ in
    nothing but how the schedule goes on.
    """
    origin = cut.origin
    if origin is None:
        return True
    shared = {"schedule": "constant", "epochs": 1, "cooldown": 0.0, "lr_end": 0.0, "gamma": None}
    return (
        origin.seed == cut.seed
        and origin.config.replace(**shared) == cut.config.replace(**shared)
        and min(_constant_until(origin.config), _constant_until(cut.config)) >= origin.stop
        and straight(origin)
    )


def repeated(cut: Slice, training: int, seed: int, note: Mapping[str, Any]) -> Slice:
    """The whole of a training again as training ``training`` on another seed, what it branched from included."""
    if straight(cut):
        return Slice(training, cut.config, 0.0, float(cut.config.epochs), seed, note)
    assert cut.origin is not None  # else it were straight
    begins, ends = cut.origin.stop, float(cut.config.epochs)
    return Slice(training, cut.config, begins, ends, seed, note, _reseeded(cut.origin, seed))


def _reseeded(origin: Slice, seed: int) -> Slice:
    earlier = None if origin.origin is None else _reseeded(origin.origin, seed)
    return replace(origin, seed=seed, origin=earlier)


def _constant_until(config: Config) -> float:
    """The epoch until which lr and batch size stay as they begin; 0 where that is not known."""
    if config.warmup or config.batch_schedule != "constant" or config.schedule not in ("constant", "cooldown"):
        return 0.0
    share = config.cooldown if config.schedule == "cooldown" else 0.0
    return float(config.epochs * (1 - share))
