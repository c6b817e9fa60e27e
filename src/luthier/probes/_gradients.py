"""Gradients of many samples, summed in blocks: all that the noise scale and its interval need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from luthier.task import LossFunction, Source, call, tree_map
from luthier.training import gradient, kept_buffers, square

#: Blocks that the jackknife leaves out in turn. 20, 40 and 100 covered equally well in simulations (dev/LOG.md).
BLOCKS = 40
#: Bytes that the blocks' sums may take together, and the gradients of samples that are computed at once.
BLOCK_BYTES, CHUNK_BYTES = 512e6, 64e6
#: How far the mean of single samples' gradients may be from the batch's, as a share of its norm: rounding stays below.
TOLERANCE = 1e-3
CHECKED = 8  # samples on which the two are compared


@dataclass(frozen=True)
class Blocks:
    """Gradients of equally large batches (of 1 sample: per-example gradients), in equally many to a block."""

    size: int  #: samples in a batch
    batches: int  #: batches in a block
    squares: NDArray[np.float64]  #: (blocks,): summed squared norms of the batches' gradients
    products: NDArray[np.float64]  #: (blocks, blocks): inner products of the blocks' summed gradients


Sums = Callable[[Any, Tensor], tuple[list[Tensor], float]]


class Model:
    """A model with its loss, seen as a function of its trained parameters."""

    def __init__(self, model: nn.Module, loss: LossFunction) -> None:
        self.model, self.loss = model, loss
        self.trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self._fixed = {
            **{n: p for n, p in model.named_parameters() if not p.requires_grad},
            **dict(model.named_buffers()),
        }
        self._each = vmap(grad(self._one), in_dims=(None, 0, 0), randomness="different")

    @property
    def size(self) -> int:
        """Number of trained weights."""
        return sum(p.numel() for p in self.trained.values())

    def batch(self, inputs: Any, targets: Tensor) -> tuple[list[Tensor], float]:
        """The gradient of a batch's loss, and its squared norm."""
        found = gradient(self.model, list(self.trained.values()), self.loss, inputs, targets)
        return found, square(found)

    def examples(self, inputs: Any, targets: Tensor) -> tuple[list[Tensor], float]:
        """The sum of the samples' gradients, and of their squared norms. Raises what torch.func raises."""
        parameters = {n: p.detach() for n, p in self.trained.items()}
        found = [_summed(each) for each in self._each(parameters, inputs, targets).values()]
        return [total for total, _ in found], sum(length for _, length in found)

    def _one(self, parameters: dict[str, Tensor], inputs: Any, target: Tensor) -> Tensor:
        """The loss of one sample, as a batch of one."""
        state = {**parameters, **self._fixed}
        one = tree_map(lambda t: t[None], inputs)
        return self.loss(call(lambda *a, **k: functional_call(self.model, state, a, k), one), target[None])

    def refusal(self, inputs: Any, targets: Tensor) -> str:
        """Why per-example gradients cannot be had here, in a few words; nothing when they can."""
        was_training = self.model.training
        try:
            with kept_buffers(self.model):
                self.examples(inputs, targets)
                self.model.eval()  # no dropout: the two must agree
                each, _ = self.examples(inputs, targets)
                whole, length = self.batch(inputs, targets)
        except Exception as error:  # torch.func names no class of its own for what it refuses
            return f"an operation refuses them ({type(error).__name__}: {' '.join(str(error).split())[:100]})"
        finally:
            self.model.train(was_training)
        off = square([a / len(targets) - b for a, b in zip(each, whole, strict=True)])
        return (
            "" if off <= TOLERANCE**2 * max(length, 1e-12) else "the loss of a batch is not the mean over its samples"
        )


class Stack(Model):
    """A sequence of linear layers, each followed by what treats every sample by itself, under a mean over samples.

    Of a linear layer a sample's gradient is the outer product of what comes back and what went in, so that one pass for
    all gives every norm (Goodfellow 2015, arXiv 1510.01799, section 4).
    """

    def examples(self, inputs: Tensor, targets: Tensor) -> tuple[list[Tensor], float]:
        """As of any model, in one pass."""
        into, out_of, passed = [], [], inputs
        for layer in self.model.children():
            linear = isinstance(layer, nn.Linear)
            into += [passed.detach()] if linear else []
            passed = layer(passed)
            out_of += [passed] if linear else []
        back = torch.autograd.grad(self.loss(passed, targets) * len(targets), out_of)
        sums = [g for a, d in zip(into, back, strict=True) for g in (d.T @ a, d.sum(0))]
        lengths = [(a.square().sum(1) + 1) @ d.square().sum(1) for a, d in zip(into, back, strict=True)]  # 1: the bias
        return sums, float(sum(lengths))

    def refusal(self, inputs: Any, targets: Tensor) -> str:
        """Nothing: they can always be had."""
        return ""


def _summed(each: Tensor) -> tuple[Tensor, float]:
    """Of gradients (samples, *shape) their sum (*shape) and the sum of their squared norms.

    They are read in the order in which they lie in memory: vmap hands back transposed views, of which sums and copies
    take fifty times as long.
    """
    order = sorted(range(1, each.dim()), key=each.stride, reverse=True)
    laid = each.permute(0, *order)
    rows = laid.reshape(len(laid), -1)
    total = rows.sum(0).reshape(laid.shape[1:]).permute([order.index(k) for k in range(1, each.dim())])
    return total, float(torch.linalg.vector_norm(rows, dim=1).square().sum())


def example_blocks(model: Model, data: Source, rows: Tensor, seed: int) -> Blocks:
    """Per-example gradients of ``rows``, up to a few left over."""
    blocks = _blocks(len(rows), model.size)
    chunk = max(1, min(256, int(CHUNK_BYTES / (4 * model.size))))
    each = len(rows) // blocks
    sizes = [min(chunk, each - low) for low in range(0, each, chunk)]
    return _collect(model, data, rows[: each * blocks], [sizes] * blocks, seed, model.examples, 1, each)


def batch_blocks(model: Model, data: Source, rows: Tensor, seed: int, size: int) -> Blocks:
    """Gradients of batches of ``size`` of the ``rows``, up to a few left over."""
    blocks = _blocks(len(rows) // size, model.size)
    each = len(rows) // size // blocks
    used = rows[: each * blocks * size]
    return _collect(model, data, used, [[size] * each] * blocks, seed, model.batch, size, each)


def _blocks(batches: int, weights: int) -> int:
    return max(4, min(BLOCKS, batches // 2, int(BLOCK_BYTES / (4 * weights))))


def _collect(
    model: Model,
    data: Source,
    rows: Tensor,
    sizes: Sequence[Sequence[int]],
    seed: int,
    sums: Sums,
    size: int,
    each: int,
) -> Blocks:
    device = next(iter(model.trained.values())).device
    totals = torch.zeros(len(sizes), model.size, device=device)
    squares = np.zeros(len(sizes))
    block_of = [block for block, inner in enumerate(sizes) for _ in inner]
    flat = [size for inner in sizes for size in inner]
    with kept_buffers(model.model):
        for block, (inputs, targets) in zip(block_of, data.batches(rows, flat, seed), strict=True):
            found, length = sums(inputs, targets)
            totals[block] += torch.cat([g.reshape(-1) for g in found])
            squares[block] += length
    return Blocks(size, each, squares, (totals @ totals.T).double().cpu().numpy())
