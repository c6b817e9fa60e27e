"""Dropout's masks, drawn in half the time where torch draws them one number at a time."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


class Mask:
    """What ``nn.Dropout(share)`` multiplies a batch of its inputs by, bit for bit, from the same random numbers.

    A value stays with probability 1 - share, as 1 / (1 - share), and is 0 otherwise.
    """

    def __init__(self, batch: int, width: int, share: float) -> None:
        self.values = torch.empty(batch, width)  #: of the last draw
        self._kept = 1 - share
        self._scale = torch.ones(()).div_(self._kept)
        self._uniform = torch.empty(batch, width, dtype=torch.float64) if _bernoulli_compares_uniforms() else None

    def draw(self) -> Tensor:
        """A new mask, in ``values``."""
        if self._uniform is None:
            return self.values.bernoulli_(self._kept).div_(self._kept)
        return torch.mul(self._uniform.uniform_() < self._kept, self._scale, out=self.values)


@cache
def _bernoulli_compares_uniforms() -> bool:
    """Whether ``bernoulli_`` keeps what ``uniform_`` of double precision puts below the probability.

    So it does where MKL has no generator for this processor; then a comparison of all numbers at once is quicker.
    """
    for probability in (0.1, 0.5, 0.7, 0.9):
        first, second = (torch.Generator().manual_seed(0) for _ in range(2))
        drawn = torch.empty(1000).bernoulli_(probability, generator=first)
        compared = torch.empty(1000, dtype=torch.float64).uniform_(generator=second) < probability
        if not (torch.equal(drawn, compared.float()) and torch.equal(first.get_state(), second.get_state())):
            return False
    return True
