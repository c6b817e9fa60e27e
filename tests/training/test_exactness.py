"""A training frozen and thawed anywhere equals one run through, bit for bit.

Run as a program this file is the other processes: ``test_exactness.py FOLDER FIRST LAST`` passes every case through
those intervals, each in a process of its own that thaws it from FOLDER and freezes it there again. The program imports
what they need and trains nothing, since the imports take longer than the trainings.
"""

import json
import os
import subprocess
import sys
import traceback
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.data import Dataset

import luthier
from luthier.hyperparameters import BATCH_SCHEDULES, SCHEDULES
from luthier.records import Options, Point, Status
from luthier.task import Task
from luthier.training import Training, freeze, optimizer_names, thaw
from luthier.training.dense import DenseStep
from luthier.training.step import AutogradStep

EPOCHS, PER_EPOCH = 2, 3
SAMPLES, INPUTS, CLASSES = 47, 6, 3  # 47 is prime: no batch size divides it


def rows(seed: int, samples: int = SAMPLES) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(samples, INPUTS, generator=generator)
    return inputs, torch.randint(CLASSES, (samples,), generator=generator)


def drawn() -> tuple[Tensor, Tensor]:
    return torch.randn(SAMPLES, INPUTS), torch.randint(CLASSES, (SAMPLES,))


class Augmented(Dataset[tuple[Any, int]]):
    """Draws from all three random streams at each reading, so that it cannot be kept in memory."""

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, i: int) -> tuple[Any, int]:
        inputs, targets = rows(0)
        return inputs[i].numpy() * np.random.uniform(0.5, 1.5) + 0.1 * torch.randn(INPUTS).numpy(), int(targets[i])


def small(config: Any) -> nn.Module:
    """Batch norm and dropout: buffers, and random numbers in each step."""
    layers = [nn.Linear(INPUTS, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(config["dropout"])]
    return nn.Sequential(*layers, nn.Linear(12, CLASSES))


def matrix(config: Any) -> nn.Module:
    return nn.Linear(INPUTS, CLASSES, bias=False)


def dense(config: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(INPUTS, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, CLASSES))


def make_task(model: Any = small, train: Any = None, **more: Any) -> Task:
    defaults = {"dropout": 0.3, "epochs": EPOCHS, "batch_size": 8, "lr": 0.01}
    more = {"evaluations_per_epoch": PER_EPOCH, **more}
    return Task(model, train or rows(0), rows(1, 20), defaults=defaults, **more)


def cases() -> dict[str, tuple[Task, dict[str, Any]]]:
    """Every optimizer, every schedule, and what else keeps state between steps."""
    task = make_task()
    found = {f"optimizer {name}": (task, {"optimizer": name, "momentum": 0.9}) for name in optimizer_names()}
    found["optimizer Muon"] = (make_task(matrix), {"optimizer": "Muon"})  # it takes matrices only
    for schedule in SCHEDULES:
        found[f"schedule {schedule}"] = (task, {"schedule": schedule, "warmup": 0.2, "plateau_patience": 0.0})
    for schedule in BATCH_SCHEDULES:
        values = {"batch_schedule": schedule, "batch_size_end": 30, "batch_stages": 2}
        found[f"batch schedule {schedule}"] = (task, values)
    found |= {
        "penalties": (task, {"clip_norm": 0.1, "l1": 1e-3, "weight_decay": 1e-2, "optimizer": "AdamW"}),
        "nesterov": (task, {"momentum": 0.9, "nesterov": True}),
        "early stopping": (task, {"patience": 1, "min_delta": 10.0}),
        "batch above an interval": (task, {"batch_size": 40}),
        "streamed": (make_task(train=Augmented()), {"optimizer": "Adam"}),
        "drawn by a builder": (make_task(train=drawn), {}),
        "dense": (make_task(dense), {"weight_decay": 1e-3}),
        "dense momentum": (make_task(dense), {"momentum": 0.9, "nesterov": True}),
        "dense Adam": (make_task(dense), {"optimizer": "Adam", "lr": 1e-3, "schedule": "cosine"}),
    }
    return found


def begin(task: Task, values: dict[str, Any], seed: int = 5) -> Training:
    return Training(task, task.config(values), seed, Options(device="cpu"))


def keep(training: Training, path: Path) -> None:
    parts = freeze(training)
    path.with_suffix(".json").write_text(json.dumps(parts.pop("loop")))
    torch.save(parts, path.with_suffix(".pt"))


def fetch(training: Training, path: Path) -> None:
    parts = torch.load(path.with_suffix(".pt"), weights_only=True)
    thaw(training, {**parts, "loop": json.loads(path.with_suffix(".json").read_text())})


def through_a_file(parts: dict[str, Any]) -> dict[str, Any]:
    """The parts as another process would read them."""
    loop = json.loads(json.dumps(parts["loop"]))
    file = BytesIO()
    torch.save({k: v for k, v in parts.items() if k != "loop"}, file)
    file.seek(0)
    return {**torch.load(file, weights_only=True), "loop": loop}


def bits(value: Any) -> Any:
    """A value in which equality means equal bits: tensors become their bytes."""
    if isinstance(value, Tensor):
        return str(value.dtype), tuple(value.shape), value.detach().contiguous().numpy().tobytes()
    if isinstance(value, dict):
        return {k: bits(v) for k, v in value.items()}
    return [bits(v) for v in value] if isinstance(value, (list, tuple)) else value


def state(training: Training) -> dict[str, Any]:
    """Everything that a frozen training holds, but for the clock."""
    parts = freeze(training)
    seconds = list(Point.__dataclass_fields__).index("seconds")
    loop = {k: v for k, v in parts["loop"].items() if k != "frozen_at"}
    loop["curve"] = [row[:seconds] + row[seconds + 1 :] for row in loop["curve"]]
    return {k: bits(v) for k, v in {**parts, "loop": loop}.items()}


def one_interval(folder: Path, interval: int) -> None:
    for name, (task, values) in cases().items():
        training = begin(task, values)
        if interval > 1:
            fetch(training, folder / name)
        training.advance(interval / PER_EPOCH)
        keep(training, folder / name)


def other_processes(folder: Path, first: int, last: int) -> None:
    for interval in range(first, last + 1):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                one_interval(folder, interval)
                status = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(status)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit(f"interval {interval} failed")


@pytest.fixture(scope="module")
def thawed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases, each interval of theirs trained by another process."""
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork processes")
    folder = tmp_path_factory.mktemp("frozen")
    source = str(Path(luthier.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
    for first, last in ((1, 3), (4, EPOCHS * PER_EPOCH)):
        command = [sys.executable, __file__, str(folder), str(first), str(last)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", cases())
def test_a_training_passed_from_process_to_process_equals_one_run_through(thawed: Path, name: str) -> None:
    task, values = cases()[name]
    through = begin(task, values)
    outcome = through.advance(EPOCHS)
    assert outcome.status is (Status.STOPPED if name == "early stopping" else Status.DONE), outcome
    passed_on = begin(task, values)
    fetch(passed_on, thawed / name)
    assert state(passed_on) == state(through)


def test_the_cases_take_both_steps_and_both_sources() -> None:
    steps = {name: type(begin(task, values).step) for name, (task, values) in cases().items()}
    assert steps["dense"] is steps["dense momentum"] is steps["dense Adam"] is DenseStep
    assert {s for name, s in steps.items() if not name.startswith("dense")} == {AutogradStep}
    assert make_task(train=Augmented()).train.targets is None


def test_the_schedule_plateau_drops_in_its_case() -> None:
    task, values = cases()["schedule plateau"]
    training = begin(task, values | {"lr": 3.0})
    training.advance(EPOCHS)
    assert training.stopping.drops > 0


CONFIGS = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(["SGD", "Adam", "RMSprop", "Adagrad", "Rprop", "Adafactor"]),
        "momentum": st.sampled_from([0.0, 0.9]),
        "schedule": st.sampled_from(SCHEDULES),
        "batch_schedule": st.sampled_from(BATCH_SCHEDULES),
        "batch_size": st.integers(1, 20),
        "batch_size_end": st.integers(1, 40),
        "epochs": st.integers(1, 3),
        "warmup": st.sampled_from([0.0, 1e-4, 0.3, 1.0]),
        "plateau_patience": st.sampled_from([0.0, 0.5]),
        "clip_norm": st.sampled_from([None, 0.05]),
        "l1": st.sampled_from([0.0, 1e-3]),
        "patience": st.none() | st.integers(1, 2),
        "dropout": st.sampled_from([0.0, 0.5]),
    }
)


@settings(max_examples=60)
@given(CONFIGS, st.integers(2, 30), st.integers(1, 5), st.data())
def test_a_thawed_training_equals_one_run_through(
    values: dict[str, Any], samples: int, per_epoch: int, data: st.DataObject
) -> None:
    norm_trains = values["batch_size"] > 1 and values["batch_size_end"] != 1  # batch norm needs two samples
    task = make_task(small if norm_trains else matrix, rows(0, samples), evaluations_per_epoch=per_epoch)
    values = values if norm_trains else {k: v for k, v in values.items() if k != "dropout"}
    ends = per_epoch * values["epochs"]
    cuts = sorted(data.draw(st.sets(st.integers(1, ends), max_size=4), label="frozen after intervals"))
    through = begin(task, values)
    outcome = through.advance(values["epochs"])
    assert outcome.status in (Status.DONE, Status.STOPPED), outcome
    training = begin(task, values)
    for cut in cuts:
        if training.advance(cut / per_epoch).status is Status.STOPPED:
            break
        parts = through_a_file(freeze(training))
        training = begin(task, values)
        thaw(training, parts)
    else:
        assert training.advance(values["epochs"]).status is outcome.status
    assert state(training) == state(through)


@pytest.mark.parametrize("name", ["schedule plateau", "early stopping", "dense Adam"])
def test_a_training_frozen_as_a_point_is_told_is_exact(name: str) -> None:
    """An executor freezes there: what the point decides must have been decided."""
    task, values = cases()[name]
    frozen: list[dict[str, Any]] = []
    through = begin(task, values)
    through.advance(EPOCHS, on_point=lambda point: frozen.append(through_a_file(freeze(through))))
    assert len(frozen) == through.intervals
    for parts in frozen[:-1]:
        training = begin(task, values)
        thaw(training, parts)
        training.advance(EPOCHS)
        assert state(training) == state(through)


def test_an_interrupted_training_thawed_later_equals_one_run_through() -> None:
    task, values = cases()["optimizer Adam"]
    through, training = begin(task, values), begin(task, values)
    through.advance(EPOCHS)
    paused = training.advance(EPOCHS, interrupted=lambda: training.intervals == 2)
    assert (paused.status, paused.message) == (Status.PAUSED, "paused at epoch 0.666667")
    later = begin(task, values)
    thaw(later, through_a_file(freeze(training)))
    assert later.advance(EPOCHS).status is Status.DONE
    assert state(later) == state(through)


def test_parts_can_be_thawed_many_times() -> None:
    task, values = cases()["optimizer Adam"]
    first = begin(task, values)
    first.advance(1)
    parts = through_a_file(freeze(first))
    ends = []
    for _ in range(2):
        training = begin(task, values)
        thaw(training, parts)
        training.advance(EPOCHS)
        ends.append(state(training))
    assert ends[0] == ends[1]


if __name__ == "__main__":
    other_processes(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
