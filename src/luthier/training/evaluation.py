"""Loss and metric on a whole data set, in evaluation mode."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from luthier.records import Options
from luthier.task import LossFunction, MetricFunction, Source, call

#: Samples evaluated at once at first; halved when the memory does not suffice.
EVALUATION_BATCH = 4096


def evaluate(
    model: nn.Module, source: Source, loss: LossFunction, metric: MetricFunction | None, options: Options, batch: int
) -> tuple[float, float]:
    """Mean loss per sample and metric (the loss itself without one) over ``source``, ``batch`` samples at a time.

    A metric sees all outputs at once, since not every metric is a mean over samples.
    """
    was_training = model.training
    model.eval()
    total, outputs, targets = 0.0, [], []
    try:
        with torch.no_grad():
            for x, y in source.in_order(batch):
                with torch.autocast(y.device.type, torch.bfloat16, enabled=options.precision == "bfloat16"):
                    output = call(model, x)
                    value = loss(output, y)
                total += float(value) * len(y)
                if metric is not None:
                    outputs.append(_as_float(output))
                    targets.append(y)
    finally:
        model.train(was_training)
    mean = total / len(source)
    if metric is None:
        return mean, mean
    return mean, float(metric(_joined(outputs), _joined(targets)))


def _joined(parts: list[Any]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _as_float(output: Any) -> Any:
    return output.float() if isinstance(output, Tensor) and output.dtype == torch.bfloat16 else output
