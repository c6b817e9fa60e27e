"""What is known of hyperparameters before anything was trained: where good values usually lie, and how far around.

Weak on purpose: a prior only says where to look first. Names that are not here are drawn from all of their range.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luthier.search._axes import Axes

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """A normal distribution; of the logarithm where ``factor`` says so."""

    centre: float
    spread: float  #: one standard deviation; as a factor for logarithms
    factor: bool
    source: str


def _factor(centre: float, spread: float, source: str) -> Prior:
    return Prior(centre, spread, True, source)


#: Learning rates by optimizer; SGD's is for a batch of REFERENCE_BATCH and momentum 0.9. Other optimizers have none.
LEARNING_RATES: Mapping[str, Prior] = {
    "SGD": _factor(
        0.02, 6, "between 0.01, the default of Bengio 2012 (arXiv 1206.5533), and 0.1 / 4: He et al. 2015 "
        "(arXiv 1512.03385) train with 0.1 at batch size 256"
    ),
    "RMSprop": _factor(1e-3, 6, "Tieleman & Hinton 2012, lecture 6.5: 0.001"),
    **dict.fromkeys(
        ("Adam", "AdamW", "NAdam", "RAdam", "Adamax"), _factor(1e-3, 6, "Kingma & Ba 2015 (arXiv 1412.6980): 0.001")
    ),
    "Adagrad": _factor(1e-2, 6, "torch's default"),
    "Adadelta": _factor(1.0, 6, "Zeiler 2012 (arXiv 1212.5701), whose rule has none; torch's default"),
}  # fmt: skip

_DECOUPLED = _factor(1e-2, 8, "torch's default of AdamW; Loshchilov & Hutter 2019 (arXiv 1711.05101)")
_L2 = _factor(2e-4, 8, "between 5e-4 (Krizhevsky et al. 2012) and 1e-4 (He et al. 2015, arXiv 1512.03385)")

PRIORS: Mapping[str, Prior] = {
    "batch_size": _factor(32, 2.5, "Masters & Luschi 2018 (arXiv 1804.07612): 2 to 32; Bengio 2012: 32"),
    "dropout": Prior(0.3, 0.2, False, "between 0.2 of inputs and 0.5 of hidden units, Srivastava et al. 2014 (JMLR)"),
}

#: 1 - momentum, which is what averages over steps.
MOMENTUM = _factor(0.1, 3, "Sutskever et al. 2013 (ICML): 0.9 to 0.99; 0.9 is usual")

#: Positions in the range of how large a model is: Bengio 2012 (arXiv 1206.5533, section 3.1.3), "larger than optimal
#: values typically do not hurt generalization performance much".
CAPACITY = Prior(0.75, 0.3, False, "Bengio 2012")
_CAPACITIES = ("layers", "units")


class Knowledge:
    """Draws points near good values. ``setting`` holds what the space does not vary."""

    def __init__(self, axes: Axes, setting: Mapping[str, Any]):
        self._axes = axes
        self._setting = setting

    def draw(self, rng: np.random.Generator, count: int, width: float = 1.0) -> Array:
        """Points from the priors, their spreads times ``width``; at 0 the usual setting itself.

        What lies beyond a range is put on its bound.
        """
        points = self._axes.uniform(rng, count)
        if width == 0:  # unknown numbers then lie in the middle
            for k, axis in enumerate(self._axes.axes.values()):
                points[:, k] = 0.5 if axis.choices is None else 0.0
        noise = width * rng.normal(size=points.shape)
        for k, (name, axis) in enumerate(self._axes.axes.items()):
            if axis.choices is not None:
                continue
            if name in _CAPACITIES:
                points[:, k] = CAPACITY.centre + CAPACITY.spread * noise[:, k]
            elif name == "momentum":
                points[:, k] = self._units(name, 1 - np.exp(_log(MOMENTUM, noise[:, k])))
            elif name in ("lr", "weight_decay"):
                for optimizer, chosen in self._optimizers(points):
                    prior = _of(name, optimizer)
                    if prior is not None:
                        values = np.exp(_log(prior, noise[chosen, k]))
                        points[chosen, k] = self._units(name, values)
            elif name in PRIORS:
                prior = PRIORS[name]
                values = np.exp(_log(prior, noise[:, k])) if prior.factor else prior.centre + prior.spread * noise[:, k]
                points[:, k] = self._units(name, values)
        return self._axes.snap(points)

    def _units(self, name: str, values: Array) -> Array:
        axis = self._axes.axes[name]
        low, high = axis.bounds
        return np.array([axis.unit(v) for v in np.clip(values, low, high)])

    def _optimizers(self, points: Array) -> list[tuple[str, NDArray[np.bool_]]]:
        axis = self._axes.axes.get("optimizer")
        if axis is None or axis.choices is None:
            return [(str(self._setting.get("optimizer", "SGD")), np.ones(len(points), bool))]
        column = self._axes.column(points, "optimizer")
        return [(str(value), column == k) for k, value in enumerate(axis.choices)]


def _of(name: str, optimizer: str) -> Prior | None:
    if name == "lr":
        return LEARNING_RATES.get(optimizer)
    return _DECOUPLED if optimizer == "AdamW" else _L2


def _log(prior: Prior, noise: Array) -> Array:
    """Logarithms around the prior's centre."""
    logs: Array = math.log(prior.centre) + math.log(prior.spread) * noise
    return logs
