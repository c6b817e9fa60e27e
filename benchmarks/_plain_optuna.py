"""What people write: Optuna's TPE with Hyperband around a plain PyTorch training with a DataLoader over tensors."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import optuna
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from luthier import Config, Task, default_space

Pair = tuple[Tensor, Tensor]
Seen = Callable[[float, dict[str, Any]], None]  #: gets an accuracy and its config


def tensors(task: Task) -> tuple[Pair, Pair]:
    """A task's training and validation data as tensors."""
    cpu = torch.device("cpu")
    return task.train.sample(cpu, len(task.train)), task.validation.sample(cpu, len(task.validation))


def optimizer_of(model: nn.Module, config: dict[str, Any]) -> torch.optim.Optimizer:
    """SGD with momentum, or AdamW."""
    lr, decay = config["lr"], config["weight_decay"]
    if config["optimizer"] == "AdamW":
        return torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=decay)
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=config["momentum"], weight_decay=decay)


def scheduler_of(
    optimizer: torch.optim.Optimizer, config: dict[str, Any], epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Constant, or down to a hundredth."""
    schedulers = torch.optim.lr_scheduler
    if config["schedule"] == "cosine":
        return schedulers.CosineAnnealingLR(optimizer, epochs, eta_min=config["lr"] / 100)
    gamma = 0.01 ** (1 / epochs) if config["schedule"] == "exponential" else 1.0
    return schedulers.ExponentialLR(optimizer, gamma)


def accuracy(model: nn.Module, valid: Pair) -> float:
    """On the validation data, in one pass."""
    model.eval()
    with torch.no_grad():
        return int((model(valid[0]).argmax(1) == valid[1]).sum()) / len(valid[1])  # a mean in float32 is another number


def inside(range_: Any, value: Any) -> Any:
    """The value of a range that is nearest to ``value``: the default weight decay, 0, is on no log scale."""
    return value if value in getattr(range_, "choices", ()) else min(max(value, range_.low), range_.high)


class OutOfTime(Exception):
    """The tuner's time is over."""


def train(task: Task, data: tuple[Pair, Pair], config: dict[str, Any], seed: int, until: float) -> Iterator[float]:
    """Validation accuracy after every epoch. Raises OutOfTime."""
    torch.manual_seed(seed)
    train, valid = data
    model = task.build(Config(config))
    optimizer = optimizer_of(model, config)
    scheduler = scheduler_of(optimizer, config, config["epochs"])
    loader = DataLoader(TensorDataset(*train), batch_size=config["batch_size"], shuffle=True)
    loss_function = nn.CrossEntropyLoss()
    for _ in range(config["epochs"]):
        model.train()
        for inputs, targets in loader:
            if time.time() > until:
                raise OutOfTime
            optimizer.zero_grad()
            loss_function(model(inputs), targets).backward()
            optimizer.step()
        scheduler.step()
        value = accuracy(model, valid)
        if time.time() > until:
            raise OutOfTime
        yield value


def search(task: Task, seed: int, until: float, seen: Seen, *, first_trial: bool) -> None:
    """Tunes until ``time.time()`` is ``until``; ``seen`` gets the accuracy after every epoch, and its config.

    The space is Luthier's own for the task. With ``first_trial`` the task's defaults are tried first.
    """
    data, space, defaults = tensors(task), default_space(task), dict(task.config())
    epochs = defaults["epochs"]
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3),
    )
    if first_trial:
        study.enqueue_trial({name: inside(range_, defaults[name]) for name, range_ in space.items()})
    with contextlib.suppress(OutOfTime):
        while True:
            trial = study.ask(dict(space))
            highest, pruned = -math.inf, False
            config = {**defaults, **trial.params}
            for epoch, value in enumerate(train(task, data, config, seed, until), 1):
                seen(value, config)
                highest = max(highest, value)
                trial.report(value, epoch)
                if pruned := trial.should_prune():
                    break
            if pruned:
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                study.tell(trial, highest)
