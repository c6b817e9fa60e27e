"""Makes the truth for ``lr_range.py``: every setting at 25 learning rates on 3 seeds, a file each in ``lr_range/``.

python benchmarks/lr_range_sweep.py MNIST_FOLDER [--only NAME ...]

A setting whose file is there is left out, so that a sweep that was ended goes on. About 25 minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from lr_range_settings import SEEDS, SETTINGS, Setting

from luthier import Options, Task
from luthier.training import Training

FOLDER = Path(__file__).parent / "lr_range"
OPTIONS = Options(device="cpu", threads=1)


def main() -> None:
    """Sweeps what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("mnist", type=Path)
    parser.add_argument("--only", nargs="*", default=[s.name for s in SETTINGS])
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    for setting in SETTINGS:
        path = FOLDER / f"{setting.name}.json"
        if setting.name in arguments.only and not path.exists():
            start = time.perf_counter()
            document = sweep(setting, setting.task(arguments.mnist))
            path.write_text(json.dumps(document) + "\n")
            print(f"{setting.name}: {time.perf_counter() - start:.0f} s", flush=True)


def sweep(setting: Setting, task: Task) -> dict[str, Any]:
    """The curves of all trainings, by lr and seed."""
    lrs = setting.lrs()
    curves = [[curve(task, lr, seed) for seed in range(SEEDS)] for lr in lrs]
    return {"values": dict(setting.values), "lrs": lrs, "curves": curves}


def curve(task: Task, lr: float, seed: int) -> dict[str, Any]:
    """Validation loss and metric after each epoch, to four digits; shorter where the training diverged."""
    training = Training(task, task.config({"lr": lr}), seed, OPTIONS)
    outcome = training.advance(training.config.epochs)
    columns = {n: [float(f"{v:.4g}") for v in training.curve.column(n)] for n in ("val_loss", "metric")}
    return {**columns, "status": outcome.status.value}


if __name__ == "__main__":
    main()
