"""Sums of smooth functions, functions of two, and what is left of them along one column."""

import numpy as np
import pytest

from luthier.report.findings._surface import along, evidence, left_out_errors

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


def test_a_sum_along_one_column_is_a_function_of_it(x: np.ndarray) -> None:
    y = np.sin(5 * x[:, 0]) + 3 * (x[:, 1] - 0.4) ** 2
    moved = along(x, y, np.array([0.5, 0.4]), 0)
    assert np.abs(moved - np.sin(5 * x[:, 0])).max() < 0.1 < np.abs(y - np.sin(5 * x[:, 0])).max()


def test_a_ridge_along_one_column_lies_where_the_other_puts_it(x: np.ndarray) -> None:
    y = np.exp(-(((x[:, 0] + x[:, 1] - 1.0) / 0.4) ** 2))
    moved = along(x, y, np.array([0.8, 0.2]), 0)
    assert np.corrcoef(moved, np.exp(-(((x[:, 0] - 0.8) / 0.4) ** 2)))[0, 1] > 0.9


def test_a_single_column_is_left_alone(x: np.ndarray) -> None:
    y = x[:, 0] ** 2
    assert (along(x[:, :1], y, np.array([0.5]), 0) == y).all()
