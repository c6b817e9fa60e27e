"""How a script gets the data of a task: from the functions that make it, or from a file of tensors beside it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, default_collate

from luthier.report._bundle import Bundle
from luthier.task import Data, Task, derive, own_randomness


@dataclass(frozen=True)
class Part:
    """The training or the validation data."""

    name: str  #: "train" or "validation"
    given: Any = None
    streamed: bool = False  #: a Dataset that is read as it goes
    reads_items: bool = False  #: a Dataset that is read at once
    converts: bool = False  #: arrays, or other types of numbers than the training wants
    from_file: bool = False
    seed: int | None = None  #: where the random streams begin for a builder that draws from them

    def make(self, bundle: Bundle) -> str:
        """The expression that makes it. Raises TaskError for what has no source."""
        if self.from_file:
            return f'saved["{self.name}"]'
        words = "training_data" if self.name == "train" else "validation_data"
        made = bundle.call(self.given, words) if is_builder(self.given) else bundle.expression(self.given, words)
        if self.reads_items:
            return f"as_tensors(*read_all({made}))" if self.converts else f"read_all({made})"
        return f"as_tensors(*{made})" if self.converts and not self.streamed else made


def parts_of(task: Task) -> tuple[Part, Part | None]:
    """The training and the validation data; no second part when that is a fraction of the first."""
    train, validation = task.given
    if isinstance(validation, float):
        part = _part("train", train, task.train)
        return (part, Part("validation", from_file=True)) if part.from_file else (part, None)
    return _part("train", train, task.train), _part("validation", validation, task.validation)


def saved_parts(task: Task, *parts: Part | None) -> dict[str, Any]:
    """The tensors of those parts that come from a file."""
    wanted = {part.name for part in parts if part is not None and part.from_file}
    data = {"train": task.train, "validation": task.validation}
    return {name: _own(source.tensors) for name, source in data.items() if name in wanted}


def agrees(made: Any, data: Data) -> bool:
    """Whether what a script made is the data that was trained on; of a streamed Dataset only the length is known."""
    if data.tensors is None:
        return len(made) == len(data)
    return equal(tuple(made), data.tensors)


def is_builder(given: Any) -> bool:
    """Whether ``given`` makes the data when it is called, as Data understands it."""
    return callable(given) and not isinstance(given, (Dataset, tuple, list)) and not hasattr(given, "__getitem__")


def _part(name: str, given: Any, data: Data) -> Part:
    if not is_builder(given):
        if data.tensors is not None:
            return Part(name, from_file=True)
        return Part(name, given, streamed=True, converts=not _has_ready_items(given, data))
    made, seed = _made(given, derive(0, data.name))
    if data.tensors is None:
        return Part(name, given, streamed=True, seed=seed, converts=not _has_ready_items(made, data))
    if isinstance(made, (tuple, list)) and len(made) == 2 and not isinstance(made, Dataset):
        return Part(name, given, seed=seed, converts=not _is_ready(made[0], made[1]))
    return Part(name, given, seed=seed, reads_items=True, converts=not _has_ready_items(made, data))


def _made(builder: Any, seed: int) -> tuple[Any, int | None]:
    """What a builder makes, and ``seed`` if it drew random numbers."""
    with own_randomness(seed):
        before = _streams()
        made = builder()
        return made, seed if _streams() != before else None


def _streams() -> tuple[Any, ...]:
    numpy: Any = np.random.get_state()
    return bytes(torch.get_rng_state().numpy()), numpy[1].tobytes(), numpy[2], random.getstate()


def _has_ready_items(dataset: Any, data: Data) -> bool:
    with own_randomness():
        inputs, targets = (data.collate or default_collate)([dataset[0]])
    return _is_ready(tuple(inputs) if isinstance(inputs, list) else inputs, targets)


def _is_ready(inputs: Any, targets: Any) -> bool:
    """Whether inputs and targets are tensors as the training takes them."""
    if isinstance(inputs, (tuple, dict)):
        parts = inputs if isinstance(inputs, tuple) else inputs.values()
        return all(_is_ready(part, targets) for part in parts)
    whole = isinstance(targets, Tensor) and not targets.is_floating_point()
    return all(
        isinstance(t, Tensor) and t.is_contiguous() and not t.requires_grad and t.dtype != torch.float64
        for t in (inputs, targets)
    ) and (not whole or targets.dtype == torch.int64)


def _own(tree: Any) -> Any:
    """A copy without the memory that the tensors may be a part of."""
    if isinstance(tree, tuple):
        return tuple(_own(part) for part in tree)
    return {k: _own(part) for k, part in tree.items()} if isinstance(tree, dict) else tree.clone()


def equal(a: Any, b: Any) -> bool:
    """Whether tensors, or tuples or dicts of them, are the same in every bit that counts."""
    if isinstance(b, tuple):
        return isinstance(a, tuple) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(b, dict):
        return isinstance(a, dict) and a.keys() == b.keys() and all(equal(a[k], b[k]) for k in b)
    return isinstance(a, Tensor) and a.dtype == b.dtype and torch.equal(a, b)
