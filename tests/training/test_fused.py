import copy
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from luthier.hyperparameters import complete
from luthier.training._fused import Update
from luthier.training.optimizers import make_optimizer

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"weight_decay": 0.1},
    "momentum": {"momentum": 0.7, "weight_decay": 0.1},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "adam": {"optimizer": "Adam", "beta1": 0.7, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1},
    "adamw": {"optimizer": "AdamW", "beta2": 0.95, "weight_decay": 0.1},
    "adagrad, fused without a kernel of ours": {"optimizer": "Adagrad"},
    "rmsprop, not fused": {"optimizer": "RMSprop", "momentum": 0.5},
}


def parameters() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((7, 33), (5,), (1,))]


@pytest.mark.parametrize("name", OPTIMIZERS)
@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(1e-4, 1.0), st.booleans()), min_size=1, max_size=6))
def test_updates_are_the_optimizers_bit_for_bit_also_after_a_state_was_loaded(
    name: str, steps: list[tuple[float, bool]]
) -> None:
    ours, theirs = parameters(), parameters()
    optimizers = [make_optimizer(complete(OPTIMIZERS[name]), p, "cpu") for p in (ours, theirs)]
    gradients: list[list[Tensor]] = []
    for group in (ours, theirs):
        for p in group:
            p.grad = torch.zeros_like(p)
        gradients.append([p.grad for p in group if p.grad is not None])
    update = Update(optimizers[0])
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for lr, loaded in steps:
            for pair in zip(*gradients, strict=True):
                pair[1].copy_(pair[0].normal_(generator=generator))
            if loaded:
                optimizers[0].load_state_dict(copy.deepcopy(optimizers[0].state_dict()))
            update(lr)
            optimizers[1].param_groups[0]["lr"] = lr
            optimizers[1].step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    states = [optimizer.state_dict() for optimizer in optimizers]
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=0)


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adam", "adamw"])
def test_only_the_first_step_is_the_optimizers_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    group = parameters()
    for p in group:
        p.grad = torch.ones_like(p)
    optimizer = make_optimizer(complete(OPTIMIZERS[name]), group, "cpu")
    update = Update(optimizer)
    with torch.no_grad():
        update(0.1)
        before = [p.clone() for p in group]
        monkeypatch.setattr(optimizer, "step", lambda: pytest.fail("the long way"))
        update(0.1)
    assert not any(torch.equal(a, b) for a, b in zip(before, group, strict=True))
