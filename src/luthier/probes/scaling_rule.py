"""A config at another batch size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from luthier.errors import ConfigError
from luthier.hyperparameters import HYPERPARAMETERS, complete
from luthier.probes.scaling import Scaling
from luthier.records import Config
from luthier.training import batch_exponent


def scale(config: Mapping[str, Any], *, batch_size: int, alpha: float | Scaling | None = None) -> Config:
    """The config at another batch size, its lr multiplied by (batch_size / the config's)^alpha.

    ``alpha`` is a number, or what ``luthier.probes.scaling`` measured; one that is not reliable counts as not given.
    Then alpha is 1 for SGD (linear scaling: Goyal et al. 2017, arXiv 1706.02677) and 0.5 for Adam and its kin (square
    root: Malladi et al. 2022, arXiv 2205.10287). Both are too much above the noise scale. Momentum, betas, weight decay
    and epochs stay: Malladi et al. also move the betas, which matters when the batch changes by more than a factor 4.

    Raises ConfigError for a config without lr or batch_size, a batch size below 1, or an alpha that is not finite.
    """
    missing = [name for name in ("lr", "batch_size") if config.get(name) is None]
    if missing:
        raise ConfigError(f"the config has no {' and no '.join(missing)}; scale needs both lr and batch_size")
    full = complete(config)
    new = HYPERPARAMETERS["batch_size"].check(batch_size)
    if isinstance(alpha, Scaling):
        alpha = alpha.alpha.value if alpha.reliable and alpha.alpha is not None else None
    power = batch_exponent(full) if alpha is None else float(alpha)
    if not math.isfinite(power):
        raise ConfigError(f"alpha is {alpha}; it must be a number, such as 0.5 or 1")
    return Config(config).replace(batch_size=new, lr=full.lr * (batch_size / full.batch_size) ** power)
