import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from luthier.errors import ConfigError, DataError, TaskError
from luthier.task import mnist
from luthier.task.mnist import MEAN, STD, VALIDATION, mnist_pair

TRAIN, TEST = VALIDATION + 40, 30


def write(folder: Path, kind: str, images: np.ndarray, labels: np.ndarray) -> None:
    header = struct.pack(f">BBBB{images.ndim}I", 0, 0, 8, images.ndim, *images.shape)
    (folder / f"{kind}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    (folder / f"{kind}-labels-idx1-ubyte").write_bytes(
        struct.pack(">BBBBI", 0, 0, 8, 1, len(labels)) + labels.tobytes()
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of one grey each, which is their number modulo 256; labels are the number modulo 10."""
    path = tmp_path_factory.mktemp("mnist")
    for kind, samples in (("train", TRAIN), ("t10k", TEST)):
        numbers = np.arange(samples)
        greys = np.broadcast_to((numbers % 256)[:, None, None], (samples, 28, 28)).astype(np.uint8)
        write(path, kind, greys, (numbers % 10).astype(np.uint8))
    return path


def test_the_last_ten_thousand_choose_and_the_test_images_judge(folder: Path) -> None:
    task = mnist(folder)
    assert task.test is not None
    assert [len(task.train), len(task.validation), len(task.test)] == [40, VALIDATION, TEST]
    assert task.train.targets is not None
    assert task.validation.targets is not None
    assert task.train.targets.tolist() == [i % 10 for i in range(40)]
    assert task.validation.targets.tolist() == [i % 10 for i in range(40, TRAIN)]
    assert (task.metric_name, task.direction, task.name) == ("accuracy", "maximize", "mnist")


def test_pixels_are_scaled(folder: Path) -> None:
    images, labels = mnist_pair(folder, "t10k")
    assert (images.shape, images.dtype, labels.dtype) == ((TEST, 784), torch.float32, torch.int64)
    torch.testing.assert_close(images[:, 5], (torch.arange(TEST) / 255 - MEAN) / STD)


def test_the_network_is_784_512_256_10(folder: Path) -> None:
    task = mnist(folder)
    model = task.build(task.check({"batch_size": 8}))
    assert [m.out_features for m in model.modules() if isinstance(m, nn.Linear)] == [512, 256, 10]
    assert not any(isinstance(m, nn.Dropout) for m in model.modules())
    dropped = task.build(task.check({"batch_size": 8, "dropout": 0.3, "units1": 7}))
    assert [m.p for m in dropped if isinstance(m, nn.Dropout)] == [0.3, 0.3]
    assert next(dropped.parameters()).shape == (7, 784)


@pytest.mark.parametrize("name", ["units1", "units2"])
def test_a_layer_without_units_is_told(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is 0; it must be a whole number, 1 or more"):
        mnist(folder).check({"batch_size": 8, name: 0})


def test_labels_above_nine_are_told(folder: Path, tmp_path: Path) -> None:
    for kind in ("train", "t10k"):
        write(tmp_path, kind, np.zeros((TRAIN, 28, 28), np.uint8), np.full(TRAIN, 12, np.uint8))
    with pytest.raises(TaskError, match="labels up to 12"):
        mnist(tmp_path).check({"batch_size": 8})


def test_files_that_do_not_belong_together_are_told(tmp_path: Path) -> None:
    write(tmp_path, "train", np.zeros((5, 28, 28), np.uint8), np.zeros(4, np.uint8))
    with pytest.raises(DataError, match=r"has 5 images but .* 4 labels; get both again"):
        mnist_pair(tmp_path, "train")
    write(tmp_path, "train", np.zeros((5, 20, 28), np.uint8), np.zeros(5, np.uint8))
    with pytest.raises(DataError, match="images of 20 x 28 pixels, not 28 x 28"):
        mnist_pair(tmp_path, "train")


def test_a_missing_file_is_told_before_anything_is_read(tmp_path: Path) -> None:
    write(tmp_path, "train", np.zeros((5, 28, 28), np.uint8), np.zeros(5, np.uint8))
    with pytest.raises(DataError, match="there is no t10k-images-idx3-ubyte"):
        mnist(tmp_path)


REAL = os.environ.get("LUTHIER_MNIST")


@pytest.mark.skipif(not REAL, reason="LUTHIER_MNIST names no folder with the real files")
def test_the_real_files() -> None:
    assert REAL is not None
    task = mnist(REAL)
    assert task.test is not None
    assert [len(task.train), len(task.validation), len(task.test)] == [50_000, 10_000, 10_000]
    images, labels = mnist_pair(REAL, "train")
    assert float(images.mean()) == pytest.approx(0, abs=1e-3)
    assert float(images.std()) == pytest.approx(1, abs=1e-3)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    task.check({})
