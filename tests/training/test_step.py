import pytest
import torch
from torch import Tensor, nn

from luthier.hyperparameters import complete
from luthier.records import Options
from luthier.training.optimizers import make_optimizer
from luthier.training.step import AutogradStep

INPUTS, TARGETS = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 1, 0, 1])


def stepped(model: nn.Module, lr: float = 0.1, options: Options | None = None, **values: object) -> Tensor:
    config = complete({"lr": 0.5, **values})
    optimizer = make_optimizer(config, model.parameters(), "cpu")
    loss: Tensor = AutogradStep(model, nn.CrossEntropyLoss(), optimizer, config, options or Options())(
        INPUTS, TARGETS, lr
    )
    return loss


def linear() -> nn.Linear:
    model = nn.Linear(3, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.1, -0.2, 0.3], [-0.3, 0.2, 0.5]]))
        model.bias.copy_(torch.tensor([0.1, -0.4]))
    return model


def gradient(model: nn.Linear) -> Tensor:
    (found,) = torch.autograd.grad(nn.functional.cross_entropy(model(INPUTS), TARGETS), [model.weight])
    return found


def test_a_step_goes_down_the_gradient_at_the_rate_that_it_is_given() -> None:
    model = linear()
    before, down = model.weight.detach().clone(), gradient(model)
    expected = nn.functional.cross_entropy(model(INPUTS), TARGETS)
    loss = stepped(model, lr=0.1)
    torch.testing.assert_close(model.weight.detach(), before - 0.1 * down)
    torch.testing.assert_close(loss, expected.detach())
    assert not loss.requires_grad


def test_l1_adds_the_sign_to_the_gradient_and_nothing_to_the_loss() -> None:
    model = linear()
    before, down = model.weight.detach().clone(), gradient(model)
    loss = stepped(model, lr=0.1, l1=0.3)
    torch.testing.assert_close(model.weight.detach(), before - 0.1 * (down + 0.3 * before.sign()))
    torch.testing.assert_close(loss, stepped(linear()))


@pytest.mark.parametrize("norm", [1e-3, 1e3])
def test_clip_norm_bounds_the_norm_of_all_gradients_together(norm: float) -> None:
    model = linear()
    before = [p.detach().clone() for p in model.parameters()]
    free = [p.detach().clone() for p in model.parameters()]
    other = linear()
    stepped(other, lr=1.0)
    free = [b - p.detach() for b, p in zip(before, other.parameters(), strict=True)]
    stepped(model, lr=1.0, clip_norm=norm)
    taken = torch.cat([(b - p.detach()).flatten() for b, p in zip(before, model.parameters(), strict=True)])
    size = float(torch.cat([f.flatten() for f in free]).norm())
    assert float(taken.norm()) == pytest.approx(min(norm, size), rel=1e-3)


def test_frozen_parameters_stay() -> None:
    model = linear()
    model.bias.requires_grad_(False)
    before = model.bias.clone()
    stepped(model, l1=0.1, clip_norm=1.0)
    assert torch.equal(model.bias, before)


def test_bfloat16_computes_in_it_and_keeps_float32_weights() -> None:
    seen: list[torch.dtype] = []
    model = nn.Sequential(linear())
    model.register_forward_hook(lambda module, args, output: seen.append(output.dtype))
    stepped(model, options=Options(precision="bfloat16"))
    assert seen == [torch.bfloat16]
    assert {p.dtype for p in model.parameters()} == {torch.float32}
