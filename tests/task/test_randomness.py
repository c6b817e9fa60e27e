import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from luthier.task import derive, own_randomness, seed_everything


def draws() -> tuple[float, float, float]:
    return float(torch.rand(1)), float(np.random.rand()), random.random()


@given(st.integers(0, 2**32 - 1))
def test_a_seed_fixes_all_three_streams(seed: int) -> None:
    with own_randomness(seed):
        first = draws()
    with own_randomness():
        draws()
        seed_everything(seed)
        assert draws() == first


def test_the_streams_go_on_as_if_nothing_had_been_drawn() -> None:
    with own_randomness(3):
        expected = [draws(), draws()]
    with own_randomness(3):
        found = [draws()]
        with own_randomness(4):
            draws()
        found.append(draws())
    assert found == expected


def test_the_streams_are_given_back_after_an_error() -> None:
    with own_randomness(3):
        expected = draws()
    with own_randomness():
        seed_everything(3)
        with pytest.raises(ValueError, match="broken"), own_randomness(9):
            draws()
            raise ValueError("broken")
        assert draws() == expected


def test_purposes_differ() -> None:
    assert len({derive(0, "training"), derive(0, "validation"), derive(0, "init"), derive(1, "init")}) == 4
