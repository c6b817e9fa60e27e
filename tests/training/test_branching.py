"""A training that branches from another one."""

import dataclasses
import json
from io import BytesIO
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from luthier.errors import CheckpointError, ConfigError
from luthier.hyperparameters import SCHEDULES
from luthier.records import Options, Slice, Status
from luthier.task import Task
from luthier.training import Training, branch, freeze, optimizer_names, straight, thaw

EPOCHS, PER_EPOCH, SAMPLES = 4, 2, 41
INPUTS = torch.randn(SAMPLES, 5, generator=torch.Generator().manual_seed(0))
DATA = INPUTS, (INPUTS[:, 0] > 0).long()
CPU = Options(device="cpu", threads=1)


def network(config: Any) -> nn.Module:
    units = config["units"]
    return nn.Sequential(nn.Linear(5, units), nn.BatchNorm1d(units), nn.ReLU(), nn.Dropout(0.3), nn.Linear(units, 2))


def wide(config: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(5, 600), nn.ReLU(), nn.Linear(600, 600), nn.ReLU(), nn.Linear(600, 2))


def make(model: Any = network) -> Task:
    defaults = {"units": 6, "epochs": EPOCHS, "batch_size": 8, "lr": 0.05}
    return Task(model, DATA, DATA, defaults=defaults, evaluations_per_epoch=PER_EPOCH)


TASK = make()


def trained(stop: float, task: Task = TASK, seed: int = 3, **values: Any) -> Training:
    training = Training(task, task.config(values), seed, CPU)
    assert training.advance(stop).status is Status.DONE
    return training


def through_a_file(parts: dict[str, Any]) -> dict[str, Any]:
    loop, file = json.loads(json.dumps(parts["loop"])), BytesIO()
    torch.save({name: part for name, part in parts.items() if name != "loop"}, file)
    file.seek(0)
    return {**torch.load(file, weights_only=True), "loop": loop}


def plain(training: Training) -> list[Any]:
    return [dataclasses.replace(point, seconds=0) for point in training.curve]


def check_same(one: Training, other: Training, points: int) -> None:
    assert plain(one)[-points:] == plain(other)[-points:]
    state = other.model.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in one.model.state_dict().items())


CASES = [
    *({"schedule": schedule, "warmup": 0.2, "plateau_patience": 0.0} for schedule in SCHEDULES),
    *({"optimizer": name, "momentum": 0.9, "lr": 0.01} for name in optimizer_names() if name != "Muon"),
    {"batch_size": 40},  # a batch reaches beyond the interval
    {"batch_schedule": "geometric", "batch_size_end": 30},
]


@pytest.mark.parametrize("values", CASES, ids=str)
def test_the_same_config_and_seed_go_on_bit_for_bit(values: dict[str, Any]) -> None:
    through = trained(EPOCHS, **values)
    for at in (1.5, 2.0):
        origin = trained(at, **values)
        again = branch(TASK, origin.config, 3, CPU, through_a_file(freeze(origin)))
        assert (again.epoch, len(again.curve), again.best, again.best_weights) == (at, 0, None, {})
        again.advance(EPOCHS)
        check_same(again, through, round((EPOCHS - at) * PER_EPOCH))
        assert [p.epoch for p in again.curve] == [p.epoch for p in through.curve if p.epoch > at]


@pytest.mark.parametrize("values", [{}, {"momentum": 0.9}, {"optimizer": "Adam"}], ids=str)
def test_also_with_the_fast_step_for_dense_models(values: dict[str, Any]) -> None:
    task = make(wide)
    through, origin = trained(2, task, **values), trained(1, task, **values)
    again = branch(task, origin.config, 3, CPU, freeze(origin))
    assert type(again.step).__name__ == "DenseStep"
    again.advance(2)
    check_same(again, through, 2)


def test_a_branch_is_frozen_and_thawed_and_branched_from() -> None:
    parts = freeze(trained(1))
    config = TASK.config({"lr": 0.2, "optimizer": "Adam"})
    through = branch(TASK, config, 9, CPU, parts)
    through.advance(EPOCHS)
    half = branch(TASK, config, 9, CPU, parts)
    half.advance(2)
    thawed = Training(TASK, config, 9, CPU)
    thaw(thawed, through_a_file(freeze(half)))
    assert (thawed.epoch, thawed.best) == (2, half.best)
    for later in (thawed, branch(TASK, config, 9, CPU, freeze(half))):
        later.advance(EPOCHS)
        check_same(later, through, 2 * PER_EPOCH)
    at_once = branch(TASK, config, 9, CPU, freeze(branch(TASK, config, 9, CPU, parts)))
    at_once.advance(EPOCHS)
    check_same(at_once, through, 3 * PER_EPOCH)


def test_the_parts_stay_as_they_are() -> None:
    origin = trained(1, optimizer="Adam")
    parts = freeze(origin)
    before = through_a_file(parts)
    branch(TASK, origin.config, 3, CPU, parts).advance(2)
    after = through_a_file(parts)
    assert all(torch.equal(after["model"][name], tensor) for name, tensor in before["model"].items())
    assert torch.equal(after["optimizer"]["state"][0]["exp_avg"], before["optimizer"]["state"][0]["exp_avg"])


def test_the_new_hyperparameters_hold_from_the_first_step() -> None:
    origin = trained(2, momentum=0.9, weight_decay=0.1)
    again = branch(TASK, origin.config.replace(lr=0.01, momentum=0.5, weight_decay=0.2), 3, CPU, freeze(origin))
    [group] = again.optimizer.param_groups
    assert (group["momentum"], group["weight_decay"]) == (0.5, 0.2)
    buffers = [s["momentum_buffer"] for s in origin.optimizer.state.values()]
    taken = [s["momentum_buffer"] for s in again.optimizer.state.values()]
    assert all(torch.equal(a, b) for a, b in zip(taken, buffers, strict=True))
    again.advance(2.5)
    assert again.curve.points[-1].lr == 0.01


def test_another_optimizer_starts_afresh() -> None:
    again = branch(TASK, TASK.config({"optimizer": "Adam"}), 3, CPU, freeze(trained(1, optimizer="SGD", momentum=0.9)))
    assert not again.optimizer.state
    assert again.advance(2).status is Status.DONE


@pytest.mark.parametrize("optimizer", ["SGD", "RMSprop"])
def test_a_momentum_may_begin_and_end_on_the_way(optimizer: str) -> None:
    for first, then in ((0.0, 0.9), (0.9, 0.0)):
        origin = trained(1, optimizer=optimizer, momentum=first, lr=0.01)
        again = branch(TASK, origin.config.replace(momentum=then), 3, CPU, freeze(origin))
        assert again.advance(2).status is Status.DONE


def test_schedules_go_by_the_new_number_of_epochs() -> None:
    parts = freeze(trained(2))
    again = branch(TASK, TASK.config({"schedule": "linear", "lr_end": 0.0, "lr": 1.0, "epochs": 8}), 3, CPU, parts)
    again.advance(4)
    # The last sample of an epoch is left out, as a batch of one; so the last step begins at sample 32.
    assert again.curve.points[-1].lr == pytest.approx(1 - (3 + 32 / SAMPLES) / 8)


@given(at=st.integers(1, 7), size=st.integers(2, SAMPLES), seed=st.integers(0, 2))
@settings(max_examples=15, deadline=None)
def test_another_batch_size_and_seed_pass_over_each_sample_once(at: int, size: int, seed: int) -> None:
    origin = trained(at / PER_EPOCH, batch_size=7)
    again = branch(TASK, origin.config.replace(batch_size=size), seed, CPU, freeze(origin))
    assert again.position == origin.position
    assert again.advance(EPOCHS).status is Status.DONE
    assert [p.epoch for p in again.curve] == [k / PER_EPOCH for k in range(at + 1, EPOCHS * PER_EPOCH + 1)]
    assert again.position >= SAMPLES - 1


def test_patience_counts_from_what_was_seen_before() -> None:
    values = {"patience": 1, "min_delta": 100.0}
    again = branch(TASK, TASK.config(values), 3, CPU, freeze(trained(3)))  # its loss fell until the end
    again.advance(EPOCHS)
    assert len(again.curve) <= PER_EPOCH
    assert again.stopping.over
    stopped = Training(TASK, TASK.config(values), 3, CPU)
    assert stopped.advance(EPOCHS).status is Status.STOPPED
    patient = branch(TASK, TASK.config(), 3, CPU, freeze(stopped))
    assert patient.advance(EPOCHS).status is Status.DONE


def test_another_shape_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"cannot branch into a model of another shape \(size mismatch for 0\.weight"):
        branch(TASK, TASK.config({"units": 7}), 3, CPU, freeze(trained(1)))


def test_no_epoch_left_is_refused() -> None:
    with pytest.raises(ConfigError, match="a training of 2 epochs cannot branch at epoch 2; give it more"):
        branch(TASK, TASK.config({"epochs": 2}), 3, CPU, freeze(trained(2)))


def test_a_checkpoint_of_the_first_format_is_thawed_but_not_branched_from() -> None:
    parts = through_a_file(freeze(trained(1)))
    for name in ("branched", "optimizer"):
        del parts["loop"][name]
    parts["loop"]["format"] = 1
    again = Training(TASK, TASK.config(), 3, CPU)
    thaw(again, parts)
    assert again.epoch == 1
    with pytest.raises(CheckpointError, match="train it again"):
        branch(TASK, TASK.config(), 3, CPU, parts)


@pytest.mark.parametrize(
    ("origin", "own", "seed", "expected"),
    [
        ({"schedule": "constant"}, {"schedule": "cooldown", "cooldown": 0.5}, 3, True),
        ({"schedule": "cooldown", "epochs": 8, "cooldown": 0.5}, {"schedule": "cooldown", "cooldown": 0.5}, 3, True),
        ({"schedule": "constant"}, {"schedule": "cooldown", "cooldown": 0.6}, 3, False),
        ({"schedule": "cosine"}, {"schedule": "cosine"}, 3, False),
        ({"schedule": "constant", "lr": 0.1}, {"schedule": "cooldown", "cooldown": 0.5}, 3, False),
        ({"schedule": "constant"}, {"schedule": "cooldown", "cooldown": 0.5}, 4, False),
        ({"schedule": "constant", "warmup": 0.1}, {"schedule": "cooldown", "warmup": 0.1, "cooldown": 0.5}, 3, False),
    ],
)
def test_a_branch_from_a_constant_learning_rate_is_no_branch(
    origin: dict[str, Any], own: dict[str, Any], seed: int, expected: bool
) -> None:
    first = Slice(0, TASK.config(origin), 0, 2, 3)
    cut = Slice(1, TASK.config(own), 2, EPOCHS, seed, origin=first)
    assert straight(cut) is expected
    if expected:
        again = branch(TASK, cut.config, seed, CPU, freeze(trained(2, **origin)))
        again.advance(EPOCHS)
        check_same(again, trained(EPOCHS, **own), 2 * PER_EPOCH)
