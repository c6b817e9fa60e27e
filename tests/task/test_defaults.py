import pytest
import torch
from torch import nn

from luthier.space import uniform
from luthier.task import Task, default_space


def task(samples: int) -> Task:
    data = torch.zeros(samples, 2), torch.zeros(samples, dtype=torch.long)
    return Task(lambda config: nn.Linear(2, 2), data, data, defaults={"epochs": 7}, ranges={"dropout": uniform(0, 0.5)})


@pytest.mark.parametrize(("samples", "low", "high"), [(16, 1, 2), (80, 9, 10), (1000, 16, 125), (100_000, 16, 512)])
def test_batch_sizes_leave_an_epoch_some_steps(samples: int, low: int, high: int) -> None:
    space = default_space(task(samples))
    assert (space["batch_size"].low, space["batch_size"].high) == (low, high)


def test_the_smallest_data_have_batches_no_larger_than_they_are() -> None:
    assert (default_space(task(2))["batch_size"].low, default_space(task(2))["batch_size"].high) == (1, 2)
    assert "batch_size" not in default_space(task(1))
    assert default_space(task(1)).fixed["batch_size"] == 1


def test_the_models_own_ranges_are_in_and_epochs_are_the_tasks() -> None:
    space = default_space(task(100))
    assert "dropout" in space
    assert space.fixed["epochs"] == 7


def test_every_bound_says_where_it_comes_from() -> None:
    space = default_space(task(100))
    assert set(space.sources) == set(space.names)
