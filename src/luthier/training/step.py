"""One step of mini-batch gradient descent: forward, backward, update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from luthier.records import Config, Options
from luthier.task import LossFunction, call


class Step(Protocol):
    """Updates the model on one batch and returns the loss before the update, a tensor of one number."""

    def __call__(self, inputs: Any, targets: Tensor, lr: float) -> Tensor:
        """Takes the step with learning rate ``lr``."""
        ...


class AutogradStep:
    """The step for any model."""

    def __init__(
        self,
        model: nn.Module,
        loss: LossFunction,
        optimizer: torch.optim.Optimizer,
        config: Config,
        options: Options,
    ) -> None:
        self._model: Callable[..., Any] = torch.compile(model) if options.compile else model
        self._loss, self._optimizer = loss, optimizer
        self._parameters = list(model.parameters())
        self._l1, self._clip_norm = float(config.l1), config.clip_norm
        device = self._parameters[0].device.type
        self._autocast = torch.autocast(device, torch.bfloat16, enabled=options.precision == "bfloat16")

    def __call__(self, inputs: Any, targets: Tensor, lr: float) -> Tensor:
        """Forward, backward, update."""
        for group in self._optimizer.param_groups:
            group["lr"] = lr
        self._optimizer.zero_grad()
        with self._autocast:
            loss = self._loss(call(self._model, inputs), targets)  # forward
        loss.backward()
        if self._l1:
            self._add_l1()
        if self._clip_norm is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._clip_norm)
        self._optimizer.step()  # update
        return loss.detach()

    def _add_l1(self) -> None:
        """The gradient of l1 * sum |p|; the loss that is reported stays without it."""
        with torch.no_grad():
            for parameter in self._parameters:
                if parameter.grad is not None:
                    parameter.grad.add_(parameter.sign(), alpha=self._l1)
