"""Data that trainings draw batches from: tensors resident on the device, or a Dataset read as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader

Batch = tuple[Any, Any]  # inputs, targets
Collate = Callable[[list[Any]], Batch]  # a batch from samples of a Dataset, as a DataLoader's collate_fn
CHUNK_BYTES = 16 << 20  # rows gathered at once; batches are views of it. 4 to 32 MiB measured the same on MNIST


def tree_map(function: Callable[[Tensor], Tensor], tree: Any) -> Any:
    """``function`` on every tensor of a tensor, tuple or mapping of tensors."""
    if isinstance(tree, tuple):
        return tuple(tree_map(function, t) for t in tree)
    if isinstance(tree, dict):
        return {k: tree_map(function, t) for k, t in tree.items()}
    return function(tree)


def leaves(tree: Any) -> list[Tensor]:
    """All tensors of a tensor, tuple or mapping of tensors."""
    if isinstance(tree, tuple):
        return [leaf for t in tree for leaf in leaves(t)]
    if isinstance(tree, dict):
        return [leaf for t in tree.values() for leaf in leaves(t)]
    return [tree]


def as_input(tensor: Tensor) -> Tensor:
    """Inputs in the type that models take: double precision becomes single."""
    return tensor.float() if tensor.dtype == torch.float64 else tensor


def as_target(tensor: Tensor) -> Tensor:
    """Targets in the type that losses take: float32 for numbers, int64 for classes."""
    return as_input(tensor) if tensor.is_floating_point() else tensor.long()


class Source(Protocol):
    """Batches of one data set on one device."""

    def __len__(self) -> int:
        """Number of samples."""
        ...

    def batches(self, order: Tensor, sizes: Sequence[int], seed: int) -> Iterator[Batch]:
        """Consecutive batches of ``sizes`` samples, in ``order`` (sample numbers, as many as the sizes' sum).

        ``seed`` is for what the data set itself draws at random. A batch is valid until the next one is drawn.
        """
        ...

    def in_order(self, size: int) -> Iterator[Batch]:
        """All samples once, in their order, ``size`` at a time."""
        ...


class Resident:
    """Tensors in the device's memory; batches are gathered by index."""

    def __init__(self, inputs: Any, targets: Tensor) -> None:
        self.inputs, self.targets = inputs, targets
        row = sum(t[:1].numel() * t.element_size() for t in (*leaves(inputs), targets))
        self._chunk_rows = max(1, CHUNK_BYTES // max(1, row))

    def __len__(self) -> int:
        return len(self.targets)

    def batches(self, order: Tensor, sizes: Sequence[int], seed: int = 0) -> Iterator[Batch]:
        order = order.to(self.targets.device)
        start = 0
        for group in _groups(sizes, self._chunk_rows):
            rows = order[start : start + sum(group)]
            inputs = tree_map(lambda t: t.index_select(0, rows), self.inputs)  # noqa: B023  # used at once
            targets = self.targets.index_select(0, rows)
            start, low = start + sum(group), 0
            for size in group:
                high = low + size
                yield tree_map(lambda t: t[low:high], inputs), targets[low:high]  # noqa: B023
                low = high

    def in_order(self, size: int) -> Iterator[Batch]:
        # Copies: a model may change its input in place, and rounding may depend on where in memory a batch begins.
        for low in range(0, len(self), size):
            inputs = tree_map(lambda t: t[low : low + size].clone(), self.inputs)  # noqa: B023
            yield inputs, self.targets[low : low + size].clone()


def _groups(sizes: Sequence[int], rows: int) -> Iterator[list[int]]:
    """The sizes in consecutive groups of about ``rows`` samples."""
    group: list[int] = []
    for size in sizes:
        if group and sum(group) + size > rows:
            yield group
            group = []
        group.append(size)
    if group:
        yield group


class Streamed:
    """A map-style Dataset that is random, needs a ``collate`` or does not fit in memory, read by a DataLoader."""

    def __init__(self, dataset: Any, device: torch.device, workers: int, collate: Collate | None = None) -> None:
        self._dataset, self._device, self._workers, self._collate = dataset, device, workers, collate

    def __len__(self) -> int:
        return len(self._dataset)

    def batches(self, order: Tensor, sizes: Sequence[int], seed: int = 0) -> Iterator[Batch]:
        return self._read([part.tolist() for part in torch.split(order, list(sizes))], seed)

    def in_order(self, size: int) -> Iterator[Batch]:
        numbers = range(len(self))
        return self._read([list(numbers[low : low + size]) for low in range(0, len(self), size)], 0)

    def _read(self, indices: list[list[int]], seed: int) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(seed)
        loader = DataLoader(
            self._dataset,
            batch_sampler=indices,
            num_workers=self._workers,
            collate_fn=self._collate,
            generator=generator,
            pin_memory=self._device.type == "cuda",
        )
        for inputs, targets in loader:
            inputs = tuple(inputs) if isinstance(inputs, list) else inputs
            moved = tree_map(lambda t: as_input(t).to(self._device, non_blocking=True), inputs)
            yield moved, tree_map(lambda t: as_target(t).to(self._device, non_blocking=True), targets)
