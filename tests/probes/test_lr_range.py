import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from luthier import Options, Task
from luthier.errors import ConfigError, UsageError
from luthier.probes import LrRange, Progress, lr_range
from luthier.probes._base import Interval
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.training import Training

Make = Callable[..., Task]
CPU = Options(device="cpu", threads=1)


def final_loss(task: Task, lr: float, seed: int) -> float:
    training = Training(task, task.config({"lr": lr}), seed, CPU)
    training.advance(training.config.epochs)
    return training.curve.points[-1].val_loss if len(training.curve) == training.config.epochs else float("inf")


def test_the_suggestion_is_as_good_as_the_best_of_a_sweep(task: Make) -> None:
    found = lr_range(task(), options=CPU)
    assert found.reliable, found.reason
    assert found.lr is not None
    assert found.interval is not None
    losses = {lr: final_loss(task(), lr, 5) for lr in np.geomspace(1e-4, 1, 13).tolist()}
    best = min(losses, key=lambda lr: losses[lr])
    assert final_loss(task(), found.lr, 5) < 1.1 * losses[best]
    assert found.lr in found.interval
    assert found.steepest < found.largest_stable


def test_it_says_so_in_words_json_and_a_belief(task: Make) -> None:
    found = lr_range(task(), {"optimizer": "Adam"}, options=CPU)
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert document["lr"] == found.lr
    assert document["config"]["lr"] == found.lr
    assert len(document["curves"]) == 3
    assert found.sentences()[0].startswith(f"lr {found.lr:.2g} for Adam at batch size 16")
    (belief,) = found.beliefs()
    assert belief.centre == found.lr
    assert belief.given == {"optimizer": "Adam"}
    assert belief.at == {"batch_size": 16}
    assert belief.factor > 1


def test_short_trainings_are_slices_that_equal_those_of_anyone_else(task: Make) -> None:
    found = lr_range(task(), options=CPU, seed=3, first=10)
    assert {r.slice.training for r in found.results} == set(range(10, 10 + len(found.shown)))
    by_training: dict[int, list[SliceResult]] = {}
    for result in found.results:
        by_training.setdefault(result.slice.training, []).append(result)
    for results in by_training.values():
        assert results[0].slice.start == 0
        assert all(a.slice.stop == b.slice.start for a, b in pairwise(results))
        cut = results[-1].slice
        again = Training(task(), cut.config, cut.seed, CPU)
        again.advance(cut.stop)
        mine = [p.val_loss for r in results for p in r.points]
        assert again.curve.column("val_loss") == mine
    epochs = sum(len(r.points) for r in found.results)
    assert epochs <= 3 * 6 + len(found.shown)  # each first rung is at least one epoch


def test_slices_run_where_the_caller_runs_them(task: Make) -> None:
    asked: list[list[Slice]] = []

    def run(cuts: Sequence[Slice]) -> list[SliceResult]:
        asked.append(list(cuts))
        loss = [abs(np.log(float(c.config.lr) / 0.03)) + 1 for c in cuts]
        points = [(Point(c.stop, v, v, -v, float(c.config.lr), 16, 0.1),) for c, v in zip(cuts, loss, strict=True)]
        return [SliceResult(c, p, Outcome(Status.DONE)) for c, p in zip(cuts, points, strict=True)][::-1]

    found = lr_range(task(), options=CPU, run=run)
    assert found.lr == pytest.approx(0.03, rel=1)
    assert len(asked[0]) > len(asked[-1])
    assert all(len({c.stop for c in cuts}) == 1 for cuts in asked)


@pytest.mark.parametrize("bounds", [(1e-6, 1e-4), (0.01, 0.02), (10.0, 100.0)])
def test_short_trainings_stay_within_the_bounds(task: Make, bounds: tuple[float, float]) -> None:
    found = lr_range(task(), options=CPU, bounds=bounds)
    assert found.shown
    assert all(bounds[0] <= s.lr <= bounds[1] for s in found.shown)
    outside = replace(found, lr=bounds[1], interval=Interval(3 * bounds[1], 9 * bounds[1]))
    assert any("the end of its range; the best lies beyond it, in" in s for s in outside.sentences())
    within = replace(found, lr=bounds[1], interval=Interval(0.5 * bounds[1], 9 * bounds[1]))
    assert not any("beyond it" in s for s in within.sentences())


@pytest.mark.parametrize(
    "values",
    [{"optimizer": "AdamW", "batch_size": 64}, {"momentum": 0.9, "schedule": "cosine", "warmup": 0.2}],
    ids=["AdamW", "warmup"],
)
def test_it_works_per_optimizer_batch_size_and_schedule(task: Make, values: dict[str, Any]) -> None:
    found = lr_range(task(), values, options=CPU)
    assert found.lr is not None
    assert {n: found.config[n] for n in values} == values


def test_the_model_handed_in_the_random_numbers_and_the_order_of_the_data_stay(task: Make) -> None:
    model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Dropout(0.1), nn.Linear(4, 1))
    before = {n: t.clone() for n, t in model.state_dict().items()}
    mine = task(lambda config: model)
    inputs, targets = mine.train.tensors or (None, None)
    copies = inputs.clone(), targets.clone()
    torch.manual_seed(7), np.random.seed(7), random.seed(7)
    expected = torch.rand(3), np.random.rand(3), random.random()
    torch.manual_seed(7), np.random.seed(7), random.seed(7)
    lr_range(mine, options=CPU)
    assert torch.equal(torch.rand(3), expected[0])
    assert (np.random.rand(3) == expected[1]).all()
    assert random.random() == expected[2]
    assert all(torch.equal(t, before[n]) for n, t in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert model.training
    assert torch.equal(inputs, copies[0])
    assert torch.equal(targets, copies[1])


def same(a: LrRange, b: LrRange) -> bool:
    return (a.lr, a.curves, a.shown) == (b.lr, b.curves, b.shown)


def test_equal_seeds_give_equal_answers_whatever_ran_before(task: Make) -> None:
    one = task()
    first = lr_range(one, options=CPU, seed=1)
    assert same(first, lr_range(one, options=CPU, seed=1))
    assert not same(first, lr_range(one, options=CPU, seed=2))


class Random(nn.Module):
    """Says anything, whatever its weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.randn(len(inputs), 1) + 0 * self.weight


class Huge(nn.Linear):
    """Explodes at any lr."""

    def __init__(self) -> None:
        super().__init__(8, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(1e6 * inputs)


def test_a_model_random_at_lr_0_is_declined_with_a_reason(task: Make) -> None:
    found = lr_range(task(lambda config: Random()), options=CPU)
    assert not found.reliable
    assert found.lr is None
    assert found.beliefs() == ()
    assert "varies" in found.reason
    assert found.sentences()[0] == f"Not reliable here for SGD at batch size 16: {found.reason}."
    assert any("usual range" in s for s in found.sentences())


def test_a_loss_that_never_falls_is_declined(task: Make) -> None:
    inputs = torch.randn(256, 8, generator=torch.Generator().manual_seed(0))
    targets = torch.randn(256, 1, generator=torch.Generator().manual_seed(1))
    found = lr_range(task(train=(inputs, targets)), options=CPU, confirm=False)
    assert not found.reliable
    assert found.results == ()


def test_without_short_trainings_the_interval_is_wider(task: Make) -> None:
    quick, slow = lr_range(task(), options=CPU, confirm=False), lr_range(task(), options=CPU)
    assert quick.results == ()
    assert quick.trainings < slow.trainings
    assert quick.interval is not None
    assert slow.interval is not None
    assert quick.interval.high / quick.interval.low > slow.interval.high / slow.interval.low


def test_what_cannot_be_probed_is_told_in_one_sentence(task: Make) -> None:
    normed = task(lambda config: nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))
    with pytest.raises(UsageError, match="batch_size 1 fails"):
        lr_range(normed, {"batch_size": 1}, options=CPU)
    with pytest.raises(ConfigError, match="training samples"):
        lr_range(task(train=(torch.randn(9, 8), torch.randn(9, 1))), {"batch_size": 16}, options=CPU)
    with pytest.raises(UsageError, match="unit size"):
        lr_range(task(lambda config: Huge()), options=CPU)
    with pytest.raises(UsageError, match="repeats is 1"):
        lr_range(task(), repeats=1)


def test_a_very_small_data_set_has_an_answer_or_a_reason(task: Make) -> None:
    generator = torch.Generator().manual_seed(0)
    inputs, targets = torch.randn(10, 8, generator=generator), torch.randn(10, 1, generator=generator)
    found = lr_range(task(train=(inputs, targets)), {"batch_size": 8, "epochs": 2}, options=CPU)
    assert found.lr is not None or found.reason


def test_progress_is_told_and_an_interruption_obeyed(task: Make) -> None:
    told: list[Progress] = []
    points: list[Point] = []
    found = lr_range(
        task(),
        options=CPU,
        on_progress=told.append,
        on_point=lambda cut, point: points.append(point),
        interrupted=lambda: len(points) >= 2,
    )
    assert len(points) == 2
    assert not found.reliable
    assert "interrupted" in found.reason
    assert [p.fraction for p in told] == sorted(p.fraction for p in told)
    assert told[0].doing == "range test 1 of 3"


def test_the_config_in_the_result_is_complete(task: Make) -> None:
    found = lr_range(task(), Config(lr=123.0), options=CPU)
    assert found.config.lr == found.lr != 123.0
    assert found.config.epochs == 6
