import math

import pytest
import torch
from torch import nn

from luthier import Task
from luthier.task import Chance, chance_of
from luthier.task.chance import _constant


def task(targets: torch.Tensor, **more: object) -> Task:
    inputs = torch.zeros(len(targets), 2)
    return Task(lambda config: nn.Linear(2, 3), (inputs, targets), (inputs, targets), **more)  # type: ignore[arg-type]


def test_labels_have_the_loss_of_their_frequencies_and_the_accuracy_of_the_largest_class() -> None:
    chance = chance_of(task(torch.tensor([0, 0, 1, 2] * 250)))
    assert chance is not None
    assert chance.loss == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(4), rel=1e-3)
    assert chance.metric == 0.5


def test_numbers_have_the_loss_of_their_mean() -> None:
    assert chance_of(task(torch.tensor([[1.0], [3.0]]), loss="mse")) == Chance(1.0, 1.0, 1.0)


def test_the_training_data_has_a_level_of_its_own() -> None:
    inputs = torch.zeros(2, 2)
    split = Task(
        lambda config: nn.Linear(2, 1),
        (inputs, torch.tensor([[1.0], [3.0]])),
        (inputs, torch.tensor([[0.0], [4.0]])),
        loss="mse",
    )
    assert chance_of(split) == Chance(4.0, 4.0, 1.0)


def test_logits_have_the_loss_of_the_odds() -> None:
    chance = chance_of(task(torch.tensor([[1.0], [0.0], [0.0], [0.0]]), loss="BCEWithLogitsLoss"))
    assert chance is not None
    assert chance.loss == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75), rel=1e-4)


def test_an_unknown_loss_or_a_metric_that_refuses_has_no_chance_level() -> None:
    def refuses(outputs: torch.Tensor, targets: torch.Tensor) -> float:
        raise ValueError("no")

    numbers = torch.tensor([[1.0], [3.0]])
    assert chance_of(task(numbers, loss=lambda o, t: (o - t).abs().mean())) is None
    assert chance_of(task(numbers, loss="mse", metric=refuses, direction="minimize")) is None


LABELS = torch.tensor([0] * 700 + [1] * 200 + [2] * 100)
RARE = (torch.arange(1000) < 70).float().unsqueeze(1)
NUMBERS = torch.rand(1001, 1, generator=torch.Generator().manual_seed(0)) ** 4


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (nn.CrossEntropyLoss(), LABELS),
        (nn.CrossEntropyLoss(weight=torch.tensor([0.1, 1.0, 5.0])), LABELS),
        (nn.CrossEntropyLoss(label_smoothing=0.2), LABELS),
        (nn.CrossEntropyLoss(ignore_index=1), LABELS),
        (nn.BCEWithLogitsLoss(), RARE),
        (nn.BCEWithLogitsLoss(pos_weight=torch.tensor([8.0])), RARE),
        (nn.MSELoss(), NUMBERS),
        (nn.L1Loss(), NUMBERS),
    ],
    ids=lambda value: repr(value) if isinstance(value, nn.Module) else "",
)
def test_no_constant_near_the_answer_costs_less(loss: nn.Module, targets: torch.Tensor) -> None:
    answer = _constant(loss, targets)
    assert answer is not None

    def cost(constant: torch.Tensor) -> float:
        return float(loss(constant.expand(len(targets), *constant.shape), targets))

    for k in range(answer.numel()):
        for step in (-0.1, -0.03, 0.03, 0.1):
            if getattr(loss, "ignore_index", -100) != k:
                assert cost(answer + step * torch.eye(answer.numel())[k]) > cost(answer)
