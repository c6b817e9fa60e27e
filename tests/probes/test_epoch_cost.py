"""The time of an epoch by batch size."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from luthier.errors import UsageError
from luthier.probes import epoch_cost
from luthier.probes._speed import clock
from luthier.probes.epoch_cost import spread
from luthier.records import EpochCost, Options, epoch_cost_from_json, to_json
from luthier.task import Task
from luthier.training import Training

MakeTask = Callable[..., Task]
CPU = Options(device="cpu")


def test_an_epoch_is_its_steps_its_rest_and_its_evaluation() -> None:
    cost = EpochCost((10, 20, 40), (1.0, 2.0, 3.0), samples=105, evaluation_seconds=0.5)
    assert cost.step(30) == 2.5
    assert cost.step(60) == 4.0
    assert cost.seconds(20) == 5 * 2.0 + 0.5 * 1.0 + 0.5  # 5 samples are left over
    assert cost.seconds(8) == 13 * 0.8 + 0.5  # one is left over, which is not trained on
    assert cost.seconds(105) == cost.seconds(1000) == cost.step(105) + 0.5
    assert cost.seconds(0) == cost.seconds(1)


def test_a_single_size_says_that_a_smaller_batch_takes_as_long() -> None:
    cost = EpochCost((16,), (1.0,), samples=64)
    assert [cost.step(8), cost.step(16), cost.step(32)] == [1.0, 1.0, 2.0]


def test_it_comes_back_from_json() -> None:
    cost = EpochCost((10, 20), (1.0, 1.5), 100, 0.25)
    assert epoch_cost_from_json(json.loads(json.dumps(to_json(cost)))) == cost


def test_every_size_is_timed_and_a_larger_batch_takes_no_less(task: MakeTask) -> None:
    found = epoch_cost(task(), sizes=(64, 8, 16, 8), options=CPU)
    assert found.batch_sizes == (8, 16, 64)
    assert all(a <= b for a, b in itertools.pairwise(found.step_seconds))
    assert min(found.step_seconds) > 0
    assert found.evaluation_seconds > 0
    assert found.samples == 205


def test_where_time_is_short_larger_sizes_are_left_out(task: MakeTask) -> None:
    assert epoch_cost(task(), sizes=(8, 16), limit=0.0, options=CPU).batch_sizes == (8,)


def test_the_model_and_the_random_numbers_stay(task: MakeTask) -> None:
    model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 1))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(3)
    state = torch.get_rng_state()
    epoch_cost(task(lambda config: model), sizes=(8, 32), limit=0.0, options=CPU)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


class Rows(torch.utils.data.Dataset[Any]):
    """Samples that do not stay in memory: they are drawn at random."""

    def __len__(self) -> int:
        return 40

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.randn(8), torch.randn(1)


def test_data_that_is_read_as_it_goes_is_timed_by_the_clock_on_the_wall(task: MakeTask) -> None:
    made = task(train=Rows(), validation=Rows())
    assert epoch_cost(made, sizes=(4, 8), limit=0.0, options=CPU).samples == 40
    training = Training(made, made.config({"batch_size": 4}), 0, CPU)
    assert clock(training) is time.perf_counter


@pytest.mark.parametrize("sizes", [(), (0, 8), (8, 1000)])
def test_sizes_that_cannot_be_are_refused(task: MakeTask, sizes: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="give whole numbers between 1 and the 205 samples"):
        epoch_cost(task(), sizes=sizes, options=CPU)


def test_sizes_of_a_range_have_about_equal_ratios() -> None:
    assert spread(16, 512) == [16, 32, 64, 128, 256, 512]
    assert spread(1, 3) == [1, 2, 3]
