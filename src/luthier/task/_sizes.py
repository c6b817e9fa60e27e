"""Sizes of a built-in task's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luthier.errors import ConfigError


def size(config: Mapping[str, Any], name: str) -> int:
    """``config[name]``. Raises ConfigError unless it is a whole number, 1 or more."""
    value = config[name]
    if not isinstance(value, int) or value < 1:
        raise ConfigError(f"{name} is {value!r}; it must be a whole number, 1 or more")
    return value
