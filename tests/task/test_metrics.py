import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from torch import Tensor, nn

from luthier.errors import TaskError
from luthier.task import call, make_loss
from luthier.task.metrics import (
    METRICS,
    OF_CLASSES,
    RANGES,
    accuracy,
    auc,
    balanced_accuracy,
    best_possible,
    error,
    f1,
    is_classification,
    is_elementwise,
    loss_name,
    mae,
    make_metric,
    metric_under,
    mse,
    r2,
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CrossEntropyLoss", nn.CrossEntropyLoss),
        ("crossentropyloss", nn.CrossEntropyLoss),
        ("cross_entropy", nn.CrossEntropyLoss),
        ("mse", nn.MSELoss),
        ("MSELoss", nn.MSELoss),
        ("bce_with_logits", nn.BCEWithLogitsLoss),
        ("smooth_l1", nn.SmoothL1Loss),
        ("Huber", nn.HuberLoss),
    ],
)
def test_a_loss_is_found_by_name(name: str, kind: type) -> None:
    assert type(make_loss(name)) is kind


def test_a_functional_loss_is_found_by_name_and_a_given_one_is_kept() -> None:
    assert make_loss("binary_cross_entropy_with_logits") is F.binary_cross_entropy_with_logits
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    assert make_loss(loss) is loss


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("CrossEntropy2Loss", "unknown loss 'CrossEntropy2Loss'.*Did you mean 'CrossEntropyLoss'"),
        ("nonsense", "unknown loss 'nonsense'; give a torch.nn loss such as CrossEntropyLoss"),
        (nn.MSELoss, r"loss is the class MSELoss; give an instance, MSELoss\(\), or its name"),
        ("AdaptiveLogSoftmaxWithLoss", "cannot be made by its name.*give an instance"),
    ],
)
def test_a_loss_that_is_none_is_told(loss: Any, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        make_loss(loss)


def test_kinds_of_losses() -> None:
    assert is_classification(nn.CrossEntropyLoss())
    assert is_classification(F.nll_loss)
    assert not is_classification(nn.BCEWithLogitsLoss())
    assert is_elementwise(nn.HuberLoss())
    assert is_elementwise(F.mse_loss)
    assert not is_elementwise(nn.CrossEntropyLoss())


@pytest.mark.parametrize(
    ("metric", "direction", "loss", "best"),
    [
        (accuracy, "maximize", nn.CrossEntropyLoss(), 1.0),
        (r2, "maximize", nn.MSELoss(), 1.0),
        (error, "minimize", nn.CrossEntropyLoss(), 0.0),
        (mae, "minimize", nn.MSELoss(), 0.0),
        (None, "minimize", nn.CrossEntropyLoss(), 0.0),
        (None, "minimize", nn.GaussianNLLLoss(), None),
        (accuracy, "minimize", nn.CrossEntropyLoss(), None),
        (lambda outputs, targets: 100.0, "maximize", nn.CrossEntropyLoss(), None),
    ],
)
def test_what_no_score_can_be_better_than(metric: Any, direction: Any, loss: Any, best: float | None) -> None:
    assert best_possible(metric, direction, loss) == best


def test_what_each_metric_lies_between_is_known() -> None:
    assert RANGES.keys() == METRICS.keys()


def test_names_of_losses() -> None:
    assert [loss_name(loss) for loss in ("mse", nn.MSELoss(), F.mse_loss)] == ["mse", "MSELoss", "mse_loss"]


NUMBERS = st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=30)


@given(NUMBERS, st.data())
def test_regression_metrics_agree_with_scikit_learn(targets: list[float], data: st.DataObject) -> None:
    size = st.lists(st.floats(-100, 100, width=32), min_size=len(targets), max_size=len(targets))
    outputs = data.draw(size)
    a, b = torch.tensor(outputs), torch.tensor(targets)
    assert mse(a, b) == pytest.approx(sklearn_metrics.mean_squared_error(targets, outputs), rel=1e-4, abs=1e-6)
    assert mae(a, b) == pytest.approx(sklearn_metrics.mean_absolute_error(targets, outputs), rel=1e-4, abs=1e-6)
    if np.std(targets) > 1:
        assert r2(a, b) == pytest.approx(sklearn_metrics.r2_score(targets, outputs), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("metric", [mse, mae, r2])
def test_a_column_and_a_row_are_compared_number_by_number(metric: Any) -> None:
    outputs, targets = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([1.0, 2.0, 3.0])
    assert metric(outputs, targets) == metric(outputs[:, 0], targets)


def test_r2_landmarks() -> None:
    targets = torch.tensor([1.0, 2.0, 3.0])
    assert r2(targets, targets) == 1
    assert r2(torch.full((3,), 2.0), targets) == 0
    assert r2(torch.ones(3), torch.zeros(3)) == -math.inf


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_accuracy_is_the_share_of_right_guesses(pairs: list[tuple[int, int]]) -> None:
    guesses, labels = (torch.tensor(column) for column in zip(*pairs, strict=True))
    outputs = F.one_hot(guesses, 5).float()
    right = sum(a == b for a, b in pairs) / len(pairs)
    assert accuracy(outputs, labels) == pytest.approx(right)
    assert error(outputs, labels) == pytest.approx(1 - right)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_metrics_of_unbalanced_classes_agree_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    guesses, labels = (torch.tensor(column) for column in zip(*pairs, strict=True))
    outputs = F.one_hot(guesses, 4).float()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes that are guessed and never there
        expected = sklearn_metrics.balanced_accuracy_score(labels, guesses)
    assert balanced_accuracy(outputs, labels) == pytest.approx(expected)
    assert f1(outputs, labels) == pytest.approx(sklearn_metrics.f1_score(labels, guesses, average="macro"))


@given(st.integers(0, 99), st.integers(1, 4))
def test_the_area_under_the_curve_agrees_with_scikit_learn(seed: int, width: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    outputs = torch.randn(40, width, generator=generator).round(decimals=1)
    classes = max(2, width)
    labels = torch.arange(40) % classes
    scores = outputs[:, -1] if width == 1 else outputs.diff()[:, 0] if width == 2 else outputs.double().softmax(1)
    expected = sklearn_metrics.roc_auc_score(labels, scores, multi_class="ovr")
    assert auc(outputs, labels) == pytest.approx(expected)
    assert auc(outputs, labels.float()) == pytest.approx(expected)


def test_the_area_under_the_curve_of_classes_that_are_not_there() -> None:
    outputs = torch.eye(4)[torch.tensor([0, 1, 0, 1])]
    assert auc(outputs, torch.tensor([0, 1, 0, 1])) == 1  # of the two that are
    assert auc(outputs, torch.zeros(4).long()) == 0.5


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_accuracy_of_two_classes_from_one_output(shape: tuple[int, ...]) -> None:
    outputs, labels = torch.tensor([-1.0, 2.0, 3.0, -4.0]), torch.tensor([0.0, 1.0, 0.0, 1.0])
    assert accuracy(outputs.reshape(shape), labels) == 0.5
    assert accuracy(outputs.reshape(shape), labels.reshape(shape)) == 0.5
    assert accuracy(outputs[:, None], labels.long()) == 0.5


@pytest.mark.parametrize("metric", [accuracy, error, balanced_accuracy, f1])
def test_what_losses_ignore_counts_for_nothing(metric: Any) -> None:
    outputs, labels = torch.eye(3)[torch.tensor([0, 1, 2, 0, 1])], torch.tensor([0, 1, 1, -100, -100])
    assert metric(outputs, labels) == metric(outputs[:3], labels[:3])


@pytest.mark.parametrize("metric", OF_CLASSES)
def test_shares_of_classes_count_as_the_largest(metric: Any) -> None:
    outputs, labels = torch.randn(20, 3, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3
    shares = torch.softmax(3 * F.one_hot(labels, 3).float(), 1)
    assert metric(outputs, shares) == metric(outputs, labels)


@pytest.mark.parametrize("metric", [accuracy, error, balanced_accuracy, f1, auc])
@pytest.mark.parametrize("loss", [nn.BCELoss(), F.binary_cross_entropy])
@pytest.mark.parametrize("shape", [(20,), (20, 1), (20, 4), (5, 4, 1), (5, 2, 2)])
def test_probabilities_score_as_the_logits_they_come_from(metric: Any, loss: Any, shape: tuple[int, ...]) -> None:
    outputs = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    targets = (torch.arange(outputs.numel()) % 3 == 0).float().reshape(shape)
    of_logits, of_shares = metric_under(metric, nn.BCEWithLogitsLoss()), metric_under(metric, loss)
    assert of_logits is not None
    assert of_shares is not None
    assert of_shares(outputs.sigmoid(), targets) == of_logits(outputs, targets)
    if len(shape) == 1:
        assert of_logits(outputs, targets) == metric(outputs, targets)


def test_metrics_of_several_labels_agree_with_scikit_learn() -> None:
    outputs = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    labels = (torch.arange(120) % 4 == 0).float().reshape(40, 3)
    guesses = (outputs > 0).long()
    recalls = [sklearn_metrics.balanced_accuracy_score(labels[:, i], guesses[:, i]) for i in range(3)]
    assert accuracy(outputs, labels, 0.0) == pytest.approx(float((guesses == labels).float().mean()))
    assert balanced_accuracy(outputs, labels, 0.0) == pytest.approx(sum(recalls) / 3)
    assert f1(outputs, labels, 0.0) == pytest.approx(sklearn_metrics.f1_score(labels, guesses, average="macro"))
    assert auc(outputs, labels, 0.0) == pytest.approx(sklearn_metrics.roc_auc_score(labels, outputs))


def test_other_losses_and_metrics_are_left_alone() -> None:
    assert metric_under(accuracy, nn.CrossEntropyLoss()) is accuracy
    assert metric_under(mse, nn.BCELoss()) is mse
    assert metric_under(None, nn.BCELoss()) is None


def test_accuracy_of_images_is_by_pixel() -> None:
    outputs = torch.zeros(2, 3, 4, 4)
    outputs[:, 1] = 1
    labels = torch.ones(2, 4, 4, dtype=torch.long)
    labels[0, 0, 0] = 2
    assert accuracy(outputs, labels) == 31 / 32


def test_metrics_by_name_and_by_default() -> None:
    assert make_metric(None, None, nn.CrossEntropyLoss()) == ("accuracy", accuracy, "maximize")
    assert make_metric(None, None, nn.MSELoss()) == ("loss", None, "minimize")
    assert make_metric("loss", None, nn.CrossEntropyLoss()) == ("loss", None, "minimize")
    assert {n: make_metric(n, None, nn.MSELoss())[2] for n in METRICS} == {
        "accuracy": "maximize",
        "error": "minimize",
        "balanced_accuracy": "maximize",
        "f1": "maximize",
        "auc": "maximize",
        "mse": "minimize",
        "mae": "minimize",
        "r2": "maximize",
    }

    def own(outputs: Tensor, targets: Tensor) -> float:
        return 0.0

    assert make_metric(own, "maximize", nn.MSELoss()) == ("own", own, "maximize")


@pytest.mark.parametrize(
    ("metric", "direction", "message"),
    [
        ("acuracy", None, "unknown metric 'acuracy'; it must be one of accuracy, error, .*Did you mean 'accuracy'"),
        (lambda o, t: 0.0, None, "needs direction='maximize' or direction='minimize'"),
        ("mse", "up", "direction is 'up'; it must be 'maximize' or 'minimize'"),
    ],
)
def test_a_metric_that_is_none_is_told(metric: Any, direction: Any, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        make_metric(metric, direction, nn.MSELoss())


X = torch.randn(6, 4)


def test_call_spreads_tuples_and_mappings() -> None:
    def model(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    assert call(model, X)[0][0] is X
    assert call(model, (1, 2)) == ((1, 2), {})
    assert call(model, {"a": 1}) == ((), {"a": 1})
