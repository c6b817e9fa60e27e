"""What is believed of hyperparameters before anything was trained: where good values usually lie, and how far around.

Weak on purpose: a prior only says where to look first. Names that are not here are drawn from all of their range.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

from luthier.errors import UsageError
from luthier.records import Belief, EpochCost, Value
from luthier.search._axes import Axes, Axis
from luthier.space import Space

Array = NDArray[np.float64]
Confidence = Literal["low", "medium", "high"]

REFERENCE_BATCH = 32  #: what literature's learning rates are for; PyTorch's examples and Bengio 2012 use about this

_LINEAR = "following batch size: Goyal et al. 2017 (arXiv 1706.02677)"
_ROOT = "following the root of batch size: Malladi et al. 2022 (arXiv 2205.10287)"


#: With momentum, a gradient moves the weights by lr / (1 - momentum) of itself in all: Smith & Le 2018 (arXiv
#: 1710.06451, section 5). So the best lr falls as 1 - momentum does.
MOMENTUM_EXPONENT = 1.0


def _rate(optimizer: str, centre: float, exponent: float, source: str) -> Belief:
    follows, at = ({"batch_size": exponent}, {"batch_size": float(REFERENCE_BATCH)}) if exponent else ({}, {})
    if optimizer == "SGD":
        follows, at = {**follows, "momentum": MOMENTUM_EXPONENT}, {**at, "momentum": 0.9}
    return Belief("lr", centre, 6, source, given={"optimizer": optimizer}, follows=follows, at=at)


#: Learning rates by optimizer, SGD's with momentum 0.9. Other optimizers have none.
LEARNING_RATES: Mapping[str, Belief] = {
    str(belief.given["optimizer"]): belief
    for belief in [
        _rate("SGD", 0.02, 1.0, "between 0.01, the default of Bengio 2012 (arXiv 1206.5533), and 0.1 at batch size 256 "
              f"of He et al. 2015 (arXiv 1512.03385); {_LINEAR}"),
        _rate("RMSprop", 1e-3, 0.5, f"Tieleman & Hinton 2012, lecture 6.5: 0.001; {_ROOT}"),
        *(_rate(name, 1e-3, 0.5, f"Kingma & Ba 2015 (arXiv 1412.6980): 0.001; {_ROOT}")
          for name in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax")),
        _rate("Adagrad", 1e-2, 0.5, f"torch's default; {_ROOT}"),
        _rate("Adadelta", 1.0, 0.0, "Zeiler 2012 (arXiv 1212.5701), whose rule has none; torch's default"),
    ]
}  # fmt: skip

#: The first that holds for a config counts.
LITERATURE: Sequence[Belief] = [
    *LEARNING_RATES.values(),
    Belief("batch_size", 32, 2.5, "Masters & Luschi 2018 (arXiv 1804.07612): 2 to 32; Bengio 2012: 32"),
    Belief("momentum", 0.9, 3, "Sutskever et al. 2013 (ICML): 0.9 to 0.99; 0.9 is usual"),
    Belief("beta1", 0.9, 3, "Kingma & Ba 2015: 0.9"),
    Belief("beta2", 0.999, 8, "Kingma & Ba 2015: 0.999; Vaswani et al. 2017 (arXiv 1706.03762): 0.98"),
    Belief("alpha", 0.97, 3, "between 0.9 (Tieleman & Hinton 2012, lecture 6.5) and 0.99, torch's default"),
    # Choi et al. 2019 (arXiv 1910.05446, section 4) tune it over ten decades; below the root of the second moments it
    # does not matter.
    Belief("eps", 1e-8, 100, "Kingma & Ba 2015: 1e-8; Choi et al. 2019: larger ones, too, where the lr follows"),
    Belief("l1", 1e-6, 20, "1e5 weights of 0.1 then cost 0.01, a hundredth of a usual loss"),
    Belief("clip_norm", 1.0, 5, "Pascanu et al. 2013 (arXiv 1211.5063): about the mean norm; 1 is usual"),
    Belief("weight_decay", 1e-2, 8, "torch's default of AdamW; Loshchilov & Hutter 2019 (arXiv 1711.05101)",
           given={"optimizer": "AdamW"}),
    Belief("weight_decay", 2e-4, 8, "between 5e-4 (Krizhevsky et al. 2012) and 1e-4 (He et al. 2015)"),
    Belief("gamma", 0.9, 3, "the lr falls by a factor of 20 in all: He et al. 2015 let it fall by 100, others hardly",
           given={"schedule": "exponential"}, follows={"epochs": -1.0}, at={"epochs": 30.0}),
]  # fmt: skip

#: The gradient noise scale, in samples, where it was not measured; that of digits and of MNIST lies between 50 and 300
#: along a training (``luthier probe noise-scale``).
USUAL_NOISE_SCALE = 100.0
#: Batch sizes whose expected time is at most this many times the least are about as good.
_ABOUT_AS_FAST = 1.25
#: Beliefs in a batch size are at least so wide: how well it generalises is left out of them.
_LEAST_FACTOR = 2.0

#: What other tools call them: spaces for a search driven by hand, and a user's own model, may have their names.
ALSO_CALLED: Mapping[str, Sequence[str]] = {
    "lr": ("learning_rate", "initial_lr", "lr_init"),
    "batch_size": ("batchsize", "bs", "train_batch_size"),
    "beta1": ("beta_1", "b1", "adam_beta1"),
    "beta2": ("beta_2", "b2", "adam_beta2"),
    "eps": ("epsilon", "adam_epsilon"),
    "l1": ("l1_reg", "l1_weight"),
    "weight_decay": ("wd", "l2", "l2_reg", "l2_weight"),
    "clip_norm": ("max_grad_norm", "grad_clip", "clipnorm"),
    "dropout": ("dropout_rate", "max_dropout"),
    "layers": ("num_layers", "n_layers", "depth"),
    "units": ("num_units", "n_units", "max_units", "hidden_size", "hidden_dim", "width"),
}  # fmt: skip

#: What averages over steps or multiplies in each: beliefs are about 1 minus these.
NEAR_ONE = ("momentum", "beta1", "beta2", "alpha", "gamma")

#: Centre, standard deviation and source, of what no factor tells.
DROPOUT = (0.3, 0.2, "Srivastava et al. 2014 (JMLR): 0.2 of inputs to 0.5 of hidden units")

#: The same, as positions in the range of how large a model is. Section 3.1.3 there: "larger than optimal values
#: typically do not hurt generalization performance much".
CAPACITY = (0.75, 0.3, "Bengio 2012 (arXiv 1206.5533): larger than optimal seldom hurts")
_CAPACITIES = ("layers", "units")

_FAR = 9.0  #: squared standard deviations beyond which a value is no stranger

#: Factors that two in three good values lie within, for a user who says how sure they are.
CONFIDENCE: Mapping[Confidence, float] = {"low": 6.0, "medium": 3.0, "high": 1.5}


def quickest_batch(cost: EpochCost, scale: float, low: float, high: float, source: str) -> Belief:
    """The batch sizes in [low, high] that bring the loss down in the least time, at a gradient noise scale.

    A step takes the loss as far as 1 / (1 + noise scale / batch size) steps without noise (McCandlish et al. 2018,
    arXiv 1812.06162, equation 2.11 and appendix D), so that the time to a loss goes as
    (batch size + noise scale) * seconds of an epoch.
    """
    sizes = np.unique(np.geomspace(low, high, 60).round())
    times = np.array([(size + scale) * cost.seconds(int(size)) for size in sizes])
    fast = sizes[times <= _ABOUT_AS_FAST * times.min()]
    factor = max(_LEAST_FACTOR, math.sqrt(fast[-1] / fast[0]))
    return Belief("batch_size", float(math.sqrt(fast[0] * fast[-1])), factor, source)


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
    if axis.choices is not None or (name != "dropout" and name not in _CAPACITIES):
        return None
    centre, deviation, source = DROPOUT if name == "dropout" else CAPACITY
    places = centre + deviation * np.array([0.0, -1.0, 1.0])
    middle, low, high = np.clip(places, *axis.bounds) if name == "dropout" else axis.values(places)
    return float(middle), float(low), float(high), source


def _may_be(space: Space, setting: Mapping[str, Any], name: str, value: Value) -> bool:
    if name in space:
        return value in getattr(space[name], "choices", (value,))
    return bool(space.fixed.get(name, setting.get(name, "SGD" if name == "optimizer" else None)) == value)


def _in_time(axes: Axes, cost: EpochCost | None) -> list[Belief]:
    """What step times say of the batch size, if they are known and it is varied as a number."""
    axis = axes.axes.get("batch_size")
    if cost is None or axis is None or axis.choices is not None:
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
    literature's batch size is what is quickest at a usual noise scale. Other tools' names count as ours. Where nothing
    names an optimizer, averages of gradients (beta1, beta2) are Adam's.
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
        self._literature = [*_in_time(self._axes, cost), *LITERATURE]
        self._believed = [*beliefs, *self._literature]
        optimizers = getattr(axes.axes.get("optimizer"), "choices", None) or ()
        rated = [b.given.get("optimizer") for b in beliefs if b.name == "lr"]
        self._rated = [k for k, name in enumerate(optimizers) if name in rated]  # choices with beliefs of their own lr

    @property
    def centres(self) -> int:
        """How many centres the beliefs have, one for each optimizer whose learning rate they tell.

        They are the first of as many points drawn with width 0.
        """
        return max(int(self.informed), len(self._rated))

    def draw(self, rng: np.random.Generator, count: int, width: float = 1.0, *, believed: int = 0) -> Array:
        """Points around good values, their spreads times ``width``; at 0 the centres themselves.

        The first ``believed`` of them are drawn from the beliefs, the others from the literature. What lies beyond a
        range is put on its bound.
        """
        points = self._axes.uniform(rng, count)
        if width == 0:  # unknown numbers then lie in the middle
            for k, axis in enumerate(self._axes.axes.values()):
                points[:, k] = 0.5 if axis.choices is None else 0.0
            for row, place in enumerate(self._rated[:believed]):
                points[row, self._axes.names.index("optimizer")] = place
        noise = width * rng.normal(size=points.shape)
        for beliefs, rows in ((self._believed, slice(believed)), (self._literature, slice(believed, None))):
            part = points[rows]
            for name in _in_order(self._axes.names, beliefs):
                if self._axes.axes[name].choices is None:
                    own = [b for b in beliefs if b.name == name]
                    self._place(name, own, part, noise[rows, self._axes.names.index(name)])
            points[rows] = part
        return self._axes.snap(points)

    def _place(self, name: str, beliefs: Sequence[Belief], points: Array, noise: Array) -> None:
        """Fills the column of ``name``, of which ``beliefs`` are."""
        column = points[:, self._axes.names.index(name)]
        if name == "dropout":
            column[:] = self._units(name, DROPOUT[0] + DROPOUT[1] * noise)
        elif name in _CAPACITIES:
            column[:] = CAPACITY[0] + CAPACITY[1] * noise
        for belief in reversed(beliefs):  # the first has the last word
            held = self._holds(belief, points)
            if held.any():
                column[held] = self._units(name, self._values(belief, points[held], noise[held]))

    def _holds(self, belief: Belief, points: Array) -> NDArray[np.bool_]:
        held = np.ones(len(points), bool)
        for name, value in belief.given.items():
            if name in self._axes.axes:
                held &= np.array([known == value for known in self._column(name, points)], bool)
            elif self._fixed(name) != value:
                return np.zeros(len(points), bool)
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
            elif name in _CAPACITIES:
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

    def _column(self, name: str, points: Array) -> list[Any]:
        """The values of a hyperparameter at these points, varied or not."""
        axis = self._axes.axes.get(name)
        if axis is None:
            return [self._fixed(name)] * len(points)
        column = self._axes.column(points, name)
        return [axis.choices[round(u)] for u in column] if axis.choices is not None else list(axis.values(column))

    def _numbers(self, name: str, points: Array) -> Array | None:
        """The same as numbers; None where they are not."""
        axis = self._axes.axes.get(name)
        if axis is not None and axis.choices is None:
            return axis.values(self._axes.column(points, name))
        others = self._column(name, points)
        return np.array(others, float) if all(_is_number(v) for v in others) else None

    def _fixed(self, name: str) -> Any:
        """The value of a hyperparameter that is not varied."""
        return self._setting.get(name, self._optimizer if name == "optimizer" else None)

    def _units(self, name: str, values: Array) -> Array:
        axis = self._axes.axes[name]
        return axis.units(np.clip(values, *axis.bounds))
