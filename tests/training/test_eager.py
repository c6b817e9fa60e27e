"""Torch's optimizers without the compiler's front end: the same numbers, sooner."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from luthier.training import optimizer_names
from luthier.training.eager import EagerMode, eager_optimizer


def weights() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(4, 3, generator=generator)) for _ in range(2)]


def descend(optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter], steps: int = 3) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        sum((p**2).sum() * (k + 1) for k, p in enumerate(parameters)).backward()
        optimizer.step()


@pytest.mark.parametrize("name", optimizer_names())
def test_every_step_is_torchs_own(name: str) -> None:
    kind, (plain, eager) = getattr(torch.optim, name), (weights(), weights())
    theirs, ours = kind(plain, lr=0.1), eager_optimizer(kind, eager, lr=0.1)
    descend(theirs, plain)
    descend(ours, eager)
    assert type(ours) is kind
    assert all(torch.equal(a, b) for a, b in zip(plain, eager, strict=True))
    assert not any(p.grad_fn for p in eager)


@pytest.mark.parametrize("name", ["SGD", "AdamW"])
def test_its_state_goes_to_another_and_on_from_there(name: str) -> None:
    kind, (first, second) = getattr(torch.optim, name), (weights(), weights())
    begun = eager_optimizer(kind, first, lr=0.1)
    descend(begun, first)
    going_on = eager_optimizer(kind, second, lr=0.5)
    for there, here in zip(second, first, strict=True):
        there.data.copy_(here.data)
    going_on.load_state_dict(copy.deepcopy(begun.state_dict()))
    descend(begun, first)
    descend(going_on, second)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_what_torch_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="learning rate"):
        eager_optimizer(torch.optim.SGD, weights(), lr=-1.0)


def test_a_mode_sees_the_operations_inside() -> None:
    class Names(EagerMode):
        def __init__(self) -> None:
            super().__init__()
            self.names: list[str] = []

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Tensor:
            self.names.append(str(func.overloadpacket))
            made: Tensor = func(*args, **(kwargs or {}))
            return made

    with Names() as mode:
        torch.ones(2) @ torch.ones(2)
    assert "aten.dot" in mode.names


WITHOUT = """
import sys, torch, luthier
from torch import nn
digits = luthier.digits()

def convolutions(config):
    return nn.Sequential(nn.Unflatten(1, (1, 64)), nn.Conv1d(1, 4, 3), nn.Flatten(), nn.Linear(248, 10))

made = luthier.Task(convolutions, (torch.rand(300, 64), torch.randint(10, (300,))))
for task in (digits, made):
    for optimizer in ("SGD", "Adam", "RMSprop"):
        luthier.train(task, {"optimizer": optimizer, "epochs": 1, "batch_size": 64})
space = {"epochs": 1, "batch_size": 64, "lr": luthier.log_uniform(1e-3, 1e-1)}
luthier.tune(made, space, budget="2 trainings", folder=sys.argv[1])
print("torch._dynamo" in sys.modules)
"""


def test_the_compiler_is_not_imported_by_who_does_not_compile(tmp_path) -> None:
    command = [sys.executable, "-c", WITHOUT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"
