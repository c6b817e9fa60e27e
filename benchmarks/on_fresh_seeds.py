"""What a tuner's answer is worth: Optuna's after its minutes, Luthier's after a fifth of them, trained on fresh seeds.

    python benchmarks/on_fresh_seeds.py [--tasks digits mnist] [--mnist FOLDER] [--seeds 0 1 2 3 4] [--minutes N]
                                        [--again N] [--threads N] [--first-trial] [--runs FILE]

The best score of a search is partly luck, most where a validation set is small: ``against_optuna.py`` asks when Luthier
has Optuna's best score, this what a user gets who trains with what each tuner told. Optuna tells its best trial,
Luthier what it recommends. Both clocks start before Python does. The answers are trained by Luthier on the same fresh
seeds, each to its end. Every answer is added to FILE as one JSON line; those that are there are not made again.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from typing import Any

from against_optuna import GOAL, in_a_process, keep, kept, limits, parser_of, task_of

FIRST = 10_000  #: of the fresh seeds: no search used them
Answer = dict[str, Any]


def optuna_tells(task: Any, seed: int, until: float, first_trial: bool) -> dict[str, Any]:
    """Values of the best trial."""
    import optuna
    from _plain_optuna import search

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    best: tuple[float, dict[str, Any]] = (-math.inf, {})

    def seen(score: float, config: dict[str, Any]) -> None:
        nonlocal best
        best = max(best, (score, config), key=lambda pair: pair[0])

    search(task, seed, until, seen, first_trial=first_trial)
    return best[1]


def luthier_tells(task: Any, seed: int, until: float) -> dict[str, Any]:
    """Values of what is recommended."""
    from luthier import tune

    with tempfile.TemporaryDirectory() as folder:
        result = tune(task, budget=max(1.0, until - time.time()), seed=seed, folder=folder)
    if result.recommendation is None:
        raise SystemExit("Luthier finished no epoch; give it more --minutes")
    return dict(result.recommendation.training.config)


def work(arguments: argparse.Namespace) -> None:
    """One tuner, in the process that was made for it."""
    task, seed = task_of(arguments.tasks[0], arguments.mnist), arguments.seeds[0]
    until = arguments.began + 60 * arguments.minutes[0]
    if arguments.work == "optuna":
        config = optuna_tells(task, seed, until, arguments.first_trial)
    else:
        config = luthier_tells(task, seed, until)
    print(json.dumps([round(time.time() - arguments.began, 2), config]))


def answer(arguments: argparse.Namespace, tuner: str, task: str, seed: int, minutes: float) -> Answer:
    """A tuner's answer with its scores on fresh seeds, from the file when it is there."""
    wanted: Answer = {
        "tuner": tuner,
        "task": task,
        "seed": seed,
        "minutes": round(minutes, 4),
        "again": arguments.again,
    }
    wanted |= {"threads": arguments.threads, "first_trial": arguments.first_trial and tuner == "optuna"}
    known = next((r for r in kept(arguments.runs) if wanted.items() <= r.items()), None)
    if known is not None:
        return known
    [(seconds, config)] = in_a_process(__file__, arguments, tuner, task, seed, "--minutes", str(minutes))
    scores = fresh(task_of(task, arguments.mnist), config, arguments.again, arguments.threads)
    return keep(arguments.runs, {**wanted, "seconds": seconds, "config": config, "scores": scores})


def fresh(task: Any, config: dict[str, Any], again: int, threads: int) -> list[float]:
    """Best validation score of each of ``again`` trainings on fresh seeds."""
    from luthier import Options, train

    options = Options(device="cpu", threads=threads)
    results = [train(task, config, seed=seed, options=options) for seed in range(FIRST, FIRST + again)]
    return [max((point.metric for point in r.curve.points), default=0.0) for r in results]


def main() -> None:
    """Prints a line for each seed, then the mean difference and its standard error."""
    parser = parser_of(__doc__ or "")
    parser.add_argument("--again", type=int, default=10, help="fresh seeds")
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments)
        return
    for task, limit in limits(parser, arguments).items():
        differences = []
        for seed in arguments.seeds:
            theirs = answer(arguments, "optuna", task, seed, limit)
            ours = answer(arguments, "luthier", task, seed, GOAL * limit)
            means = [statistics.fmean(told["scores"]) for told in (theirs, ours)]
            differences.append(means[1] - means[0])
            print(
                f"{task} seed {seed}: on {arguments.again} fresh seeds Optuna's answer after {theirs['seconds']:.0f} s "
                f"has {means[0]:.4f}, Luthier's after {ours['seconds']:.0f} s {means[1]:.4f}",
                flush=True,
            )
        if len(differences) > 1:
            error = statistics.stdev(differences) / len(differences) ** 0.5
            print(f"{task}: Luthier's minus Optuna's {statistics.fmean(differences):+.4f} ± {error:.4f}")


if __name__ == "__main__":
    main()
