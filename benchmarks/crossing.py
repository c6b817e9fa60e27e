"""Trainings whose curves cross: what starts slowly and ends best has to be found.

    python benchmarks/crossing.py [--search NAME ...] [--seeds 0 1 2 3 4 5]

Written down, not trained: of two kinds, each at any learning rate, the quick one ends at 0.80 and the slow one,
behind for the first half of its 20 epochs, at 0.92 ("exponential") or 0.95 ("sigmoid": nothing to see until epoch 7).
Of "tradeoff" each learning rate ends better and starts more slowly than the next higher one, down to 6e-4. Prints the
best value after so many full trainings' worth of epochs, as a mean over seeds.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Callable, Mapping

from luthier.hyperparameters import complete
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.search import make_search
from luthier.space import Space, choice, log_uniform

EPOCHS = 20
MARKS = (1, 2, 4, 8, 12, 20)
SPACE = Space(lr=log_uniform(1e-4, 1), kind=choice("quick", "slow"), epochs=EPOCHS)
Form = Callable[[Config, float], float]  #: the metric of a training after so many epochs


def kinds(slow: Callable[[float], float]) -> Form:
    """A quick kind and a slow one, at their best at lr 0.01."""

    def value(config: Config, epoch: float) -> float:
        off = 0.04 * abs(math.log10(config.lr) + 2)
        return (0.80 * (1 - math.exp(-epoch / 1.5)) if config["kind"] == "quick" else slow(epoch)) - off

    return value


def tradeoff(config: Config, epoch: float) -> float:
    """A higher lr comes down sooner and ends higher; the kind hardly matters."""
    decades = math.log10(config.lr / 6e-4)
    pace = 4.8 * 10 ** (-0.35 * decades)
    return 0.95 - 0.1 * max(0.0, decades) - 0.8 * math.exp(-epoch / pace) - 0.01 * (config["kind"] == "slow")


FORMS: Mapping[str, Form] = {
    "exponential": kinds(lambda epoch: 0.95 * (1 - math.exp(-epoch / 6))),
    "sigmoid": kinds(lambda epoch: 0.95 / (1 + math.exp(-(epoch - 10) / 1.5))),
    "tradeoff": tradeoff,
}


def train(cut: Slice, form: Form) -> SliceResult:
    """A slice, one point an epoch."""
    epochs = range(round(cut.start) + 1, round(cut.stop) + 1)
    points = [Point(e, 0.0, 0.0, form(cut.config, e), cut.config.lr, 64, 0.1) for e in epochs]
    return SliceResult(cut, tuple(points), Outcome(Status.DONE))


def course(name: str, seed: int, form: Form) -> list[float]:
    """The best value at each of MARKS."""
    search = make_search(
        name,
        SPACE,
        max_epochs=EPOCHS,
        direction="maximize",
        seed=seed,
        complete=lambda values: complete(values, {"kind": "quick"}),
    )
    best, spent, marks = 0.0, 0, list(MARKS)
    found: list[float] = []
    while marks:
        for cut in [d for d in search.ask() if isinstance(d, Slice)]:
            result = train(cut, form)
            search.tell(result)
            spent += len(result.points)
            best = max(best, *(point.metric for point in result.points))
            while marks and spent >= marks[0] * EPOCHS:
                found.append(best)
                marks.pop(0)
    return found


def main() -> None:
    """Prints a row for each search and form of the slow kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--search", nargs="+", default=["freeze-thaw", "asha", "hyperband", "tpe", "random"])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(6)))
    arguments = parser.parse_args()
    print(f"{'best after':24}" + "".join(f"{mark:8}" for mark in MARKS))
    for form in FORMS:
        for name in arguments.search:
            rows = [course(name, seed, FORMS[form]) for seed in arguments.seeds]
            means = [statistics.fmean(column) for column in zip(*rows, strict=True)]
            print(f"{form:12}{name:12}" + "".join(f"{mean:8.3f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
