"""How long the report takes to write, and how large it is, for 1,000 trainings of 50 epochs.

    python benchmarks/page.py

The study is made up: nine hyperparameters, curves of a power law with noise, up to four slices each.
"reading" is what any command pays that opens the study; "explaining" are the findings; "writing" is everything from
there to the file on disk. Beside the wall-clock stands the time of the processor, which a busy machine does not change
as much; the first writing of a process also compresses plotly.js.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from _machine import machine, spread

from luthier.hyperparameters import complete
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.report.explain import explain
from luthier.report.history import read_history
from luthier.report.page import Source, write_page
from luthier.space import Space, choice, integer, log_uniform, uniform
from luthier.study import Study


def space(epochs: int) -> Space:
    """Nine hyperparameters, as a default space has."""
    return Space(
        lr=log_uniform(1e-4, 1),
        batch_size=integer(16, 256, log=True),
        momentum=uniform(0, 0.99),
        weight_decay=log_uniform(1e-6, 0.1),
        optimizer=choice("SGD", "AdamW"),
        schedule=choice("constant", "cosine", "exponential"),
        dropout=uniform(0, 0.5),
        layers=integer(1, 3),
        units=integer(32, 512, log=True),
        epochs=epochs,
    )


def config(rng: np.random.Generator, epochs: int) -> Config:
    """One at random."""
    return complete(
        {
            "lr": float(10 ** rng.uniform(-4, 0)),
            "batch_size": int(2 ** rng.uniform(4, 8)),
            "momentum": float(rng.uniform(0, 0.99)),
            "weight_decay": float(10 ** rng.uniform(-6, -1)),
            "optimizer": str(rng.choice(["SGD", "AdamW"])),
            "schedule": str(rng.choice(["constant", "cosine", "exponential"])),
            "dropout": float(rng.uniform(0, 0.5)),
            "layers": int(rng.integers(1, 4)),
            "units": int(2 ** rng.uniform(5, 9)),
            "epochs": epochs,
        }
    )


def result(number: int, rng: np.random.Generator, epochs: int, pieces: int) -> list[SliceResult]:
    """The slices of one training."""
    setting = config(rng, epochs)
    off = abs(np.log10(float(setting.lr)) + 2) + 0.3 * abs(np.log2(float(setting.batch_size)) - 5)
    level = 0.02 + 0.05 * off**2
    error = np.clip(level + 0.9 * np.arange(1, epochs + 1) ** -0.8 + 0.005 * rng.standard_normal(epochs), 1e-3, 1)
    points = [
        Point(e + 1.0, float(2 * error[e]), float(2.2 * error[e]), float(1 - error[e]), setting.lr, 64, 0.01)
        for e in range(epochs)
    ]
    ends = [0, *sorted(int(e) for e in rng.choice(np.arange(1, epochs), pieces - 1, replace=False)), epochs]
    return [
        SliceResult(
            Slice(number, setting, float(a), float(b)), tuple(points[a:b]), Outcome(Status.DONE), 0.01 * (b - a)
        )
        for a, b in pairwise(ends)
    ]


def make(folder: Path, trainings: int, epochs: int) -> None:
    """The study on disk."""
    rng = np.random.default_rng(0)
    task = {"name": "made-up", "validation": [1000, ""]}
    about = {"name": "made-up", "direction": "maximize", "metric": "accuracy", "seed": 0, "search": "asha"}
    with Study.open(folder, task=task, space=space(epochs).to_json(), **about) as study:
        seconds = 0.0
        for number in range(trainings):
            for piece in result(number, rng, epochs, 1 + number % 4):
                study.begin(piece.slice)
                seconds += piece.seconds
                study.add_result(piece, seconds)


def now() -> tuple[float, float]:
    """Wall-clock and processor time."""
    return time.perf_counter(), time.process_time()


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--trainings", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{machine()}; {arguments.trainings} trainings of {arguments.epochs} epochs; {arguments.repeats} repeats")
    with tempfile.TemporaryDirectory() as place:
        folder, path = Path(place) / "study", Path(place) / "report.html"
        make(folder, arguments.trainings, arguments.epochs)
        steps: dict[str, list[tuple[float, float]]] = {"reading": [], "explaining": [], "writing": []}
        for _ in range(arguments.repeats):
            clock = [now()]
            history = read_history(folder)
            clock.append(now())
            findings = explain(history)
            clock.append(now())
            write_page(path, history, Source(str(folder)), findings)
            clock.append(now())
            for times, (begin, end) in zip(steps.values(), pairwise(clock), strict=True):
                times.append((end[0] - begin[0], end[1] - begin[1]))
        for step, times in steps.items():
            wall, processor = zip(*times, strict=True)
            print(f"{step:10} {spread(wall)} s, processor {spread(processor)} s")
        print(f"size       {path.stat().st_size / 1e6:.2f} MB (targets: writing under 3 s, under 5 MB)")


if __name__ == "__main__":
    main()
