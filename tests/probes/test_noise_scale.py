import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from luthier.errors import DataError, UsageError
from luthier.probes import NoiseScale, noise_scale
from luthier.probes._gradients import Model, batch_blocks, example_blocks
from luthier.probes._ratio import estimate, fieller
from luthier.records import Options
from luthier.task import Resident, Task

MakeTask = Callable[..., Task]
CPU = Options(device="cpu")
INPUTS, OUTPUTS = 6, 5


def regression(seed: int, samples: int = 500, noise: float = 0.5) -> tuple[nn.Module, Resident, float]:
    """A linear regression at weight 0, and tr(Sigma) / |G|^2 there, by Isserlis' theorem."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(samples, INPUTS, generator=generator)
    weight = torch.randn(INPUTS, OUTPUTS, generator=generator)
    targets = inputs @ weight + noise * torch.randn(samples, OUTPUTS, generator=generator)
    model = nn.Linear(INPUTS, OUTPUTS, bias=False)
    nn.init.zeros_(model.weight)
    signal = float(weight.square().sum())
    return model, Resident(inputs, targets), (signal * (INPUTS + 1) + OUTPUTS * INPUTS * noise**2) / signal


def test_the_interval_covers_the_truth_of_a_linear_regression_as_often_as_it_says() -> None:
    """benchmarks/noise_scale.py does it with 2,000 samples, many more runs, and the public probe."""
    covered, errors = 0, []
    for seed in range(60):
        model, data, truth = regression(seed)
        found = estimate(example_blocks(Model(model, nn.MSELoss()), data, torch.arange(500), 0), 0.95)
        covered += truth in found.interval
        errors.append(math.log(found.value / truth))
    assert 52 <= covered <= 60  # 57 is meant, with a standard deviation of 1.7
    assert abs(np.mean(errors)) < 0.02


def test_small_batches_and_single_samples_agree() -> None:
    model, data, _ = regression(0, samples=4000)
    rows = torch.randperm(4000, generator=torch.Generator().manual_seed(1))
    seen = Model(model, nn.MSELoss())
    one = estimate(example_blocks(seen, data, rows, 0), 0.95)
    many = estimate(batch_blocks(seen, data, rows, 0, 10), 0.95)
    assert many.value == pytest.approx(one.value, rel=0.1)
    assert many.interval.low < one.value < many.interval.high


@given(st.floats(0.1, 10), st.floats(-5, 5), st.floats(0.01, 2), st.floats(0.01, 2), st.floats(-0.9, 0.9))
def test_fiellers_interval_holds_exactly_the_ratios_that_are_not_refuted(
    top: float, bottom: float, top_sd: float, bottom_sd: float, correlation: float
) -> None:
    shared = correlation * top_sd * bottom_sd
    covariance = np.array([[top_sd**2, shared], [shared, bottom_sd**2]])
    low, high = fieller(top, bottom, covariance, 2.0)

    def refuted(ratio: float) -> bool:
        spread = top_sd**2 - 2 * ratio * shared + ratio**2 * bottom_sd**2
        return (top - ratio * bottom) ** 2 > 4 * spread * (1 + 1e-6)

    assert 0 <= low <= high
    if math.isfinite(high):
        assert not refuted((low + high) / 2)
        assert refuted(high * 1.01 + 1e-6)
        if low > 0:
            assert refuted(low * 0.99)
    if bottom > 0:
        assert low <= top / bottom * (1 + 1e-9) <= high * (1 + 1e-6)


def test_a_training_is_measured_along_its_way(task: MakeTask) -> None:
    found = noise_scale(task(), {"lr": 0.05}, epochs=(1, 3), options=CPU)
    assert [p.epoch for p in found.points] == [0, 1, 3]
    assert found.points[-1].value > 3 * found.points[0].value  # the gradient shrinks, the noise in the targets stays
    assert found.middle in found.points[1:]
    assert found.fallback == ""
    assert all(p.value in p.interval for p in found.points if math.isfinite(p.value))
    assert len(found.sentences()) >= 3


def normed(config: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


class Looking(nn.Module):
    """Its way depends on a value, which torch.func cannot follow."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) if float(x.detach().sum()) > -1e9 else x


def weighted(outputs: Tensor, targets: Tensor) -> Tensor:
    """No mean over samples."""
    weights = 1 + targets.abs()
    return (weights * (outputs - targets) ** 2).sum() / weights.sum()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"model": normed}, "an operation refuses them"),
        ({"model": lambda config: Looking()}, "an operation refuses them"),
        ({"loss": weighted}, "not the mean over its samples"),
    ],
    ids=["batch norm", "a way that depends on values", "weighted mean"],
)
def test_where_per_example_gradients_are_refused_small_batches_take_their_place(
    task: MakeTask, more: dict[str, Any], words: str
) -> None:
    made = task(**more)
    found = noise_scale(made, {"lr": 0.01}, epochs=(1,), options=CPU)
    assert words in found.fallback
    assert any(words in s for s in found.sentences())
    assert found.points[0].value > 0


def test_dropout_and_structured_inputs_need_no_fallback(task: MakeTask) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.drop = nn.Linear(8, 1), nn.Dropout(0.2)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return self.inner(self.drop(a + b))

    x = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    rows = {"a": x, "b": 2 * x}, x.sum(1, keepdim=True)
    found = noise_scale(task(lambda config: Two(), train=rows), epochs=(1,), options=CPU)
    assert found.fallback == ""
    assert found.points[0].value > 0


def test_the_model_handed_in_and_the_random_numbers_stay(task: MakeTask) -> None:
    model = normed(None)
    before, numbers = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    noise_scale(task(lambda config: model), epochs=(1,), options=CPU)
    assert all(torch.equal(v, before[n]) for n, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), numbers)


def test_the_same_seed_gives_the_same_answer(task: MakeTask) -> None:
    a, b = (noise_scale(task(), epochs=(1,), seed=3, options=CPU).points for _ in range(2))
    assert a == b


def test_a_gradient_of_nothing_is_not_reliable(task: MakeTask) -> None:
    x = torch.zeros(64, 8)
    found = noise_scale(task(train=(x, x[:, :1]), model=lambda config: nn.Linear(8, 1, bias=False)), options=CPU)
    assert not found.reliable
    assert "gradient is 0" in found.sentences()[0]
    assert found.beliefs() == ()


def test_a_training_that_diverges_says_so(task: MakeTask) -> None:
    found = noise_scale(task(), {"lr": 1e6}, epochs=(2,), options=CPU)
    assert not found.reliable
    assert "diverged" in found.reason
    assert [p.epoch for p in found.points] == [0]


def test_what_drowns_in_noise_has_no_upper_end(task: MakeTask) -> None:
    x = torch.randn(256, 8, generator=torch.Generator().manual_seed(1))
    y = 100 * torch.randn(256, 1, generator=torch.Generator().manual_seed(2))
    found = noise_scale(task(train=(x, y)), {"lr": 1e-9}, epochs=(1,), options=CPU)
    assert not found.reliable
    assert "cannot be told from 0" in found.reason
    assert math.isinf(found.points[-1].interval.high)
    assert found.to_json()["points"][-1]["interval"]["high"] is None


@pytest.mark.parametrize(
    ("arguments", "words"), [({"samples": 3}, "samples is 3"), ({"epochs": (-1,)}, "epochs has -1")]
)
def test_bad_arguments_are_told(task: MakeTask, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        noise_scale(task(), options=CPU, **arguments)


def test_batch_norm_cannot_train_on_one_sample_and_says_so(task: MakeTask) -> None:
    normed = task(lambda config: nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))
    with pytest.raises(UsageError, match="Expected more than 1 value"):
        noise_scale(normed, {"batch_size": 1}, epochs=(1,), options=CPU)


def test_too_little_data_is_told(task: MakeTask) -> None:
    x = torch.randn(12, 8)
    with pytest.raises(DataError, match="needs 16 or more"):
        noise_scale(task(train=(x, x[:, :1])), {"batch_size": 4}, options=CPU)


def test_the_belief_is_about_the_batch_size(task: MakeTask) -> None:
    found = noise_scale(task(), {"lr": 0.01}, epochs=(1,), options=CPU)
    assert isinstance(found, NoiseScale)
    (belief,) = found.beliefs()
    assert (belief.name, belief.centre) == ("batch_size", found.middle.value if found.middle else None)
