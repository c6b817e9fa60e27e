from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from luthier.records import Options, Status
from luthier.task import Resident, Task
from luthier.training import Training, evaluate

GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(30, 4, generator=GENERATOR)
NUMBERS = torch.randn(30, 1, generator=GENERATOR)


class Narrow(nn.Linear):
    """Has memory for a few samples only."""

    def __init__(self, room: int) -> None:
        super().__init__(4, 1)
        self.room = room
        self.seen: list[int] = []

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            self.seen.append(len(input))
            if len(input) > self.room:
                torch.empty(10**15)
        return super().forward(input)


@given(st.integers(1, 40))
def test_loss_and_metric_do_not_depend_on_the_batch(batch: int) -> None:
    model = nn.Sequential(nn.Linear(4, 1), nn.Dropout(0.5))
    model.train()
    source = Resident(INPUTS, NUMBERS)
    spread = lambda outputs, targets: float((outputs - targets).std())  # noqa: E731  # no mean over batches
    loss, metric = evaluate(model, source, nn.MSELoss(), spread, Options(), batch)
    with torch.no_grad():
        outputs = model[0](INPUTS)  # without dropout
    assert loss == pytest.approx(float(nn.functional.mse_loss(outputs, NUMBERS)), rel=1e-5)
    assert metric == pytest.approx(spread(outputs, NUMBERS), rel=1e-5)
    assert model.training


def test_without_a_metric_it_is_the_loss() -> None:
    loss, metric = evaluate(nn.Linear(4, 1), Resident(INPUTS, NUMBERS), nn.MSELoss(), None, Options(), 7)
    assert loss == metric


def test_a_model_that_raises_is_back_in_training_mode() -> None:
    model = Narrow(1)
    with pytest.raises(RuntimeError):
        evaluate(model, Resident(INPUTS, NUMBERS), nn.MSELoss(), None, Options(), 8)
    assert model.training


def test_the_metric_sees_float32_under_bfloat16() -> None:
    seen: list[torch.dtype] = []

    def metric(outputs: Tensor, targets: Tensor) -> float:
        seen.append(outputs.dtype)
        return 0.0

    evaluate(nn.Linear(4, 1), Resident(INPUTS, NUMBERS), nn.MSELoss(), metric, Options(precision="bfloat16"), 8)
    assert seen == [torch.float32]


def training(room: int, **more: Any) -> Training:
    task = Task(lambda config: Narrow(room), (INPUTS, NUMBERS), (INPUTS, NUMBERS), loss="mse")
    return Training(task, task.config({"epochs": 1, "batch_size": 10}), 0, Options(device="cpu", threads=1))


def test_evaluation_takes_smaller_batches_when_the_memory_does_not_suffice() -> None:
    narrow, wide = training(room=5), training(room=30)
    assert narrow.advance(1).status is Status.DONE
    assert wide.advance(1).status is Status.DONE
    assert max(narrow.model.seen[-6:]) <= 5
    a, b = narrow.curve.points[0], wide.curve.points[0]
    assert (a.val_loss, a.metric) == (pytest.approx(b.val_loss), pytest.approx(b.metric))


def test_memory_that_does_not_hold_one_sample_ends_the_training() -> None:
    assert training(room=0).advance(1).status is Status.OUT_OF_MEMORY
