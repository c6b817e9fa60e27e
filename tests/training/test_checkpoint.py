import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from luthier.errors import CheckpointError
from luthier.records import Options
from luthier.task import Task
from luthier.training import Training, freeze, thaw
from luthier.training.checkpoint import FORMAT

INPUTS, TARGETS = torch.randn(20, 4, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 2


def begin(width: int = 3, **values: Any) -> Training:
    def model(config: Any) -> nn.Module:
        return nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.Linear(width, 2))

    task = Task(model, (INPUTS, TARGETS), (INPUTS, TARGETS), defaults={"epochs": 3, "batch_size": 5})
    return Training(task, task.config(values), 0, Options(device="cpu"))


def test_parts_are_tensors_and_plain_values(tmp_path: Path) -> None:
    training = begin(optimizer="Adam", schedule="plateau")
    training.advance(2)
    parts = freeze(training)
    assert set(parts) == {"model", "optimizer", "best", "loop"}
    assert json.loads(json.dumps(parts["loop"])) == parts["loop"]
    torch.save(parts, tmp_path / "parts.pt")
    read = torch.load(tmp_path / "parts.pt", weights_only=True)
    again = begin(optimizer="Adam", schedule="plateau")
    thaw(again, read)
    assert again.curve == training.curve
    assert again.best == training.best
    assert again.epoch == 2
    assert again.stopping == training.stopping


def test_a_fresh_training_can_be_frozen() -> None:
    again = begin()
    thaw(again, freeze(begin()))
    assert again.epoch == 0
    assert again.best is None
    assert again.stopping.early.lowest == math.inf
    again.advance(3)
    through = begin()
    through.advance(3)
    assert again.curve.column("val_loss") == through.curve.column("val_loss")


def test_thawing_leaves_the_parts_as_they_were() -> None:
    first = begin(optimizer="Adam")
    first.advance(1)
    parts = freeze(first)
    momentum = parts["optimizer"]["state"][0]["exp_avg"].clone()
    second = begin(optimizer="Adam")
    thaw(second, parts)
    second.advance(3)
    assert torch.equal(parts["optimizer"]["state"][0]["exp_avg"], momentum)
    assert first.epoch == 1


def test_a_newer_format_is_refused() -> None:
    parts = freeze(begin())
    parts["loop"]["format"] = FORMAT + 1
    with pytest.raises(CheckpointError, match=f"format {FORMAT + 1}, this Luthier reads up to {FORMAT}; install"):
        thaw(begin(), parts)


def test_a_checkpoint_of_another_model_or_optimizer_is_refused() -> None:
    with pytest.raises(CheckpointError, match=r"does not fit this training: .*size mismatch"):
        thaw(begin(width=5), freeze(begin(width=3)))
    parts = freeze(begin())
    parts["optimizer"]["param_groups"][0]["params"] = [0]
    with pytest.raises(CheckpointError, match="does not fit this training"):
        thaw(begin(), parts)
