"""When the code of a task counts as edited."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from luthier.task import load_task

FILE = """
import functools
import torch
from torch import nn
import luthier
import {helper}
from {helper} import act

WIDTH = 8

def block(width, dropout=0.5):
    return nn.Sequential(nn.Linear(4, width), nn.Dropout(dropout))

class Net(nn.Module):
    kinds = frozenset({{"a", "b", "c"}})

    def __init__(self, width):
        super().__init__()
        self.body, self.head = block(width), nn.Linear(width, 2)

    def forward(self, x):
        if "d" in {{"a", "b", "c"}}:
            return x
        return self.head(act({helper}.scaled(self.body(x))))

def f1(outputs, targets, beta=1.0):
    return float((outputs.argmax(1) == targets).float().mean() * beta)

def unrelated():
    return 1

data = torch.randn(9, 4), torch.arange(9) % 2
task = luthier.Task(
    lambda config: Net(WIDTH),
    data,
    loss=nn.CrossEntropyLoss(label_smoothing=0.1),
    metric=functools.partial(f1, beta=2.0),
    direction="maximize",
)
"""
HELPER = "import torch\n\ndef act(x):\n    return torch.relu(x)\n\ndef scaled(x):\n    return 2 * x\n"


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The code of the task, some text of its file and of its helper put in place of other."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    file, helper = tmp_path / "coded.py", tmp_path / "coded_helper.py"

    def read(old: str = "", new: str = "") -> str:
        texts = {file: FILE.format(helper=helper.stem), helper: HELPER}
        assert any(old in text for text in texts.values())
        for path, text in texts.items():
            path.write_text(text.replace(old, new) if old else text)
        sys.modules.pop(helper.stem, None)
        return load_task(str(file)).code

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return read


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("WIDTH = 8", "WIDTH = 9"),
        ("nn.Dropout(dropout)", "nn.AlphaDropout(dropout)"),
        ("dropout=0.5", "dropout=0.25"),
        ("self.head(act(", "self.head(("),
        ("torch.relu(x)", "torch.tanh(x)"),
        ("return 2 * x", "return 3 * x"),
        ("label_smoothing=0.1", "label_smoothing=0.2"),
        ("nn.CrossEntropyLoss(label_smoothing=0.1)", "nn.CrossEntropyLoss()"),
        (".float().mean()", ".float().sum()"),
        ("beta=2.0", "beta=3.0"),
        ("Net(WIDTH)", "Net(WIDTH + 1)"),
        ("class Net(nn.Module)", "class Base(nn.Module):\n    pass\n\nclass Net(Base)"),
    ],
)
def test_an_edit_that_may_change_results_changes_it(code, old: str, new: str) -> None:
    assert code(old, new) != code()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("WIDTH = 8", "# the width\n\nWIDTH = 8  # units"),
        ("def unrelated():\n    return 1", ""),
        ("data = torch.randn(9, 4)", "data = torch.ones(9, 4)"),
        ("import torch\n\ndef act", "import torch\n\n\n\ndef act"),
    ],
)
def test_an_edit_that_cannot_leaves_it(code, old: str, new: str) -> None:
    assert code(old, new) == code()


def test_it_is_the_same_in_every_process(code, tmp_path: Path) -> None:
    code()
    program = f"from luthier.task import load_task; print(load_task({str(tmp_path / 'coded.py')!r}).code)"
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] != ""


def test_a_name_without_a_value_yet_is_left_out() -> None:
    import torch

    from luthier import Task

    def make():
        task = Task(lambda config: torch.nn.Linear(1, units), (torch.ones(4, 1), torch.ones(4).long()))
        before = task.code
        units = 2
        return before, task.code

    before, after = make()
    assert before != after
