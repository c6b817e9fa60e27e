"""Hyperparameters that change nothing in a training, because of another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from luthier.hyperparameters import BATCH_SCHEDULES, HYPERPARAMETERS
from luthier.records import Config
from luthier.training.optimizers import optimizer_names, unused

#: What a hyperparameter acts with: values of another one.
ACTS_WITH = {
    "gamma": ("schedule", ("exponential", "step", "plateau")),
    "lr_end": ("schedule", ("exponential", "cosine", "linear", "polynomial")),
    "step_size": ("schedule", ("step",)),
    "power": ("schedule", ("polynomial",)),
    "plateau_patience": ("schedule", ("plateau",)),
    "cooldown": ("schedule", ("cooldown",)),
    "batch_size_end": ("batch_schedule", tuple(s for s in BATCH_SCHEDULES if s != "constant")),
    "batch_stages": ("batch_schedule", ("steps",)),
    "lr_exponent": ("batch_schedule", ("noise",)),
}
#: Those that only some optimizers take.
OPTIMIZERS_OWN = ("momentum", "nesterov", "beta1", "beta2", "eps", "alpha", "weight_decay")


def without_effect(config: Config, names: Iterable[str]) -> dict[str, str]:
    """Those of ``names`` that change nothing in a training under ``config``, which is complete, each with the reason.

    What is at Luthier's default is not among them.
    """
    found = {}
    for name in names:
        known = HYPERPARAMETERS.get(name)
        if known is not None and config[name] != known.default and (reason := _reason(config, name)):
            found[name] = reason
    return found


def _reason(config: Config, name: str) -> str:
    """Why ``name`` changes nothing; empty where it does."""
    if name in OPTIMIZERS_OWN and name in unused(config):
        takers = [o for o in optimizer_names() if name not in unused(Config(optimizer=o))]
        return f"it acts with optimizer {_either(takers)}, but optimizer is {config.optimizer}"
    other, values = ACTS_WITH.get(name, ("", ()))
    if other and config[other] not in values:
        return f"it acts with {other} {_either(values)}, but {other} is {config[other]}"
    if name == "lr_end" and config.schedule == "exponential" and config.gamma is not None:
        return f"with schedule exponential it acts without gamma, but gamma is {config.gamma:g}"
    if name == "nesterov" and not config.momentum:
        return "it acts with a momentum above 0, but momentum is 0"
    if name == "min_delta" and config.patience is None:
        return "it acts with patience, which is not given"
    return ""


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
