"""Exported scripts, run without Luthier, repeat the trainings they were made from."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

import pytest
import torch

from luthier.errors import ConfigError, TaskError
from luthier.records import Options
from luthier.report import export_script
from luthier.task import Task, digits, load_task, mnist
from luthier.task.digits import digits_train
from luthier.training import Training

SOURCES = Path(__file__).parent / "exported"
CPU = Options(device="cpu")

#: Runs scripts one after another in a process that cannot import Luthier, and says how each went.
RUNNER = """
import contextlib, io, json, runpy, sys, traceback

sys.modules["luthier"] = None
results = []
for path in sys.argv[1:]:
    printed, failure = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(path, run_name="__main__")
        except Exception:
            failure = traceback.format_exc()
    results.append((printed.getvalue().splitlines(), failure))
print(json.dumps(results))
"""

DIGITS = {
    "constant": {"lr": 0.1},
    "exponential": {"schedule": "exponential", "momentum": 0.9},
    "exponential with gamma": {"schedule": "exponential", "gamma": 0.7, "optimizer": "AdamW", "weight_decay": 0.1},
    "step": {"schedule": "step", "optimizer": "RMSprop", "momentum": 0.9, "alpha": 0.9, "lr": 1e-3},
    "cosine": {"schedule": "cosine", "warmup": 0.2, "dropout": 0.3, "optimizer": "adamw", "beta1": 0.8, "lr": 1e-3},
    "linear": {"schedule": "linear", "clip_norm": 0.5, "optimizer": "Adam", "eps": 1e-6, "lr": 1e-3},
    "one-cycle": {"schedule": "one-cycle", "momentum": 0.9, "nesterov": True},
    "polynomial": {"schedule": "polynomial", "warmup": 0.3, "power": 3, "l1": 1e-3, "optimizer": "NAdam", "lr": 1e-3},
    "plateau": {"schedule": "plateau", "plateau_patience": 0.1, "lr": 2.0, "epochs": 8, "layers": 3},
    "early stopping": {"lr": 3.0, "patience": 1, "min_delta": 0.01, "epochs": 20},
    "cooldown": {"schedule": "cooldown", "batch_schedule": "geometric", "batch_size": 16, "batch_size_end": 200},
    "batch steps": {"batch_schedule": "steps", "batch_size": 256, "batch_size_end": 32, "activation": "tanh"},
    "a lone last sample": {"batch_size": 359, "weight_decay": 1e-3, "loss": "MultiMarginLoss"},
}


@dataclass
class Run:
    """A training, the script of it, and what the script printed."""

    task: Task
    training: Training
    files: list[Path]
    printed: list[str]
    failure: str

    @property
    def script(self) -> str:
        return self.files[0].read_text()

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = torch.load(self.files[0].with_name("model.pt"), weights_only=True)
        return found

    @property
    def score(self) -> float:
        """From ``best accuracy 0.9 at epoch 3, expected ...``."""
        return float(self.printed[-1].split(" at epoch ")[0].split()[-1])


def exported(
    task: Task, values: dict[str, object], folder: Path, options: Options = CPU, stop: float = 99
) -> tuple[Training, list[Path]]:
    """A training run to ``stop``, and its script."""
    folder.mkdir()
    training = Training(task, task.check(values), 7, options)
    training.advance(stop)
    path = folder / "winner.py"
    best, epochs = training.best, training.epoch
    return training, export_script(task, training.config, 7, path, expected=best, epochs=epochs, options=options)


def user_task(name: str) -> Callable[[], Task]:
    return lambda: load_task(f"{SOURCES / name}")


CASES: dict[str, tuple[Callable[[], Task], dict[str, object]]] = {
    **{name: (digits, {"epochs": 4, "units": 32, **values}) for name, values in DIGITS.items()},
    "momentum": (digits, {"epochs": 3, "units": 512, "momentum": 0.9, "dropout": 0.2}),
    "large": (digits, {"epochs": 3, "units": 512}),
    "regression": (user_task("regression.py:task"), {"epochs": 5, "batch_size": 17, "schedule": "cosine"}),
    "annotated": (user_task("regression.py:huber"), {"epochs": 3}),
    "lambdas": (user_task("regression.py:functional"), {"epochs": 3, "batch_size": 7}),
    "collisions": (user_task("collisions.py:task"), {"epochs": 3, "batch_size": 9}),
    "tuples": (user_task("structured.py:tuples"), {"epochs": 3, "batch_size": 8}),
    "dicts": (user_task("structured.py:dicts"), {"epochs": 3, "schedule": "linear"}),
    "memory": (user_task("structured.py:memory"), {"epochs": 3}),
    "half": (user_task("structured.py:half"), {"epochs": 3}),
    "unseeded": (user_task("structured.py:unseeded"), {"epochs": 3}),
    "changing": (user_task("structured.py:changing"), {"epochs": 3}),
    "fixed": (user_task("datasets.py:fixed"), {"epochs": 3, "batch_size": 8}),
    "noisy": (user_task("datasets.py:noisy"), {"epochs": 3, "batch_size": 8}),
    "split": (user_task("datasets.py:split"), {"epochs": 3, "batch_size": 9, "schedule": "linear"}),
    "collated": (user_task("datasets.py:lines"), {"epochs": 3, "batch_size": 9}),
    "probabilities": (user_task("labels.py:probabilities"), {"epochs": 3, "batch_size": 8}),
    "labels": (user_task("labels.py:labels"), {"epochs": 3, "batch_size": 8}),
    "package": (user_task("package/tasks.py:task"), {"epochs": 3, "batch_size": 8}),
    "bfloat16": (digits, {"epochs": 2, "lr": 0.2}),
    "device": (user_task("closures.py:small"), {"epochs": 2}),
    "device, streamed": (user_task("datasets.py:noisy"), {"epochs": 2}),
    "device, tuples": (user_task("structured.py:tuples"), {"epochs": 2}),
    "closures": (user_task("closures.py:small"), {"epochs": 3, "optimizer": "Adam"}),
}
#: What they are run with; the others on the CPU. "cpu:0" is a device by name, as "cuda:1" is.
OPTIONS = {
    "bfloat16": Options(device="cpu", precision="bfloat16"),
    "device": Options(device="cpu:0"),
    "device, streamed": Options(device="cpu:0"),
    "device, tuples": Options(device="cpu:0"),
}
EXACT = [name for name in CASES if name != "large"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("exported")
    made = {}
    for name, (make, values) in CASES.items():
        task = make()
        made[name] = (task, *exported(task, values, folder / name.replace(" ", "-"), OPTIONS.get(name, CPU)))
    scripts = [str(files[0]) for _, _, files in made.values()]
    process = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER, *scripts], capture_output=True, text=True, check=True, cwd=folder
    )
    results = json.loads(process.stdout)
    return {name: Run(*parts, *result) for (name, parts), result in zip(made.items(), results, strict=True)}


@pytest.mark.parametrize("name", EXACT)
def test_a_script_repeats_its_training_bit_for_bit(name: str, runs: dict[str, Run]) -> None:
    run = runs[name]
    assert run.failure == ""
    assert run.training.best is not None
    assert run.score == run.training.best.metric
    assert len(run.printed) == len(run.training.curve) + 1
    assert run.printed[-1].count(f"{run.score} at epoch {run.training.best.epoch:g}") == 2
    assert all(torch.equal(tensor, run.training.best_weights[n]) for n, tensor in run.weights.items())


def test_the_fast_step_of_small_models_and_other_updates_is_said_to_repeat(runs: dict[str, Run]) -> None:
    for name in ("momentum", *DIGITS):
        assert "up to rounding" not in runs[name].script


def test_plain_sgd_on_a_large_model_is_repeated_to_rounding(runs: dict[str, Run]) -> None:
    run = runs["large"]
    assert run.failure == ""
    assert "up to rounding" in run.script
    for name, tensor in run.weights.items():
        torch.testing.assert_close(tensor, run.training.best_weights[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_a_script_is_plain(name: str, runs: dict[str, Run]) -> None:
    assert "luthier" not in runs[name].script
    assert len(runs[name].script.splitlines()) < 260


def test_scripts_are_formatted_and_lint_clean(runs: dict[str, Run]) -> None:
    scripts = [str(run.files[0]) for run in runs.values()]
    ruff = [sys.executable, "-m", "ruff"]
    wide = ["--isolated", "--line-length=120"]
    for command in (["format", "--check", *wide], ["check", "--select=E,F,W,I,UP,B", *wide]):
        result = subprocess.run([*ruff, *command, *scripts], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


def test_only_data_that_no_function_makes_again_is_saved(runs: dict[str, Run]) -> None:
    saved = {name for name, run in runs.items() if len(run.files) > 1}
    assert saved == {"memory", "changing"}
    assert runs["memory"].files[1].name == "winner_data.pt"


def test_a_script_has_only_what_its_config_uses(runs: dict[str, Run]) -> None:
    assert not {"learning_rate", "PATIENCE", "CLIP_NORM", "L1", "MOMENTUM"} & names(runs["constant"].script)
    assert {"PATIENCE", "MIN_DELTA"} < names(runs["early stopping"].script)
    assert {"learning_rate", "WARMUP", "POWER", "L1"} < names(runs["polynomial"].script)


def names(script: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(script)))
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {n.name for n in nodes if isinstance(n, ast.FunctionDef)}


def test_it_runs_from_the_command_line_as_far_as_the_training_went(tmp_path: Path) -> None:
    training, files = exported(digits(), {"epochs": 10, "schedule": "linear", "lr": 0.2}, tmp_path / "cut", stop=2)
    result = subprocess.run([sys.executable, "-I", "winner.py"], capture_output=True, text=True, cwd=files[0].parent)
    assert training.best is not None
    assert result.stderr == ""
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:-1]] == ["epoch 1", "epoch 2"]
    assert result.stdout.count(f"{training.best.metric} at epoch {training.best.epoch:g}") == 2


def test_mnist_comes_out_readable(tmp_path: Path) -> None:
    for kind, rows in (("train", 10_050), ("t10k", 3)):
        pixels = torch.arange(rows * 784).mul(7919).remainder(256).to(torch.uint8).numpy().tobytes()
        header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (rows, 28, 28))
        (tmp_path / f"{kind}-images-idx3-ubyte").write_bytes(header + pixels)
        labels = bytes([0, 0, 8, 1]) + rows.to_bytes(4, "big") + bytes(i % 10 for i in range(rows))
        (tmp_path / f"{kind}-labels-idx1-ubyte").write_bytes(labels)
    _, files = exported(mnist(tmp_path), {"epochs": 1, "units1": 8, "units2": 8, "batch_size": 25}, tmp_path / "script")
    script = files[0].read_text()
    assert "luthier" not in script.lower()
    assert "DataError" not in script
    assert f'mnist_train("{tmp_path}")' in script
    assert len(files) == 1


def test_a_device_and_low_precision_are_kept_and_told(runs: dict[str, Run]) -> None:
    assert runs["bfloat16"].script.count('torch.autocast("cpu", torch.bfloat16)') == 2
    assert {"DEVICE"} < names(runs["device"].script)
    assert all("up to rounding" in runs[name].script for name in OPTIONS)


class Kept(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """A random Dataset that does not keep what it was made from."""

    def __init__(self, rows: int) -> None:
        self.size = rows

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return torch.rand(3), i % 2


def test_a_random_dataset_that_cannot_be_made_again_is_refused(tmp_path: Path) -> None:
    task = Task(lambda config: torch.nn.Linear(3, 2), Kept(20))
    with pytest.raises(TaskError, match=r"the training data cannot be written .* Kept that does not keep .*'rows'"):
        export_script(task, task.check({"batch_size": 4}), 0, tmp_path / "winner.py", options=CPU)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_depends_on_more_than_its_config_is_refused(tmp_path: Path) -> None:
    task = Task(lambda config: unlike(torch.nn.Linear(64, 10)), digits_train, digits_train)
    with pytest.raises(TaskError, match="makes another model when it is called again"):
        export_script(task, task.check({}), 0, tmp_path / "winner.py", options=CPU)
    assert list(tmp_path.iterdir()) == []


def unlike(layer: torch.nn.Linear) -> torch.nn.Linear:
    """The layer with a bias that no seed decides."""
    torch.nn.init.constant_(layer.bias, SystemRandom().random())
    return layer


def test_batch_sizes_that_are_measured_are_refused(tmp_path: Path) -> None:
    task = digits()
    with pytest.raises(ConfigError, match="'noise' measures its batch sizes"):
        export_script(task, task.config({"batch_schedule": "noise", "batch_size_end": 128}), 0, tmp_path / "script.py")
    assert list(tmp_path.iterdir()) == []
