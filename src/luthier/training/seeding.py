"""Random numbers that depend on (seed, purpose, place) alone: a thawed training draws what it would have drawn."""

from __future__ import annotations

import torch

from luthier.task import derive as derive
from luthier.task import own_randomness as own_randomness
from luthier.task import seed_everything as seed_everything


def sample_order(seed: int, epoch: int, samples: int) -> torch.Tensor:
    """The order of the samples in an epoch: a permutation of 0..samples-1, int64."""
    generator = torch.Generator().manual_seed(derive(seed, "order", epoch))
    return torch.randperm(samples, generator=generator)
