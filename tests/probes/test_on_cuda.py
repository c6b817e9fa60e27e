"""Probes on a GPU."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from luthier import Options, Task
from luthier.probes import batch_size, lr_range, noise_scale
from luthier.probes._memory import memory_left
from luthier.probes._speed import measure_memory
from luthier.records import Status
from luthier.training import Training

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="LUTHIER_CUDA is not set, or there is no GPU")

CUDA = Options(device="cuda")


def wide(config: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(8, 2000), nn.Tanh(), nn.Linear(2000, 2000), nn.Tanh(), nn.Linear(2000, 1))


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_memory_is_predicted_at_batch_sizes_that_were_not_measured(task: Callable[..., Task], optimizer: str) -> None:
    data = torch.randn(20_000, 8), torch.randn(20_000, 1)
    made = task(wide, train=data)
    found = batch_size(made, {"optimizer": optimizer}, sizes=(512, 1024, 2048), seconds=0.1, options=CUDA)
    for size in (1500, 4000, 8000):
        training = Training(made, made.config({"optimizer": optimizer, "batch_size": size}), 0, CUDA)
        assert found.peak_bytes(size) == pytest.approx(measure_memory(training), rel=0.10)


def test_the_largest_batch_that_fits_is_found_and_memory_is_free_again(task: Callable[..., Task]) -> None:
    before = memory_left(torch.device("cuda"))
    torch.cuda.set_per_process_memory_fraction(0.02)
    try:
        made = task(wide, train=(torch.randn(400_000, 8), torch.randn(400_000, 1)))
        found = batch_size(made, seconds=0.05, options=CUDA)
        training = Training(made, made.config({"batch_size": found.largest}), 0, CUDA)
        assert training.advance(1).status is Status.DONE
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert 100 < found.largest < 320_000
    del training
    torch.cuda.empty_cache()
    assert memory_left(torch.device("cuda")) > 0.9 * before


def test_the_other_probes_run_there(task: Callable[..., Task]) -> None:
    assert noise_scale(task(), options=CUDA).sentences()
    assert lr_range(task(), options=CUDA).sentences()
