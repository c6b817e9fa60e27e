"""idx files, the format that MNIST comes in (http://yann.lecun.com/exdb/mnist/), plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from luthier.errors import DataError


def find_idx(folder: str | Path, name: str) -> Path:
    """The idx file ``name`` in ``folder``, plain or .gz. Raises DataError when there is neither."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}; give the folder with the four MNIST idx files")
    for candidate in (folder / name, folder / f"{name}.gz", folder / name.replace("-idx", ".idx")):
        if candidate.is_file():
            return candidate
    raise DataError(f"there is no {name} or {name}.gz in {folder}; put the four MNIST idx files there")


def read_idx(path: Path, dimensions: int) -> Tensor:
    """The unsigned bytes of an idx file as a tensor of ``dimensions`` dimensions.

    Raises DataError when the header is not that of such a file, or the size is not what the header says.
    """
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}; get the file again") from None
    start = 4 + 4 * dimensions
    wanted = bytes([0, 0, 8, dimensions])  # two zeros, 8 for unsigned bytes, number of dimensions
    if raw[:4] != wanted:
        raise DataError(
            f"{path} starts with {raw[:4].hex(' ') or 'nothing'}; an idx file of {dimensions} dimensions of bytes "
            f"starts with {wanted.hex(' ')}; get the file again"
        )
    if len(raw) < start:
        raise DataError(f"{path} has {len(raw)} bytes, fewer than the {start} of its header; get the file again")
    shape = tuple(int(n) for n in np.frombuffer(raw, ">u4", dimensions, 4))
    if len(raw) - start != math.prod(shape):
        sizes = " x ".join(map(str, shape))
        raise DataError(f"{path} says it holds {sizes} bytes but has {len(raw) - start}; get the file again")
    return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=start).reshape(shape).copy())
