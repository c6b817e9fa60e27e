"""Recorded trainings as a benchmark: a table of curves, and a simulation that charges a search for what it looks at.

Every config was trained with several seeds. A search sees the curves of one of them, and what it holds for the best is
judged by the mean over all, for as many epochs as it had: who tries many configs finds the one that was luckiest, which
is no better on other seeds.

Configs are rounded to the nearest one of the table, each value on its (log) scale. One rule for all searches: every
epoch asked for is paid, also when a new training rounds to a config that is known; its curve is then the same. So who
looks closely at the best, as TPE and freeze-thaw do, pays for what a coarse table cannot tell apart. Without
``pay_again`` the known epochs of a config cost nothing, as if its checkpoint were there; a search is then ended after
REPEATS slices in a row that cost nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from luthier.records import Direction, Outcome, Point, Slice, SliceResult, Status
from luthier.space import Space, choice, integer, log_uniform, uniform

Array = NDArray[np.float64]
Aim = Literal["metric", "loss"]

DATA = Path(__file__).parent / "curves" / "data" / "curves.npz"
REPEATS = 200  #: slices in a row that cost nothing, before a run ends
LOG_FROM = 4  #: a range whose ends are so many times apart is searched on a log scale
WORST = 2.0  #: regret of nothing, and at most
CHECKPOINTS = (1, 2, 4, 8, 12, 20)  #: budgets reported, in full trainings
#: Budgets, in full trainings, at which a run is kept.
GRID = tuple(sorted({float(c) for c in CHECKPOINTS} | {round(float(g), 3) for g in np.geomspace(0.02, 20, 36)}))


class BudgetSpent(Exception):
    """The simulation's budget is used up."""


@dataclass(frozen=True)
class Table:
    """All trainings of a grid with one seed. ``value`` is what is aimed at, (configs, epochs), NaN after divergence."""

    name: str
    grid: Mapping[str, tuple[Any, ...]]
    default: Mapping[str, Any]  #: what a user would start from
    fixed: Mapping[str, Any]
    direction: Direction
    value: Array
    loss: Array
    seconds: Array  #: (configs, epochs)
    worth: Array  #: mean over all seeds of the best value up to an epoch, (configs, epochs)
    median: float  #: over configs, of the mean over all seeds of what a full training ends with; diverged is worst

    @property
    def epochs(self) -> int:
        """Of a full training."""
        return self.value.shape[1]

    @cached_property
    def space(self) -> Space:
        """The grid's bounds as ranges."""
        return Space({**{name: _range(values) for name, values in self.grid.items()}, **self.fixed})

    @property
    def sign(self) -> float:
        """Times a value: larger is better."""
        return 1.0 if self.direction == "maximize" else -1.0

    @cached_property
    def best(self) -> float:
        """What the best config is worth."""
        return float(self.sign * (self.sign * self.worth[:, -1]).max())

    @cached_property
    def mean_seconds(self) -> float:
        """Of a full training."""
        return float(np.nansum(self.seconds, axis=1).mean())

    def regret(self, worth: Array) -> Array:
        """0 is the best of the table, 1 a median full training."""
        regrets: Array = (self.best - worth) / (self.best - self.median)
        return regrets

    def index(self, config: Mapping[str, Any]) -> int:
        """The nearest recorded training."""
        at = [_nearest(values, config[name]) for name, values in self.grid.items()]
        return int(np.ravel_multi_index(at, [len(v) for v in self.grid.values()]))

    def config(self, index: int) -> dict[str, Any]:
        """The grid's values of a recorded training."""
        at = np.unravel_index(index, [len(v) for v in self.grid.values()])
        return {name: values[i] for (name, values), i in zip(self.grid.items(), at, strict=True)}


def _is_log(values: tuple[Any, ...]) -> bool:
    return bool(min(values) > 0 and max(values) >= LOG_FROM * min(values))


def _range(values: tuple[Any, ...]) -> Any:
    if isinstance(values[0], str):
        return choice(*values)
    low, high, log = min(values), max(values), _is_log(values)
    if isinstance(low, int):
        return integer(low, high, log=log)
    return log_uniform(low, high) if log else uniform(low, high)


def _nearest(values: tuple[Any, ...], value: Any) -> int:
    if isinstance(value, str):
        return values.index(value)
    scale = np.log if _is_log(values) else np.asarray
    return int(np.abs(scale(np.array(values, float)) - scale(float(value))).argmin())


def load(path: Path, aim: Aim, seed: int = 0) -> dict[str, Table]:
    """The tables of a file that ``curves/record.py`` wrote, as the trainings with one of its seeds have them.

    They take turns: ``seed`` may be any number.
    """
    with np.load(path) as file:
        about = json.loads(str(file["about"]))
        tables = {}
        for name, entry in about.items():
            losses = file[f"{name}/loss"].astype(float)
            by_metric = aim == "metric" and f"{name}/metric" in file
            values = file[f"{name}/metric"].astype(float) if by_metric else losses
            direction: Direction = entry["direction"] if by_metric else "minimize"
            seconds = file[f"{name}/seconds"].astype(float)
            worth, median = _judged(values, 1.0 if direction == "maximize" else -1.0)
            tables[name] = Table(
                name,
                {n: tuple(v) for n, v in entry["grid"].items()},
                entry["default"],
                entry["fixed"],
                direction,
                values[seed % len(values)],
                losses[seed % len(losses)],
                # An epoch takes the median of its training's: what disturbed a single one is left out.
                np.where(np.isfinite(seconds), np.nanmedian(seconds, axis=1)[:, None], math.nan),
                worth,
                median,
            )
    return tables


def _judged(values: Array, sign: float) -> tuple[Array, float]:
    """What configs are worth after each epoch, and the median of what they end with.

    ``values`` are (seeds, configs, epochs). A training that diverged keeps the best it had, at the least the worst
    first value of all.
    """
    known = np.where(np.isfinite(values), sign * values, -math.inf)
    final = np.median(known[:, :, -1].mean(0))
    least = known[:, :, 0][np.isfinite(known[:, :, 0])].min()
    worth = np.maximum(np.maximum.accumulate(known, axis=2), least).mean(0)
    return sign * worth, float(sign * final)


class Simulation:
    """Trainings out of a table, charged epoch by epoch until the budget is spent.

    It ends when both ``trainings`` full trainings' epochs and their mean seconds are spent, at twice the epochs in any
    case: one run serves a table counted in epochs and one counted in seconds.
    """

    def __init__(self, table: Table, trainings: float, *, pay_again: bool = True) -> None:
        self.table = table
        self.pay_again = pay_again
        self.budget_epochs = round(trainings * table.epochs)
        self.budget_seconds = trainings * table.mean_seconds
        self._paid: dict[int, int] = {}
        self._top = -math.inf  #: best value seen, times the sign
        self._leader = -1  #: the config that has it
        self._regrets: list[float] = []  #: after each epoch, that of the config with the best value
        self._seconds: list[float] = []
        self._free = 0

    @property
    def spent(self) -> bool:
        """Whether no further epoch is granted."""
        epochs, seconds = len(self._regrets), self._seconds[-1] if self._seconds else 0.0
        return epochs >= self.budget_epochs and (seconds >= self.budget_seconds or epochs >= 2 * self.budget_epochs)

    def train(self, cut: Slice) -> SliceResult:
        """Runs a slice. Raises BudgetSpent, and ValueError for a branch: no table holds what would become of it."""
        if cut.origin is not None:
            raise ValueError("the slice branches from another training, which no recorded curve can tell")
        table, index = self.table, self.table.index(cut.config)
        start, stop = round(cut.start), round(cut.stop)
        points: list[Point] = []
        outcome = Outcome(Status.DONE)
        before = len(self._regrets)
        for epoch in range(start, stop):
            value = float(table.value[index, epoch])
            self._charge(index, epoch, value)
            if not math.isfinite(value):
                outcome = Outcome(Status.DIVERGED)
                break
            loss, seconds = float(table.loss[index, epoch]), float(table.seconds[index, epoch])
            points.append(Point(epoch + 1, loss, loss, value, 0.0, 1, seconds))
        self._free = 0 if len(self._regrets) > before else self._free + 1
        if self._free >= REPEATS:
            raise BudgetSpent
        return SliceResult(cut, tuple(points), outcome, sum(p.seconds for p in points))

    def _charge(self, index: int, epoch: int, value: float) -> None:
        if epoch < self._paid.get(index, 0) and not self.pay_again:
            return
        if self.spent:
            raise BudgetSpent
        self._paid[index] = max(epoch + 1, self._paid.get(index, 0))
        regret = self._regrets[-1] if self._regrets else WORST
        if math.isfinite(value) and self.table.sign * value > self._top:
            self._top, self._leader = self.table.sign * value, index
        if index == self._leader:
            reached = self._paid[index] - 1
            regret = min(WORST, float(self.table.regret(self.table.worth[index, reached])))
        self._regrets.append(regret)
        seconds = float(self.table.seconds[index, epoch])
        self._seconds.append((self._seconds[-1] if self._seconds else 0.0) + (seconds if seconds == seconds else 0.0))

    def log(self) -> dict[str, Any]:
        """Regret along GRID, counted in epochs and in seconds."""
        regrets = np.array([WORST, *self._regrets])
        trainings = np.array(GRID)
        epochs = np.floor(trainings * self.table.epochs + 1e-9).astype(int)
        seconds = np.searchsorted(self._seconds, trainings * self.table.mean_seconds, "right")
        last = len(self._regrets)
        return {
            "epochs": [round(float(r), 5) for r in regrets[np.minimum(epochs, last)]],
            "seconds": [round(float(r), 5) for r in regrets[np.minimum(seconds, last)]],
            "configs": len(self._paid),
            "total": last,
        }
