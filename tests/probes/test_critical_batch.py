import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from luthier.errors import DataError, UsageError
from luthier.probes import critical_batch, noise_scale
from luthier.probes.critical_batch import fit
from luthier.records import Options
from luthier.task import Task

MakeTask = Callable[..., Task]
CPU = Options(device="cpu")


@given(st.floats(20, 2000), st.floats(1e-3, 10))
def test_the_fit_finds_the_batch_size_that_the_drops_were_made_with(truth: float, scale: float) -> None:
    sizes = np.array([8.0 * 2**k for k in range(9)])
    assert fit(sizes, scale / (1 + sizes / truth)) == pytest.approx(truth, rel=0.02)


def test_branches_that_went_nowhere_count_as_no_drop() -> None:
    sizes = np.array([8.0, 16.0, 32.0, 64.0])
    assert fit(sizes, np.array([1.0, 1.0, -0.5, -np.inf])) == fit(sizes, np.array([1.0, 1.0, 0.0, 0.0])) < 64


def slow_regression(samples: int = 2048) -> Task:
    """A linear regression whose inputs' scales lie a factor 100 apart, so that no branch reaches the optimum."""
    generator = torch.Generator().manual_seed(0)
    scales = torch.logspace(0, -2, 32)
    x = torch.randn(samples, 32, generator=generator) * scales
    y = x @ (torch.randn(32, generator=generator) / scales)[:, None] + torch.randn(samples, 1, generator=generator)
    return Task(lambda config: nn.Linear(32, 1), (x, y), (x[:64], y[:64]), loss="MSELoss", evaluations_per_epoch=8)


def test_the_critical_batch_size_of_a_regression_is_near_its_noise_scale() -> None:
    task, values = slow_regression(), {"batch_size": 8, "lr": 0.05, "epochs": 3}
    direct = critical_batch(task, values, epoch=1 / 8, length=1 / 2, options=CPU)
    noise = noise_scale(task, values, epochs=(1 / 8,), options=CPU)
    assert direct.reliable, direct.reason
    assert [b.batch_size for b in direct.branches] == [8, 16, 32, 64, 128, 256]
    assert direct.value in direct.interval
    assert noise.points[1].value / 4 < direct.value < 4 * noise.points[1].value
    assert "critical batch size is" in direct.sentences()[0]
    assert direct.beliefs()[0].name == "batch_size"


def test_the_two_answers_stand_side_by_side(task: MakeTask) -> None:
    found = noise_scale(task(), {"batch_size": 2, "lr": 0.005}, epochs=(1,), critical=True, options=CPU)
    assert found.critical is not None
    assert found.critical.sentences()[0] in found.sentences()


def test_the_model_handed_in_stays(task: MakeTask) -> None:
    model = nn.Linear(8, 1)
    before, numbers = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    critical_batch(task(lambda config: model), {"batch_size": 8}, options=CPU)
    assert all(torch.equal(v, before[n]) for n, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), numbers)


def test_a_loss_that_falls_nowhere_is_not_reliable(task: MakeTask) -> None:
    x, values = torch.zeros(256, 8), {"batch_size": 8}
    found = critical_batch(
        task(lambda config: nn.Linear(8, 1, bias=False), train=(x, x[:, :1] + 1)), values, options=CPU
    )
    assert not found.reliable
    assert "no branch brought the training loss down" in found.sentences()[0]
    assert found.beliefs() == ()


def test_what_cannot_be_branched_is_told(task: MakeTask) -> None:
    with pytest.raises(DataError, match="too few for three batch sizes"):
        critical_batch(task(), {"batch_size": 100}, options=CPU)
    with pytest.raises(UsageError, match="repeats is 1"):
        critical_batch(task(), repeats=1, options=CPU)
    with pytest.raises(UsageError, match="before the branches ended"):
        critical_batch(task(), {"batch_size": 4, "lr": 1e9}, options=CPU)
