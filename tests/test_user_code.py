"""Which code is the user's, and what an error that went through it says."""

import json
import sys
from pathlib import Path

import pytest
import torch

import luthier
from luthier.user_code import is_users, told


@pytest.mark.parametrize(
    ("file", "users"),
    [
        (__file__, True),
        ("<stdin>", True),
        ("<ipython-input-3-0a1b>", True),
        (luthier.__file__, False),
        (torch.__file__, False),
        (json.__file__, False),
        ("<frozen importlib._bootstrap>", False),
        ("/usr/lib/python3/dist-packages/numpy/core.py", False),
        (str(Path(sys.executable).with_name("luthier")), False),
        (None, False),
    ],
)
def test_whose_code_it_is(file: str | None, users: bool) -> None:
    assert is_users(file) is users


def test_an_error_is_told_with_the_last_line_of_the_users_own() -> None:
    def line() -> int:
        return sys._getframe(1).f_lineno

    at = line() + 2
    with pytest.raises(ValueError, match="Out of range") as caught:
        json.dumps(float("nan"), allow_nan=False)
    assert told(caught.value) == f"ValueError: {caught.value} (test_user_code.py, line {at})"


def test_an_error_that_went_through_none_says_what_it_is() -> None:
    assert told(KeyError()) == "KeyError"
    assert told(ValueError("two\nlines")) == "ValueError: two lines"
