"""A frozen training as one block of bytes, as it goes from process to process.

``torch.save`` and ``torch.load`` can take longer than a small training's next epoch.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

Frozen = tuple[float, bytes]  #: the epoch of a training, and its parts


def pack(epoch: float, parts: Mapping[str, Any]) -> Frozen:
    """A copy of the parts of a checkpoint."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    pickler.dispatch_table = copyreg.dispatch_table.copy() | {Tensor: _reduced}
    pickler.dump(dict(parts))
    return epoch, buffer.getvalue()


def unpack(frozen: Frozen) -> dict[str, Any]:
    """The parts again, tensors on the CPU. Only for what this program packed."""
    parts: dict[str, Any] = pickle.loads(frozen[1])
    return parts


def _reduced(tensor: Tensor) -> Any:
    if tensor.layout is not torch.strided or tensor.is_quantized:
        return tensor.__reduce_ex__(5)
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    data: Any = flat.view(torch.uint8).numpy()
    return _rebuilt, (pickle.PickleBuffer(data), tensor.dtype, tuple(tensor.shape))


def _rebuilt(data: Any, dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    # A copy: torch's memory is aligned, on which the bits of products can depend, and what was read is not.
    return torch.frombuffer(data, dtype=dtype).reshape(shape).clone() if len(data) else torch.empty(shape, dtype=dtype)
