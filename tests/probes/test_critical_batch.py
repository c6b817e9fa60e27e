import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from luthier.errors import DataError, UsageError
from luthier.probes import critical_batch, noise_scale
from luthier.records import Options
from luthier.task import Task

MakeTask = Callable[..., Task]
CPU = Options(device="cpu")


def regression(samples: int = 2048) -> Task:
    """A linear regression whose inputs' scales lie a factor 3 apart."""
    generator = torch.Generator().manual_seed(0)
    scales = torch.logspace(0, -0.5, 32)
    x = torch.randn(samples, 32, generator=generator) * scales
    y = x @ (torch.randn(32, generator=generator) / scales)[:, None] + torch.randn(samples, 1, generator=generator)
    return Task(lambda config: nn.Linear(32, 1), (x, y), (x[:64], y[:64]), loss="MSELoss", evaluations_per_epoch=8)


def test_the_critical_batch_size_of_a_regression_is_near_its_noise_scale() -> None:
    values = {"batch_size": 8, "lr": 0.02, "epochs": 3}
    direct = critical_batch(regression(), values, epoch=1 / 8, options=CPU)
    assert direct.reliable, direct.reason
    sizes = [b.batch_size for b in direct.branches]
    assert sizes == [sizes[0] * 2**k for k in range(len(sizes))]
    assert direct.value in direct.interval
    assert direct.noise_scale / 2 < direct.value < 2 * direct.noise_scale
    assert sizes[0] <= direct.lossless < direct.value * 2
    told = " ".join(direct.sentences())
    assert "critical batch size is" in told
    assert f"Up to {direct.lossless} the loss has not left" in told
    assert "times that" in told
    assert direct.beliefs()[0].name == "batch_size"


def test_the_two_answers_stand_side_by_side(task: MakeTask) -> None:
    found = noise_scale(task(), {"batch_size": 4, "lr": 0.005}, epochs=(1,), critical=True, options=CPU)
    assert found.critical is not None
    assert found.critical.sentences()[0] in found.sentences()


def test_the_model_handed_in_stays(task: MakeTask) -> None:
    model = nn.Linear(8, 1)
    before, numbers = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    critical_batch(task(lambda config: model), {"batch_size": 8}, length=0.2, options=CPU)
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
    with pytest.raises(DataError, match="too short for three batch sizes"):
        critical_batch(task(), length=0.01, options=CPU)
    with pytest.raises(UsageError, match="length is 0"):
        critical_batch(task(), length=0, options=CPU)
    with pytest.raises(UsageError, match="repeats is 1"):
        critical_batch(task(), repeats=1, options=CPU)
    with pytest.raises(UsageError, match="before the branches ended"):
        critical_batch(task(), {"batch_size": 4, "lr": 1e9}, options=CPU)
