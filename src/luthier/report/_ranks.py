"""Ranks of values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ranked(values: Sequence[float] | Array) -> Array:
    """Ranks from 1, of equals their mean: a value far off counts as the last, no more."""
    _, place, count = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    middle: Array = np.cumsum(count) - (count - 1) / 2
    return middle[place]
