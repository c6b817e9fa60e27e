"""The seconds and the memory of training steps at one batch size."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from luthier.probes._memory import peak_memory
from luthier.task import Source, call, derive, seed_everything
from luthier.task._sources import CHUNK_BYTES, Resident, leaves
from luthier.training import Training, evaluate, threads
from luthier.training.evaluation import EVALUATION_BATCH
from luthier.training.schedules import lr_at
from luthier.training.seeding import sample_order

#: Steps before the clock starts, the fewest steps timed, and the seconds of a loop of steps and of each of its shares.
WARMUP, FEWEST, TIMED, SHARES = 2, 3, 0.05, 0.03
MOST_LOOPED = 1000  # steps of one timed loop
PATIENCE = 4.0  # times the seconds that a loop was meant to take, after which it ends


@dataclass(frozen=True)
class Step:
    """What a step takes at one batch size."""

    batch_size: int
    seconds: float  #: the whole step, gathering the batch included
    forward: float  #: seconds of it
    backward: float
    update: float
    peak_bytes: int  #: weights, gradients, optimizer, activations and the gathered batch, at the peak

    @property
    def samples_per_second(self) -> float:
        """Samples trained on in a second."""
        return self.batch_size / self.seconds


def measure_memory(training: Training) -> int:
    """Bytes at the peak of a step beyond data and weights; two steps are taken, as the first makes buffers that stay.

    Raises what the step raises.
    """
    device = training.device
    with threads(training.threads):
        batches = list(itertools.islice(_batches(training), 2))
        with peak_memory(device) as peak:
            for inputs, targets in batches:
                training.step(inputs, targets, 0.0)
            found = peak()
    return int(found + _weights(training) + _gathered(training))


def _weights(training: Training) -> int:
    tensors = {id(t): t for t in (*training.model.parameters(), *training.model.buffers())}
    return sum(t.numel() * t.element_size() for t in tensors.values())


def _gathered(training: Training) -> int:
    """Bytes of the batch, with those that are gathered together with it."""
    row, samples = _row_bytes(training), len(training.task.train)
    return max(int(training.config.batch_size) * row, min(CHUNK_BYTES, samples * row))


def _row_bytes(training: Training) -> int:
    inputs, targets = training.task.train.sample(training.device, 1)
    return sum(int(t.numel() * t.element_size()) for t in (*leaves(inputs), targets))


def measure_seconds(training: Training) -> tuple[float, float, float, float]:
    """Seconds of a step at learning rate 0, drawing the batch included, and of its forward, backward and update."""
    with threads(training.threads):
        training.model.train()
        step = loop_seconds(training, training.config.batch_size, TIMED)
        inputs, targets = next(
            _of_size(training, training.task.train.source(training.device), training.config.batch_size, 1)
        )
        now = clock(training)
        forward = _median(lambda: float(_loss(training, inputs, targets).detach()), now)
        both = _median(lambda: _loss(training, inputs, targets).backward(), now)
    # A step of its own kind (training/dense.py) takes other times than autograd; then the shares are scaled to it.
    scale = min(1.0, step / max(both, forward))
    forward, both = forward * scale, max(both, forward) * scale
    return step, forward, both - forward, max(0.0, step - both)


def clock(training: Training) -> Callable[[], float]:
    """What tells seconds: the process's own clock where one thread of it does all the work.

    That one stands still while other programs have the processor. It would miss workers that read data, threads that
    share an operation (which it counts several times) and accelerators.
    """
    alone = training.device.type == "cpu" and training.threads == 1
    resident = isinstance(training.task.train.source(training.device), Resident)
    return time.process_time if alone and resident else time.perf_counter


def loop_seconds(training: Training, size: int, about: float) -> float:
    """Seconds of a step at batch size ``size`` within a loop as a training has it: draw, step, read the loss.

    The loop goes on for ``about`` so long, through distinct batches, after one step that warms up.
    """
    now = clock(training)
    data = training.task.train.source(training.device)
    training.model.train()
    inputs, targets = next(_of_size(training, data, size, 1))
    _train(training, inputs, targets)
    start = now()
    _train(training, inputs, targets)
    once = max(1e-7, now() - start)
    count = max(1, min(MOST_LOOPED, len(data) // size, round(about / once)))
    done, start = 0, now()
    for inputs, targets in _of_size(training, data, size, count):
        _train(training, inputs, targets)
        done += 1
        if now() - start > PATIENCE * about:
            break  # drawing takes longer than the steps
    return (now() - start) / done


def _of_size(training: Training, data: Source, size: int, count: int) -> Iterator[tuple[Any, Tensor]]:
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(derive(training.seed, "speed")))
    return data.batches(order[: size * count], [size] * count, training.seed)


def evaluation_seconds(training: Training, batch: int = EVALUATION_BATCH) -> float:
    """Seconds of what an epoch does besides its steps: random numbers, the validation data, the best weights."""
    now = clock(training)
    data = training.task.validation.source(training.device)
    start = now()
    seed_everything(derive(training.seed, "interval"))
    sample_order(training.seed, 0, len(training.task.train))
    evaluate(training.model, data, training.loss, training.metric, training.options, batch)
    _ = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    return now() - start


def _median(step: Callable[[], object], now: Callable[[], float]) -> float:
    """Median seconds of ``step``: the mean would count what other programs do meanwhile."""
    for _ in range(WARMUP):
        step()
    taken: list[float] = []
    while len(taken) < FEWEST or sum(taken) < SHARES:
        start = now()
        step()
        taken.append(now() - start)
    return statistics.median(taken)


def _loss(training: Training, inputs: Any, targets: Tensor) -> Tensor:
    with torch.autocast(targets.device.type, torch.bfloat16, enabled=training.options.precision == "bfloat16"):
        return training.loss(call(training.model, inputs), targets)


def _train(training: Training, inputs: Any, targets: Tensor) -> None:
    """A step with what the loop around it does."""
    lr_at(training.config, 0.0)
    float(training.step(inputs, targets, 0.0))


def _batches(training: Training) -> Iterator[tuple[Any, Tensor]]:
    """Full batches in a random order, without end."""
    data = training.task.train.source(training.device)
    size = training.config.batch_size
    for epoch in itertools.count():
        generator = torch.Generator().manual_seed(derive(training.seed, "speed", epoch))
        count = len(data) // size
        order = torch.randperm(len(data), generator=generator)[: count * size]
        yield from data.batches(order, [size] * count, epoch)
