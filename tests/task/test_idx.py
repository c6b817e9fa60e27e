import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from luthier.errors import DataError
from luthier.task.idx import find_idx, read_idx


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=7)), st.booleans())
def test_what_was_written_is_read(tmp_path: Path, array: np.ndarray, zipped: bool) -> None:
    path = tmp_path / ("file.gz" if zipped else "file")
    path.write_bytes(gzip.compress(idx(array), mtime=0) if zipped else idx(array))
    read = read_idx(path, array.ndim)
    assert read.dtype == torch.uint8
    assert np.array_equal(read.numpy(), array)


GOOD = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
BROKEN = {
    "other magic": (b"\x89PNG" + GOOD[4:], "starts with 89 50 4e 47; an idx file of 3 dimensions of bytes starts with"),
    "other type": (b"\0\0\x0d\3" + GOOD[4:], "starts with 00 00 0d 03"),
    "other dimensions": (idx(np.zeros(5, np.uint8)), "starts with 00 00 08 01"),
    "nothing": (b"", "starts with nothing"),
    "cut header": (GOOD[:9], "has 9 bytes, fewer than the 16 of its header"),
    "cut": (GOOD[:-5], "says it holds 2 x 3 x 4 bytes but has 19"),
    "longer": (GOOD + b"\0\0", "says it holds 2 x 3 x 4 bytes but has 26"),
    "vast": (struct.pack(">BBBB3I", 0, 0, 8, 3, *[2**32 - 1] * 3), "says it holds 4294967295 x .* bytes but has 0"),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_with_its_name(tmp_path: Path, name: str, zipped: bool) -> None:
    content, message = BROKEN[name]
    path = tmp_path / ("images.gz" if zipped else "images")
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    with pytest.raises(DataError, match=f"images.*{message}.*get the file again"):
        read_idx(path, 3)


@pytest.mark.parametrize("content", [GOOD, gzip.compress(GOOD, mtime=0)[:-12], gzip.compress(GOOD, mtime=0)[:12], b""])
def test_a_broken_archive_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"images.gz .*; get the file again"):
        read_idx(path, 3)


def test_damaged_archive_content_is_told(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(GOOD, mtime=0))
    content[15] ^= 0xFF
    (tmp_path / "images.gz").write_bytes(bytes(content))
    with pytest.raises(DataError, match="get the file again"):
        read_idx(tmp_path / "images.gz", 3)


@pytest.mark.parametrize("file", ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte"])
def test_files_are_found_by_their_usual_names(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_bytes(GOOD)
    assert find_idx(tmp_path, "train-images-idx3-ubyte") == tmp_path / file


def test_a_missing_file_or_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no train-images-idx3-ubyte or train-images-idx3-ubyte.gz in"):
        find_idx(tmp_path, "train-images-idx3-ubyte")
    with pytest.raises(DataError, match=r"there is no folder .*nowhere; give the folder with the four MNIST idx files"):
        find_idx(tmp_path / "nowhere", "train-images-idx3-ubyte")
