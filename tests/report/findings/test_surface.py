"""Sums of smooth functions, and functions of two."""

import numpy as np
import pytest

from luthier.report.findings._surface import evidence, left_out_errors

APART, PAIRED = [[0], [1]], [[0, 1]]


@pytest.fixture
def x() -> np.ndarray:
    drawn: np.ndarray = np.random.default_rng(0).uniform(size=(40, 2))
    return drawn


def test_a_narrow_ridge_is_far_likelier_as_a_function_of_two(x: np.ndarray) -> None:
    y = np.exp(-(((x[:, 0] + 2 * x[:, 1] - 1.5) / 0.3) ** 2))
    assert evidence(x, y, PAIRED) - evidence(x, y, APART) > 6
    assert (left_out_errors(x, y) ** 2).sum() < 0.5 * (left_out_errors(x, y, APART) ** 2).sum()


def test_a_sum_is_not(x: np.ndarray) -> None:
    noise = 0.05 * np.random.default_rng(1).normal(size=40)
    y = np.sin(5 * x[:, 0]) + (x[:, 1] - 0.4) ** 2 + noise
    assert evidence(x, y, PAIRED) - evidence(x, y, APART) < 2
