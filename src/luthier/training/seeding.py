"""Random numbers that depend on (seed, purpose, place) alone: a thawed training draws what it would have drawn."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derive(seed: int, purpose: str, place: int = 0) -> int:
    """A seed in [0, 2**32) for one purpose at one place of a training."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}/{place}".encode()).digest()[:4], "big")


def seed_everything(seed: int) -> None:
    """Seeds torch (all devices), NumPy and Python, for whatever the user's model and data draw from."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@contextmanager
def own_randomness() -> Iterator[None]:
    """Leaves the global random streams as they were."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def sample_order(seed: int, epoch: int, samples: int) -> torch.Tensor:
    """The order of the samples in an epoch: a permutation of 0..samples-1, int64."""
    generator = torch.Generator().manual_seed(derive(seed, "order", epoch))
    return torch.randperm(samples, generator=generator)
