"""The fused kernels of SGD, Adam and AdamW without what ``Optimizer.step`` does around them.

On a small stack that is most of an update: hooks, a record for the profiler, sorting the tensors by device. The kernels
and their arguments are torch's own, so is every bit of the result; other optimizers take their usual step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


class Update:
    """Updates an optimizer's parameters, in one group on the CPU, from gradients in tensors that stay."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._state: Any = None  # the optimizer's own, when ``_lists`` was made; a checkpoint puts another in its place
        self._lists: list[list[Tensor]] = []
        self._kernel = _kernel(optimizer)
        self._parameters: list[Tensor] = [p for p in optimizer.param_groups[0]["params"] if p.grad is not None]
        self._gradients = [p.grad for p in self._parameters if p.grad is not None]

    def __call__(self, lr: float) -> None:
        """One step at ``lr``."""
        for group in self._optimizer.param_groups:
            group["lr"] = lr
        if self._kernel is None:
            self._optimizer.step()
        elif self._optimizer.state is not self._state:
            self._optimizer.step()  # the first makes the state
            self._look()
        elif isinstance(self._optimizer, torch.optim.SGD):
            self._descend(lr)
        else:
            self._adapt(lr)

    def _look(self) -> None:
        """Takes the tensors of the optimizer's state."""
        states = [self._optimizer.state.get(p, {}) for p in self._parameters]  # plain SGD has none
        if isinstance(self._optimizer, torch.optim.SGD):
            momentum = self._optimizer.param_groups[0]["momentum"]
            self._lists = [[s["momentum_buffer"] for s in states] if momentum else []]
        else:
            self._lists = [[s[name] for s in states] for name in _MOMENTS]
        self._state = self._optimizer.state

    def _descend(self, lr: float) -> None:
        group = self._optimizer.param_groups[0]
        torch._fused_sgd_(
            self._parameters,
            self._gradients,
            *self._lists,
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            lr=lr,
            dampening=group["dampening"],
            nesterov=group["nesterov"],
            maximize=False,
            is_first_step=False,
        )

    def _adapt(self, lr: float) -> None:
        group = self._optimizer.param_groups[0]
        means, squares, steps = self._lists
        torch._foreach_add_(steps, 1)
        assert self._kernel is not None
        self._kernel(
            self._parameters,
            self._gradients,
            means,
            squares,
            [],
            steps,
            lr=lr,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )


def _kernel(optimizer: torch.optim.Optimizer) -> Any:
    """The fused kernel that the optimizer's step calls; None where it calls none."""
    kernels = {torch.optim.SGD: "_fused_sgd_", torch.optim.Adam: "_fused_adam_", torch.optim.AdamW: "_fused_adamw_"}
    fused = len(optimizer.param_groups) == 1 and optimizer.param_groups[0].get("fused")
    name = kernels.get(type(optimizer)) if fused else None
    return None if name is None else getattr(torch, name, None)
