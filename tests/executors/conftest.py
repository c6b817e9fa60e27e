"""What the tests of executors share."""

from typing import Any

import pytest
import torch
from small_slices import DATA, EPOCHS, EXECUTORS, network

from luthier import Options, Task
from luthier.records import Slice
from luthier.study import CheckpointStore


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def task():
    defaults = {"dropout": 0.3, "epochs": EPOCHS, "batch_size": 8, "lr": 0.05, "optimizer": "Adam"}
    return Task(network, DATA, DATA, defaults={**defaults, "schedule": "cosine"})


@pytest.fixture
def cut(task):
    """A slice of training ``n``."""
    return lambda n, start, stop, **values: Slice(n, task.config({"lr": 0.01 * (n + 1), **values}), start, stop, n)


@pytest.fixture(params=EXECUTORS)
def start(request, task, tmp_path):
    """Begins an executor; what it told of points is its ``told``."""
    begun = []

    def begin(interrupted=lambda: False, on_point=None):
        told: list[Any] = []
        hear = on_point or (lambda cut, point: told.append((cut, point)))
        store = CheckpointStore(tmp_path / "checkpoints")
        executor = EXECUTORS[request.param](task, Options(), store, hear, interrupted)
        executor.told = told
        begun.append(executor)
        return executor

    yield begin
    for executor in begun:
        executor.close()


@pytest.fixture
def frozen(monkeypatch):
    """Checkpoints are always due."""
    monkeypatch.setattr("luthier.executors._pace.FREEZE_SECONDS", -1.0)
    monkeypatch.setattr("luthier.executors._pace.FREEZE_AFTER_COSTS", -1.0)
