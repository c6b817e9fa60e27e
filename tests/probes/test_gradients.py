"""Per-example gradients: their sum and squared norms are those of autograd, one sample at a time."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from luthier.probes._gradients import Model, _summed


class Scaled(nn.Module):
    """A parameter that is one number, and a square matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.5))
        self.square = nn.Linear(6, 6)

    def forward(self, inputs: Tensor) -> Tensor:
        found: Tensor = self.scale * self.square(inputs)
        return found


MODELS = {
    "scaled": (Scaled, (6,)),
    "stack": (lambda: nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)), (5,)),
    "convolution": (lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(27, 4)), (2, 5, 5)),
}


@pytest.mark.parametrize("name", MODELS)
def test_sums_over_samples_are_those_of_one_sample_at_a_time(name: str) -> None:
    make, shape = MODELS[name]
    torch.manual_seed(0)
    model, inputs, targets = make(), torch.randn(9, *shape), torch.randint(3, (9,))
    seen = Model(model, nn.functional.cross_entropy)
    sums, length = seen.examples(inputs, targets)
    each = [
        torch.autograd.grad(nn.functional.cross_entropy(model(x[None]), y[None]), list(model.parameters()))
        for x, y in zip(inputs, targets, strict=True)
    ]
    for total, parts in zip(sums, zip(*each, strict=True), strict=True):
        torch.testing.assert_close(total, torch.stack(parts).sum(0))
    assert length == pytest.approx(sum(float(g.square().sum()) for grads in each for g in grads), rel=1e-4)


@given(st.permutations([0, 1, 2]))
def test_sums_do_not_depend_on_how_gradients_lie_in_memory(order: list[int]) -> None:
    each = torch.arange(5.0 * 2 * 3 * 4).reshape(5, 2, 3, 4)
    behind = [order.index(k) + 1 for k in range(3)]
    laid_out = each.permute(0, *(k + 1 for k in order)).contiguous().permute(0, *behind)
    total, length = _summed(laid_out)
    assert torch.equal(total, each.sum(0))
    assert length == pytest.approx(float(each.square().sum()))
