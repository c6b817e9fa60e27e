"""One learning-rate range test: a training whose lr rises by the same factor at every step.

After Smith 2017 (arXiv 1506.01186, section 3.3), where it rises linearly.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from luthier.errors import LuthierError, UsageError
from luthier.records import Config, Options
from luthier.task import Source, Task, derive, load_task, own_randomness
from luthier.training import Training, threads
from luthier.training.seeding import sample_order

LOWEST, HIGHEST = 1e-6, 10.0
STEPS = 100
#: The test ends where the loss is this many times the first ones: it will not come back while lr still rises.
EXPLODED = 100.0
FIRST = 5  # losses that count as the first ones


@dataclass(frozen=True)
class RangeCurve:
    """The loss of each batch of a range test, before the step with that lr. Shorter than asked where it exploded."""

    seed: int
    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    exploded: bool


def untouched(task: Task | str) -> Task:
    """The task, loaded where it is named, with a copy of each model that its builder gives.

    A builder may give one model every time, which must stay as it was handed in.
    """
    task = load_task(task) if isinstance(task, str) else task
    len(task.train)  # the split is made in the task itself, once
    twin = copy.copy(task)
    twin.model = partial(_copy_of_model, task.model)  # its code can be looked into
    return twin


def _copy_of_model(builder: Callable[[Any], nn.Module], config: Any) -> nn.Module:
    return copy.deepcopy(builder(config))


def range_test(
    task: Task,
    config: Config,
    seed: int,
    options: Options | None = None,
    *,
    steps: int = STEPS,
    low: float = LOWEST,
    high: float = HIGHEST,
    on_step: Callable[[], None] = lambda: None,
) -> RangeCurve:
    """Trains from a fresh start with lr from ``low`` to ``high`` in equal ratios. Draws everything from ``seed``.

    Raises UsageError when a step fails, as batch norm does with a batch of one sample.
    """
    training = Training(untouched(task), config.replace(lr=low), seed, options)
    lrs = [low * (high / low) ** (i / (steps - 1)) for i in range(steps)]
    losses: list[float] = []
    try:
        with own_randomness(derive(seed, "range")), threads(training.threads):
            training.model.train()
            for lr, (inputs, targets) in zip(lrs, _batches(task, training, seed), strict=False):
                loss = float(training.step(inputs, targets, lr))
                if not math.isfinite(loss):
                    break
                losses.append(loss)
                on_step()
                if _exploded(losses):
                    break
    except LuthierError:
        raise
    except (RuntimeError, ValueError, torch.OutOfMemoryError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"a step with batch_size {config.batch_size} fails ({reason}); mend the model or take another batch size"
        ) from error
    return RangeCurve(seed, tuple(lrs[: len(losses)]), tuple(losses), len(losses) < steps)


def _batches(task: Task, training: Training, seed: int) -> Iterator[tuple[Any, Any]]:
    """Batches without end; each epoch in another order, its incomplete last batch left out."""
    source: Source = task.train.source(training.device)
    size = min(int(training.config.batch_size), len(source))
    sizes = [size] * (len(source) // size)
    for epoch in itertools.count():
        order = sample_order(seed, epoch, len(source))[: sum(sizes)]
        yield from source.batches(order, sizes, derive(seed, "data", epoch))


def _exploded(losses: list[float]) -> bool:
    """Whether the last three losses are all far above the first ones."""
    first = sum(abs(v) for v in losses[:FIRST]) / len(losses[:FIRST])
    return len(losses) > FIRST and min(losses[-3:]) > EXPLODED * first
