"""Is the suggested learning rate the best one? Ours, fastai's four rules and Lightning's, against exhaustive sweeps.

python benchmarks/lr_range.py MNIST_FOLDER [--seeds 3]

Sweeps and range tests lie in ``lr_range/`` (made by ``lr_range_sweep.py``). The packages' rules read each range test
alone, as the packages would, ours reads three together. The whole probe is run here, on seeds that no sweep used: about
a minute of one core for each seed.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from _machine import machine
from lr_range_rules import RULES
from lr_range_settings import CALIBRATION, SETTINGS, TEST, Setting
from lr_range_truth import FOLDER, Truth, range_tests, truth

from luthier import Options
from luthier.probes import LrRange, lr_range
from luthier.probes._choice import choose
from luthier.probes._range_analysis import read
from luthier.search._literature import LEARNING_RATES, NEAR_ONE

OPTIONS = Options(device="cpu", threads=1)
FIRST_SEED = 100
OURS, ALONE, STEEPEST = "ours", "ours, range tests alone", "ours, steepest fall"
USUAL = "literature, no test"


@dataclass(frozen=True)
class Answer:
    """What one rule says of one setting, on one seed."""

    setting: Setting
    rule: str
    lr: float | None  #: None: declined
    error: float = math.nan
    good: bool = False
    covered: bool | None = None  #: None: no interval is declared
    trainings: float = math.nan


def main() -> None:
    """Prints a line for each setting, then a table of the rules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("mnist", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="the first of the seeds")
    arguments = parser.parse_args()
    print(machine())
    answers: list[Answer] = []
    for setting in SETTINGS:
        if not (FOLDER / f"{setting.name}.json").exists():
            print(f"{setting.name:30} not swept")
            continue
        task, known = setting.task(arguments.mnist), truth(setting.name)
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            found = lr_range(task, options=OPTIONS, seed=seed)
            answers.append(_ours(setting, known, found))
            print(_line(setting, known, found), flush=True)
        answers += _by_rules(setting, known)
    for name, group in (("calibration", CALIBRATION), ("test", TEST), ("all", SETTINGS)):
        _table(name, [a for a in answers if a.setting in group])


def _answer(setting: Setting, known: Truth, rule: str, lr: float | None) -> Answer:
    return Answer(setting, rule, lr) if lr is None else Answer(setting, rule, lr, known.error(lr), known.good(lr))


def _ours(setting: Setting, known: Truth, found: LrRange) -> Answer:
    answer = _answer(setting, known, OURS, found.lr if found.reliable else None)
    covered = found.reliable and found.interval is not None and known.best in found.interval
    return replace(answer, covered=covered, trainings=found.trainings)


def _by_rules(setting: Setting, known: Truth) -> Iterable[Answer]:
    """The rules on the recorded range tests."""
    curves = range_tests(setting.name)
    for name, rule in RULES.items():
        for curve in curves:
            yield _answer(setting, known, name, rule(curve.lrs, curve.losses))
    reading = read(curves)
    alone = choose(reading, ())
    yield replace(_answer(setting, known, ALONE, alone.lr), covered=known.best in alone.interval)
    yield _answer(setting, known, STEEPEST, reading.steepest)
    yield _answer(setting, known, USUAL, usual(setting))


def usual(setting: Setting) -> float:
    """What a search takes for the most likely lr where nothing was measured."""
    belief = LEARNING_RATES[str(setting.values["optimizer"])]
    logs = math.log(belief.centre)
    for name, exponent in belief.follows.items():
        here, there = (float(v) for v in (setting.values.get(name, 0.0), belief.at[name]))
        logs += exponent * math.log((1 - here) / (1 - there) if name in NEAR_ONE else here / there)
    return math.exp(logs)


def _line(setting: Setting, known: Truth, found: LrRange) -> str:
    if found.lr is None:
        return f"{setting.name:30} best {known.best:8.2g}: declined, {found.reason}"
    verdict = "good" if known.good(found.lr) else "BAD"
    inside = "covers" if found.interval is not None and known.best in found.interval else "MISSES"
    return (
        f"{setting.name:30} best {known.best:8.2g} ours {found.lr:8.2g} ({found.interval}, {inside}) "
        f"{100 * known.cost(found.lr):5.1f} % worse, {verdict}; {found.trainings:.1f} trainings"
        + ("" if found.reliable else f"; unreliable: {found.reason}")
    )


def _table(name: str, answers: Sequence[Answer]) -> None:
    heads = ("|error|", "factor", "good", "covered", "trainings")
    print(f"\n{name}: {len({a.setting.name for a in answers})} settings")
    print(f"{'rule':26}" + "".join(f"{h:>12}" for h in heads))
    for rule in dict.fromkeys(a.rule for a in answers):
        mine = [a for a in answers if a.rule == rule]
        told = [a for a in mine if a.lr is not None]
        error = statistics.median(a.error for a in told)
        declared = [a for a in told if a.covered is not None]
        covered = f"{sum(a.covered or False for a in declared)}/{len(declared)}" if declared else ""
        trainings = statistics.fmean(a.trainings for a in mine)
        cost = "" if math.isnan(trainings) else f"{trainings:.1f}"
        good = f"{sum(a.good for a in told)}/{len(mine)}"
        print(f"{rule:26}{error:12.2f}{math.exp(error):12.1f}{good:>12}{covered:>12}{cost:>12}")


if __name__ == "__main__":
    main()
