import math
import random
import shutil
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_trainings import CLASSES, INPUTS, NUMBERS, begin, classify, linear, normed, regress, run
from torch import Tensor, nn
from torch.utils.data import Dataset

from luthier.errors import ConfigError, DataError
from luthier.records import Options, Outcome, Point, Status
from luthier.task import Task
from luthier.training import Training, pick_device
from luthier.training.training import _batch_sizes

# --- What a training does ---


def test_classification_learns_and_tells_each_point() -> None:
    told: list[Point] = []
    training = begin(classify(), epochs=6, schedule="linear", lr_end=0.0)
    outcome = training.advance(6, on_point=told.append)
    assert outcome == Outcome(Status.DONE)
    assert tuple(told) == training.curve.points
    assert [p.epoch for p in told] == [1, 2, 3, 4, 5, 6]
    assert told[-1].train_loss < told[0].train_loss
    assert training.best is not None
    assert training.best.metric > 0.9
    assert {p.batch_size for p in told} == {8}
    assert told[-1].lr == pytest.approx(0.1 / 30)  # the last of 30 steps begins with a thirtieth to go
    assert all(p.seconds > 0 for p in told)


def test_regression_learns() -> None:
    training, outcome = run(regress(), epochs=30)
    assert outcome.status is Status.DONE
    assert training.curve.points[-1].metric > 0.99
    assert training.curve.points[-1].val_loss < 1e-2


def test_train_loss_is_the_mean_over_samples_with_an_uneven_last_batch() -> None:
    training, _ = run(regress(), epochs=1, batch_size=32, lr=1e-12)
    model = training.model
    with torch.no_grad():
        expected = float(nn.functional.mse_loss(model(INPUTS), NUMBERS))
    assert training.curve.points[0].train_loss == pytest.approx(expected, rel=1e-5)


def test_every_sample_is_seen_once_in_an_epoch() -> None:
    seen: list[float] = []

    class Watch(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            if self.training:
                seen.extend(input[:, 0].tolist())
            return super().forward(input)

    training = begin(classify(lambda config: Watch(4, 2), evaluations_per_epoch=3), epochs=2, batch_size=7)
    training.advance(1)
    assert sorted(seen) == sorted(INPUTS[:, 0].tolist())
    first = seen[:]
    seen.clear()
    training.advance(2)
    assert sorted(seen) == sorted(first)
    assert seen != first


@given(st.integers(1, 200), st.integers(1, 250), st.integers(1, 9))
def test_intervals_split_an_epoch_without_gap_or_overlap(samples: int, size: int, per_epoch: int) -> None:
    position, whole = 0, [min(size, samples - low) for low in range(0, samples, size)]
    if size > 1 and samples > 1 and whole[-1] == 1:
        whole.pop()  # batch norm cannot train on one sample
    seen: list[int] = []
    for part in range(per_epoch):
        target = -(-samples * (part + 1) // per_epoch)
        sizes = _batch_sizes(position, target, samples, size)
        seen += sizes
        position += sum(sizes)
        assert position >= target - 1
    assert seen == whole
    assert _batch_sizes(0, -(-samples // per_epoch), samples, size)  # the first interval is never empty


def test_an_epoch_that_would_end_in_one_sample_trains_batch_norm_in_any_interval() -> None:
    training, outcome = run(classify(normed, samples=10, evaluations_per_epoch=3), epochs=2, batch_size=3)
    assert outcome.status is Status.DONE, outcome
    assert len(training.curve) == 6


def test_an_interval_inside_a_batch_repeats_the_last_training_loss() -> None:
    training, outcome = run(classify(samples=10, evaluations_per_epoch=3), epochs=2, batch_size=10)
    assert outcome.status is Status.DONE
    losses = training.curve.column("train_loss")
    assert losses[0] == losses[1] == losses[2] != losses[3]
    assert all(math.isfinite(loss) for loss in losses)
    assert training.curve.column("lr") == [0.1] * 6


def test_more_intervals_than_samples_work() -> None:
    training, outcome = run(classify(samples=2, evaluations_per_epoch=5), epochs=1, batch_size=1)
    assert outcome.status is Status.DONE
    assert all(math.isfinite(p.train_loss) for p in training.curve)


def test_a_batch_above_the_data_is_all_data() -> None:
    training, _ = run(classify(), epochs=1, batch_size=1000)
    assert training.curve.points[0].batch_size == 40


def test_seeds_differ_and_a_seed_is_the_same_again() -> None:
    task = classify()
    ends = [Training(task, task.config({"epochs": 1}), seed) for seed in (1, 1, 2)]
    for training in ends:
        training.advance(1)
    weights = [t.model.state_dict()["weight"] for t in ends]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_training_ends_at_its_epochs_and_stays_there() -> None:
    training = begin(classify(), epochs=2)
    assert training.advance(100).status is Status.DONE
    assert training.epoch == 2
    assert training.advance(1).status is Status.DONE
    assert training.epoch == 2


# --- What it leaves alone ---


class Draws(Dataset[tuple[Any, int]]):
    def __len__(self) -> int:
        return 40

    def __getitem__(self, i: int) -> tuple[Any, int]:
        return INPUTS[i] + torch.randn(4) * np.random.rand() * random.random(), int(CLASSES[i])


def draw_all(config: Any) -> nn.Module:
    np.random.rand()
    random.random()
    return nn.Sequential(nn.Linear(4, 2), nn.Dropout(0.5))


def streams() -> tuple[bytes, Any, Any]:
    name, keys, *rest = np.random.get_state()
    return torch.get_rng_state().numpy().tobytes(), (name, keys.tobytes(), *rest), random.getstate()


@pytest.mark.parametrize("data", [(INPUTS, CLASSES), Draws()], ids=["resident", "streamed"])
def test_the_global_random_streams_are_left_as_they_were(data: Any) -> None:
    before = streams()
    task = Task(draw_all, data, defaults={"batch_size": 8})
    task.check({})
    run(task, epochs=2)
    assert streams() == before


def test_what_ran_before_does_not_matter() -> None:
    task = Task(draw_all, Draws(), defaults={"batch_size": 8, "epochs": 2})
    first, _ = run(task)
    torch.manual_seed(123)
    np.random.seed(5)
    random.seed(9)
    second, _ = run(Task(draw_all, Draws(), defaults={"batch_size": 8, "epochs": 2}))
    assert first.curve.column("val_loss") == second.curve.column("val_loss")


class Greedy(nn.Linear):
    """Changes its input in place."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.mul_(1.5).add_(1))


def test_the_data_are_left_as_they_were() -> None:
    inputs, classes = INPUTS.clone(), CLASSES.clone()
    task = Task(lambda config: Greedy(4, 2), (inputs, classes), (inputs, classes), defaults={"batch_size": 8})
    task.check({})
    _, outcome = run(task, epochs=2)
    assert outcome.status is Status.DONE
    assert torch.equal(inputs, INPUTS)
    assert torch.equal(classes, CLASSES)


# --- Models, losses and options of other kinds ---


def test_binary_classification_with_float_targets() -> None:
    data = INPUTS, CLASSES.float()[:, None]
    task = Task(lambda config: nn.Linear(4, 1), data, data, loss="bce_with_logits", metric="accuracy")
    task.check({"batch_size": 8})
    training, outcome = run(task, epochs=10, batch_size=8, lr=0.5)
    assert outcome.status is Status.DONE
    assert training.best is not None
    assert training.best.metric > 0.9


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(3, 2), nn.Embedding(5, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        out: Tensor = self.left(left) + self.right(right)
        return out


@pytest.mark.parametrize(
    "inputs",
    [(INPUTS[:, :3], CLASSES * 4), {"right": CLASSES * 4, "left": INPUTS[:, :3]}],
    ids=["tuple", "mapping"],
)
def test_models_of_several_inputs(inputs: Any) -> None:
    task = Task(lambda config: Two(), (inputs, CLASSES), defaults={"batch_size": 8})
    task.check({})
    training, outcome = run(task, epochs=8, lr=1.0)
    assert outcome.status is Status.DONE
    assert training.curve.points[-1].metric == 1.0


def test_soft_targets_train_large_stacks_too() -> None:
    soft = torch.softmax(INPUTS[:, :2], 1)
    task = Task(
        lambda config: nn.Sequential(nn.Linear(4, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 2)),
        (INPUTS, soft),
        metric="loss",
    )
    _, outcome = run(task, epochs=1, batch_size=8)
    assert outcome.status is Status.DONE, outcome


def test_bfloat16_trains() -> None:
    task = classify(normed)
    training = Training(task, task.config({"epochs": 5}), 0, Options(device="cpu", precision="bfloat16"))
    assert training.advance(5).status is Status.DONE
    assert training.best is not None
    assert training.best.metric > 0.8


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler, and there is no g++")
def test_a_compiled_model_trains_like_a_plain_one() -> None:
    task = classify()
    curves = []
    for compiled in (True, False):
        training = Training(task, task.config({"epochs": 2}), 0, Options(device="cpu", compile=compiled))
        assert training.advance(2).status is Status.DONE
        assert set(training.best_weights) == {"weight", "bias"}
        curves.append(training.curve.column("val_loss"))
    assert curves[0] == pytest.approx(curves[1], rel=1e-5)


def test_an_unknown_precision_is_refused() -> None:
    task = classify()
    options = Options(precision="bf16")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="precision is 'bf16'; it must be one of float32, bfloat16"):
        Training(task, task.config(), 0, options)


def test_the_loss_of_the_config_comes_before_the_tasks() -> None:
    training = begin(classify(), loss="MultiMarginLoss")
    assert isinstance(training.loss, nn.MultiMarginLoss)


def test_bad_data_are_told_when_the_training_begins() -> None:
    with pytest.raises(DataError, match="NaN"):
        begin(Task(linear, (INPUTS * math.nan, CLASSES)))


# --- Devices ---


def test_auto_is_a_device_that_works() -> None:
    assert torch.zeros(2, device=pick_device("auto")).sum() == 0


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "", "cpu:x"])
def test_a_device_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(ConfigError, match=r"device is .*take 'auto' or 'cpu'"):
        pick_device(name)
