"""The gradient noise scale of a training under way, and the batch size that grows with it.

McCandlish et al. 2018 (arXiv 1812.06162), appendix A.1: from gradients of small batches (size m) and of one large batch
(n = all of them together) come unbiased estimates of |G|^2, the squared norm of the gradient of the loss, and of
tr(Sigma), the summed variance of one sample's gradient. Their ratio tr(Sigma) / |G|^2 is the (simple) noise scale: up
to about that batch size, a batch twice as large saves nearly half of the steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from luthier.records import Config, Options
from luthier.task import LossFunction, Source, call
from luthier.training.schedules import batch_size_at

#: Small batches of a measurement. 8 give tr(Sigma) within a factor 1.3 even where only few directions carry noise.
PARTS = 8
#: A measurement reads at most this share of an epoch's samples, so that it costs at most an eighth of an epoch.
SHARE = 1 / 8
#: What a measurement still counts an epoch later.
MEMORY = 0.5


def estimates(small: float, large: float, size: int, parts: int) -> tuple[float, float]:
    """Unbiased |G|^2 and tr(Sigma) (arXiv 1812.06162, equations A.2 and A.3). The first may be negative.

    ``small``: mean squared norm of the gradients of ``parts`` batches of ``size`` samples; ``large``: squared norm of
    their mean. ``parts`` is 2 or more.
    """
    noise = size * parts * (small - large) / (parts - 1)
    return large - noise / (size * parts), noise


def gradient(
    model: Callable[..., Any], parameters: Sequence[nn.Parameter], loss: LossFunction, inputs: Any, targets: Tensor
) -> list[Tensor]:
    """The gradient of the loss of one batch by ``parameters``; their ``grad`` stays as it is."""
    value = loss(call(model, inputs), targets)
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for g, p in zip(found, parameters, strict=True)]


def square(gradients: Sequence[Tensor]) -> float:
    """The squared norm of a gradient."""
    return sum(float(g.reshape(-1).dot(g.reshape(-1))) for g in gradients)


@contextmanager
def kept_buffers(model: nn.Module) -> Iterator[None]:
    """Leaves the model's buffers, such as the running means of batch norm, as they were."""
    before = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, value in before:
                buffer.copy_(value)


@dataclass
class Growth:
    """Batch schedule "noise": how often the batch has doubled, and what is known of |G|^2 and tr(Sigma).

    At the start of an epoch the batch doubles when the noise scale is at least the doubled batch, as in the batch
    warmup of Merrill et al. 2025 (arXiv 2505.23971, section 5); at most once an epoch, and never back. Sums that forget
    half in every epoch make it a ratio of averages, since an average of ratios would be biased.
    """

    doublings: int = 0
    signal: float = 0.0  #: decayed sum of |G|^2
    noise: float = 0.0  #: decayed sum of tr(Sigma)

    def waits(self, config: Config) -> bool:
        """Whether the batch may still grow."""
        return config.batch_schedule == "noise" and batch_size_at(config, 0, self.doublings) < batch_size_at(
            config, 0, self.doublings + 1
        )

    def see(self, config: Config, signal: float, noise: float) -> None:
        """Takes a measurement, which may double the batch. One that is not finite tells nothing."""
        if not (math.isfinite(signal) and math.isfinite(noise)):
            return
        self.signal = MEMORY * self.signal + signal
        self.noise = MEMORY * self.noise + noise
        if self.noise > 0 and self.noise >= batch_size_at(config, 0, self.doublings + 1) * self.signal:
            self.doublings += 1


def measure(
    model: nn.Module, loss: LossFunction, data: Source, options: Options, batch: int, seed: int
) -> tuple[float, float]:
    """|G|^2 and tr(Sigma) at the model's present weights, which stay as they are; (nan, nan) from too few samples.

    Draws up to ``PARTS`` times ``batch`` samples by ``seed``. The small batches have two samples or more, since batch
    norm cannot train on one.
    """
    size = max(2, min(batch, int(SHARE * len(data)) // PARTS))
    parts = min(PARTS, len(data) // size)
    if parts < 2:
        return math.nan, math.nan
    rows = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[: size * parts]
    parameters = [p for p in model.parameters() if p.requires_grad]
    total = [torch.zeros_like(p) for p in parameters]
    small = 0.0
    autocast = torch.autocast(total[0].device.type, torch.bfloat16, enabled=options.precision == "bfloat16")
    with kept_buffers(model):
        for inputs, targets in data.batches(rows, [size] * parts, seed):
            with autocast:
                gradients = gradient(model, parameters, loss, inputs, targets)
            small += square(gradients) / parts
            torch._foreach_add_(total, gradients)
    return estimates(small, square(total) / parts**2, size, parts)
