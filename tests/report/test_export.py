"""Exported scripts, run without Luthier, repeat the trainings they were made from."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from luthier.records import Options
from luthier.report import export_script
from luthier.task import Task, digits, load_task
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


def exported(task: Task, values: dict[str, object], folder: Path, stop: float = 99) -> tuple[Training, list[Path]]:
    """A training run to ``stop``, and its script."""
    folder.mkdir()
    training = Training(task, task.check(values), 7, CPU)
    training.advance(stop)
    path = folder / "winner.py"
    options = {"expected": training.best, "epochs": training.epoch, "options": CPU}
    return training, export_script(task, training.config, 7, path, **options)


def user_task(name: str) -> Callable[[], Task]:
    return lambda: load_task(f"{SOURCES / name}")


CASES: dict[str, tuple[Callable[[], Task], dict[str, object]]] = {
    **{name: (digits, {"epochs": 4, "units": 32, **values}) for name, values in DIGITS.items()},
    "dense": (digits, {"epochs": 3, "units": 512, "momentum": 0.9}),
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
    "closures": (user_task("closures.py:small"), {"epochs": 3, "optimizer": "Adam"}),
}
EXACT = [name for name in CASES if name != "dense"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("exported")
    made = {}
    for name, (make, values) in CASES.items():
        task = make()
        made[name] = (task, *exported(task, values, folder / name.replace(" ", "-")))
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


def test_a_dense_training_is_repeated_to_rounding(runs: dict[str, Run]) -> None:
    run = runs["dense"]
    assert run.failure == ""
    assert "up to rounding" in run.script
    for name, tensor in run.weights.items():
        torch.testing.assert_close(tensor, run.training.best_weights[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_a_script_is_plain_and_tidy(name: str, runs: dict[str, Run], tmp_path: Path) -> None:
    script = runs[name].script
    assert "luthier" not in script
    compile(script, name, "exec")
    names = [node.id for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Name)]
    assert "DataError" not in names
