"""Proves the labels of the blind cases by reference trainings, without Luthier's findings.

python benchmarks/diagnosis/blind_truth.py [PATTERN]

Each line compares two settings on three seeds or more: OK when the claim holds clearly, at several times the noise
between seeds. For a healthy study the setting that won is trained longer, with other learning rates, batch sizes and
sizes of the model; nothing may be clearly better.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from diagnosis import blind_budget, blind_curves, blind_data, blind_healthy, blind_search, blind_tasks
from diagnosis.plan import Plan
from luthier import Options, Task, train

PARTS = (blind_curves, blind_data, blind_search, blind_budget, blind_healthy)
CASES = {case.name: case for part in PARTS for case in part.CASES}
Values = Mapping[str, Any]
By = str | tuple[str, str]


@cache
def plan(name: str) -> Plan:
    """The plan of a case."""
    return CASES[name].plan()


@cache
def curve(task: Task, values: tuple[tuple[str, Any], ...], seed: int) -> tuple[tuple[float, ...], ...]:
    """Training loss, validation loss, metric and seconds of each epoch; empty when it diverged at once."""
    points = train(task, dict(values), seed=seed, options=Options(device="cpu", threads=1)).curve.points
    sign = 1 if task.direction == "minimize" else -1
    return tuple(zip(*((p.train_loss, p.val_loss, sign * p.metric, p.seconds) for p in points), strict=True))


def quantity(task: Task, values: Values, by: str, seed: int) -> float:
    """A number from a training.

    ``val``, ``train``: loss at the end; ``low``: lowest validation loss, ``low20``: until epoch 20; ``first``: after
    epoch 1; ``miss``: 1 - the best metric (or the metric, if less is better); ``seconds``; ``swing``: largest rise of
    the validation loss from one epoch to the next, as a share of its median, in the second half.
    """
    columns = curve(task, tuple(sorted(values.items())), seed)
    if not columns:
        return float("inf")
    losses, val, metric, seconds = (np.array(c) for c in columns)
    if by.startswith("low"):
        return float(val[: int(by[3:] or len(val))].min())
    if by == "miss":
        return float(metric.min() + (task.direction == "maximize"))
    if by == "swing":
        half = val[len(val) // 2 :]
        return float(np.diff(half).max() / np.median(half))
    known = {"val": val[-1], "train": losses[-1], "first": val[0], "first-train": losses[0], "seconds": seconds.sum()}
    return float(known[by])


def measured(name: str, values: Values, by: str, seeds: int, other: Task | None = None) -> np.ndarray:
    """The quantity on each seed."""
    own = {k: v for k, v in {**plan(name).own, **values}.items() if v is not None}
    return np.array([quantity(other or plan(name).task, own, by, 100 + seed) for seed in range(seeds)])


def told(name: str, holds: bool, claim: str, a: Any, b: Any) -> None:
    """Prints a line."""
    means = " ".join(f"{np.mean(x):.4g}±{np.std(x):.1g}" for x in (a, b))
    print(f"{'OK ' if holds else 'NO '} {name:22} {means:34} {claim}", flush=True)


def worse(
    name: str, bad: Values, good: Values, by: By = "val", times: float = 1.3, task: Task | None = None, seeds: int = 3
) -> None:
    """Claims that ``bad`` (the case's own setting with these changes) has ``times`` the loss of ``good``."""
    first, second = by if isinstance(by, tuple) else (by, by)
    a, b = measured(name, bad, first, seeds), measured(name, good, second, seeds, task)
    with np.errstate(invalid="ignore"):
        noise = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / seeds)
        clear = not np.isfinite(a).any() or a.mean() - b.mean() > 4 * noise or a.min() > 1.5 * b.max()
        holds = bool(clear and a.mean() > times * b.mean())
    told(name, holds, f"{bad} {first} > {times} x {good} {second}{' on clean data' if task else ''}", a, b)


def alike(name: str, one: Values, other: Values, by: By = "val", within: float = 1.05, seeds: int = 3) -> None:
    """Claims that ``other`` is not worse than ``one`` by more than the factor ``within``, or two standard errors."""
    first, second = by if isinstance(by, tuple) else (by, by)
    a, b = measured(name, one, first, seeds), measured(name, other, second, seeds)
    noise = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / seeds)
    holds = b.mean() < max(within * a.mean(), a.mean() + 2 * noise)
    told(name, bool(holds), f"{other} {second} no worse than {one} {first}", a, b)


def noisy(name: str, settings: Sequence[Values], by: str = "miss", seeds: int = 8) -> None:
    """Claims that the means of settings differ by less than one setting's values do between seeds."""
    rows = np.array([measured(name, s, by, seeds) for s in settings])
    between, within = rows.mean(1).std(ddof=1), np.sqrt(rows.var(1, ddof=1).mean())
    told(name, bool(between < 0.7 * within), "spread between settings < between seeds", between, within)


def harmless(name: str, knob: str, ends: Sequence[float], good: Values, by: str = "low", seeds: int = 4) -> None:
    """Claims that a hyperparameter changes nothing over its range, beyond a half of the noise, and lr does."""
    rows = np.array([measured(name, {**good, knob: v}, by, seeds) for v in ends])
    change, noise = np.ptp(rows.mean(1)), np.sqrt(rows.var(1, ddof=1).mean())
    told(name, bool(change < 0.7 * noise), f"{knob} over {list(ends)} changes less than the seed", change, noise)


def together(
    name: str, knob: str, ends: tuple[float, float], rates: Sequence[float], by: str = "low", times: float = 1.5
) -> None:
    """Claims that each end of a hyperparameter's range needs another lr, and loses much with the other's."""
    table = np.array([[measured(name, {knob: v, "lr": lr}, by, 2).mean() for lr in rates] for v in ends])
    best = table.argmin(1)
    swapped = [table[0, best[1]] / table[0, best[0]], table[1, best[0]] / table[1, best[1]]]
    apart = max(rates[best[0]] / rates[best[1]], rates[best[1]] / rates[best[0]])
    claim = f"best lr of {knob} {ends}: {rates[best[0]]:g}, {rates[best[1]]:g}; loss with the other's, factors above"
    told(name, bool(min(swapped) > times and apart >= 5), claim, swapped[0], swapped[1])


#: What won in healthy studies whose first setting is clearly worse.
WON: dict[str, Values] = {
    "healthy-51": {"lr": 1.1},
    "healthy-55": {"lr": 0.03},
    "healthy-58": {"lr": 0.06},
    "healthy-64": {"lr": 0.13, "weight_decay": 0.05},
}


def fair(name: str) -> None:
    """Claims that no larger model, longer training or other learning rate is clearly better than the study's best."""
    won = WON.get(name, {})
    given = plan(name).task.config({**plan(name).own, **won})
    width = "channels" if "channels" in given else "units"
    others = [{"epochs": 2 * given["epochs"]}, {"lr": 3 * given["lr"]}, {"lr": given["lr"] / 3}]
    others += [{width: 2 * given[width]}] * (given.get("layers", 1) > 0)
    for other in others:
        a, b = measured(name, won, "low", 3), measured(name, {**won, **other}, "low", 3)
        noise = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 3)
        better = b.mean() < 0.96 * a.mean() and b.mean() < a.mean() - 2 * noise
        told(name, not better, f"{other} is not clearly better than {dict(plan(name).own) | won}", a, b)
    a, b = measured(name, won, "val", 3), measured(name, won, "low", 3)
    told(name, bool(a.mean() < 1.05 * b.mean()), "the validation loss does not rise after its minimum", a, b)


T = blind_tasks
PROOFS: list[tuple[Any, ...]] = [
    ("lr-too-high-11", worse, {}, {"lr": 0.01}, "val", 1.5),
    ("lr-too-high-11", worse, {}, {"lr": 0.01}, "swing", 3),
    ("lr-too-high-12", worse, {}, {"lr": 0.05}, "val", 3),
    ("lr-too-high-12", worse, {"units": 16}, {"units": 16, "lr": 0.05}, "val", 3),
    ("lr-too-high-13", worse, {}, {"lr": 3e-3}, "val", 3),
    ("lr-too-high-13", worse, {}, {"lr": 3e-3}, "low", 2),
    ("lr-too-low-11", worse, {}, {"lr": 0.02}, "val", 1.5),
    ("lr-too-low-11", worse, {}, {"lr": 0.1}, "val", 2),
    ("lr-too-low-12", worse, {}, {"lr": 1e-3}, "val", 1.5),
    ("lr-too-low-12", worse, {"lr": 1e-4}, {"lr": 1e-2}, "val", 2),
    ("lr-too-low-13", worse, {}, {"lr": 3e-3}, "val", 1.3),
    ("lr-too-low-13", worse, {"units": 48}, {"units": 48, "lr": 0.02}, "val", 2),
    ("overfitting-11", worse, {}, {}, ("val", "low"), 1.15),
    ("overfitting-11", worse, {}, {}, ("val", "train"), 3),
    ("overfitting-12", worse, {}, {}, ("val", "low"), 1.5),
    ("overfitting-12", worse, {"lr": 0.04}, {"lr": 0.04}, ("val", "low"), 1.5),
    ("overfitting-13", worse, {}, {}, ("val", "low"), 1.5),
    ("underfitting-11", worse, {}, {"weight_decay": 1e-4}, "val", 5),
    ("underfitting-11", worse, {}, {"weight_decay": 1e-4}, "train", 5),
    ("underfitting-11", alike, {"epochs": 120}, {}, "low", 1.05),
    ("underfitting-12", worse, {}, {"l1": 1e-4}, "val", 2),
    ("underfitting-12", worse, {}, {"l1": 1e-4}, "train", 2),
    ("underfitting-12", alike, {"epochs": 60}, {}, "low", 1.05),
    ("underfitting-13", worse, {}, {"layers": 1}, "val", 5),
    ("underfitting-13", worse, {}, {"layers": 1}, "train", 5),
    ("still-improving-11", worse, {}, {"epochs": 16}, "low", 2),
    ("still-improving-12", worse, {"lr": 0.03}, {"lr": 0.03, "epochs": 8}, "low", 1.2),
    ("still-improving-12", worse, {"lr": 0.06}, {"lr": 0.03, "epochs": 8}, "low", 1.2),
    ("still-improving-13", worse, {"lr": 0.03}, {"lr": 0.03, "epochs": 12}, "low", 1.3),
    ("early-stop-11", alike, {}, {}, ("low", "low20"), 1.02),
    ("early-stop-11", alike, {}, {"epochs": 20}, "val", 1.02),
    ("early-stop-12", alike, {}, {}, ("low", "low20"), 1.02),
    ("early-stop-12", alike, {"lr": 0.2}, {"lr": 0.2}, ("low", "low20"), 1.02),
    ("early-stop-13", alike, {}, {}, ("low", "low30"), 1.02),
    ("schedule-cut-short-11", worse, {}, {"patience": None}, "low", 1.5, None, 5),
    ("schedule-cut-short-12", worse, {}, {}, ("low20", "low"), 1.3),
    ("schedule-cut-short-13", worse, {"lr": 0.02}, {"lr": 0.02}, ("low20", "low"), 1.5),
    ("data-mismatch-11", worse, {}, {}, ("val", "train"), 1.4),
    ("data-mismatch-11", worse, {}, {}, ("val", "val"), 1.4, T.upper_half(epochs=25)),
    ("data-mismatch-12", worse, {}, {}, ("first-train", "first"), 2),
    ("data-mismatch-12", worse, {}, {}, ("train", "val"), 5),
    ("data-mismatch-13", worse, {}, {}, "first", 1.5, T.mixture(800, 4, 6, 0.8, epochs=20)),
    ("data-mismatch-13", worse, {}, {}, "val", 4, T.mixture(800, 4, 6, 0.8, epochs=20)),
    ("dead-start-11", worse, {}, {}, "low", 5, T.arm(epochs=20)),
    ("dead-start-11", alike, {}, {}, ("low", "first"), 1.02),
    ("dead-start-12", worse, {}, {"layers": 2}, "low", 1.5, T.spirals(epochs=20)),
    ("dead-start-12", alike, {}, {}, ("low", "first"), 1.03),
    ("dead-start-13", worse, {}, {}, "low", 1.3, T.levels(act="relu", epochs=15)),
    ("dead-start-13", alike, {}, {}, ("low", "first"), 1.03),
    ("exploding-start-11", worse, {}, {}, "first", 1e3, T.worst_cells(epochs=30, act="relu")),
    ("exploding-start-12", worse, {}, {}, "first", 50, T.levels(act="relu", layers=3, epochs=20)),
    ("exploding-start-12", worse, {}, {}, "val", 20, T.levels(act="relu", layers=3, epochs=20)),
    ("exploding-start-13", worse, {}, {}, "val", 20, T.ripples(act="relu", epochs=15)),
    ("shuffled-labels-11", worse, {}, {}, "miss", 5, T.parity(1000, units=192, act="relu", epochs=40)),
    ("shuffled-labels-12", worse, {}, {}, "miss", 4, T.mixture(500, 4, 20, 0.8, units=128, act="gelu", epochs=40)),
    ("shuffled-labels-13", worse, {}, {}, "miss", 1.5, T.levels(500, 3, units=128, act="relu", epochs=30)),
    ("range-edge-11", worse, {"lr": 1e-3}, {"lr": 3e-3}, "val", 1.3),
    ("range-edge-11", worse, {"lr": 3e-4}, {"lr": 1e-3}, "val", 1.15),
    ("range-edge-12", worse, {"units": 6}, {"units": 16}, "val", 1.5),
    ("range-edge-12", worse, {"units": 3}, {"units": 6}, "val", 1.5),
    ("range-edge-13", worse, {"lr": 0.15}, {"lr": 0.03}, "low", 1.5),
    ("range-edge-13", worse, {"lr": 0.5}, {"lr": 0.15}, "low", 1.5),
    ("batch-too-large-11", worse, {}, {"batch_size": 40}, "val", 1.5),
    ("batch-too-large-11", worse, {"lr": 0.6}, {"batch_size": 40}, "val", 1.3),
    ("batch-too-large-12", worse, {"lr": 0.026}, {"lr": 0.01, "batch_size": 64}, "val", 3),
    ("batch-too-large-12", worse, {"lr": 0.05}, {"lr": 0.01, "batch_size": 64}, "val", 3),
    ("batch-too-large-13", worse, {}, {"batch_size": 64}, "low", 1.5),
    ("batch-too-large-13", worse, {"lr": 0.4}, {"batch_size": 64}, "low", 1.3),
    ("batch-too-small-11", alike, {}, {"batch_size": 16, "lr": 0.0264}, "low", 1.03),
    ("batch-too-small-11", worse, {}, {"batch_size": 16, "lr": 0.0264}, "seconds", 3),
    ("batch-too-small-12", alike, {}, {"batch_size": 16, "lr": 0.007}, "low", 1.03),
    ("batch-too-small-12", alike, {}, {"batch_size": 16, "lr": 0.007}, "miss", 1.05),
    ("batch-too-small-12", worse, {}, {"batch_size": 16, "lr": 0.007}, "seconds", 3),
    ("batch-too-small-13", alike, {}, {"batch_size": 16, "lr": 0.0113}, "low", 1.05),
    ("batch-too-small-13", worse, {}, {"batch_size": 16, "lr": 0.0113}, "seconds", 3),
    ("seed-noise-11", noisy, [{"lr": v} for v in (4e-3, 6e-3, 8e-3, 0.01)]),
    ("seed-noise-12", noisy, [{"units": v} for v in (14, 20, 26, 32)]),
    ("seed-noise-13", noisy, [{"weight_decay": v} for v in (1e-5, 3e-5, 3e-4, 1e-3)]),
    ("unimportant-11", harmless, "lr_end", (1e-5, 1e-4, 1e-3), {"lr": 0.07}),
    ("unimportant-12", harmless, "blur", (1e-5, 1e-4, 1e-3), {"lr": 0.2}),
    ("unimportant-13", harmless, "momentum", (0.0, 0.01, 0.03), {"lr": 0.1}),
    ("joint-11", together, "momentum", (0.1, 0.95), (0.01, 0.05, 0.3), "low", 1.5),
    ("joint-12", together, "batch_size", (4, 256), (1e-3, 3e-3, 0.01, 0.03, 0.1)),
    ("joint-13", together, "gain", (0.2, 5.0), (1e-3, 0.01, 0.1, 1.0)),
    ("time-wasted-11", alike, {}, {}, ("low", "low20"), 1.02),
    ("time-wasted-12", alike, {}, {"channels": 24, "lr": 0.02}, "low", 1.05),
    ("time-wasted-12", worse, {}, {"channels": 24, "lr": 0.02}, "seconds", 2),
    ("time-wasted-13", alike, {}, {}, ("low", "low20"), 1.02),
    ("memory-wasted-11", alike, {"units": 128}, {"units": 32}, "low", 1.05),
    ("memory-wasted-12", alike, {}, {"units": 64}, "low", 1.05),
    ("memory-wasted-12", alike, {}, {"units": 64}, "miss", 1.05),
    ("memory-wasted-13", alike, {}, {"units": 32, "lr": 0.01}, "low", 1.05),
    ("memory-wasted-13", alike, {}, {"units": 32, "lr": 0.01}, "miss", 1.05),
    ("small-budget-12", worse, {}, {}, ("low7", "low"), 2),
    ("small-budget-13", worse, {"lr": 0.02}, {"lr": 0.3}, "low", 1.2),
]


def prove(proofs: Sequence[tuple[Any, ...]], healthy: Callable[[str], None], names: Sequence[str]) -> None:
    """Runs the proofs, and ``healthy`` for the names, where the case matches the pattern."""
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, proof, *arguments in proofs:
        if re.search(pattern, name):
            proof(name, *arguments)
    for name in names:
        if re.search(pattern, name):
            healthy(name)


if __name__ == "__main__":
    prove(PROOFS, fair, [case.name for case in blind_healthy.CASES])
