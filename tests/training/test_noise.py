import copy
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from luthier.hyperparameters import complete
from luthier.records import Options, Status
from luthier.task import Resident, Task, call
from luthier.training import Training, estimates, freeze, gradient, kept_buffers, square
from luthier.training.noise import Growth, measure
from luthier.training.optimizers import batch_exponent
from luthier.training.schedules import batch_factor, batch_size_at

CPU = Options(device="cpu")


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def doubling(**values: Any) -> Any:
    return complete({"batch_schedule": "noise", "batch_size": 8, "batch_size_end": 64, **values})


def test_the_estimates_agree_with_the_samples_own_mean_and_variance() -> None:
    """With small batches of one sample they are the textbook's unbiased estimates."""
    samples = drawn(50, 7) + 1
    noise = float(samples.var(0).sum())
    found = estimates(float(samples.square().sum(1).mean()), float(samples.mean(0).square().sum()), 1, 50)
    assert found == pytest.approx((float(samples.mean(0).square().sum()) - noise / 50, noise), rel=1e-4)


def test_the_estimates_are_unbiased_for_small_batches_too() -> None:
    groups = (drawn(4000, 8, 4, 3) + 0.5).mean(2)  # 4000 repetitions of 8 batches of 4 samples, each in 3 dimensions
    pairs = [estimates(float(g.square().sum(1).mean()), float(g.mean(0).square().sum()), 4, 8) for g in groups]
    signal, noise = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
    assert signal == pytest.approx(0.75, rel=0.05)
    assert noise == pytest.approx(3.0, rel=0.05)


def linear(noise: float, samples: int = 4000) -> tuple[nn.Module, Resident, float]:
    """A linear regression at weight 0, and tr(Sigma) / |G|^2 there."""
    inputs, weight = drawn(samples, 5), torch.ones(5) / 5**0.5
    targets = (inputs @ weight)[:, None] + noise * drawn(samples, 1, seed=1)
    model = nn.Linear(5, 1, bias=False)
    nn.init.zeros_(model.weight)
    return model, Resident(inputs, targets), 5 * (1 + noise**2) + 1


@pytest.mark.parametrize("noise", [0.3, 2.0])
def test_a_measurement_finds_the_noise_scale_of_a_linear_regression(noise: float) -> None:
    """Its ratio of averages does; a single one is as uncertain as eight small batches are."""
    model, data, truth = linear(noise, 100_000)
    pairs = [measure(model, nn.MSELoss(), data, CPU, batch=300, seed=seed) for seed in range(60)]
    assert sum(noise for _, noise in pairs) / sum(signal for signal, _ in pairs) == pytest.approx(truth, rel=0.1)


def test_a_measurement_leaves_weights_buffers_and_gradients_as_they_are() -> None:
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    before = copy.deepcopy(model.state_dict())
    _, data, _ = linear(1.0)
    assert all(math.isfinite(v) for v in measure(model, nn.MSELoss(), data, CPU, batch=8, seed=0))
    assert all(torch.equal(v, before[n]) for n, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_too_few_samples_tell_nothing_and_the_batch_stays() -> None:
    model, data, _ = linear(1.0, samples=3)
    found = measure(model, nn.MSELoss(), data, CPU, batch=8, seed=0)
    assert all(math.isnan(v) for v in found)
    growth = Growth()
    growth.see(doubling(), *found)
    assert growth == Growth()


def test_a_gradient_counts_unused_parameters_as_zero() -> None:
    model = nn.ModuleDict({"used": nn.Linear(3, 1), "idle": nn.Linear(3, 1)})
    found = gradient(lambda x: call(model["used"], x), list(model.parameters()), nn.MSELoss(), drawn(4, 3), drawn(4, 1))
    assert [bool(g.any()) for g in found] == [True, True, False, False]
    assert square(found) == pytest.approx(float(sum(g.square().sum() for g in found)))


def test_buffers_come_back_after_an_exception() -> None:
    model = nn.BatchNorm1d(2)
    with pytest.raises(ZeroDivisionError), kept_buffers(model):
        model(drawn(9, 2) + 3)
        raise ZeroDivisionError
    assert not model.running_mean.any()


def test_the_batch_doubles_only_when_the_noise_scale_has_reached_the_doubled_batch() -> None:
    config, growth = doubling(), Growth()
    growth.see(config, signal=1.0, noise=15.9)
    assert growth.doublings == 0
    growth.see(config, signal=1.0, noise=16.2)  # with what is left of the first: 24.15 / 1.5 = 16.1
    assert growth.doublings == 1
    growth.see(config, signal=-5.0, noise=1.0)  # the gradient drowns in noise
    assert growth.doublings == 2


def test_the_batch_grows_to_batch_size_end_and_never_beyond() -> None:
    config, growth = doubling(batch_size_end=50), Growth()
    sizes = []
    while growth.waits(config):
        growth.see(config, 0.0, 1.0)
        sizes.append(batch_size_at(config, 0, growth.doublings))
    assert sizes == [16, 32, 50]
    assert not Growth().waits(doubling(batch_size_end=8))
    assert not Growth().waits(doubling(batch_size_end=4))
    assert not Growth().waits(complete({}))


@pytest.mark.parametrize(
    ("values", "factor"),
    [({}, 4.0), ({"optimizer": "AdamW"}, 2.0), ({"lr_exponent": 0.0}, 1.0), ({"lr_exponent": 0.25}, 2**0.5)],
)
def test_lr_follows_the_batch_by_the_exponent(values: dict[str, Any], factor: float) -> None:
    config = doubling(**values)
    assert batch_factor(config, 32, batch_exponent(config)) == pytest.approx(factor)
    fixed = complete({**values, "batch_schedule": "steps", "batch_size_end": 64})
    assert batch_factor(fixed, 32, batch_exponent(fixed)) == 1.0


def regression(noise: float) -> Task:
    _, data, _ = linear(noise, 400)
    rows = data.inputs, data.targets
    return Task(lambda config: nn.Linear(5, 1), rows, rows, loss="mse", defaults={"lr": 0.01, "epochs": 6})


def sizes(task: Task, **values: Any) -> list[tuple[int, float]]:
    training = Training(task, task.config({"batch_schedule": "noise", "batch_size": 4, **values}), 0, CPU)
    assert training.advance(6).status is Status.DONE
    return [(p.batch_size, round(p.lr, 6)) for p in training.curve]


def test_a_training_grows_its_batch_and_lr_where_the_noise_is_and_not_elsewhere() -> None:
    noisy = sizes(regression(10.0), batch_size_end=16)
    assert noisy[-1] == (16, 0.04)
    assert noisy == sorted(noisy)
    assert sizes(regression(0.0), batch_size_end=16) == [(4, 0.01)] * 6


def test_a_frozen_training_remembers_its_batch() -> None:
    task = regression(10.0)
    training = Training(task, task.config({"batch_schedule": "noise", "batch_size": 4, "batch_size_end": 16}), 0, CPU)
    training.advance(5)
    assert freeze(training)["loop"]["growth"]["doublings"] == 2
