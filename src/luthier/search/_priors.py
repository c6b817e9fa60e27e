"""What is believed of hyperparameters before anything was trained: where good values usually lie, and how far around.

Weak on purpose: a prior only says where to look first. Names that are not here are drawn from all of their range.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

from luthier.errors import UsageError
from luthier.records import Belief, EpochCost, Value
from luthier.search._axes import Axes, Axis
from luthier.search._literature import (
    ALSO_CALLED,
    BETTER_CHOICES,
    CAPACITIES,
    CAPACITY,
    CONFIDENCE,
    DROPOUT,
    LEARNING_RATES,
    LITERATURE,
    NEAR_ONE,
    REFERENCE_BATCH,
    USUAL_NOISE_SCALE,
    Confidence,
    quick_batches,
    quickest_batch,
)
from luthier.space import Space

Array = NDArray[np.float64]

_FAR = 9.0  #: squared standard deviations beyond which a value is no stranger


def beliefs_around(config: Mapping[str, Value], space: Space, confidence: Confidence = "medium") -> list[Belief]:
    """The user's own setting as beliefs: one for each number that ``space`` varies and ``config`` sets.

    Two in three good values are taken to lie within a factor of 6, 3 or 1.5 (confidence low, medium, high). The
    learning rate follows the batch size, and holds for the config's optimizer, where these vary too. Zero counts as a
    hundredth of the largest value. Raises UsageError for another confidence.
    """
    if confidence not in CONFIDENCE:
        raise UsageError(f"confidence is {confidence!r}; it must be one of {', '.join(CONFIDENCE)}")
    beliefs = []
    for name, axis in Axes(space).axes.items():
        value = config.get(name)
        if axis.choices is not None or isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        follows, given = {}, {}
        if name == "lr":
            optimizer = str(config.get("optimizer", "SGD"))
            known = LEARNING_RATES.get(optimizer)
            if known is not None:
                follows = {n: e for n, e in known.follows.items() if n in space and _is_number(config.get(n))}
            if "optimizer" in space:
                given = {"optimizer": optimizer}
        centre = float(value) if value > 0 else axis.bounds[1] / 100
        at = {n: float(v) for n, v in config.items() if n in follows and isinstance(v, (int, float))}
        beliefs.append(
            Belief(
                name, centre, CONFIDENCE[confidence], f"your own setting, confidence {confidence}",
                given=given, follows=follows, at=at,
            )
        )  # fmt: skip
    return beliefs


def expected(space: Space, setting: Mapping[str, Any], beliefs: Sequence[Belief] = ()) -> tuple[Belief, ...]:
    """What a search that is told ``beliefs`` takes for likely, by hyperparameter that ``space`` varies.

    They are those that hold for some of its configs; the literature's where none of ``beliefs`` does.
    """
    known: list[Belief] = []
    for belief in (b for name in space for b in (*beliefs, *LITERATURE) if b.name == name):
        possible = all(_may_be(space, setting, name, value) for name, value in belief.given.items())
        if possible and not any(b.name == belief.name and (not b.given or b.given == belief.given) for b in known):
            known.append(belief)
    return tuple(known)


def expected_spread(name: str, range_: BaseDistribution) -> tuple[float, float, float, str] | None:
    """The usual centre of dropout and of a model's size in ``range_``, one standard deviation to either side, a source.

    None for other names, and for choices.
    """
    axis, name = Axis(range_), _usual([name]).get(name, name)
    if axis.choices is not None or (name != "dropout" and name not in CAPACITIES):
        return None
    centre, deviation, source = DROPOUT if name == "dropout" else CAPACITY
    places = centre + deviation * np.array([0.0, -1.0, 1.0])
    middle, low, high = np.clip(places, *axis.bounds) if name == "dropout" else axis.values(places)
    return float(middle), float(low), float(high), source


def expected_choice(name: str, range_: BaseDistribution) -> tuple[Value, str] | None:
    """Which of the choices of ``range_`` is tried first, and a source; None where none is known to be better."""
    choices = Axis(range_).choices
    likelihoods = None if choices is None else _likelihoods(name, choices)
    if choices is None or likelihoods is None:
        return None
    return choices[_first(name, choices)], BETTER_CHOICES[name][2]


def _likelihoods(name: str, choices: Sequence[Any]) -> Array | None:
    """How likely each choice is drawn; None where they are alike."""
    better, times, _ = BETTER_CHOICES.get(name, ((), 1.0, ""))
    weights = np.array([times if choice in better else 1.0 for choice in choices])
    return None if len(set(weights)) < 2 else weights / weights.sum()


def _first(name: str, choices: Sequence[Any]) -> int:
    """The place of a centre's choice: the first that is known to be better, else the first."""
    better = BETTER_CHOICES.get(name, ((),))[0]
    return next((choices.index(choice) for choice in better if choice in choices), 0)


def _may_be(space: Space, setting: Mapping[str, Any], name: str, value: Value) -> bool:
    if name in space:
        return value in getattr(space[name], "choices", (value,))
    return bool(space.fixed.get(name, setting.get(name, "SGD" if name == "optimizer" else None)) == value)


def _in_time(axes: Axes, cost: EpochCost | None) -> list[Belief]:
    """What step times say of the batch size, if they are known and it is varied as a number.

    Nothing where the usual one is about as quick as any: then a search begins with what it would begin with without
    them, and what is quick is not all that is good (Masters & Luschi 2018).
    """
    axis = axes.axes.get("batch_size")
    if cost is None or axis is None or axis.choices is not None:
        return []
    least, most = quick_batches(cost, USUAL_NOISE_SCALE, *axis.bounds)
    if least <= REFERENCE_BATCH <= most:
        return []
    return [quickest_batch(cost, USUAL_NOISE_SCALE, *axis.bounds, "step times, at a usual noise scale")]


def _in_order(names: Sequence[str], beliefs: Sequence[Belief]) -> list[str]:
    """``names``, each after those that it follows."""
    follows = {name: {f for b in beliefs if b.name == name for f in b.follows} & set(names) for name in names}
    ordered: list[str] = []
    while len(ordered) < len(names):
        ready = [n for n in names if n not in ordered and follows[n] <= set(ordered)]
        ordered += ready or [n for n in names if n not in ordered]  # a circle: as they stand
    return ordered


def _usual(names: Iterable[str]) -> dict[str, str]:
    """Luthier's names for those of ``names`` that other tools use, where it is clear which one is meant."""
    names = set(names)
    found = {}
    for usual, others in ALSO_CALLED.items():
        here = names.intersection(others)
        if usual not in names and len(here) == 1:
            found[here.pop()] = usual
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _logs(name: str, values: Array) -> Array:
    """Where beliefs are normal, and what others follow: the log of a value, or of its distance to one."""
    logs: Array = np.log(np.maximum(1 - values, 1e-6) if name in NEAR_ONE else np.maximum(values, 1e-12))
    return logs


class Knowledge:
    """Draws points near good values. ``setting`` holds what the space does not vary.

    ``beliefs`` stand in for the literature where they hold: of those of a hyperparameter, the first whose ``given``
    is the case. They may be wrong, so a part of the points is drawn from the literature alone. With ``cost``, the
    literature's batch size is what is quickest at a usual noise scale, unless the usual one is about as quick. Other
    tools' names count as ours. Where nothing names an optimizer, averages of gradients (beta1, beta2) are Adam's.
    """

    def __init__(
        self, axes: Axes, setting: Mapping[str, Any], beliefs: Sequence[Belief] = (), cost: EpochCost | None = None
    ):
        usual = _usual([*axes.names, *setting])
        self._axes = axes.called(usual)
        self._setting = {usual.get(name, name): value for name, value in setting.items()}
        known = {*self._axes.names, *self._setting}
        self._optimizer = "Adam" if known & {"beta1", "beta2"} else "SGD"
        beliefs = [replace(belief, name=usual.get(belief.name, belief.name)) for belief in beliefs]
        self.informed = bool(beliefs)  #: whether there are beliefs beside the literature
        self._literature = [b for b in (*_in_time(self._axes, cost), *LITERATURE) if self._may_hold(b)]
        self._believed = [*filter(self._may_hold, beliefs), *self._literature]
        optimizers = getattr(axes.axes.get("optimizer"), "choices", None) or ()
        rated = [b.given.get("optimizer") for b in beliefs if b.name == "lr"]
        self._rated = [k for k, name in enumerate(optimizers) if name in rated]  # choices with beliefs of their own lr

    def draw(self, rng: np.random.Generator, count: int, *, believed: int = 0) -> Array:
        """Points around good values.

        The first ``believed`` of them are drawn from the beliefs, the others from the literature. What lies beyond a
        range is put on its bound.
        """
        points = self._somewhere(rng, count)
        return self._placed(points, rng.normal(size=points.shape), np.arange(count) < believed)

    def centres(self) -> Array:
        """What the beliefs say is best, once for each optimizer whose learning rate they tell; none without beliefs."""
        points = self._middle(max(int(self.informed), len(self._rated)))
        for row, place in enumerate(self._rated):
            points[row, self._axes.names.index("optimizer")] = place
        return self._placed(points, np.zeros(points.shape), np.ones(len(points), bool))

    def away(self, settings: Sequence[Mapping[str, float]], believed: NDArray[np.bool_]) -> Array:
        """Points so many standard deviations from the centre, in what each setting names; of the beliefs' or not.

        Each takes another optimizer than the one before, where there are several, and of other choices the best known.
        """
        points = self._middle(len(settings))
        optimizers = self._axes.axes.get("optimizer")
        if optimizers is not None and optimizers.choices is not None:
            turns = np.arange(len(settings)) + _first("optimizer", optimizers.choices)
            self._axes.column(points, "optimizer")[:] = turns % len(optimizers.choices)
        noise = np.array([[setting.get(name, 0.0) for name in self._axes.names] for setting in settings])
        return self._placed(points, noise.reshape(points.shape), believed)

    def _placed(self, points: Array, noise: Array, believed: NDArray[np.bool_]) -> Array:
        """Points whose numbers lie ``noise`` standard deviations from where they are expected; choices stay."""
        for beliefs, rows in ((self._believed, believed), (self._literature, ~believed)):
            part = points[rows]
            for name in _in_order(self._axes.names, beliefs):
                if self._axes.axes[name].choices is None:
                    own = [b for b in beliefs if b.name == name]
                    self._place(name, own, part, noise[rows, self._axes.names.index(name)])
            points[rows] = part
        return self._axes.snap(points)

    def _somewhere(self, rng: np.random.Generator, count: int) -> Array:
        """Numbers from all of their ranges, choices by how likely they are."""
        points = self._axes.uniform(rng, count)
        for name, axis in self._axes.axes.items():
            likelihoods = None if axis.choices is None else _likelihoods(name, axis.choices)
            if likelihoods is not None:
                self._axes.column(points, name)[:] = rng.choice(len(likelihoods), size=count, p=likelihoods)
        return points

    def _middle(self, count: int) -> Array:
        """Numbers in the middle of their ranges, choices the best known."""
        points = np.empty((count, len(self._axes)))
        for k, (name, axis) in enumerate(self._axes.axes.items()):
            points[:, k] = 0.5 if axis.choices is None else _first(name, axis.choices)
        return points

    def _place(self, name: str, beliefs: Sequence[Belief], points: Array, noise: Array) -> None:
        """Fills the column of ``name``, of which ``beliefs`` are."""
        column = points[:, self._axes.names.index(name)]
        if name == "dropout":
            column[:] = self._units(name, DROPOUT[0] + DROPOUT[1] * noise)
        elif name in CAPACITIES:
            column[:] = CAPACITY[0] + CAPACITY[1] * noise
        for belief in reversed(beliefs):  # the first has the last word
            held = self._holds(belief, points)
            if held.any():
                column[held] = self._units(name, self._values(belief, points[held], noise[held]))

    def _may_hold(self, belief: Belief) -> bool:
        """Whether a belief is the case for any config at all, and its hyperparameter varies."""
        if belief.name not in self._axes.names:
            return False
        for name, value in belief.given.items():
            axis = self._axes.axes.get(name)
            possible = (self._fixed(name),) if axis is None else axis.choices
            if possible is not None and value not in possible:
                return False
        return True

    def _holds(self, belief: Belief, points: Array) -> NDArray[np.bool_]:
        """At which points a belief that may hold does."""
        held = np.ones(len(points), bool)
        for name, value in belief.given.items():
            axis = self._axes.axes.get(name)
            if axis is None:
                continue
            if axis.choices is not None:
                held &= np.round(self._axes.column(points, name)) == axis.choices.index(value)
            else:
                held &= axis.values(self._axes.column(points, name)) == value
        return held

    def strangeness(self, points: Array) -> Array:
        """How far points lie from what is expected: squared standard deviations, at most _FAR of each hyperparameter.

        Where there are beliefs, from these or from the literature, whichever is nearer: beliefs may be wrong.
        """
        of_literature = self._strangeness(points, self._literature)
        return np.minimum(of_literature, self._strangeness(points, self._believed)) if self.informed else of_literature

    def _strangeness(self, points: Array, beliefs: Sequence[Belief]) -> Array:
        squares = np.zeros(len(points))
        for name, axis in self._axes.axes.items():
            if axis.choices is not None:
                continue
            units, off = self._axes.column(points, name), np.zeros(len(points))
            if name == "dropout":
                off = (axis.values(units) - DROPOUT[0]) / DROPOUT[1]
            elif name in CAPACITIES:
                off = (units - CAPACITY[0]) / CAPACITY[1]
            for belief in reversed([b for b in beliefs if b.name == name]):
                held = self._holds(belief, points)
                if held.any():
                    logs = _logs(name, axis.values(units[held])) - _logs(name, np.array(belief.centre))
                    off[held] = (logs - self._moved_by(belief, points[held])) / math.log(belief.factor)
            squares += np.minimum(off**2, _FAR)
        return squares

    def _values(self, belief: Belief, points: Array, noise: Array) -> Array:
        of_one = belief.name in NEAR_ONE
        logs = _logs(belief.name, np.array(belief.centre)) + math.log(belief.factor) * noise
        moved = self._moved_by(belief, points)
        values: Array = 1 - np.exp(logs + moved) if of_one else np.exp(logs + moved)
        if belief.low is not None:
            values = np.maximum(values, self._moved(belief, belief.low, moved))
        return values if belief.high is None else np.minimum(values, self._moved(belief, belief.high, moved))

    def _moved_by(self, belief: Belief, points: Array) -> Array:
        """By how much, in its logarithm, a belief's centre lies elsewhere because of what it follows."""
        moved = np.zeros(len(points))
        for name, exponent in belief.follows.items():
            others = self._numbers(name, points)
            if others is not None:
                moved += exponent * (_logs(name, others) - _logs(name, np.array(float(belief.at[name]))))
        return moved

    @staticmethod
    def _moved(belief: Belief, bound: float, moved: Array) -> Array:
        """A bound of a belief, which follows what the centre follows: it was measured where the centre was."""
        bounds: Array = 1 - (1 - bound) * np.exp(moved) if belief.name in NEAR_ONE else bound * np.exp(moved)
        return bounds

    def _numbers(self, name: str, points: Array) -> Array | None:
        """The values of a hyperparameter at these points, varied or not; None where they are not numbers."""
        axis = self._axes.axes.get(name)
        if axis is not None and axis.choices is None:
            return axis.values(self._axes.column(points, name))
        choices = [self._fixed(name)] if axis is None else list(axis.choices or ())
        if not all(map(_is_number, choices)):
            return None
        places = np.zeros(len(points)) if axis is None else np.round(self._axes.column(points, name))
        found: Array = np.array(choices, float)[places.astype(np.int64)]
        return found

    def _fixed(self, name: str) -> Any:
        """The value of a hyperparameter that is not varied."""
        return self._setting.get(name, self._optimizer if name == "optimizer" else None)

    def _units(self, name: str, values: Array) -> Array:
        axis = self._axes.axes[name]
        return axis.units(np.clip(values, *axis.bounds))
