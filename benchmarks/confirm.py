"""Whether a confirmed score holds: studies on digits, confirmed, then the recommended setting on 20 more seeds.

    python benchmarks/confirm.py

For each study: a search of a few epochs, ``confirm`` with its own settings, and the recommended config again on 20
seeds that nobody used. "holds" when the rerun's mean lies within the 95 % interval that was stated for the mean,
widened for the rerun's own seeds (a prediction interval for the difference of two means); "plain" without that
widening. "search" is what the search itself had promised: the best score of its winner, which is partly luck.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from pathlib import Path

from _machine import machine, spread

from luthier import Options, confirm, digits, tune
from luthier.records import Config
from luthier.report.recommend import mean_interval
from luthier.training import Training

SEEDS = 20  #: of the rerun


def rerun(config: Config, options: Options) -> list[float]:
    """Best accuracy of each of fresh seeds."""
    task, scores = digits(), []
    for seed in range(10_000, 10_000 + SEEDS):
        training = Training(task, config, seed, options)
        training.advance(float(config.epochs))
        scores.append(training.best.metric if training.best else 0.0)
    return scores


def main() -> None:
    """Prints a line for each study, and how many held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="seed of the first study")
    parser.add_argument("--epochs", type=int, default=4, help="of each training")
    parser.add_argument("--budget", default="60 epochs")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{machine()}; {arguments.studies} studies of {arguments.budget}, {arguments.seeds} seeds, {SEEDS} to check")
    options, held, plain, promised, ties = Options(threads=1), 0, 0, [], []
    for seed in range(arguments.first, arguments.first + arguments.studies):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            baseline = {"epochs": arguments.epochs}
            tune(digits(), None, budget=arguments.budget, baseline=baseline, folder=folder, seed=seed, options=options)
            found = confirm(folder, digits(), seeds=arguments.seeds, options=options).recommendation
        chosen = found.confirmed
        assert chosen is not None
        mean, again = chosen.mean, rerun(chosen.training.config, options)
        truth, n = statistics.fmean(again), len(chosen.scores)
        half = (mean.high - mean.value) * math.sqrt(1 + n / SEEDS)
        best = found.training.curve.best("maximize")
        assert best is not None
        promised.append(best.metric - truth)
        ties.append(len(found.tied))
        held += abs(truth - mean.value) <= half
        plain += mean.low <= truth <= mean.high
        check = mean_interval(again)
        print(
            f"study {seed:2}: stated {mean.value:.4f} ({mean.low:.4f} to {mean.high:.4f}), rerun {truth:.4f} "
            f"({check.low:.4f} to {check.high:.4f}), search {best.metric:.4f}, {ties[-1]} tied",
            flush=True,
        )
    print(f"holds {held} of {arguments.studies} (target: 18 of 20), plain {plain}")
    print(f"luck in the search's own score: {spread(promised)}; tied settings: {spread(ties)}")


if __name__ == "__main__":
    main()
