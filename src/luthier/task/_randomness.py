"""The global random streams (torch, NumPy, Python): borrowed for the user's code, and given back as they were."""

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
    if torch.accelerator.is_available():
        torch.manual_seed(seed)
    else:  # the same for the CPU; the other would note a traceback for each absent device, to be seeded when it comes
        torch.default_generator.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@contextmanager
def own_randomness(seed: int | None = None) -> Iterator[None]:
    """Leaves the global random streams as they were; inside they begin at ``seed``, where one is given."""
    python, numpy = random.getstate(), np.random.get_state()
    # A CUDA stream that nobody uses yet is left alone: reading it would start CUDA, in seconds.
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices):
        try:
            if seed is not None:
                seed_everything(seed)
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
