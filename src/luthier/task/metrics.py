"""Losses and metrics by name."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from luthier.errors import TaskError, nearest
from luthier.records import Direction

LossFunction = Callable[[Any, Any], Tensor]
MetricFunction = Callable[[Tensor, Tensor], float]


def make_loss(loss: str | LossFunction) -> LossFunction:
    """A loss from a ``torch.nn`` class name ("CrossEntropyLoss", "mse"), a ``torch.nn.functional`` name, or itself.

    Raises TaskError for a name that is neither.
    """
    if not isinstance(loss, str):
        if inspect.isclass(loss):
            raise TaskError(f"loss is the class {loss.__name__}; give an instance, {loss.__name__}(), or its name")
        return loss
    classes = {n.lower(): n for n in dir(nn) if n.endswith("Loss")}
    found = classes.get(loss.lower()) or classes.get(f"{loss.lower().replace('_', '')}loss")
    if found:
        return _instance(found)
    function: LossFunction | None = getattr(F, loss, None)
    if callable(function):
        return function
    raise TaskError(
        f"unknown loss {loss!r}; give a torch.nn loss such as CrossEntropyLoss.{nearest(loss, classes.values())}"
    )


def _instance(class_name: str) -> LossFunction:
    try:
        made: LossFunction = getattr(nn, class_name)()
    except TypeError as error:
        raise TaskError(f"the loss {class_name} cannot be made by its name: {error}; give an instance") from None
    return made


def loss_name(loss: str | Callable[..., Any]) -> str:
    """What a loss or metric is called in messages and records."""
    return loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)


def is_classification(loss: LossFunction) -> bool:
    """Whether a loss takes class indices as targets."""
    return isinstance(loss, (nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss)) or loss in (
        F.cross_entropy,
        F.nll_loss,
        F.multi_margin_loss,
    )


def is_elementwise(loss: LossFunction) -> bool:
    """Whether a loss compares output and target element by element, so that their shapes must agree."""
    return isinstance(loss, (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss)) or loss in (
        F.mse_loss,
        F.l1_loss,
        F.smooth_l1_loss,
        F.huber_loss,
    )


def threshold_of(loss: LossFunction) -> float | None:
    """The output above which a label counts as there, for a loss that takes each output as a label of its own."""
    if isinstance(loss, nn.BCELoss) or loss is F.binary_cross_entropy:
        return 0.5  # of probabilities
    logits = isinstance(loss, (nn.BCEWithLogitsLoss, nn.MultiLabelSoftMarginLoss))
    return 0.0 if logits or loss in (F.binary_cross_entropy_with_logits, F.multilabel_soft_margin_loss) else None


def metric_under(metric: MetricFunction | None, loss: LossFunction) -> MetricFunction | None:
    """``metric`` for outputs that ``loss`` is made for."""
    threshold = threshold_of(loss)
    if threshold is None or metric not in OF_CLASSES:
        return metric
    of_classes: Callable[..., float] = metric
    return partial(of_classes, threshold=threshold)


def classes_of(outputs: Tensor, targets: Tensor) -> Tensor:
    """The targets as classes, flat: of shares (one-hot or soft, in the outputs' shape) the largest."""
    shares = targets.is_floating_point() and targets.shape == outputs.shape and outputs.ndim > 1 and len(outputs[0]) > 1
    return (targets.argmax(1) if shares else targets).reshape(-1)


def labels_of(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs and targets (1 where they are above a half) with a column for each label, which dimension 1 tells."""
    wanted = (targets.reshape(outputs.shape) > 0.5).long()
    width = outputs.shape[1] if outputs.ndim > 1 else 1
    columns = [t.movedim(1, -1) if t.ndim > 1 else t for t in (outputs, wanted)]
    return columns[0].reshape(-1, width), columns[1].reshape(-1, width)


def guesses_of(outputs: Tensor, targets: Tensor, threshold: float | None = None) -> tuple[Tensor, Tensor]:
    """The class of the largest output (along dimension 1), 1 for a single output above 0; and the targets, both flat.

    Targets of -100 are left out, as torch's losses do (``ignore_index``). With a ``threshold`` each output is a label
    of its own, which is there above it; then both have a column for each.
    """
    if threshold is not None:
        scores, wanted = labels_of(outputs, targets)
        return (scores > threshold).long(), wanted
    guesses = outputs.argmax(1) if outputs.ndim > 1 and outputs.shape[1] > 1 else (outputs > 0).long()
    guesses, targets = guesses.reshape(-1), classes_of(outputs, targets)
    kept = targets != -100
    return (guesses, targets) if bool(kept.all()) else (guesses[kept], targets[kept])


def accuracy(outputs: Tensor, targets: Tensor, threshold: float | None = None) -> float:
    """Share of samples, in [0, 1], whose largest output (along dimension 1) is the target's class; or of labels."""
    guesses, wanted = guesses_of(outputs, targets, threshold)
    return int((guesses == wanted).sum()) / max(1, wanted.numel())


def error(outputs: Tensor, targets: Tensor, threshold: float | None = None) -> float:
    """1 - accuracy, in [0, 1]."""
    return 1.0 - accuracy(outputs, targets, threshold)


def balanced_accuracy(outputs: Tensor, targets: Tensor, threshold: float | None = None) -> float:
    """Mean over the classes among the targets of the share that is found, in [0, 1]; of labels the mean of theirs."""
    guesses, wanted = guesses_of(outputs, targets, threshold)
    columns = [(guesses, wanted)] if wanted.ndim == 1 else list(zip(guesses.T, wanted.T, strict=True))
    return sum(mean_recall(*column) for column in columns) / len(columns)


def mean_recall(guesses: Tensor, wanted: Tensor) -> float:
    """Mean over the classes among the targets of the share that is found."""
    classes = wanted.unique()
    return sum(float((guesses == wanted)[wanted == c].double().mean()) for c in classes) / max(1, len(classes))


def f1(outputs: Tensor, targets: Tensor, threshold: float | None = None) -> float:
    """Mean over the classes (macro average) of F1, in [0, 1]; of several labels the mean of theirs."""
    from sklearn.metrics import f1_score

    guesses, wanted = guesses_of(outputs.cpu(), targets.cpu(), threshold)
    if wanted.ndim > 1 and wanted.shape[1] == 1:
        guesses, wanted = guesses[:, 0], wanted[:, 0]
    return float(f1_score(wanted, guesses, average="macro", zero_division=0.0))


def auc(outputs: Tensor, targets: Tensor, threshold: float | None = None) -> float:
    """Area under the ROC curve, in [0, 1]; of more than two classes the mean of each against the rest, or of labels.

    A class that all or none of the targets are does not count; 0.5 where that leaves none.
    """
    from sklearn.metrics import roc_auc_score

    if threshold is not None:
        scores, labels = labels_of(outputs.cpu(), targets.cpu())
        columns = list(zip(labels.T == 1, scores.T, strict=True))
    else:
        wanted, scores = classes_of(outputs, targets).cpu().long(), outputs.cpu().reshape(len(outputs), -1)
        if scores.shape[1] < 3:
            columns = [(wanted == 1, scores[:, -1] - (scores[:, 0] if scores.shape[1] == 2 else 0))]
        else:
            columns = [(wanted == c, s) for c, s in enumerate(scores.double().softmax(1).T)]
    areas = [roc_auc_score(there, s) for there, s in columns if 0 < there.sum() < len(there)]
    return float(sum(areas) / len(areas)) if areas else 0.5


def mse(outputs: Tensor, targets: Tensor) -> float:
    """Mean squared error, 0 or more."""
    return float((outputs.reshape(targets.shape) - targets).square().mean())


def mae(outputs: Tensor, targets: Tensor) -> float:
    """Mean absolute error, 0 or more."""
    return float((outputs.reshape(targets.shape) - targets).abs().mean())


def r2(outputs: Tensor, targets: Tensor) -> float:
    """Coefficient of determination, at most 1; 0 is as good as predicting the mean."""
    spread = (targets - targets.mean(0)).square().sum()
    return float(1 - (outputs.reshape(targets.shape) - targets).square().sum() / spread)


#: Metric functions by name, each with its direction. "loss" is the validation loss itself.
METRICS: dict[str, tuple[MetricFunction, Direction]] = {
    "accuracy": (accuracy, "maximize"),
    "error": (error, "minimize"),
    "balanced_accuracy": (balanced_accuracy, "maximize"),
    "f1": (f1, "maximize"),
    "auc": (auc, "maximize"),
    "mse": (mse, "minimize"),
    "mae": (mae, "minimize"),
    "r2": (r2, "maximize"),
}

OF_CLASSES: tuple[MetricFunction, ...] = (accuracy, error, balanced_accuracy, f1, auc)

#: What the values of these lie between.
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("accuracy", "error", "balanced_accuracy", "f1", "auc"), (0.0, 1.0)),
    **dict.fromkeys(("mse", "mae"), (0.0, math.inf)),
    "r2": (-math.inf, 1.0),
}
NEVER_BELOW_ZERO = (
    nn.CrossEntropyLoss,
    nn.BCELoss,
    nn.BCEWithLogitsLoss,
    nn.MSELoss,
    nn.L1Loss,
    nn.SmoothL1Loss,
    nn.HuberLoss,
)


def best_possible(metric: MetricFunction | None, direction: Direction, loss: LossFunction) -> float | None:
    """What no score can be better than; None where that is not known. Without a metric it is the loss that counts."""
    if metric is None:
        return 0.0 if direction == "minimize" and isinstance(loss, NEVER_BELOW_ZERO) else None
    name = next((n for n, known in METRICS.items() if known == (metric, direction)), None)
    return None if name is None else RANGES[name][direction == "maximize"]


def make_metric(
    metric: str | MetricFunction | None, direction: Direction | None, loss: LossFunction
) -> tuple[str, MetricFunction | None, Direction]:
    """Name, function (None for the validation loss) and direction of a metric.

    Without a metric: accuracy for classification, the validation loss otherwise. Raises TaskError.
    """
    if direction not in (None, "maximize", "minimize"):
        raise TaskError(f"direction is {direction!r}; it must be 'maximize' or 'minimize'")
    if metric is None:
        metric = "accuracy" if is_classification(loss) else "loss"
    if metric == "loss":
        return "loss", None, direction or "minimize"
    if isinstance(metric, str):
        if metric not in METRICS:
            known = [*METRICS, "loss"]
            raise TaskError(
                f"unknown metric {metric!r}; it must be one of {', '.join(known)}, or a function."
                f"{nearest(metric, known)}"
            )
        function, natural = METRICS[metric]
        return metric, function, direction or natural
    if direction is None:
        raise TaskError(f"the metric {loss_name(metric)} needs direction='maximize' or direction='minimize'")
    return loss_name(metric), metric, direction


def call(model: Callable[..., Any], inputs: Any) -> Any:
    """The model's output: tuples are positional arguments, mappings are keyword arguments."""
    if isinstance(inputs, dict):
        return model(**inputs)
    return model(*inputs) if isinstance(inputs, tuple) else model(inputs)
