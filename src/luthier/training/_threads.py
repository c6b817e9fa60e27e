"""How many CPU threads a training uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from luthier.task import call, tree_map

#: Below so many floating-point operations a step, forward and backward, threads gain nothing: 0.3 ms of one core. And
#: on a busy machine they wait for each other: digits was measured a hundred times slower with two threads of which
#: one had to share its core.
MIN_FLOPS = 5e7


def choose_threads(model: nn.Module, inputs: Any, batch_size: int) -> int:
    """1 for small steps, torch's own number for others. Depends on model and config alone, as bits of results do.

    ``inputs`` are those of one sample or more on the model's device.
    """
    one = tree_map(lambda t: t[:1], inputs)
    was_training = model.training
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            call(model.eval(), one)
    finally:
        model.train(was_training)
    backward = 2  # times the forward's operations
    return 1 if (1 + backward) * counter.get_total_flops() * batch_size < MIN_FLOPS else torch.get_num_threads()


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Torch with so many threads inside an operation."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
