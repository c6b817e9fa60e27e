import numpy as np
import pytest
import torch
from torch import nn

from luthier import Task
from luthier.task import chance_of, reference_of

RNG = np.random.default_rng(0)
X = torch.tensor(RNG.uniform(-1, 1, (600, 3)), dtype=torch.float32)
SMOOTH = (X[:, :1] * X[:, 1:2]).sign()


def task(targets: torch.Tensor, inputs: torch.Tensor = X, **more: object) -> Task:
    train, validation = (inputs[:400], targets[:400]), (inputs[400:], targets[400:])
    return Task(lambda config: nn.Linear(3, 2), train, validation, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("targets", "loss"),
    [
        ((SMOOTH[:, 0] > 0).long(), "CrossEntropyLoss"),
        ((SMOOTH > 0).float(), "BCEWithLogitsLoss"),
        (SMOOTH, "mse"),
        (torch.cat([SMOOTH, X[:, :1]], 1), "l1_loss"),
    ],
)
def test_what_can_be_learned_is_far_below_chance(targets: torch.Tensor, loss: str) -> None:
    learned, chance = reference_of(task(targets, loss=loss)), chance_of(task(targets, loss=loss))
    assert learned is not None
    assert chance is not None
    assert learned < 0.6 * chance.loss


def test_noise_cannot_be_learned() -> None:
    labels = torch.tensor(RNG.integers(0, 2, 600))
    learned = reference_of(task(labels))
    assert learned is not None
    assert learned > 0.95 * np.log(2)


def test_it_is_the_same_every_time() -> None:
    assert reference_of(task(SMOOTH, loss="mse")) == reference_of(task(SMOOTH, loss="mse"))


def test_a_label_that_only_validation_has_costs_no_infinity() -> None:
    labels = (SMOOTH[:, 0] > 0).long()
    labels[-1] = 2
    assert reference_of(task(labels)) is not None


def test_other_losses_and_wide_inputs_have_no_such_level() -> None:
    assert reference_of(task(SMOOTH, loss=lambda outputs, targets: (outputs - targets).abs().mean())) is None
    assert reference_of(task(SMOOTH, torch.zeros(600, 5000), loss="mse")) is None


def test_a_few_samples_teach_trees_too_little() -> None:
    few = (X[:100], SMOOTH[:100])
    assert reference_of(Task(lambda config: nn.Linear(3, 1), few, few, loss="mse")) is None
