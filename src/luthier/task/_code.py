"""The code of a task, to see whether it was edited."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Collection, Iterator
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from luthier.user_code import is_users

_PLAIN = (int, float, str, bool, type(None))


def digest_of_code(*roots: Any) -> str:
    """12 hexadecimal digits that change when the user's own code behind ``roots`` does.

    From functions, losses of torch or names it follows functions, classes and plain constants that the user wrote, not
    libraries. Comments and places in a file do not count; another version of Python does.
    """
    digest, seen = hashlib.sha256(sys.version.encode()), set[int]()
    for root in roots:
        for part in _parts(root, seen):
            digest.update(f"{part};".encode())
    return digest.hexdigest()[:12]


def mentions(root: Any, name: str) -> bool:
    """Whether ``name`` stands in the user's own code behind ``root``, as a name or as text."""
    return any(repr(name) in part for part in _parts(root, set()))


def can_make(root: Any, name: str, read: Collection[str] = ()) -> bool:
    """Whether the user's code behind ``root`` may ask for ``name``: it holds the text, or all words of it.

    ``f"units{i}"`` holds the word of ``units2``. A word that was ``read`` is a name itself, and no piece of another.
    """
    texts = [_without_variables(part) for part in _parts(root, set())]
    if any(repr(name) in text for text in texts):
        return True
    words = [word for word in re.split(r"[\W\d_]+", name) if word]
    return bool(words) and words != [name] and all(w not in read and _holds(texts, w) for w in words)


def _holds(texts: list[str], word: str) -> bool:
    pattern = re.compile(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])")
    return any(map(pattern.search, texts))


def _without_variables(part: str) -> str:
    """The names of a function without those of its variables, which name no hyperparameter; other parts as they are."""
    return part.partition("), (")[0] if part.startswith("((") else part


def _parts(value: Any, seen: set[int]) -> Iterator[str]:
    """What tells ``value`` from others."""
    if _is_plain(value):
        yield repr(value)
    elif id(value) not in seen:
        seen.add(id(value))
        if isinstance(value, partial):
            yield from _all((value.func, *value.args, *value.keywords.values()), seen)
        elif isinstance(value, MethodType):
            yield from _parts(value.__func__, seen)
        elif isinstance(value, FunctionType):
            yield from _function(value, seen)
        elif isinstance(value, type):
            yield from _class(value, seen)
        elif callable(value):  # a loss with its arguments, say
            yield from _parts(type(value), seen)
            yield from map(repr, filter(_is_plain, getattr(value, "__dict__", {}).values()))


def _all(values: Any, seen: set[int]) -> Iterator[str]:
    for value in values:
        yield from _parts(value, seen)


def _is_plain(value: Any) -> bool:
    return isinstance(value, _PLAIN) or (isinstance(value, tuple) and all(map(_is_plain, value)))


def _function(function: FunctionType, seen: set[int]) -> Iterator[str]:
    if not is_users(function.__code__.co_filename):
        yield f"{function.__module__}.{function.__qualname__}"
        return
    names: set[str] = set()
    for code in _nested(function.__code__):
        constants = [c for c in code.co_consts if not isinstance(c, CodeType)]
        yield code.co_code.hex()
        yield repr([sorted(map(repr, c)) if isinstance(c, frozenset) else c for c in constants])
        yield repr((code.co_names, code.co_varnames))
        names.update(code.co_names)
    yield from _all(function.__defaults__ or (), seen)
    for cell in function.__closure__ or ():
        if cell != CellType():  # one of a name that has no value yet
            yield from _parts(cell.cell_contents, seen)
    for name in sorted(names):
        found = function.__globals__.get(name)
        if isinstance(found, ModuleType) and is_users(found.__dict__.get("__file__")):
            yield from _all((vars(found)[inner] for inner in sorted(names & vars(found).keys())), seen)
        else:
            yield from _parts(found, seen)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _class(kind: type, seen: set[int]) -> Iterator[str]:
    yield f"{kind.__module__}.{kind.__qualname__}"
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if is_users(file) or (file is None and kind.__module__ == "__main__"):  # a notebook has no file
        yield from _all(kind.__bases__, seen)
        for name, member in sorted(vars(kind).items()):
            if isinstance(member, (staticmethod, classmethod)):
                yield from _parts(member.__func__, seen)
            elif isinstance(member, property):
                yield from _parts(member.fget, seen)
            elif isinstance(member, FunctionType) or not name.startswith("__"):
                yield from _parts(member, seen)
