"""Makes the truth for ``lr_range.py``: every setting at 25 learning rates on 3 seeds, and 3 range tests.

python benchmarks/lr_range_sweep.py MNIST_FOLDER [--only NAME ...]

One file for each setting in ``lr_range/``. What is there is left out, so that a sweep that was ended goes on. About 15
minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lr_range_settings import SEEDS, SETTINGS, Setting

from luthier import Options, Task
from luthier.probes._range_test import range_test
from luthier.training import Training

FOLDER = Path(__file__).parent / "lr_range"
OPTIONS = Options(device="cpu", threads=1)
FIRST_SEED = 100  # of the range tests; those of the sweep are 0, 1, 2


def main() -> None:
    """Measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("mnist", type=Path)
    parser.add_argument("--only", nargs="*", default=[s.name for s in SETTINGS])
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    for setting in SETTINGS:
        path = FOLDER / f"{setting.name}.json"
        document = json.loads(path.read_text()) if path.exists() else {}
        if setting.name not in arguments.only or {"curves", "range_tests"} <= document.keys():
            continue
        start = time.perf_counter()
        task = setting.task(arguments.mnist)
        if "curves" not in document:
            document = {"values": dict(setting.values), "lrs": setting.lrs(), "curves": sweep(setting, task)}
        document["range_tests"] = range_tests(task)
        path.write_text(json.dumps(document) + "\n")
        print(f"{setting.name}: {time.perf_counter() - start:.0f} s", flush=True)


def sweep(setting: Setting, task: Task) -> list[list[dict[str, Any]]]:
    """The curves of all trainings, by lr and seed."""
    return [[curve(task, lr, seed) for seed in range(SEEDS)] for lr in setting.lrs()]


def curve(task: Task, lr: float, seed: int) -> dict[str, Any]:
    """Validation loss and metric after each epoch; shorter where the training diverged."""
    training = Training(task, task.config({"lr": lr}), seed, OPTIONS)
    outcome = training.advance(training.config.epochs)
    return {n: short(training.curve.column(n)) for n in ("val_loss", "metric")} | {"status": outcome.status.value}


def range_tests(task: Task) -> list[dict[str, Any]]:
    """Three range tests of 100 steps, the number that fastai and Lightning take."""
    curves = [range_test(task, task.config(), seed, OPTIONS) for seed in range(FIRST_SEED, FIRST_SEED + SEEDS)]
    return [{"seed": c.seed, "lrs": short(c.lrs), "losses": short(c.losses), "exploded": c.exploded} for c in curves]


def short(values: Sequence[float]) -> list[float]:
    """The values to four digits."""
    return [float(f"{v:.4g}") for v in values]


if __name__ == "__main__":
    main()
