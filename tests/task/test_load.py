import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from luthier.errors import DataError, LuthierError, TaskError
from luthier.task import load_task

FILE = """
import torch
from luthier.task import Task
from {helper} import width

def make():
    from {helper} import samples
    x = torch.randn(samples, width)
    return Task(lambda config: torch.nn.Linear(width, 2), (x, torch.zeros(samples).long()))

task = Task(lambda config: torch.nn.Linear(width, 2), (torch.randn(9, width), torch.arange(9) % 2), name="named")
number = 7
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A task file with a helper beside it; what it leaves in ``sys`` is taken away."""
    helper, path = f"helper_{tmp_path.name}", tmp_path / "my_digits.py"
    (tmp_path / f"{helper}.py").write_text("width = 3\nsamples = 12\n")
    path.write_text(FILE.format(helper=helper))
    before, folders = set(sys.modules), sys.path[:]
    yield path
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.path[:] = folders


def test_built_in_tasks_by_name(tmp_path: Path) -> None:
    assert load_task("digits").name == "digits"
    with pytest.raises(TaskError, match="needs the folder with its four idx files; give it with --data FOLDER"):
        load_task("mnist")
    with pytest.raises(DataError, match="there is no train-images-idx3-ubyte"):
        load_task("mnist", tmp_path)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("digts", "unknown task 'digts'; it must be one of digits, mnist, or my_file.py:task. Did you mean 'digits'"),
        ("", "unknown task ''"),
        ("nowhere.py", "there is no file nowhere.py; give a Python file and the task's name in it"),
        ("nowhere.py:task", "there is no file nowhere.py"),
        (":task", "there is no file ;"),
    ],
)
def test_an_unknown_task_is_told(spec: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        load_task(spec)


def test_a_task_of_a_file(file: Path) -> None:
    task = load_task(f"{file}:task")
    assert task.name == "named"
    task.check({"batch_size": 4})
    assert load_task(str(file)).name == "named"  # "task" is the name when none is given


def test_a_function_of_a_file_that_makes_a_task_and_imports_as_it_runs(file: Path) -> None:
    task = load_task(f"{file}:make")
    assert task.name == "my_digits"
    assert len(task.train) + len(task.validation) == 12


def test_a_relative_path(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert load_task("my_digits.py:task").name == "named"


def test_what_is_not_in_the_file_is_told(file: Path) -> None:
    with pytest.raises(TaskError, match="has no 'tsk'; its tasks are: task"):
        load_task(f"{file}:tsk")
    with pytest.raises(TaskError, match=r"my_digits.py:number is int; it must be a luthier.Task or a function"):
        load_task(f"{file}:number")
    file.with_suffix(".txt").write_text("")
    with pytest.raises(TaskError, match="is no Python file"):
        load_task(f"{file.with_suffix('.txt')}:task")


def test_a_file_without_tasks_says_so(file: Path) -> None:
    file.write_text("x = 1\n")
    with pytest.raises(TaskError, match="has no 'task'; its tasks are: none"):
        load_task(str(file))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n1 / 0\n", r"ZeroDivisionError: division by zero \(my_digits.py, line 2\)"),
        ("import nothing_like_it\n", r"ModuleNotFoundError: .*'nothing_like_it' \(my_digits.py, line 1\)"),
        ("task = (\n", r"SyntaxError: '\(' was never closed \(my_digits.py, line 1\)"),
        ("def task():\n    return len(1)\n", r"TypeError: .* \(my_digits.py, line 2\)"),
        ("import sys\nsys.exit(3)\n", r"SystemExit: 3 \(my_digits.py, line 2\)"),
    ],
)
def test_an_error_of_the_file_is_told_with_its_line(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(TaskError, match=f"my_digits.py cannot be loaded, {told}; mend it"):
        load_task(str(file))


@pytest.mark.parametrize("name", ["ValueError('x')", "luthier.errors.ConfigError('x')", "KeyboardInterrupt"])
def test_a_file_that_fails_leaves_no_half_module(file: Path, name: str) -> None:
    file.write_text(f"import luthier\nraise {name}\n")
    with pytest.raises((LuthierError, KeyboardInterrupt)):
        load_task(str(file))
    assert file.stem not in sys.modules


def test_a_file_is_read_anew_each_time(file: Path) -> None:
    load_task(str(file))
    file.write_text(file.read_text().replace('"named"', '"renamed once more"'))
    assert load_task(str(file)).name == "renamed once more"


PART = """
from luthier import Task
from .net import WIDTH
from ..data import samples
from torch import nn
import {beside}

class Net(nn.Linear):
    pass

def make():
    return Task(lambda config: Net(WIDTH, 2), samples(WIDTH))
"""


@pytest.fixture
def part(file: Path) -> Path:
    """A task file within a package within a package, with a module beside it that is imported by its own name."""
    outer = file.parent / f"outer_{file.parent.name}"
    inner = outer / "inner"
    inner.mkdir(parents=True)
    for folder in (outer, inner):
        (folder / "__init__.py").write_text("")
    (outer / "data.py").write_text(
        "import torch\ndef samples(width):\n    return torch.randn(9, width), torch.arange(9) % 2\n"
    )
    beside = f"beside_{file.parent.name}"
    (inner / f"{beside}.py").write_text("")
    (inner / "net.py").write_text("WIDTH = 3\n")
    (inner / "tasks.py").write_text(PART.format(beside=beside))
    return inner / "tasks.py"


def test_a_file_of_a_package_is_loaded_as_its_part(part: Path) -> None:
    task = load_task(f"{part}:make")
    assert task.name == "tasks"
    net = task.build(task.check({"batch_size": 4}))
    assert type(net).__module__ == f"{part.parent.parent.name}.inner.tasks"
    assert type(pickle.loads(pickle.dumps(net))) is type(net)
    assert task.code == load_task(f"{part}:make").code
    part.write_text("1 / 0\n")
    with pytest.raises(TaskError, match=r"cannot be loaded, ZeroDivisionError: division by zero \(tasks.py, line 1\)"):
        load_task(f"{part}:make")


def test_a_package_whose_name_is_taken_leaves_its_files_to_themselves(file: Path) -> None:
    folder = file.parent / "luthier"
    folder.mkdir()
    (folder / "__init__.py").write_text("1 / 0\n")
    moved = file.rename(folder / file.name)
    assert load_task(f"{moved}:task").name == "named"
