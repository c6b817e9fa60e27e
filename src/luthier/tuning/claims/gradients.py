"""How much the gradient of a mini-batch varies."""

from __future__ import annotations

import torch
from torch import Tensor

from luthier.records import Config, Options, Status
from luthier.task import Task, call
from luthier.training import Training, own_randomness
from luthier.training.seeding import derive

DRAWS = 32  #: mini-batches of each size
SMALLEST, LARGEST = 4, 512
AFTER_EPOCHS = 2.0  #: at the start of a training the gradients of all samples still agree


def gradient_variance(task: Task, config: Config, seed: int, options: Options) -> dict[str, float]:
    """Total variance of a mini-batch's gradient by batch size, after two epochs; nothing when the training fails.

    Of DRAWS batches drawn as a training draws them, without replacement: the sum over parameters of the unbiased
    sample variance. Independent samples give variance = c / size; drawn without replacement from N samples, c / size *
    (N - size) / (N - 1), so that sizes up to an eighth of the data are taken.
    """
    training = Training(task, config, seed, options)
    if training.advance(min(AFTER_EPOCHS, config.epochs)).status is not Status.DONE:
        return {}
    samples, found, size = len(task.train), {}, SMALLEST
    with own_randomness(derive(seed, "gradient variance")):
        while size <= min(LARGEST, samples // 8):
            found[str(size)] = _variance(training, size, samples, seed)
            size *= 2
    return found


def _variance(training: Training, size: int, samples: int, seed: int) -> float:
    """By Welford's running mean, so that two gradients are in memory at most."""
    generator = torch.Generator().manual_seed(derive(seed, "gradient batches", size))
    source = training.task.train.source(training.device)
    mean, total = torch.zeros(0), 0.0
    for count in range(1, DRAWS + 1):
        order = torch.randperm(samples, generator=generator)[:size]
        inputs, targets = next(iter(source.batches(order, [size], 0)))
        gradient = _gradient(training, inputs, targets)
        if count == 1:
            mean = gradient
            continue
        before = gradient - mean
        mean = mean + before / count
        total += float(before.dot(gradient - mean))
    return total / (DRAWS - 1)


def _gradient(training: Training, inputs: object, targets: Tensor) -> Tensor:
    parameters = [p for p in training.model.parameters() if p.requires_grad]
    training.model.train()
    loss = training.loss(call(training.model, inputs), targets)
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    return torch.cat([g.reshape(-1).double() for g in gradients if g is not None])
