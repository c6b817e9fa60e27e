"""Wall clock to the score that Optuna has at the end: TPE with Hyperband around a plain training, then Luthier.

    python benchmarks/against_optuna.py [--mnist FOLDER] [--tasks digits mnist] [--seeds 0 1 2 3 4] [--minutes N]
                                        [--search NAME] [--threads N] [--runs FILE] [--optuna-only]

Optuna has 10 minutes on MNIST and 2 on digits unless ``--minutes`` says otherwise. Each tuner is a process of its own
with N threads (2), and its clock starts before Python does. Both search Luthier's default space for the task; a score
is the best validation accuracy seen at any epoch. Luthier ends when it has Optuna's score, or after as much time
without it. Every run is added to FILE as one JSON line; Optuna's runs that are there are not made again, so that they
serve several versions of Luthier. Use an idle machine, or pin both tuners to one core alike.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MINUTES = {"digits": 2.0, "mnist": 10.0}
GOAL = 0.2
Run = dict[str, Any]


def task_of(name: str, mnist_folder: str | None) -> Any:
    """The built-in task."""
    from luthier import digits, mnist

    return digits() if name == "digits" else mnist(str(mnist_folder))


class Progress:
    """Prints every new best score with the seconds since the process was asked for."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.best = -math.inf

    def __call__(self, score: float) -> None:
        if score > self.best:
            self.best = score
            print(json.dumps([round(time.time() - self._began, 3), score]), flush=True)


def work(arguments: argparse.Namespace) -> None:
    """One tuner, in the process that was made for it."""
    progress = Progress(arguments.began)
    until = arguments.began + 60 * arguments.minutes[0]
    task = task_of(arguments.tasks[0], arguments.mnist)
    seed = arguments.seeds[0]
    if arguments.work == "optuna":
        import optuna
        from _plain_optuna import search

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        search(task, seed, until, lambda score, _: progress(score), first_trial=arguments.first_trial)
        return
    from luthier import tune
    from luthier.events import PointAdded

    def stop() -> bool:
        return progress.best >= arguments.goal or time.time() > until

    with tempfile.TemporaryDirectory() as folder:
        tune(
            task,
            budget=60 * arguments.minutes[0],
            search=arguments.search,
            seed=seed,
            folder=folder,
            on_event=lambda event: progress(event.point.metric) if isinstance(event, PointAdded) else None,
            stop=stop,
        )


def in_a_process(file: str, arguments: argparse.Namespace, tuner: str, task: str, seed: int, *more: str) -> list[Any]:
    """Runs ``file --work``; its lines of JSON. The tuner's clock starts here."""
    command = [sys.executable, file, "--work", tuner, "--tasks", task, "--seeds", str(seed), *more]
    command += ["--mnist", arguments.mnist] if arguments.mnist else []
    command += ["--first-trial"] if arguments.first_trial else []
    count = str(arguments.threads)
    threads = {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count}
    command += ["--began", str(time.time())]
    done = subprocess.run(command, env={**os.environ, **threads}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tuner} failed:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(arguments: argparse.Namespace, tuner: str, task: str, seed: int, minutes: float, goal: float) -> Any:
    """Seconds and score of each new best of a tuner."""
    more = ("--minutes", str(minutes), "--goal", str(goal), "--search", arguments.search)
    return in_a_process(__file__, arguments, tuner, task, seed, *more)


def of_optuna(arguments: argparse.Namespace, task: str, seed: int, minutes: float) -> Run:
    """Optuna's run, from the file when it is there."""
    first = {"first_trial": arguments.first_trial, "threads": arguments.threads}
    wanted: Run = {"tuner": "optuna", "task": task, "seed": seed, "minutes": minutes, **first}
    known = next((r for r in kept(arguments.runs) if wanted.items() <= r.items()), None)
    if known is not None:
        return known
    curve = measure(arguments, "optuna", task, seed, minutes, goal=math.inf)
    if not curve:
        raise SystemExit(f"Optuna finished no epoch of {task} in {minutes:g} minutes; give it more")
    return keep(arguments.runs, {**wanted, "curve": curve})


def pair(arguments: argparse.Namespace, task: str, seed: int, minutes: float) -> Run:
    """Optuna's run, then Luthier's to the same score."""
    optuna = of_optuna(arguments, task, seed, minutes)
    last, score = optuna["curve"][-1]
    ours = measure(arguments, "luthier", task, seed, minutes, goal=score)
    reached = next((seconds for seconds, value in ours if value >= score), None)
    run = {
        **{k: v for k, v in optuna.items() if k not in ("tuner", "curve")},
        "tuner": "luthier",
        "search": arguments.search,
        "score": score,
        "optuna_reached": last,  # when it had its last score; the rest of its time brought nothing
        "luthier_reached": reached,
        "luthier_best": ours[-1][1] if ours else None,
        "ratio": None if reached is None else round(reached / (60 * minutes), 4),
        "curve": ours,
    }
    return keep(arguments.runs, run)


def line(run: Run) -> str:
    """A pair of runs in words."""
    if run["ratio"] is None:
        end = f"not reached, {run['luthier_best']:.4f} in as much time" if run["luthier_best"] else "no epoch finished"
    else:
        end = f"{run['luthier_reached']:.1f} s, ratio {run['ratio']:.3f}"
    return (
        f"{run['task']} seed {run['seed']}: Optuna {run['score']:.4f} in {run['minutes']:g} minutes "
        f"(had it after {run['optuna_reached']:.0f} s); Luthier {end}"
    )


def keep(path: Path | None, run: Run) -> Run:
    """Adds a run to the file, if there is one."""
    if path:
        with path.open("a") as file:
            file.write(json.dumps(run) + "\n")
    return run


def kept(path: Path | None) -> list[Run]:
    """The runs of a file."""
    return [json.loads(text) for text in path.read_text().splitlines()] if path and path.exists() else []


def parser_of(doc: str) -> argparse.ArgumentParser:
    """What both comparisons on the clock ask for."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--mnist", metavar="FOLDER", default=os.environ.get("LUTHIER_MNIST"), help="MNIST's idx files")
    parser.add_argument("--tasks", nargs="+", choices=MINUTES, default=list(MINUTES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--minutes", type=float, nargs="+", help="of Optuna, for each of the tasks")
    parser.add_argument("--threads", type=int, default=2, help="of each tuner")
    parser.add_argument("--first-trial", action="store_true", help="Optuna, too, tries the task's defaults first")
    parser.add_argument("--runs", type=Path, help="JSON lines, read and added to")
    for name, kind in (("--work", str), ("--began", float)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    return parser


def limits(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> dict[str, float]:
    """Minutes of each task that can be run."""
    minutes = arguments.minutes or [MINUTES[task] for task in arguments.tasks]
    if len(minutes) != len(arguments.tasks):
        parser.error(f"--minutes has {len(minutes)} values for {len(arguments.tasks)} tasks; give one for each")
    found = dict(zip(arguments.tasks, minutes, strict=True))
    if not arguments.mnist and found.pop("mnist", None):
        print("mnist: skipped; give --mnist, the folder with its idx files")
    return found


def main() -> None:
    """Prints a line for each seed, then the medians."""
    parser = parser_of(__doc__ or "")
    parser.add_argument("--optuna-only", action="store_true", help="only make Optuna's runs")
    parser.add_argument("--search", default="freeze-thaw", help="Luthier's")
    parser.add_argument("--goal", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments)
        return
    for task, limit in limits(parser, arguments).items():
        runs = []
        for seed in arguments.seeds:
            if arguments.optuna_only:
                of_optuna(arguments, task, seed, limit)
                continue
            run = pair(arguments, task, seed, limit)
            runs.append(run)
            print(line(run), flush=True)
        if arguments.optuna_only:
            continue
        ratios = [math.inf if r["ratio"] is None else r["ratio"] for r in runs]
        print(f"{task}: median ratio {statistics.median(ratios):.3f} of {len(ratios)} seeds (goal: {GOAL:g} or less)")


if __name__ == "__main__":
    main()
