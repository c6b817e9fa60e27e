"""A ``torch.optim`` optimizer by name, with the hyperparameters that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from luthier.errors import ConfigError, nearest
from luthier.records import Config
from luthier.training.eager import eager_optimizer

#: Steps of these need a closure or sparse gradients, which mini-batch descent here does not give.
UNSUITED = {"LBFGS", "SparseAdam", "Optimizer"}
#: What else an optimizer asks of a model.
ASKS = {"Muon": "where all parameters are matrices"}
#: These step along the gradient itself; all others divide it by its size or its spread.
PLAIN = {"sgd", "asgd"}
#: Where torch has a fused step of an optimizer (all of its parameters in one kernel).
FUSED = ("cpu", "cuda", "mps")
#: Optimizers whose fused step is missing on some of these.
LESS_FUSED = {"adagrad": ("cpu",)}


def optimizer_names() -> list[str]:
    """The optimizers that can be used."""
    found = {n: c for n, c in vars(torch.optim).items() if inspect.isclass(c) and issubclass(c, torch.optim.Optimizer)}
    return sorted(set(found) - UNSUITED)


def optimizer_class(name: str) -> type[torch.optim.Optimizer]:
    """The class of an optimizer, found without regard to case. Raises ConfigError."""
    names = optimizer_names()
    by_lower = {n.lower(): n for n in names}
    if name.lower() not in by_lower:
        told = ", ".join(f"{n} ({ASKS[n]})" if n in ASKS else n for n in names)
        raise ConfigError(f"optimizer is {name!r}; it must be one of {told}.{nearest(name, names)}")
    found: type[torch.optim.Optimizer] = getattr(torch.optim, by_lower[name.lower()])
    return found


def batch_exponent(config: Config) -> float:
    """The a of ``lr ~ batch_size^a``: the config's ``lr_exponent``, else what is known of its optimizer.

    1 for SGD (linear scaling: Goyal et al. 2017, arXiv 1706.02677, section 2.1). 0.5 for Adam and its kin, whose step
    does not grow with the gradient (Malladi et al. 2022, arXiv 2205.10287, definition 4.3). Both hold below the noise
    scale and are too much above it.
    """
    if config.lr_exponent is not None:
        return float(config.lr_exponent)
    return 1.0 if config.optimizer.lower() in PLAIN else 0.5


def optimizer_arguments(config: Config, device_type: str = "cpu") -> dict[str, Any]:
    """The arguments of the config's optimizer: those hyperparameters that it takes, and its fastest implementation.

    A hyperparameter that an optimizer lacks (momentum for Adam) is left out, so that a search may vary both.
    """
    takes = inspect.signature(optimizer_class(config.optimizer)).parameters
    wanted: dict[str, Any] = {n: config[n] for n in ("lr", "weight_decay", "eps", "alpha") if config[n] is not None}
    if config.momentum:
        wanted["momentum"] = config.momentum
        wanted["nesterov"] = config.nesterov
    if "betas" in takes and (config.beta1 is not None or config.beta2 is not None):
        default = takes["betas"].default
        given = (config.beta1, config.beta2)
        wanted["betas"] = tuple(d if g is None else g for g, d in zip(given, default, strict=False))
    # A pair in place of a number (Adafactor's eps) means something else.
    arguments = {
        n: v for n, v in wanted.items() if n in takes and isinstance(v, tuple) == isinstance(takes[n].default, tuple)
    }
    if "fused" in takes and device_type in LESS_FUSED.get(config.optimizer.lower(), FUSED):
        arguments["fused"] = True
    elif "foreach" in takes:
        arguments["foreach"] = True
    return arguments


def unused(config: Config) -> set[str]:
    """Hyperparameters of a config that its optimizer does not take, such as the momentum of Adam."""
    takes = inspect.signature(optimizer_class(config.optimizer)).parameters
    needs = {n: n for n in ("momentum", "nesterov", "eps", "alpha", "weight_decay")} | {
        "beta1": "betas",
        "beta2": "betas",
    }
    # A pair in place of a number (Adafactor's eps) means something else.
    return {n for n, a in needs.items() if a not in takes or (a == n and isinstance(takes[a].default, tuple))}


def make_optimizer(config: Config, parameters: Iterable[nn.Parameter], device_type: str) -> torch.optim.Optimizer:
    """The config's optimizer on ``parameters``. Raises ConfigError for values that torch refuses."""
    arguments = optimizer_arguments(config, device_type)
    parameters = list(parameters)
    if not any(p.requires_grad for p in parameters):
        raise ConfigError("the model has no parameters to train; check the model builder")
    try:
        return eager_optimizer(optimizer_class(config.optimizer), parameters, **arguments)
    except (ValueError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"torch.optim.{config.optimizer} refuses this model or {arguments}: {reason}") from None
