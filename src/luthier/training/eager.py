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
_METHODS = ("add_param_group", "zero_grad", "step", "state_dict", "load_state_dict")


def eager_optimizer(
    kind: type[torch.optim.Optimizer], parameters: Iterable[nn.Parameter], **arguments: Any
) -> torch.optim.Optimizer:
    """``kind(parameters, **arguments)``. Hooks of its steps are not called, and a step takes no closure."""
    optimizer = kind.__new__(kind)
    own = {name: MethodType(inspect.unwrap(getattr(kind, name)), optimizer) for name in _METHODS}
    vars(optimizer).update({**own, "step": torch.no_grad()(own["step"])})
    kind.__init__(optimizer, parameters, **arguments)
    return optimizer


class EagerMode(TorchDispatchMode):
    """A mode whose ``__torch_dispatch__`` is called as it is written."""

    def __init__(self) -> None:
        untyped: Any = super()
        untyped.__init__()

    def __init_subclass__(cls) -> None:
        untyped: Any = super()
        untyped.__init_subclass__()
        mode: Any = cls
        mode.__torch_dispatch__ = inspect.unwrap(mode.__torch_dispatch__)
