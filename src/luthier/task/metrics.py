"""Losses and metrics by name."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable
from typing import Any

import torch
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


def guesses_of(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The class of the largest output (along dimension 1), 1 for a single output above 0; and the targets, both flat.

    Targets of -100 are left out, as torch's losses do (``ignore_index``).
    """
    guesses = outputs.argmax(1) if outputs.ndim > 1 and outputs.shape[1] > 1 else (outputs > 0).long()
    guesses, targets = guesses.reshape(-1), targets.reshape(-1)
    kept = targets != -100
    return (guesses, targets) if bool(kept.all()) else (guesses[kept], targets[kept])


def accuracy(outputs: Tensor, targets: Tensor) -> float:
    """Share of samples, in [0, 1], whose largest output (along dimension 1) is the target's class."""
    guesses, wanted = guesses_of(outputs, targets)
    return int((guesses == wanted).sum()) / max(1, wanted.numel())


def error(outputs: Tensor, targets: Tensor) -> float:
    """1 - accuracy, in [0, 1]."""
    return 1.0 - accuracy(outputs, targets)


def balanced_accuracy(outputs: Tensor, targets: Tensor) -> float:
    """Mean over the classes among the targets of the share that is found, in [0, 1]."""
    guesses, wanted = guesses_of(outputs, targets)
    classes = wanted.unique()
    return sum(float((guesses == wanted)[wanted == c].double().mean()) for c in classes) / max(1, len(classes))


def f1(outputs: Tensor, targets: Tensor) -> float:
    """Mean over the classes (macro average) of F1, in [0, 1]."""
    from sklearn.metrics import f1_score

    guesses, wanted = guesses_of(outputs.cpu(), targets.cpu())
    return float(f1_score(wanted, guesses, average="macro", zero_division=0.0))


def auc(outputs: Tensor, targets: Tensor) -> float:
    """Area under the ROC curve, in [0, 1]; of more than two classes the mean of each against the rest.

    A class that all or none of the targets are does not count; 0.5 where that leaves none.
    """
    from sklearn.metrics import roc_auc_score

    wanted, scores = targets.cpu().reshape(-1).long(), outputs.cpu().reshape(len(outputs), -1)
    if scores.shape[1] < 3:
        columns = {1: scores[:, -1] - (scores[:, 0] if scores.shape[1] == 2 else 0)}
    else:
        columns = dict(enumerate(scores.double().softmax(1).T))
    areas = [roc_auc_score(wanted == c, s) for c, s in columns.items() if 0 < (wanted == c).sum() < len(wanted)]
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


def check_fit(
    model: nn.Module,
    loss: LossFunction,
    inputs: Any,
    targets: Tensor,
    *,
    labels: Tensor | None = None,
    metric: MetricFunction | None = None,
) -> None:
    """Runs model, loss and metric on a few samples. Raises TaskError, saying why, when they do not fit.

    ``labels``: the targets of all samples, where they are at hand; classes beyond the model's outputs are found there.
    """
    name = loss_name(loss)
    if getattr(loss, "reduction", "mean") == "sum":
        raise TaskError(
            f"the loss {name} sums over the batch, so that a learning rate would mean another thing at each batch "
            "size; give it reduction='mean'"
        )
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            outputs = call(model, inputs)
    except Exception as error:
        shape = tuple(inputs.shape) if isinstance(inputs, Tensor) else "structured"
        raise TaskError(f"the model cannot take inputs of shape {shape}: {_one_line(error)}") from error
    finally:
        model.train(training)
    if isinstance(outputs, Tensor):
        _check_shapes(outputs, targets, loss, name)
        if is_classification(loss) and not targets.is_floating_point():
            _check_labels(outputs, targets if labels is None else labels, loss, name)
    try:
        value = loss(outputs, targets)
    except Exception as error:
        raise TaskError(f"{_fit(outputs, targets, name)}: {_one_line(error)}") from error
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise TaskError(
            f"the loss {name} gives {_shape(value)}; it must give one number, such as the mean over the batch"
        )
    if not bool(torch.isfinite(value)):
        raise TaskError(
            f"the loss {name} is {float(value)} before the first step; "
            "look at the data's scale, the targets and the loss"
        )
    if metric is not None:
        _check_metric(metric, outputs, targets)


def _check_metric(metric: MetricFunction, outputs: Any, targets: Any) -> None:
    name = loss_name(metric)
    try:
        value: Any = metric(outputs, targets)
    except Exception as error:
        if not any(metric is ours for ours, _ in METRICS.values()):
            return  # one of the user's may need more than these few samples, such as both classes
        raise TaskError(f"{_fit(outputs, targets, name, 'metric')}: {_one_line(error)}; give another metric") from error
    try:
        float("no number" if isinstance(value, str) else value)
    except (TypeError, ValueError, RuntimeError):
        raise TaskError(f"the metric {name} gives {_shape(value)}; it must give one number") from None


def check_gradient(model: nn.Module, loss: LossFunction, inputs: Any, targets: Any) -> None:
    """Raises TaskError when the loss does not depend on the model's parameters, where it has any to train."""
    if not any(p.requires_grad for p in model.parameters()):
        return
    training = model.training
    try:
        depends = _depends(model.eval, loss, inputs, targets)
    finally:
        model.train(training)
    # Some models give something else in evaluation. A copy, since batch norm takes note of what it is trained on.
    if not depends and not _depends(lambda: copy.deepcopy(model).train(), loss, inputs, targets):
        raise TaskError(
            f"the loss {loss_name(loss)} does not depend on the model's parameters, so that nothing can be learned; "
            "leave out detach(), item(), numpy() and torch.no_grad() between the model's parameters and the loss"
        )


def _depends(make: Callable[[], nn.Module], loss: LossFunction, inputs: Any, targets: Any) -> bool:
    """Whether the loss depends on the parameters of the model; true where that cannot be told."""
    try:
        return bool(loss(call(make(), inputs), targets).requires_grad)
    except Exception:
        return True


def call(model: Callable[..., Any], inputs: Any) -> Any:
    """The model's output: tuples are positional arguments, mappings are keyword arguments."""
    if isinstance(inputs, dict):
        return model(**inputs)
    return model(*inputs) if isinstance(inputs, tuple) else model(inputs)


def _check_shapes(outputs: Tensor, targets: Tensor, loss: LossFunction, name: str) -> None:
    if is_elementwise(loss) and outputs.shape != targets.shape:
        raise TaskError(f"{_fit(outputs, targets, name)}: the shapes must be equal; reshape one of them")


def _check_labels(outputs: Tensor, labels: Tensor, loss: LossFunction, name: str) -> None:
    """On an accelerator a label out of range would end the process, so all of them are looked at here."""
    labels = labels[labels != getattr(loss, "ignore_index", -100)]
    if not len(labels):
        return
    classes = outputs.shape[1] if outputs.ndim > 1 else 0
    low, high = (int(end) for end in labels.aminmax())
    if low < 0:
        raise TaskError(f"there are labels down to {low}; the loss {name} needs classes numbered from 0")
    if high >= classes:
        raise TaskError(
            f"{_fit(outputs, labels, name)}: there are labels up to {high}, "
            f"so it needs {high + 1} outputs or more, not {classes}"
        )


def _fit(outputs: Any, targets: Any, name: str, what: str = "loss") -> str:
    return f"the model's output ({_shape(outputs)}) does not fit the {what} {name} with targets ({_shape(targets)})"


def _shape(value: Any) -> str:
    return f"shape {tuple(value.shape)}, {str(value.dtype)[6:]}" if isinstance(value, Tensor) else type(value).__name__


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
