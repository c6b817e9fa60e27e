import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import luthier
from luthier.errors import ConfigError, DataError, UsageError
from luthier.probes import Scaling, scaling
from luthier.probes._slopes import Tried, best_lr, epochs_to, exponent
from luthier.records import Config, Options, Outcome, Point, Slice, SliceResult, Status
from luthier.task import Task

MakeTask = Callable[..., Task]
CPU = Options(device="cpu")


def valley(alpha: float, noise: float = 0.0, seed: int = 0, best: float = 0.1) -> Callable[..., list[SliceResult]]:
    """Runs no training: the loss is a parabola in log lr whose lowest point follows the batch size by ``alpha``.

    The epochs that it needs to fall grow with the square root of the batch.
    """
    draw = np.random.default_rng(seed)

    def run(cuts: Sequence[Slice]) -> list[SliceResult]:
        results = []
        for cut in cuts:
            size, lr = cut.config.batch_size, cut.config.lr
            off = math.log(lr / (best * (size / 16) ** alpha))
            points = []
            for epoch in range(1, int(cut.stop) + 1):
                fallen = math.exp(-epoch / size**0.5)
                loss = (0.2 + fallen) * (1 + 0.05 * off**2) + noise * draw.standard_normal()
                points.append(Point(float(epoch), loss, loss, loss, lr, size, 0.1))
            results.append(SliceResult(cut, tuple(points), Outcome(Status.DONE), 0.1))
        return results

    return run


SIZES = (8, 16, 32, 64)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("lr", [0.001, 0.1, 3.0])
def test_the_exponent_is_found_wherever_the_search_begins(task: MakeTask, alpha: float, lr: float) -> None:
    found = scaling(task(), {"lr": lr, "epochs": 16}, batch_sizes=SIZES, epochs=8, run=valley(alpha))
    assert found.reliable, found.reason
    assert found.alpha is not None
    assert found.alpha.value == pytest.approx(alpha, abs=1e-6)
    assert found.lr_at(16) == pytest.approx(0.1)
    assert found.beta is not None
    assert 0 < found.beta.value < 1


def test_the_interval_covers_the_exponent_about_as_often_as_it_says(task: MakeTask) -> None:
    covered = 0
    for seed in range(20):
        run = valley(0.5, noise=0.01, seed=seed)
        found = scaling(task(), {"lr": 0.1, "epochs": 16}, batch_sizes=SIZES, epochs=4, repeats=4, run=run)
        covered += found.alpha is not None and 0.5 in found.alpha.interval
    assert 15 <= covered <= 20  # 18 is meant, with a standard deviation of 1.3


def test_it_is_told_in_plain_words_and_as_a_belief(task: MakeTask) -> None:
    found = scaling(task(), {"lr": 0.1, "epochs": 16, "optimizer": "Adam"}, batch_sizes=SIZES, run=valley(0.5, 1e-4))
    assert "When you double the batch, multiply lr by 1.4 ± 0." in found.sentences()[0]
    assert "(Adam, batch sizes 8 to 64" in found.sentences()[0]
    (belief,) = found.beliefs()
    assert belief.given == {"optimizer": "Adam"}
    assert belief.follows["batch_size"] == pytest.approx(0.5, abs=0.1)
    assert belief.centre == pytest.approx(0.1 * (belief.at["batch_size"] / 16) ** 0.5, rel=0.1)
    assert len({r.slice.training for r in found.results}) == len(found.results)


def test_real_trainings_are_short_and_can_be_continued(task: MakeTask) -> None:
    model = nn.Linear(8, 1)
    before, numbers = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    values = {"epochs": 16, "lr": 0.01}
    found = scaling(task(lambda config: model), values, batch_sizes=(8, 16, 32), first_training=7, options=CPU)
    assert all(torch.equal(v, before[n]) for n, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), numbers)
    assert {(r.slice.start, r.slice.stop, r.slice.config.epochs) for r in found.results} == {(0, 2, 16)}
    assert min(r.slice.training for r in found.results) == 7
    assert [t.batch_size for t in found.grid] == [8, 16, 32]
    assert all(lr > 0 for _, lr in found.best)


def test_an_interrupted_measurement_is_not_reliable_and_keeps_what_it_has(task: MakeTask) -> None:
    found = scaling(task(), batch_sizes=SIZES, options=CPU, interrupted=lambda: True)
    assert not found.reliable
    assert "interrupted" in found.reason
    assert found.beliefs() == ()
    with pytest.raises(UsageError, match="interrupted"):
        found.lr_at(8)


def test_a_loss_that_no_lr_moves_is_not_reliable(task: MakeTask) -> None:
    x = torch.zeros(256, 8)
    made = task(lambda config: nn.Linear(8, 1, bias=False), train=(x, x[:, :1] + 1))
    found = scaling(made, batch_sizes=(8, 16, 32), repeats=2, options=CPU)
    assert not found.reliable
    assert found.sentences() == [found.reason]


def test_noise_above_everything_is_not_reliable(task: MakeTask) -> None:
    found = scaling(task(), {"epochs": 16}, batch_sizes=SIZES, run=valley(0.5, noise=3.0))
    assert not found.reliable


@pytest.mark.parametrize("sizes", [(8, 16), (0, 8, 16), (8, 16, 5000)])
def test_batch_sizes_that_cannot_be_tried_are_told(task: MakeTask, sizes: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="batch_sizes are"):
        scaling(task(), batch_sizes=sizes, options=CPU)


def test_batch_norm_cannot_train_on_one_sample_and_says_so(task: MakeTask) -> None:
    normed = lambda config: nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))  # noqa: E731
    with pytest.raises(UsageError, match=r"batch_size 1 ended: .*Expected more than 1 value"):
        scaling(task(normed), batch_sizes=(1, 2, 4), options=CPU)


def test_too_little_data_is_told(task: MakeTask) -> None:
    x = torch.randn(30, 8)
    with pytest.raises(DataError, match="too few for three batch sizes"):
        scaling(task(train=(x, x[:, :1])), {"batch_size": 4}, options=CPU)


@given(st.floats(-1.5, 1.5), st.floats(0.1, 5))
def test_the_best_lr_of_a_parabola_is_its_vertex(shift: float, bend: float) -> None:
    lrs = [2.0**k for k in range(-3, 4)]
    losses = tuple((1 + bend * (math.log2(lr) - shift) ** 2,) for lr in lrs)
    assert best_lr(Tried(8, tuple(lrs), losses, ()), [0]) == pytest.approx(2**shift)


def test_a_diverged_neighbour_does_not_spoil_the_vertex() -> None:
    tried = Tried(8, (1.0, 2.0, 4.0), ((2.0,), (1.0,), (math.inf,)), ())
    assert best_lr(tried, [0]) == pytest.approx(2.0)


def test_epochs_to_a_loss_lie_between_evaluations() -> None:
    curve = np.array([8.0, 4.0, 2.0, 1.0])
    assert epochs_to(2.0, curve, 1) == 3
    assert epochs_to(2.0 * 2**0.5, curve, 1) == pytest.approx(2.5)
    assert epochs_to(9.0, curve, 2) == 0.5
    assert epochs_to(0.5, curve, 2) == 2


def test_an_exponent_of_exact_values_has_no_width() -> None:
    grid = [Tried(size, (1.0,), ((0.0, 0.0),), ()) for size in SIZES]
    found = exponent(grid, lambda picked: [3.0 * t.batch_size**0.7 for t in grid], 0.9, 0)
    assert found.value == pytest.approx(0.7)
    assert found.interval.high - found.interval.low < 1e-6


@pytest.mark.parametrize(
    ("optimizer", "factor"), [("SGD", 4), ("sgd", 4), ("Adam", 2), ("AdamW", 2), ("RMSprop", 2), (None, 4)]
)
def test_scale_takes_the_rule_known_for_the_optimizer(optimizer: str | None, factor: float) -> None:
    config = {"lr": 0.1, "batch_size": 32, "momentum": 0.9, "beta2": 0.99, "units": 5}
    config |= {} if optimizer is None else {"optimizer": optimizer}
    scaled = luthier.scale(config, batch_size=128)
    assert scaled == {**config, "batch_size": 128, "lr": pytest.approx(0.1 * factor)}


def test_scale_takes_a_measured_rule(task: MakeTask) -> None:
    config: Any = Config(lr=0.1, batch_size=32)
    found = scaling(task(), {"lr": 0.1, "epochs": 16}, batch_sizes=SIZES, run=valley(0.25))
    assert luthier.scale(config, batch_size=64, alpha=found).lr == pytest.approx(0.1 * 2**0.25)
    assert luthier.scale(config, batch_size=64, alpha=0.75).lr == pytest.approx(0.1 * 2**0.75)
    doubtful = Scaling(**{**vars(found), "reliable": False, "reason": "no"})
    assert luthier.scale(config, batch_size=64, alpha=doubtful).lr == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("config", "more", "words"),
    [
        ({"lr": 0.1}, {"batch_size": 8}, "the config has no batch_size"),
        ({}, {"batch_size": 8}, "no lr and no batch_size"),
        ({"lr": 0.1, "batch_size": 8}, {"batch_size": 0}, "batch_size is 0; it must be a whole number, 1 or more"),
        ({"lr": 0.1, "batch_size": 8}, {"batch_size": 9, "alpha": math.nan}, "alpha is nan"),
    ],
)
def test_scale_tells_what_it_cannot_scale(config: dict[str, Any], more: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        luthier.scale(config, **more)
