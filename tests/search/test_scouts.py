"""What starts slowly and ends best."""

import math
from itertools import pairwise

import pytest

from luthier.hyperparameters import complete
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.search import FreezeThaw
from luthier.search._scouts import AFTER
from luthier.space import Space, choice, log_uniform

EPOCHS = 20
SPACE = Space(lr=log_uniform(1e-4, 1), kind=choice("quick", "slow"), epochs=EPOCHS)


def value(config: Config, epoch: float) -> float:
    """They cross at epoch 11: the slow kind ends at 0.92, the quick one at 0.80."""
    off = 0.04 * abs(math.log10(config.lr) + 2)
    if config["kind"] == "quick":
        return 0.80 * (1 - math.exp(-epoch / 1.5)) - off
    return 0.95 * (1 - math.exp(-epoch / 6)) - off


def train(cut: Slice) -> SliceResult:
    epochs = range(round(cut.start) + 1, round(cut.stop) + 1)
    points = tuple(Point(e, 0, 0, value(cut.config, e), cut.config.lr, 64, 1.0) for e in epochs)
    return SliceResult(cut, points, Outcome(Status.DONE))


def begin(seed: int, space: Space = SPACE) -> FreezeThaw:
    return FreezeThaw(space, max_epochs=EPOCHS, seed=seed, complete=lambda v: complete(v, {"kind": "quick"}))


def drive(seed: int, trainings: float, space: Space = SPACE) -> list[SliceResult]:
    search = begin(seed, space)
    log: list[SliceResult] = []
    while sum(len(r.points) for r in log) < trainings * EPOCHS:
        for cut in [d for d in search.ask() if isinstance(d, Slice)]:
            log.append(train(cut))
            search.tell(log[-1])
    return log


@pytest.mark.parametrize("seed", range(4))
def test_what_is_slow_to_start_is_found(seed: int) -> None:
    best = max((p.metric, r.slice.config["kind"]) for r in drive(seed, 12) for p in r.points)
    assert best[0] > 0.82
    assert best[1] == "slow"


def test_a_search_that_is_told_all_sends_no_scout_twice() -> None:
    """Right after one came back, which was not the best of all."""
    log = drive(0, 12)
    first = next(k for k, r in enumerate(log) if r.slice.stop == EPOCHS and r.slice.start < EPOCHS / 4)
    for upto in (first + 1, first + 2, len(log) - 1):
        again = begin(0)
        for result in log[:upto]:
            again.tell(result)
        [cut] = [d for d in again.ask() if isinstance(d, Slice)]
        assert (cut.training, cut.start, cut.stop) == (
            log[upto].slice.training,
            log[upto].slice.start,
            log[upto].slice.stop,
        )


def test_none_is_sent_before_its_time() -> None:
    log = drive(0, 12)
    spent = 0.0
    jumps = []
    for result in log:
        if result.slice.stop == EPOCHS and result.slice.start < EPOCHS / 4:
            jumps.append(spent / EPOCHS)
        spent += len(result.points)
    assert jumps
    assert min(jumps) >= AFTER


@pytest.mark.parametrize("epochs", [EPOCHS, choice(2, 4, EPOCHS)])
@pytest.mark.parametrize("seed", range(3))
def test_a_search_that_is_told_all_decides_the_same_with_scouts_under_way(seed: int, epochs: object) -> None:
    """No training is lost beside a scout, and none is sent again."""
    space = Space({**SPACE, "epochs": epochs})
    log = drive(seed, 10, space)
    for step, (_, following) in enumerate(pairwise(log)):
        if step % 5 == 0 or step > len(log) - 20:
            fresh = begin(seed, space)
            for told in log[: step + 1]:
                fresh.tell(told)
            [cut] = [d for d in fresh.ask() if isinstance(d, Slice)]
            assert (cut.training, cut.config, cut.stop) == (
                following.slice.training,
                following.slice.config,
                following.slice.stop,
            )


def test_with_scouts_a_finite_space_comes_to_an_end() -> None:
    kinds = Space(lr=choice(0.001, 0.003, 0.01, 0.03, 0.1), kind=choice("quick", "slow"), epochs=EPOCHS)
    search = begin(0, kinds)
    rounds = 0
    while not search.finished:
        cuts = [d for d in search.ask(8) if isinstance(d, Slice)]
        for cut in cuts:
            search.tell(train(cut))
        rounds += 1
        assert cuts or search.finished
        assert rounds < 200
