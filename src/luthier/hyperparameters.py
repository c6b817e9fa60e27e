"""The hyperparameters that Luthier itself understands, by name: default, allowed values, meaning.

Any other name in a config goes to the model builder.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from luthier.errors import ALIASES, ConfigError, nearest
from luthier.records import Config, Value

SCHEDULES = (
    "constant",
    "exponential",
    "step",
    "cosine",
    "linear",
    "one-cycle",
    "polynomial",
    "plateau",
    "cooldown",
)
BATCH_SCHEDULES = ("constant", "steps", "geometric", "noise")


@dataclass(frozen=True)
class Hyperparameter:
    """A name that Luthier understands."""

    name: str
    kind: type  #: float, int, str or bool
    default: Value  #: None: off, or torch's own default
    help: str
    low: float = -math.inf  #: smallest allowed value
    high: float = math.inf  #: largest allowed value
    open_low: bool = False  #: ``low`` itself is not allowed
    open_high: bool = False  #: ``high`` itself is not allowed
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return "a name"
        noun = "a whole number" if self.kind is int else "a number"
        if self.low == -math.inf:
            return noun
        lower = f"above {self.low:g}" if self.open_low else f"{self.low:g} or more"
        upper = "" if self.high == math.inf else f", {'below' if self.open_high else 'at most'} {self.high:g}"
        return f"{noun}, {lower}{upper}"

    def check(self, value: Value) -> Value:
        """``value`` as this hyperparameter's type. Raises ConfigError when it is not allowed."""
        if value is None and self.default is None:
            return None
        checked = _convert(value, self.kind)
        if checked is None or (self.choices and checked not in self.choices) or not self._inside(checked):
            hint = nearest(str(value), self.choices) if self.choices else ""
            raise ConfigError(f"{self.name} is {value!r}; it must be {self.allowed}.{hint}")
        return checked

    def _inside(self, value: Value) -> bool:
        if isinstance(value, (str, bool)) or value is None:
            return True
        at_open_end = (self.open_low and value == self.low) or (self.open_high and value == self.high)
        return math.isfinite(value) and self.low <= value <= self.high and not at_open_end


def _convert(value: Value, kind: type) -> Value:
    """``value`` as ``kind``, or None. YAML reads 1e-4 as text, and 16.0 is a whole number."""
    if kind is bool:
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    if kind is str:
        return value if isinstance(value, str) else None
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if kind is int:
        return int(number) if math.isfinite(number) and number == round(number) else None
    return number


def _table(*rows: Hyperparameter) -> dict[str, Hyperparameter]:
    return {row.name: row for row in rows}


H = Hyperparameter
HYPERPARAMETERS: Mapping[str, Hyperparameter] = _table(
    H("lr", float, 0.01, "learning rate at its highest", 0, open_low=True),
    H("batch_size", int, 64, "samples per step, at the start of the training", 1),
    H("epochs", int, 20, "length of the training, in passes over the data", 1),
    H(
        "optimizer",
        str,
        "SGD",
        "a class of torch.optim, but LBFGS and SparseAdam; Muon: only where all parameters are matrices",
    ),
    H("momentum", float, 0.0, "momentum of SGD or RMSprop", 0, 1),
    H("nesterov", bool, False, "Nesterov momentum of SGD"),
    H(
        "beta1",
        float,
        None,
        "first-moment decay of Adam and its kin; torch's default when not given",
        0,
        1,
        open_high=True,
    ),
    H(
        "beta2",
        float,
        None,
        "second-moment decay of Adam and its kin; torch's default when not given",
        0,
        1,
        open_high=True,
    ),
    H("eps", float, None, "denominator term of Adam and its kin; torch's default when not given", 0, open_low=True),
    H("alpha", float, None, "smoothing of RMSprop; torch's default when not given", 0, 1, open_high=True),
    H("weight_decay", float, 0.0, "weight decay as the optimizer defines it (L2, or decoupled in AdamW)", 0),
    H("l1", float, 0.0, "L1 penalty: this times the sum of the parameters' absolute values is added to the loss", 0),
    H("clip_norm", float, None, "largest norm of the gradient of all parameters together", 0, open_low=True),
    H("schedule", str, "constant", "learning-rate schedule", choices=SCHEDULES),
    H("warmup", float, 0.0, "fraction of the training with lr rising from 0; one-cycle: its rise", 0, 1),
    H("gamma", float, None, "exponential: factor per epoch; step, plateau: factor per drop", 0, 1, open_low=True),
    H(
        "lr_end",
        float,
        0.01,
        "last lr as a fraction of lr (exponential without gamma, cosine, linear, polynomial)",
        0,
        1,
    ),
    H("step_size", float, 1 / 3, "step: fraction of the training between drops", 0, 1, open_low=True),
    H("power", float, 2.0, "polynomial: exponent", 0, open_low=True),
    H("plateau_patience", float, 0.1, "plateau: fraction of the training without improvement before a drop", 0, 1),
    H("cooldown", float, 0.2, "cooldown: last fraction of the training, in which lr falls to 0", 0, 1),
    H("batch_schedule", str, "constant", "batch-size schedule", choices=BATCH_SCHEDULES),
    H("batch_size_end", int, None, "batch size at the end of the training (larger or smaller)", 1),
    H("batch_stages", int, 3, "steps: number of batch sizes", 2),
    H(
        "lr_exponent",
        float,
        None,
        "batch_schedule noise: lr follows the batch to this power; not given: 1 for SGD, 0.5 for Adam and its kin",
        0,
        1,
    ),
    H("loss", str, None, "a torch loss by name, in place of the task's"),
    H("patience", int, None, "early stopping: epochs without a lower validation loss; not given: off", 1),
    H("min_delta", float, 0.0, "early stopping: how much lower counts as lower", 0),
)
del H


def complete(values: Mapping[str, Any], model_defaults: Mapping[str, Any] | None = None) -> Config:
    """``values`` with every missing hyperparameter at its default, the model builder's own ones included.

    Raises ConfigError for a value that is not allowed, and for a batch-size schedule that leads nowhere.
    """
    check_values(values)
    defaults = {name: h.default for name, h in HYPERPARAMETERS.items()}
    config = Config({**defaults, **(model_defaults or {}), **values})
    checked = {name: h.check(config[name]) for name, h in HYPERPARAMETERS.items()}
    if checked["schedule"] == "one-cycle" and not checked["warmup"]:
        checked["warmup"] = 0.3  # Smith & Topin 2018 (arXiv 1708.07120) rise for under half; torch's pct_start
    if checked["batch_schedule"] != "constant" and checked["batch_size_end"] is None:
        schedule = checked["batch_schedule"]
        raise ConfigError(f"batch_schedule is {schedule!r}, which needs batch_size_end; give it a value")
    return config.replace(**checked)


def check_values(values: Mapping[str, Any]) -> None:
    """Raises ConfigError for the first value that its hyperparameter does not allow."""
    for name, value in values.items():
        if name in HYPERPARAMETERS:
            HYPERPARAMETERS[name].check(value)


def misspelt(name: str) -> str | None:
    """The hyperparameter that an unknown ``name`` looks like, or is called elsewhere; None for a name of its own."""
    if name in ALIASES:
        return ALIASES[name]
    near = get_close_matches(name.lower(), HYPERPARAMETERS, n=1, cutoff=0.75)
    return near[0] if near else None


def check_names(names: Iterable[str], builder_names: Iterable[str]) -> None:
    """Raises ConfigError for a name that neither Luthier nor the model builder knows."""
    known = {*HYPERPARAMETERS, *builder_names}
    for name in names:
        if name not in known:
            own = ", ".join(sorted({*builder_names} - {*HYPERPARAMETERS})) or "no other"
            raise ConfigError(
                f"unknown hyperparameter {name!r}: Luthier does not know it and the model builder reads {own}."
                f"{nearest(name, known)}"
            )
