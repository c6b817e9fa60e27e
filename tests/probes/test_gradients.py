"""Per-example gradients: their sum and squared norms are those of autograd, one sample at a time."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from luthier import Task, digits
from luthier.probes._gradients import Model, Stack, _summed, example_blocks
from luthier.probes._noise_at import NoiseProbe
from luthier.probes._ratio import estimate
from luthier.task import derive
from luthier.training import Training
from luthier.training.dense import DenseStep


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


@pytest.mark.parametrize(("name", "kind"), [*((name, Model) for name in MODELS), ("stack", Stack)])
def test_sums_over_samples_are_those_of_one_sample_at_a_time(name: str, kind: type[Model]) -> None:
    make, shape = MODELS[name]
    torch.manual_seed(0)
    model, inputs, targets = make(), torch.randn(9, *shape), torch.randint(3, (9,))
    seen = kind(model, nn.functional.cross_entropy)
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


def test_of_a_stack_with_dropout_each_sample_has_its_own_mask() -> None:
    """The norms are those of the gradients that were summed: with one sample both are the same gradient's."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 40), nn.ReLU(), nn.Dropout(0.5), nn.Linear(40, 3))
    seen = Stack(model, nn.functional.cross_entropy)
    lengths = []
    for _ in range(2):
        sums, length = seen.examples(torch.ones(1, 5), torch.tensor([1]))
        assert length == pytest.approx(sum(float(g.square().sum()) for g in sums), rel=1e-5)
        lengths.append(length)
    assert lengths[0] != lengths[1]


@pytest.mark.parametrize("hidden", [nn.ReLU, nn.Tanh])
def test_the_noise_scale_of_a_stack_is_the_same_however_its_gradients_are_found(hidden: type[nn.Module]) -> None:
    """ReLU has a step of its own, tanh has not."""
    task = digits()
    made = Task(
        lambda config: nn.Sequential(nn.Linear(64, 16), hidden(), nn.Linear(16, 10)),
        task.train.sample(torch.device("cpu"), 300),
        task.validation.sample(torch.device("cpu"), 100),
    )
    training = Training(made, made.check({"epochs": 1}), 0)
    assert isinstance(training.step, DenseStep) == (hidden is nn.ReLU)
    measured = NoiseProbe(training, 300, 0.95, 0).measure(0.0)
    data = made.train.source(torch.device("cpu"))
    rows = torch.randperm(300, generator=torch.Generator().manual_seed(derive(0, "noise scale", 0)))
    found = estimate(example_blocks(Model(training.model, training.loss), data, rows, 0), 0.95)
    assert measured.value == pytest.approx(found.value, rel=1e-3)
    assert measured.noise == pytest.approx(found.noise, rel=1e-4)
