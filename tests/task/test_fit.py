"""Whether model, loss, metric and data fit each other."""

import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from luthier.errors import TaskError
from luthier.task.fit import check_fit, check_gradient
from luthier.task.metrics import OF_CLASSES, accuracy, mse

X = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 0, 1, 2])


def test_what_fits_passes_and_leaves_the_model_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    check_fit(model, nn.CrossEntropyLoss(), X, Y, labels=Y, metric=accuracy)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def outputs(*shape: int) -> nn.Module:
    return nn.Sequential(nn.Linear(4, math.prod(shape)), nn.Unflatten(1, shape))


COLUMN = torch.randn(6, 1)
MISFITS: dict[str, tuple[nn.Module, Any, Any, Tensor, str]] = {
    "inputs": (nn.Linear(5, 3), nn.CrossEntropyLoss(), X, Y, r"cannot take inputs of shape \(6, 4\)"),
    "structured inputs": (nn.Linear(4, 3), nn.CrossEntropyLoss(), (X, X), Y, "cannot take inputs of shape structured"),
    "integer inputs": (nn.Linear(4, 3), nn.CrossEntropyLoss(), X.to(torch.uint8), Y, r"cannot take inputs .*dtype"),
    "column and row": (
        nn.Linear(4, 1),
        nn.MSELoss(),
        X,
        COLUMN[:, 0],
        r"\(shape \(6, 1\), float32\) does not fit the loss MSELoss .*\(shape \(6,\), float32\): the shapes",
    ),
    "row and column": (nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)), F.mse_loss, X, COLUMN, "shapes must be equal"),
    "too few outputs": (nn.Linear(4, 2), nn.CrossEntropyLoss(), X, Y, "labels up to 2, so it needs 3 outputs or more"),
    "one output": (
        nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)),
        nn.CrossEntropyLoss(),
        X,
        Y,
        "needs 3 outputs or more, not 0",
    ),
    "labels from -1": (nn.Linear(4, 3), nn.CrossEntropyLoss(), X, Y - 1, "labels down to -1; .* numbered from 0"),
    "classes for two-class loss": (nn.Linear(4, 1), nn.BCEWithLogitsLoss(), X, Y, "does not fit the loss BCEWith"),
    "loss of each sample": (nn.Linear(4, 3), nn.CrossEntropyLoss(reduction="none"), X, Y, "it must give one number"),
    "loss that is no tensor": (nn.Linear(4, 3), lambda o, t: 1.0, X, Y, "gives float; it must give one number"),
    "loss not finite": (nn.Linear(4, 3), lambda o, t: o.sum() / 0, X, Y, "before the first step; look at the data"),
    "loss that raises": (nn.Linear(4, 3), lambda o, t: o @ t, X, Y, "does not fit the loss <lambda> with targets"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_misfit_is_told(name: str) -> None:
    model, loss, inputs, targets, message = MISFITS[name]
    with pytest.raises(TaskError, match=message):
        check_fit(model, loss, inputs, targets)


def test_labels_beyond_the_first_samples_are_looked_at() -> None:
    with pytest.raises(TaskError, match="labels up to 7, so it needs 8 outputs"):
        check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, Y, labels=torch.tensor([0, 1, 2, 7]))
    with pytest.raises(TaskError, match="labels down to -2"):
        check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, Y, labels=torch.tensor([0, -2]))


@pytest.mark.parametrize(("loss", "left_out"), [(nn.CrossEntropyLoss(), -100), (nn.NLLLoss(ignore_index=9), 9)])
def test_labels_that_the_loss_leaves_out_are_allowed(loss: Any, left_out: int) -> None:
    labels = torch.tensor([0, left_out, 2])
    check_fit(nn.Linear(4, 3), loss, X, Y, labels=labels)


def test_all_labels_left_out_is_not_finite() -> None:
    with pytest.raises(TaskError, match="is nan before the first step"):
        check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, torch.full((6,), -100))


def test_a_metric_of_ours_that_does_not_fit_is_told_and_the_users_may_need_more_samples() -> None:
    with pytest.raises(TaskError, match=r"does not fit the metric mse with targets .*; give another metric"):
        check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, Y, metric=mse)
    check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, Y, metric=lambda o, t: 1 / 0)


MANY = torch.tensor([[0.0, 1, 1], [0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [1, 1, 0]])


def binary(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(outputs, targets)


@pytest.mark.parametrize("metric", OF_CLASSES)
def test_several_labels_have_every_metric_where_the_loss_tells_what_they_are(metric: Any) -> None:
    check_fit(nn.Linear(4, 3), nn.BCEWithLogitsLoss(), X, MANY, metric=metric)
    check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, MANY, metric=metric)
    check_fit(nn.Linear(4, 3), binary, X, F.one_hot(Y, 3).float(), metric=metric)
    with pytest.raises(TaskError, match=r'under the loss binary they may be classes or labels.*give metric="loss"'):
        check_fit(nn.Linear(4, 3), binary, X, MANY, metric=metric)


def squares(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).square().mean()


def squares_of_columns(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.sum(-1) - targets).square().mean()


def test_a_column_compared_with_a_row_is_told() -> None:
    model, row, wanted = nn.Linear(4, 1), COLUMN[:, 0], r"gives .* of shape \(6, 1\) and .* when their shapes are equal"
    with pytest.raises(TaskError, match=f"the loss squares {wanted}.*reshape one"):
        check_fit(model, squares, X, row)
    with pytest.raises(TaskError, match=f"the metric squares {wanted}"):
        check_fit(model, squares_of_columns, X, row, metric=squares)
    check_fit(model, squares, X, COLUMN, metric=squares)
    check_fit(model, squares_of_columns, X, row, metric=lambda o, t: squares(o[:, 0], t))


@pytest.mark.parametrize("value", [0.5, 1, True, math.nan, np.float32(0.5), torch.tensor([0.5]), torch.tensor(0)])
def test_a_metric_gives_one_number(value: Any) -> None:
    check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, Y, metric=lambda outputs, targets: value)


@pytest.mark.parametrize(
    ("value", "given"),
    [
        (None, "NoneType"),
        (torch.ones(2), r"shape \(2,\), float32"),
        (np.ones(2), "ndarray"),
        ("0.5", "str"),
        ((0.5, 1), "tuple"),
        ({"f1": 1.0}, "dict"),
    ],
)
def test_a_metric_that_gives_no_number_is_told(value: Any, given: str) -> None:
    def mine(outputs: Tensor, targets: Tensor) -> Any:
        return value

    with pytest.raises(TaskError, match=f"the metric mine gives {given}; it must give one number"):
        check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), X, Y, metric=mine)


def detached(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(outputs.detach(), targets)


def test_a_loss_without_a_gradient_is_told() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    check_gradient(model, nn.CrossEntropyLoss(), X, Y)
    with pytest.raises(TaskError, match=r"the loss detached does not depend on the model's parameters.*detach\(\)"):
        check_gradient(model, detached, X, Y)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


class Deciding(nn.Linear):
    """Gives its decisions in evaluation, and scores in training."""

    def forward(self, inputs: Tensor) -> Tensor:
        scores = super().forward(inputs)
        return scores if self.training else F.one_hot(scores.argmax(1), 3).float()


def test_what_has_no_gradient_in_evaluation_only_is_allowed() -> None:
    check_gradient(Deciding(4, 3), nn.CrossEntropyLoss(), X, Y)


def test_a_model_with_nothing_to_train_is_not_blamed_on_the_loss() -> None:
    check_gradient(nn.Linear(4, 3).requires_grad_(False), nn.CrossEntropyLoss(), X, Y)
    check_gradient(nn.Flatten(), detached, X, Y)


def test_a_loss_that_sums_over_the_batch_is_refused() -> None:
    inputs, targets = torch.randn(8, 4), torch.randint(0, 3, (8,))
    with pytest.raises(TaskError, match=r"sums over the batch.*give it reduction='mean'"):
        check_fit(nn.Linear(4, 3), nn.CrossEntropyLoss(reduction="sum"), inputs, targets)
