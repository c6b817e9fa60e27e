import copy
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.utils.data import TensorDataset

from luthier.hyperparameters import complete
from luthier.records import Options
from luthier.task import Resident
from luthier.task._sources import Streamed
from luthier.training import dense as dense_module
from luthier.training.dense import LARGE, DenseStep, suits
from luthier.training.optimizers import make_optimizer
from luthier.training.step import AutogradStep, Step

UPDATES = {
    "sgd": {},
    "sgd with decay": {"weight_decay": 0.1},
    "momentum": {"momentum": 0.9, "weight_decay": 0.1},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    # Adam divides by the gradient's size; with torch's eps it would turn rounding of a zero gradient into a step
    "adam": {"optimizer": "Adam", "eps": 1e-2},
    "adamw": {"optimizer": "AdamW", "eps": 1e-2, "weight_decay": 0.1},
    "rmsprop": {"optimizer": "RMSprop", "eps": 1e-2, "momentum": 0.5},
}


def stack(*widths: int, dropped: Sequence[float] = ()) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(*widths[:2])]
    for i, (below, above) in enumerate(pairwise(widths[1:])):
        layers += [nn.ReLU(), *map(nn.Dropout, dropped[i : i + 1]), nn.Linear(below, above)]
    return nn.Sequential(*layers)


def batch(seed: int, samples: int, inputs: int, classes: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(samples, inputs, generator=generator), torch.randint(classes, (samples,), generator=generator)


@pytest.mark.parametrize("update", UPDATES)
@settings(max_examples=25)
@given(
    st.lists(st.integers(2, 200), min_size=2, max_size=5),
    st.lists(st.sampled_from([0.0, 0.3, 0.9]), min_size=4),
    st.lists(st.integers(1, 70), min_size=1, max_size=3),
)
def test_the_dense_step_is_autograds_bit_for_bit(
    update: str, widths: list[int], shares: list[float], sizes: list[int]
) -> None:
    config = complete({"lr": 0.1, **UPDATES[update]})
    with torch.random.fork_rng():
        torch.manual_seed(len(widths))
        models = [stack(*widths, dropped=shares)]
        models.append(copy.deepcopy(models[0]))
        fast, plain = (make_optimizer(config, m.parameters(), "cpu") for m in models)
        dense = DenseStep(models[0], fast, config)
        autograd: Step = AutogradStep(models[1], nn.CrossEntropyLoss(), plain, config, Options())
        assert not dense.rounds
        for i, size in enumerate(sizes):
            losses = []
            for step in (dense, autograd):
                torch.manual_seed(i)
                losses.append(step(*batch(i, size, widths[0], widths[-1]), 0.1 / (i + 1)))
            assert torch.equal(*losses)
    for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("update", ["sgd", "sgd with decay"])
@settings(max_examples=25)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=5), st.lists(st.integers(1, 17), min_size=1, max_size=3))
def test_of_a_large_stack_plain_sgd_agrees_up_to_rounding(update: str, widths: list[int], sizes: list[int]) -> None:
    config = complete({"lr": 0.1, **UPDATES[update]})
    with torch.random.fork_rng():
        torch.manual_seed(len(widths))
        models = [stack(*widths)]
    models.append(copy.deepcopy(models[0]))
    fast, plain = (make_optimizer(config, m.parameters(), "cpu") for m in models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense_module, "LARGE", 1)
        dense = DenseStep(models[0], fast, config)
    assert dense.rounds
    autograd: Step = AutogradStep(models[1], nn.CrossEntropyLoss(), plain, config, Options())
    for i, size in enumerate(sizes):
        inputs, targets = batch(i, size, widths[0], widths[-1])
        before = inputs.clone()
        losses = [step(inputs, targets, 0.1 / (i + 1)) for step in (dense, autograd)]
        torch.testing.assert_close(losses[0], losses[1])
        assert torch.equal(inputs, before)
    for (name, a), b in zip(models[0].named_parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5, msg=lambda text: f"{name}: {text}")  # noqa: B023


def test_the_dense_step_gives_the_loss_before_the_update_as_a_number_of_its_own() -> None:
    model, (inputs, targets) = stack(4, 20, 3), batch(0, 8, 4, 3)
    expected = nn.functional.cross_entropy(model(inputs), targets)
    config = complete({})
    step = DenseStep(model, make_optimizer(config, model.parameters(), "cpu"), config)
    loss = step(inputs, targets, 0.1)
    step(inputs, targets, 0.1)
    torch.testing.assert_close(loss, expected.detach())
    assert not loss.requires_grad


WIDTHS = (8, 512, 512, 4)


def large() -> nn.Sequential:
    return stack(*WIDTHS)


def resident(inputs: Tensor | None = None, targets: Tensor | None = None) -> Resident:
    rows, classes = batch(0, 10, WIDTHS[0], WIDTHS[-1])
    return Resident(rows if inputs is None else inputs, classes if targets is None else targets)


def accepted(
    model: nn.Module | None = None, loss: Any = None, data: Any = None, options: Options | None = None, **values: Any
) -> bool:
    options = options or Options()
    model = large() if model is None else model
    return suits(model, loss or nn.CrossEntropyLoss(), data or resident(), complete(values), options)


def test_a_stack_of_any_size_suits() -> None:
    assert accepted()
    assert accepted(stack(8, 16, 4))
    assert accepted(nn.Sequential(nn.Linear(8, 4)))
    assert accepted(optimizer="Adam", weight_decay=0.1, momentum=0.9, schedule="cosine")
    assert accepted(nn.Sequential(nn.Linear(1 << 10, 1 << 8)), data=resident(torch.randn(10, 1 << 10)))


@pytest.mark.parametrize(
    ("inputs", "values", "rounds"),
    [
        (LARGE // 4, {}, True),
        (LARGE // 4 - 1, {}, False),
        (LARGE // 4, {"momentum": 0.9}, False),
        (LARGE // 4, {"optimizer": "Adam"}, False),
    ],
)
def test_only_plain_sgd_on_a_large_stack_rounds(inputs: int, values: dict[str, Any], rounds: bool) -> None:
    model, config = nn.Sequential(nn.Linear(inputs, 4)), complete(values)
    assert DenseStep(model, make_optimizer(config, model.parameters(), "cpu"), config).rounds == rounds


def dropping(model: nn.Sequential, share: float) -> nn.Sequential:
    return nn.Sequential(model[0], model[1], nn.Dropout(share), *model[2:])


def test_dropout_after_a_relu_suits() -> None:
    assert accepted(dropping(large(), 0.5))
    assert not accepted(dropping(large(), 1.0))  # nothing is left


@pytest.mark.parametrize("values", [{"clip_norm": 1.0}, {"l1": 1e-4}])
def test_what_needs_the_gradient_does_not_suit(values: dict[str, Any]) -> None:
    assert not accepted(**values)


@pytest.mark.parametrize("options", [Options(compile=True), Options(precision="bfloat16")])
def test_other_ways_to_compute_do_not_suit(options: Options) -> None:
    assert not accepted(options=options)


class Shy(nn.CrossEntropyLoss):
    pass


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(label_smoothing=0.1),
        nn.CrossEntropyLoss(weight=torch.ones(4)),
        nn.CrossEntropyLoss(reduction="sum"),
        nn.CrossEntropyLoss(ignore_index=0),
        nn.MSELoss(),
        nn.NLLLoss(),
        nn.functional.cross_entropy,
        Shy(),
    ],
)
def test_other_losses_do_not_suit(loss: Any) -> None:
    assert not accepted(loss=loss)


@pytest.mark.parametrize(
    "data",
    [
        resident(targets=torch.full((10, 4), 0.25)),  # probabilities
        resident(targets=torch.tensor([-100] + [0] * 9)),  # left out by the loss's ignore_index
        resident(inputs=torch.randn(10, 3, 8)),
        resident(inputs=torch.randint(5, (10, 8))),
        resident(inputs=(torch.randn(10, 8),)),
        Streamed(TensorDataset(*batch(0, 10, 8, 4)), torch.device("cpu"), 0),
    ],
    ids=["soft targets", "left-out targets", "three dimensions", "whole numbers", "tuple", "streamed"],
)
def test_other_data_do_not_suit(data: Any) -> None:
    assert not accepted(data=data)


class Loud(nn.Linear):
    def forward(self, input: Tensor) -> Tensor:
        return 2 * super().forward(input)


class Stack(nn.Sequential):
    pass


def changed(change: Callable[[nn.Sequential], Any]) -> nn.Module:
    model = large()
    replaced = change(model)
    return replaced if isinstance(replaced, nn.Sequential) else model


def tied(model: nn.Sequential) -> None:
    model[2].bias = model[0].bias


def own_forward(model: nn.Sequential) -> None:
    layer = model[0]
    layer.forward = lambda x: 2 * nn.Linear.forward(layer, x)


CHANGES: dict[str, Callable[[nn.Sequential], Any]] = {
    "one unit wide": lambda m: stack(8, 16, 1, 4),
    "dropout without ReLU": lambda m: nn.Sequential(m[0], nn.Dropout(0.5), m[2], nn.ReLU(), m[4]),
    "dropout that is off": lambda m: nn.Sequential(m[0], m[1], nn.Dropout(0.5).eval(), *m[2:]),
    "tanh": lambda m: nn.Sequential(m[0], nn.Tanh(), m[2], nn.ReLU(), m[4]),
    "last layer has a ReLU": lambda m: m.append(nn.ReLU()),
    "subclass of Linear": lambda m: m.__setitem__(0, Loud(8, 512)),
    "subclass of Sequential": lambda m: Stack(*m),
    "no bias": lambda m: m.__setitem__(0, nn.Linear(8, 512, bias=False)),
    "one layer twice": lambda m: nn.Sequential(m[0], nn.ReLU(), m[2], nn.ReLU(), m[2], nn.ReLU(), m[4]),
    "tied parameters": tied,
    "frozen layer": lambda m: m[0].requires_grad_(False),
    "frozen bias": lambda m: m[0].bias.requires_grad_(False),
    "double precision": lambda m: m.double(),
    "forward hook": lambda m: m[2].register_forward_hook(lambda *_: None),
    "forward pre-hook": lambda m: m[2].register_forward_pre_hook(lambda *_: None),
    "backward hook": lambda m: m[1].register_full_backward_hook(lambda *_: None),
    "backward pre-hook": lambda m: m[1].register_full_backward_pre_hook(lambda *_: None),
    "hook of the model": lambda m: m.register_forward_hook(lambda *_: None),
    "pre-hook of the model": lambda m: m.register_forward_pre_hook(lambda *_: None),
    "hook of a gradient": lambda m: m[0].weight.register_hook(lambda g: 2 * g),
    "hook after a gradient": lambda m: m[0].weight.register_post_accumulate_grad_hook(lambda p: None),
    "forward of its own": own_forward,
    "weight norm": lambda m: parametrizations.weight_norm(m[2]),
    "pruned": lambda m: prune.random_unstructured(m[2], "weight", 0.5),
    "empty": lambda m: nn.Sequential(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_models_do_not_suit(change: str) -> None:
    assert not accepted(changed(CHANGES[change]))


def test_another_module_does_not_suit() -> None:
    assert not accepted(nn.Linear(1024, 1024))
    assert not accepted(nn.ModuleList([large()]))
