"""How many CPU threads a training uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import flop_registry

from luthier.task import call, tree_map
from luthier.training.eager import EagerMode

#: Below so many floating-point operations a step, forward and backward, threads gain nothing: 0.3 ms of one core.
MIN_STEP_FLOPS = 5e7
#: Below so many an epoch (an eighth of a second of one core) they gain little, and can lose all: on a busy machine they
#: wait for each other, and digits was measured a hundred times slower with two threads of which one shared its core.
MIN_EPOCH_FLOPS = 2e10
#: From so many a step threads do nearly as much as several trainings at once, one for each core; below, these do more
#: (``benchmarks/threads.py``, figures in dev/LOG.md).
FULL_STEP_FLOPS = 1e9


def choose_threads(model: nn.Module, inputs: Any, batch_size: int, samples: int) -> int:
    """1 for small trainings, torch's own number for others. Depends on task and config alone, as bits of results do.

    ``inputs`` are those of one sample or more on the model's device, ``samples`` an epoch has so many.
    """
    flops = sample_flops(model, inputs)
    small = flops * batch_size < MIN_STEP_FLOPS or flops * samples < MIN_EPOCH_FLOPS
    return 1 if small else torch.get_num_threads()


def fill_cores(model: nn.Module, inputs: Any, batch_size: int, samples: int) -> bool:
    """Whether the threads of one training use the cores about as well as several trainings would."""
    flops = sample_flops(model, inputs)
    return flops * batch_size >= FULL_STEP_FLOPS and flops * samples >= MIN_EPOCH_FLOPS


def sample_flops(model: nn.Module, inputs: Any) -> int:
    """Floating-point operations of a sample, forward and backward. The model stays as it is."""
    one = tree_map(lambda t: t[:1], inputs)
    was_training, counter = model.training, _Operations()
    try:
        with _in_single_products(), counter:
            call(model.eval(), one)
    finally:
        model.train(was_training)
    return 3 * counter.total  # backward takes twice the forward's operations


@contextmanager
def _in_single_products() -> Iterator[None]:
    """Without kernels that do a whole layer at once (attention, LSTM), whose operations are not known."""
    onednn: Any = torch.backends.mkldnn
    before, onednn.enabled = onednn.enabled, False
    try:
        # With gradients: without, an encoder's layer is one kernel.
        with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        onednn.enabled = before


class _Operations(EagerMode):
    """Counts the floating-point operations of products, as ``torch.utils.flop_counter.FlopCounterMode`` does."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        count = flop_registry.get(func.overloadpacket)
        if count is None:
            with self:
                parts = func.decompose(*args, **kwargs)  # a product can be in there
            if parts is not NotImplemented:
                return parts
        made = func(*args, **kwargs)
        self.total += int(count(*args, **kwargs, out_val=made)) if count else 0
        return made


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Torch with so many threads inside an operation."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
