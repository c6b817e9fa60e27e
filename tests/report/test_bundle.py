"""What is cut out of files, and what cannot be."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from luthier.errors import TaskError
from luthier.report._bundle import Bundle
from luthier.task import load_task

FILE = """
import math
import os.path as path

import numpy as np
from torch import nn

from luthier import Task, digits
{more}

def model(config):
    return nn.Linear(1, 1)

def data():
    return np.zeros((9, 1)), np.zeros((9, 1))

task = Task({model}, data, loss="mse")
"""


def user_model(folder: Path, model: str, more: str = "") -> Any:
    """The model builder of a user's file."""
    file = folder / "user.py"
    file.write_text(FILE.format(model=model, more=more))
    return load_task(f"{file}:task").model


def built(value: Any, reserved: tuple[str, ...] = ()) -> tuple[Any, str]:
    """What the source of ``value`` makes of itself in a namespace of its own, and the source."""
    bundle = Bundle(reserved)
    expression = bundle.expression(value, "model_builder")
    source = f"{bundle.imports}\n\n{bundle.definitions}\n"
    namespace: dict[str, Any] = {}
    exec(compile(source, "bundled", "exec", dont_inherit=True), namespace)
    return eval(expression, namespace), source


@pytest.mark.parametrize(
    ("model", "more", "result"),
    [
        ("lambda config: math.pi", "", math.pi),
        ("[lambda c: 1, lambda c: c + 1, lambda c: 3][1]", "", 5),
        ("(lambda a, b=2, *, k=K: lambda c: c * a + b + k)(3)", "K = 7", 21),
        ("f", "def f(c):\n    g = [g for g in range(c)]\n    return len(g)\n\ng = data = 1 / 4", 4),
        ("f", "WORDS = {'x': 1}\nWORDS = {**WORDS, 'y': 2}\ndef f(c):\n    return sum(WORDS.values()) + c", 7),
        ("f", "n = 0\nn += 5\ndef f(c):\n    global n\n    n += c\n    return n", 9),
        ("f", "try:\n    import nothing_so_named as n\nexcept ImportError:\n    n = 3\ndef f(c): return n", 3),
        ("C.make", "class C:\n    n = 2\n    @classmethod\n    def make(cls, c):\n        return cls.n + c", 6),
        ("C().make", "class C:\n    def make(self, c):\n        return path.basename('a/b') * c", "bbbb"),
        ("f", "def f(c):\n    def even(n): return n == 0 or odd(n - 1)\n    def odd(n): return n and even(n - 1)\n"
              "    return even(c)", True),
        ("f", "def f(c): return c and 1 + g(c - 1)\ndef g(c): return c and 1 + f(c - 1)", 4),
        ("f", "import math as number\ndef f(c: 'Task', number=number.e) -> 'Task':\n    return number", math.e),
        ("f", "def f(c):\n    return f'{K:>{c}}'\nK = 'k'", "   k"),
        ("f", "from enum import Enum\nclass Size(Enum):\n    BIG = 3\ndef f(c, size=Size.BIG): return size.value", 3),
    ],
)  # fmt: skip
def test_source_works_alone(model: str, more: str, result: Any, tmp_path: Path) -> None:
    original = user_model(tmp_path, model, more)
    again, source = built(original)
    assert again(4) == result
    assert "luthier" not in source


def test_a_partial_keeps_its_arguments() -> None:
    again, source = built(partial(math.copysign, 2.0))
    assert again(-1.0) == -2.0
    assert "from functools import partial" in source


def test_a_value_that_changed_since_is_written_as_it_is(tmp_path: Path) -> None:
    model = user_model(tmp_path, "f", "WIDTH = 3\ndef f(c):\n    return WIDTH")
    model.__globals__["WIDTH"] = 5
    assert built(model)[0](0) == 5


def test_a_name_that_the_script_needs_is_another_one(tmp_path: Path) -> None:
    model = user_model(tmp_path, "f", "main = 3\ndef f(c, *, evaluate=main):\n    return evaluate + main")
    again, source = built(model, ("main", "f", "evaluate"))
    assert again(0) == 6
    assert "main_2 = 3" in source
    assert "def f_2(c, *, evaluate=main_2)" in source


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (nn.CrossEntropyLoss(), "nn.CrossEntropyLoss()"),
        (nn.HuberLoss(reduction="sum", delta=0.1), 'nn.HuberLoss(reduction="sum", delta=0.1)'),
        (nn.functional.mse_loss, "F.mse_loss"),
        (nn.CrossEntropyLoss(torch.tensor([0.1, 0.9])), "nn.CrossEntropyLoss(weight=torch.tensor([0.1, 0.9]))"),
        ((1, [2.5, float("inf")], {"a": None}), '(1, [2.5, float("inf")], {"a": None})'),
        ('say "so"', "'say \"so\"'"),
        (Path("a/b"), 'PosixPath("a/b")'),
        (torch.float16, "torch.float16"),
    ],
)
def test_values_are_written_as_people_do(value: Any, written: str) -> None:
    assert Bundle().expression(value, "loss") == written


@pytest.mark.parametrize(
    ("model", "more", "reason"),
    [
        ("digits", "", "it uses Task of Luthier"),
        ("lambda config: digits", "", "it uses Task of Luthier"),
        ("f", "import luthier\ndef f(c):\n    return print(luthier)", "it uses the module luthier as a value"),
        ("C([])", "class C:\n    def __init__(self, a): self.b = a\n    def __call__(self, c): pass",
         "it is a C that does not keep its argument 'a'"),
        ("(lambda x: lambda c: x)(np.zeros(99))", "", "it holds an array of 99 numbers"),
        ("partial(f, iter([1]))", "from functools import partial\ndef f(i, c): pass", "it holds a list_iterator"),
        ("f", "exec('def f(c): return c')", "the source of f is not in a file"),
    ],
)  # fmt: skip
def test_what_has_no_source_is_told(model: str, more: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="the model builder cannot be written into a script") as error:
        built(user_model(tmp_path, model, more))
    assert reason in str(error.value)
    assert "define it with def or class in a file" in str(error.value)
