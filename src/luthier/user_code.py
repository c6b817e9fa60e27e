"""What the user wrote, told apart from the libraries that run it."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

_LIBRARIES = (Path(sysconfig.get_path("stdlib")).resolve(), Path(__file__).resolve().parent)
_INSTALLED = {"site-packages", "dist-packages"}


def is_users(file: str | None) -> bool:
    """Whether a source file, or a notebook's cell, is none of Python's, of an installed package, or of Luthier."""
    if not file or not file.endswith((".py", ">")) or file.startswith("<frozen"):  # a console script ends in neither
        return False
    path = Path(file).resolve()
    return not _INSTALLED.intersection(path.parts) and not any(path.is_relative_to(lib) for lib in _LIBRARIES)


def told(error: BaseException) -> str:
    """An exception in one line, with the last line of the user's own code that it came through.

    ``ZeroDivisionError: division by zero (my_task.py, line 12)``.
    """
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    if isinstance(error, SyntaxError):  # says where itself, and came through no line of the file
        return text
    place = line_of(error)
    return f"{text} ({place})" if place else text


def line_of(error: BaseException) -> str:
    """The last line of the user's own code that an exception came through, ``my_task.py, line 12``; else nothing."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename)]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
