"""Forecasts of trainings that are over, that failed, or whose first value came late."""

import math
from collections.abc import Callable, Sequence

import pytest

from luthier.errors import UsageError
from luthier.records import Config, Forecast, Outcome, Point, Slice, SliceResult, Status
from luthier.search import FreezeThaw
from luthier.space import Space, integer, log_uniform

SPACE = Space(lr=log_uniform(1e-4, 1), epochs=20)


def value(config: Config, epoch: float) -> float:
    return 0.9 - 0.05 * abs(math.log10(config.lr) + 2) - 0.5 * math.exp(-epoch / 5)


def told(cut: Slice, epochs: Sequence[float], status: Status = Status.DONE, *, nan_at: float | None = None):
    points = [Point(e, 0, 0, math.nan if e == nan_at else value(cut.config, e), 0.1, 32, 1.0) for e in epochs]
    return SliceResult(cut, tuple(points), Outcome(status), float(len(points)))


def up_to(cut: Slice, last: float, step: int = 1) -> list[float]:
    return [float(e) for e in range(round(cut.start) + step, round(min(cut.stop, last)) + 1, step)]


def stopping(cut: Slice) -> SliceResult:
    """Early stopping ends every training at epoch 5."""
    return told(cut, up_to(cut, 5), Status.STOPPED if cut.stop >= 5 else Status.DONE)


def driven(slices: int, run: Callable[[Slice], SliceResult], **settings: float) -> FreezeThaw:
    search = FreezeThaw(SPACE, max_epochs=20, seed=0, **settings)
    for _ in range(slices):
        for cut in search.ask():
            search.tell(run(cut))
    return search


def exactly(metric: float) -> Forecast:
    return Forecast(metric, metric, metric)


def with_one(number: int, result: Callable[[Slice], SliceResult]) -> tuple[FreezeThaw, Config]:
    """A search that was told of a training of its own accord, and its config."""
    search = driven(12, lambda cut: told(cut, up_to(cut, 20)))
    config = Config(lr=0.01, epochs=20)
    search.tell(result(Slice(number, config, 0, 20)))
    return search, config


def test_what_stopped_early_does_not_go_on() -> None:
    search = driven(20, stopping)
    config = Config(lr=0.01, epochs=20)  # the best there is
    search.tell(told(Slice(300, config, 0, 20), [1, 2, 3, 4, 5], Status.STOPPED))
    assert search.predict(300, 20) == exactly(value(config, 5))
    assert search.predict(300, 3) == exactly(value(config, 3))
    assert search.plateau(300, tolerance=0.001) == 5
    assert max(c.epochs for c in search.front() if c.training == 300) == 5


def test_what_diverged_late_keeps_what_it_had_shown() -> None:
    epochs = [float(e) for e in range(1, 17)]
    search, config = with_one(300, lambda cut: told(cut, epochs, Status.DIVERGED, nan_at=16))
    assert search.predict(300, 10) == exactly(value(config, 10))
    assert search.predict(300, 20) == exactly(value(config, 15))
    assert search.plateau(300, tolerance=1e-6) == 15
    assert 300 in {c.training for c in search.front()}


def test_a_gain_starts_from_the_best_value_although_its_training_diverged() -> None:
    def perfect(cut: Slice) -> SliceResult:
        points = (Point(1, 0, 0, 5.0, 0.1, 32, 1.0), Point(2, 0, 0, math.nan, 0.1, 32, 1.0))
        return SliceResult(cut, points, Outcome(Status.DIVERGED))

    search, _ = with_one(300, perfect)
    assert search.gain(40) == Forecast(0.0, 0.0, 0.0)
    assert search.plateau(tolerance=0.001) == 1


def test_of_what_diverged_at_once_nothing_can_be_said() -> None:
    search, _ = with_one(300, lambda cut: told(cut, [1], Status.DIVERGED, nan_at=1))
    with pytest.raises(UsageError, match="training 300 is over and gave no finite value"):
        search.predict(300, 20)
    assert 300 not in {c.training for c in search.front()}


def test_before_its_first_value_a_training_is_not_better_than_there() -> None:
    search = driven(10, lambda cut: told(cut, up_to(cut, 20, 5)), interval=5)
    number = 2
    first = search.predict(number, 5)
    assert first.low == first.high
    means = [search.predict(number, e).mean for e in (1, 3, 4.9, 5, 8, 20)]
    assert means == sorted(means)
    assert means[0] < first.mean
    assert search.predict(number, 3).high <= first.mean


def test_no_training_is_predicted_beyond_its_own_end() -> None:
    search = FreezeThaw(Space(lr=log_uniform(1e-4, 1), epochs=integer(4, 20)), max_epochs=20)
    for number in range(6):
        cut = Slice(number, Config(lr=10.0 ** (-number / 2), epochs=20), 0, 20)
        search.tell(told(cut, up_to(cut, 20)))
    short = Config(lr=0.02, epochs=5)
    assert search.predict(short, 20) == search.predict(short, 5)
    search.tell(told(Slice(300, short, 0, 2), [1, 2]))
    assert search.predict(300, 20) == search.predict(300, 5)


def test_a_result_that_is_told_again_counts_once() -> None:
    result = told(Slice(300, Config(lr=0.01, epochs=20), 0, 4), [1, 2, 3, 4])
    search, again = (with_one(400, lambda cut: told(cut, [1]))[0] for _ in range(2))
    search.tell(result)
    again.tell(result), again.tell(result)
    seconds = [{c.epochs: c.seconds for c in s.front() if c.training == 300} for s in (search, again)]
    assert seconds[0] == seconds[1] != {}
    assert all(taken == epochs for epochs, taken in seconds[1].items())
