"""Torch's own optimizers and modes without ``torch._dynamo``, the compiler's front end.

Their methods import it at their first call, to tell the compiler where to stop: two seconds of every command that
trains. Nothing here is ever compiled but the user's model, so what is under these wrappers is called directly. The
numbers are the same, bit for bit.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import MethodType
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

#: Methods of ``torch.optim.Optimizer`` that ask for the compiler.
_METHODS = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def eager_optimizer(
    kind: type[torch.optim.Optimizer], parameters: Iterable[nn.Parameter], **arguments: Any
) -> torch.optim.Optimizer:
    """``kind(parameters, **arguments)``. Hooks of its steps are not called, and a step takes no closure."""
    optimizer = kind.__new__(kind)
    for name in _METHODS:
        setattr(optimizer, name, MethodType(inspect.unwrap(getattr(kind, name)), optimizer))
    kind.__init__(optimizer, parameters, **arguments)
    step = MethodType(inspect.unwrap(kind.step), optimizer)
    optimizer.step = torch.no_grad()(step)  # type: ignore[method-assign]
    return optimizer


class EagerMode(TorchDispatchMode):
    """A mode whose ``__torch_dispatch__`` is called as it is written."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)  # type: ignore[no-untyped-call]
        setattr(cls, "__torch_dispatch__", inspect.unwrap(cls.__torch_dispatch__))  # noqa: B010 - mypy: a method

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
