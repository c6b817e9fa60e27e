"""Whether model, loss, metric and data fit each other, seen on a few samples."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from luthier.errors import TaskError
from luthier.task.metrics import (
    METRICS,
    OF_CLASSES,
    LossFunction,
    MetricFunction,
    call,
    is_classification,
    is_elementwise,
    loss_name,
    metric_under,
    threshold_of,
)


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
    _check_broadcast(loss, value, outputs, targets, f"the loss {name}")
    if metric is not None:
        _check_metric(metric, outputs, targets, loss)


def _check_metric(metric: MetricFunction, outputs: Any, targets: Any, loss: LossFunction) -> None:
    name = loss_name(metric)
    ours = any(metric is one for one, _ in METRICS.values())
    if metric in OF_CLASSES and isinstance(outputs, Tensor) and _is_unclear(outputs, targets, loss):
        raise TaskError(
            f"{_fit(outputs, targets, name, 'metric')}: under the loss {loss_name(loss)} they may be classes or labels "
            'of their own; give metric="loss" or a function with its direction'
        )
    used = metric_under(metric, loss)
    assert used is not None
    try:
        value: Any = used(outputs, targets)
    except Exception as error:
        if not ours:
            return  # one of the user's may need more than these few samples, such as both classes
        raise TaskError(
            f"{_fit(outputs, targets, name, 'metric')}: {_one_line(error)}; "
            'give another metric, such as "loss", or a function with its direction'
        ) from error
    try:
        float("no number" if isinstance(value, str) else value)
    except (TypeError, ValueError, RuntimeError):
        raise TaskError(f"the metric {name} gives {_shape(value)}; it must give one number") from None
    if not ours:
        _check_broadcast(metric, value, outputs, targets, f"the metric {name}")


def _is_unclear(outputs: Tensor, targets: Tensor, loss: LossFunction) -> bool:
    """Whether a row of targets may be the shares of classes as well as labels of their own."""
    several = targets.shape == outputs.shape and outputs.ndim > 1 and len(outputs[0]) > 1
    if not several or not targets.is_floating_point() or is_classification(loss) or threshold_of(loss) is not None:
        return False
    return not bool(torch.isclose(targets.sum(1), torch.ones(()), atol=1e-3).all())


def _check_broadcast(function: Callable[[Any, Any], Any], value: Any, outputs: Any, targets: Any, what: str) -> None:
    """Raises TaskError where a column and a row are compared each with each.

    It is seen from another number than the one that both ways to make the shapes equal agree on.
    """
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
        return
    if outputs.shape == targets.shape or outputs.numel() != targets.numel():
        return
    pairs = ((outputs.reshape(targets.shape), targets), (outputs, targets.reshape(outputs.shape)))
    try:
        with torch.no_grad():
            found, first, second = (float(v) for v in (value, *(function(*pair) for pair in pairs)))
    except Exception:  # it counts on the shapes as they are
        return
    if math.isclose(first, second, rel_tol=1e-5) and not math.isclose(found, first, rel_tol=1e-4):
        raise TaskError(
            f"{what} gives {found:.4g} for outputs of shape {tuple(outputs.shape)} and targets of shape "
            f"{tuple(targets.shape)}, but {first:.4g} when their shapes are equal: it compares each output with each "
            "target; reshape one of them, such as with outputs.squeeze(1) in the model"
        )


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
