"""What holds on the CPU holds on a GPU: exactness, precision, compilation, running out of memory."""

import json
from io import BytesIO
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from luthier.hyperparameters import SCHEDULES
from luthier.records import Options, Status
from luthier.task import Task
from luthier.training import Training, freeze, optimizer_names, thaw

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="LUTHIER_CUDA is not set, or there is no GPU")

EPOCHS, SAMPLES, INPUTS, CLASSES = 4, 210, 16, 3


def rows(seed: int, samples: int = SAMPLES) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(samples, INPUTS, generator=generator)
    return inputs, inputs[:, :CLASSES].argmax(dim=1)


def dense(config: Any) -> nn.Module:
    layers = [nn.Linear(INPUTS, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(config["dropout"])]
    return nn.Sequential(*layers, nn.Linear(64, CLASSES))


def matrix(config: Any) -> nn.Module:
    return nn.Linear(INPUTS, CLASSES, bias=False)


def convolutional(config: Any) -> nn.Module:
    layers = [nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, CLASSES))


def make_task(model: Any = dense, **more: Any) -> Task:
    defaults = {"dropout": 0.3, "epochs": EPOCHS, "batch_size": 32, "lr": 0.01}
    return Task(model, rows(0), rows(1, 60), defaults=defaults, **{"evaluations_per_epoch": 2, **more})


def begin(task: Task, values: dict[str, Any], **options: Any) -> Training:
    return Training(task, task.config(values), 5, Options(device="cuda", **options))


def through_a_file(parts: dict[str, Any]) -> dict[str, Any]:
    file = BytesIO()
    torch.save({k: v for k, v in parts.items() if k != "loop"}, file)
    file.seek(0)
    return {**torch.load(file, weights_only=True), "loop": json.loads(json.dumps(parts["loop"]))}


def outcome(training: Training) -> tuple[Any, ...]:
    """Metrics of all points and the bytes of all weights."""
    weights = [t.detach().cpu().numpy().tobytes() for t in training.model.state_dict().values()]
    return [(p.epoch, p.train_loss, p.val_loss, p.metric) for p in training.curve.points], weights


def cases() -> dict[str, tuple[Task, dict[str, Any]]]:
    task = make_task()
    found = {f"optimizer {name}": (task, {"optimizer": name, "momentum": 0.9}) for name in optimizer_names()}
    found["optimizer Muon"] = (make_task(matrix), {"optimizer": "Muon"})
    found |= {f"schedule {name}": (task, {"schedule": name, "warmup": 0.2}) for name in SCHEDULES}
    found["convolutional"] = (make_task(convolutional), {"momentum": 0.9, "clip_norm": 0.5, "l1": 1e-4})
    return found


@pytest.mark.parametrize("name", cases())
def test_a_thawed_training_equals_one_run_through(name: str) -> None:
    task, values = cases()[name]
    through = begin(task, values)
    assert through.advance(EPOCHS).status is Status.DONE
    training = begin(task, values)
    for stop in (0.5, 1.5, 3.0):
        training.advance(stop)
        parts = through_a_file(freeze(training))
        training = begin(task, values)
        thaw(training, parts)
    training.advance(EPOCHS)
    assert outcome(training) == outcome(through)


def test_auto_is_the_gpu() -> None:
    task = make_task()
    training = Training(task, task.config({}), 0, Options())
    assert {p.device.type for p in training.model.parameters()} == {"cuda"}


@pytest.mark.filterwarnings("ignore")  # the compiler warns of its own imports, and recommends other precisions
@pytest.mark.parametrize("options", [{"precision": "bfloat16"}, {"compile": True}])
def test_precision_and_compilation_train_as_well(options: dict[str, Any]) -> None:
    task = make_task()
    plain, other = begin(task, {"epochs": 20}), begin(task, {"epochs": 20}, **options)
    for training in (plain, other):
        assert training.advance(20).status is Status.DONE
    assert other.curve.points[-1].metric == pytest.approx(plain.curve.points[-1].metric, abs=0.1)


class Huge(nn.Module):
    """Asks for more memory than any GPU has."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(INPUTS, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) + torch.zeros(len(x) << 34, device=x.device)[:CLASSES]


def test_a_training_that_does_not_fit_ends_by_itself_and_the_next_one_runs() -> None:
    task = make_task(lambda config: Huge())
    assert begin(task, {}).advance(1).status is Status.OUT_OF_MEMORY
    assert begin(make_task(), {}).advance(1).status is Status.DONE
