"""Where frozen trainings are kept, seen from a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

#: Parts of a frozen training by name ("model", "optimizer", "best", "loop"): tensors and plain values only.
Parts = Mapping[str, Any]


class Checkpoints(Protocol):
    """A store of frozen trainings."""

    def save(self, training: int, epoch: float, parts: Parts) -> None:
        """Keeps the parts; an older checkpoint of the same training may be dropped once this one is durable."""
        ...

    def load(self, training: int, at_most: float) -> tuple[float, dict[str, Any]] | None:
        """The newest checkpoint of a training at or before epoch ``at_most``; None when there is none."""
        ...

    def drop(self, training: int) -> None:
        """Forgets the checkpoints of a training."""
        ...
