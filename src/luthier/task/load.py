"""A task by what a user types: a built-in name, or ``file.py:name``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from luthier.errors import LuthierError, TaskError, nearest
from luthier.task.digits import digits
from luthier.task.mnist import mnist
from luthier.task.task import Task
from luthier.user_code import told

BUILT_IN = ("digits", "mnist")


def load_task(spec: str, data: str | Path | None = None) -> Task:
    """The task that ``spec`` names: "digits", "mnist" (with the folder ``data``), or "my_file.py:task".

    In a file the name may be a Task or a function without arguments that makes one. Raises TaskError, also where the
    file itself fails.
    """
    task = _find(spec, data)
    task.source = (_absolute(spec), None if data is None else str(Path(data).resolve()))
    return task


def _absolute(spec: str) -> str:
    file, separator, name = spec.rpartition(":") if ":" in spec else (spec, "", "")
    return f"{Path(file).resolve()}{separator}{name}" if file.endswith(".py") else spec


def _find(spec: str, data: str | Path | None) -> Task:
    if ":" in spec or spec.endswith(".py"):
        return _from_file(spec)
    if spec == "digits":
        if data is not None:
            raise TaskError(f"the task digits comes with its data; leave --data {data} out")
        return digits()
    if spec == "mnist":
        if data is None:
            raise TaskError("the task mnist needs the folder with its four idx files; give it with --data FOLDER")
        return mnist(data)
    raise TaskError(
        f"unknown task {spec!r}; it must be one of {', '.join(BUILT_IN)}, or my_file.py:task.{nearest(spec, BUILT_IN)}"
    )


def _from_file(spec: str) -> Task:
    file, _, name = spec.rpartition(":") if ":" in spec else (spec, "", "task")
    path = Path(file).resolve()
    if not path.is_file():
        raise TaskError(
            f"there is no file {file}; give a Python file and the task's name in it, such as my_file.py:task"
        )
    with _told_of(file):
        module = _module(path, file)
    found = getattr(module, name, None)
    if found is None:
        tasks = [n for n, v in vars(module).items() if isinstance(v, Task)]
        raise TaskError(f"{file} has no {name!r}; its tasks are: {', '.join(tasks) or 'none'}")
    with _told_of(file):
        task = found if isinstance(found, Task) else found() if callable(found) else found
    if not isinstance(task, Task):
        raise TaskError(f"{spec} is {type(task).__name__}; it must be a luthier.Task or a function that makes one")
    if task.name == "task":
        task.name = path.stem
    return task


def _module(path: Path, file: str) -> ModuleType:
    """What the file defines, read anew; beside an ``__init__.py`` as a part of its package."""
    _look_in(path.parent)  # for its own imports, those inside its functions too
    package = _package(path)
    name = f"{package.__name__}.{path.stem}" if package else path.stem
    module_spec = importlib.util.spec_from_file_location(name, path)
    if module_spec is None or module_spec.loader is None:
        raise TaskError(f"{file} is no Python file; give one, such as my_file.py:task")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module  # so that pickling and inspect find what the file defines
    try:
        module_spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    if package:
        setattr(package, path.stem, module)  # as an import does
    return module


def _package(path: Path) -> ModuleType | None:
    """The package that a file is part of, imported. None for a file by itself, and where its name is another's."""
    names: list[str] = []
    root = path.parent
    while root.name.isidentifier() and (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    if not names or path.stem == "__init__":
        return None
    _look_in(root)
    dotted = ".".join(names)
    try:
        package = importlib.import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{dotted}.".startswith(f"{error.name}."):
            raise
        return None
    return package if str(path.parent) in map(_resolved, getattr(package, "__path__", ())) else None


def _look_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _resolved(folder: str) -> str:
    return str(Path(folder).resolve())


@contextmanager
def _told_of(file: str) -> Iterator[None]:
    """Turns what the user's file raises into a TaskError that says where."""
    try:
        yield
    except LuthierError:
        raise
    except (Exception, SystemExit) as error:
        raise TaskError(f"{file} cannot be loaded, {told(error)}; mend it") from error
