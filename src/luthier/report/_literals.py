"""Values as Python expressions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from torch import Tensor

SMALL = 64  # numbers that a tensor in a script may have, such as the weights of classes


class Unwritable(Exception):
    """A value that cannot be written as source; says why."""


def literal(value: Any, write: Callable[[Any], str]) -> str:
    """An expression for a plain value, a collection of such, or an object that keeps its arguments as attributes.

    ``write`` writes what is inside, and classes. Raises Unwritable.
    """
    if isinstance(value, Enum):
        return f"{write(type(value))}.{value.name}"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if value is None or type(value) in (bool, int, float, bytes):
        return repr(value)
    if type(value) is str:
        return text(value)
    if type(value) in (tuple, list, set, dict) and value:
        return _collection(value, write)
    if type(value) in (tuple, list, set, dict):
        return repr(value)
    if isinstance(value, (torch.dtype, torch.device)):
        return _torch(value, write)
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        return _array(value, write)
    if isinstance(value, PurePath):
        return f"{write(type(value))}({text(str(value))})"
    return _instance(value, write)


def text(value: str) -> str:
    """A string in double quotes where that needs no escapes, as formatters write it."""
    plain = repr(value)
    return plain if '"' in value or plain[0] == '"' else f'"{plain[1:-1]}"'


def _collection(value: Any, write: Callable[[Any], str]) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write(k)}: {write(v)}" for k, v in value.items()) + "}"
    inside = ", ".join(write(v) for v in value)
    if isinstance(value, tuple):
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return f"[{inside}]" if isinstance(value, list) else f"{{{inside}}}"


def _torch(value: Any, write: Callable[[Any], str]) -> str:
    module = write(torch)
    return f'{module}.device("{value}")' if isinstance(value, torch.device) else f"{module}.{str(value)[6:]}"


def _array(value: Any, write: Callable[[Any], str]) -> str:
    if isinstance(value, np.generic):
        return f"{write(np)}.{type(value).__name__}({value.item()!r})"
    size = value.numel() if isinstance(value, Tensor) else value.size
    if size > SMALL:
        raise Unwritable(f"it holds {'a tensor' if isinstance(value, Tensor) else 'an array'} of {size} numbers")
    if isinstance(value, Tensor) and value.dtype == torch.float32:
        return f"{write(torch)}.tensor({write(_short(value.tolist()))})"
    numbers = write(value.tolist())
    if isinstance(value, Tensor):
        return f"{write(torch)}.tensor({numbers}, dtype={write(value.dtype)})"
    return f'{write(np)}.array({numbers}, dtype="{value.dtype}")'


def _short(values: Any) -> Any:
    """Numbers of single precision with as few digits as tell them apart."""
    return [_short(v) for v in values] if isinstance(values, list) else float(str(np.float32(values)))


def _instance(value: Any, write: Callable[[Any], str]) -> str:
    """``Class(argument=value)``, from attributes that are called like the arguments."""
    cls = type(value)
    try:
        parameters = inspect.signature(cls).parameters
    except ValueError:
        raise Unwritable(f"it is a {cls.__name__}") from None
    given = []
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if not hasattr(value, name):
            if cls.__module__.startswith("torch.nn.") and parameter.default is not parameter.empty:
                continue  # size_average and reduce, which torch no longer keeps
            raise Unwritable(f"it is a {cls.__name__} that does not keep its argument {name!r}")
        now = getattr(value, name)
        if parameter.default is parameter.empty or not _equal(now, parameter.default):
            given.append(f"{name}={write(now)}")
    return f"{write(cls)}({', '.join(given)})"


def _equal(a: Any, b: Any) -> bool:
    return type(a) is type(b) and not isinstance(a, (Tensor, np.ndarray)) and bool(a == b)
