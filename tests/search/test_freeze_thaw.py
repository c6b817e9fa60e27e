import math
from dataclasses import replace

import numpy as np
import pytest

from luthier.hyperparameters import complete
from luthier.records import Belief, EpochCost, Outcome, Point, Slice, SliceResult, Status
from luthier.search._axes import Axes
from luthier.search._curves import CurveModel, Rows, expected_improvement
from luthier.search._literature import LEARNING_RATES
from luthier.search._ranks import ALONE_FROM, ETA, FIRST_SHARE, first_look
from luthier.search.freeze_thaw import OWN_AFTER, FreezeThaw
from luthier.space import Space, choice, integer, log_uniform, uniform

SPACE = Space(
    lr=log_uniform(1e-4, 10), batch_size=integer(16, 256, log=True), optimizer=choice("SGD", "Adam"), epochs=9
)


def spent(log: list[SliceResult]) -> float:
    return sum(r.slice.stop - r.slice.start for r in log)


def best_after(search: FreezeThaw, epochs: float, bench) -> float:
    log = []
    while spent(log) < epochs:
        log += bench.drive(search, 1)
    return max(p.metric for r in log for p in r.points)


def test_it_begins_where_good_values_usually_lie(bench) -> None:
    [cut] = bench.slices(FreezeThaw(SPACE, max_epochs=9).ask())
    assert cut.config.lr == pytest.approx(LEARNING_RATES["SGD"].centre)
    assert cut.config.batch_size == 32


def test_first_slices_are_short_and_good_trainings_grow(bench) -> None:
    log = bench.drive(FreezeThaw(SPACE, max_epochs=9, seed=1), 80)
    reached: dict[int, float] = {}
    scouts: list[float] = []  # those that go to their ends whatever their rank
    for result in log:
        cut = result.slice
        if cut.stop > max(ETA**1.5 * cut.start, cut.start + max(1, 9 * FIRST_SHARE)):
            scouts.append(cut.stop)
        reached[cut.training] = cut.stop
    assert 0 < len(scouts) <= 4
    assert set(scouts) <= {9}
    ended = [bench.quality(r.slice.config, 9) for r in log if r.slice.stop == 9]
    left = [bench.quality(r.slice.config, 9) for r in log if r.slice.start == 0 and reached[r.slice.training] <= 2]
    assert ended
    assert np.mean(ended) > np.mean(left)


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_it_finds_the_best_of_a_simple_task(direction, bench) -> None:
    """The best possible is 0.95 at lr 0.1, ten times above the usual centre, after 9 epochs."""
    search = FreezeThaw(SPACE, max_epochs=9, direction=direction, seed=0)
    log: list[SliceResult] = []
    while spent(log) < 10 * 9:
        log += bench.drive(search, 1, execute=lambda cut: bench.run(cut, direction))
    metrics = [p.metric for r in log for p in r.points]
    best = max(metrics) if direction == "maximize" else 1 - min(metrics)
    assert best > 0.93


def test_a_wrong_prior_is_forgotten(bench) -> None:
    """All that the priors propose is near an lr of 0.02; here 0.02 is as bad as random and 5 is best."""

    def execute(cut: Slice) -> SliceResult:
        top = 0.9 - 0.2 * abs(math.log10(cut.config.lr / 5))
        epochs = range(round(cut.start) + 1, round(cut.stop) + 1)
        points = tuple(Point(e, 0, 0, top - 0.3 / (e + 1), 0, 1, 1.0) for e in epochs)
        return SliceResult(cut, points, Outcome(Status.DONE))

    log = bench.drive(FreezeThaw(SPACE, max_epochs=9, seed=0), 60, execute=execute)
    last = [r.slice.config.lr for r in log if r.slice.stop == 9]
    assert max(p.metric for r in log for p in r.points) > 0.8
    assert any(lr > 1 for lr in last)


def test_noise_does_not_make_it_thaw_one_training_for_ever(bench) -> None:
    rng = np.random.default_rng(0)

    def execute(cut: Slice) -> SliceResult:
        result = bench.run(cut)
        noisy = tuple(
            Point(p.epoch, p.train_loss, p.val_loss, p.metric + 0.02 * rng.normal(), p.lr, p.batch_size, p.seconds)
            for p in result.points
        )
        return SliceResult(cut, noisy, result.outcome)

    log = bench.drive(FreezeThaw(SPACE, max_epochs=9, seed=0), 80, execute=execute)
    chosen = max(log, key=lambda r: max((p.metric for p in r.points), default=-1))
    assert bench.quality(chosen.slice.config, 9) > 0.88


def test_what_diverged_is_avoided(bench) -> None:
    """Above lr 3 every training diverges."""
    log = bench.drive(FreezeThaw(SPACE, max_epochs=9, seed=5), 120)
    diverged = [r.outcome.status is Status.DIVERGED for r in log if r.slice.start == 0]
    assert sum(diverged[-20:]) <= 4


def test_eight_at_once_differ(bench) -> None:
    search = FreezeThaw(SPACE, max_epochs=9, seed=0)
    bench.drive(search, 20)
    cuts = bench.slices(search.ask(8))
    assert len({cut.training for cut in cuts}) == 8
    new = [(math.log10(cut.config.lr), cut.config.batch_size) for cut in cuts if cut.start == 0]
    assert len({(round(lr, 2), batch) for lr, batch in new}) == len(new)


def test_small_batches_must_be_worth_their_time(bench) -> None:
    """Where an epoch at batch size 16 takes 16 times as long as at 256, fewer of them are begun."""

    def median_batch(cost: EpochCost | None) -> float:
        sizes = []
        for seed in range(8):
            log = bench.drive(FreezeThaw(SPACE, max_epochs=9, seed=seed, in_seconds=True, cost=cost), 30)
            sizes += [r.slice.config.batch_size for r in log if r.slice.start == 0]
        return float(np.median(sizes))

    dear = EpochCost((16, 256), (1e-3, 1e-3), samples=4096)
    assert median_batch(dear) > 1.2 * median_batch(None)


def test_what_took_long_is_begun_less_where_seconds_are_spent(bench) -> None:
    """No times were measured beforehand: they are those of the points."""

    def slow_if_small(cut: Slice) -> SliceResult:
        result = bench.run(cut)
        points = tuple(replace(p, seconds=1e4 / cut.config.batch_size**2) for p in result.points)
        return replace(result, points=points, seconds=sum(p.seconds for p in points))

    def median_batch(in_seconds: bool) -> float:
        sizes = []
        for seed in range(8):
            search = FreezeThaw(SPACE, max_epochs=9, seed=seed, in_seconds=in_seconds)
            log = bench.drive(search, 40, execute=slow_if_small)
            sizes += [r.slice.config.batch_size for r in log if r.slice.start == 0]
        return float(np.median(sizes))

    assert median_batch(True) > 1.2 * median_batch(False)


def test_a_space_without_ranges_can_be_searched_in_seconds(bench) -> None:
    search = FreezeThaw(Space(lr=0.1, batch_size=32, epochs=9), max_epochs=9, in_seconds=True)
    log = bench.drive(search, 9)
    assert {r.slice.training for r in log} == {0}
    assert search.finished


def test_no_batch_is_larger_than_memory_was_measured_to_allow(bench) -> None:
    measured = Belief("batch_size", 32, 2.5, "memory", high=100)
    log = bench.drive(FreezeThaw(SPACE, max_epochs=9, seed=3, beliefs=[measured]), 40)
    sizes = {r.slice.config.batch_size for r in log}
    assert len(sizes) > 5
    assert max(sizes) <= 100


def test_axes_go_both_ways() -> None:
    space = Space(
        lr=log_uniform(1e-4, 1), momentum=uniform(0, 0.9), layers=integer(1, 5), optimizer=choice("SGD", "Adam")
    )
    axes = Axes(space)
    for point in axes.uniform(np.random.default_rng(0), 50):
        again = axes.point(axes.params(point))
        assert again == pytest.approx(point, abs=1e-4)
    assert axes.features(np.array([[1.0, 1.0, 1.0, 0.0]])).shape == (1, 5)
    moved = axes.mutated(np.random.default_rng(0), axes.uniform(np.random.default_rng(1), 200))
    assert moved == pytest.approx(axes.snap(moved))


def test_the_model_knows_what_it_was_fitted_to() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((40, 2))
    epochs = np.array([1.0, 3.0, 9.0])
    remaining = 1 - np.log(epochs) / np.log(9)
    final = 1 - (x[:, 0] - 0.3) ** 2
    rows = Rows(
        np.repeat(x, 3, 0), np.repeat(np.arange(40), 3), np.tile(remaining, 40), (final[:, None] - remaining).ravel()
    )
    model = CurveModel(2)
    model.fit(rows)
    model.condition(rows)
    new = rng.random((200, 2))
    mean, deviation = model.predict(new, np.zeros((1, 200)))
    truth = 1 - (new[:, 0] - 0.3) ** 2
    assert np.abs(mean[0] - truth).max() < 0.2
    assert (np.abs(mean[0] - truth) < 1.645 * deviation[0]).mean() > 0.85


def test_one_horizon_or_many_predict_the_same() -> None:
    rng = np.random.default_rng(0)
    x, training = rng.random((30, 3)), np.arange(30)
    rows = Rows(x, training, rng.random(30), rng.normal(size=30))
    model = CurveModel(3)
    model.condition(rows)
    many = model.predict(x, np.array([[-0.5] * 30, [0.0] * 30]), training)
    alone = model.predict(x, np.full((1, 30), 0.0), training)
    assert many[0][1] == pytest.approx(alone[0][0])
    assert many[1][1] == pytest.approx(alone[1][0])


def test_expected_improvement_of_what_is_certain() -> None:
    gain = expected_improvement(np.array([2.0, 0.0]), np.array([1e-6, 1e-6]), 1.0)
    assert gain == pytest.approx([1.0, 0.0], abs=1e-6)


def test_it_can_be_driven_by_hand_in_a_space_of_unknown_names(bench) -> None:
    search = FreezeThaw(Space(a=uniform(0, 1), b=choice("x", "y"), epochs=10), max_epochs=10)
    for _ in range(30):
        for cut in bench.slices(search.ask()):
            top = 1 - (cut.config.a - 0.7) ** 2 - 0.3 * (cut.config.b == "x")
            points = tuple(
                Point(e, 0, 0, top - 0.5 / e, 0, 1, 1.0) for e in range(round(cut.start) + 1, round(cut.stop) + 1)
            )
            search.tell(SliceResult(cut, points, Outcome(Status.DONE)))
    assert complete({"epochs": 10}).epochs == 10


def test_a_config_under_way_is_not_begun_again_beside_itself(bench) -> None:
    search = FreezeThaw(SPACE, max_epochs=9, seed=0)
    bench.drive(search, 30)
    out = [cut for _ in range(12) for cut in bench.slices(search.ask())]
    assert len({cut.training for cut in out}) == 12
    new = np.array([math.log10(cut.config.lr) for cut in out if cut.start == 0])
    assert np.ptp(new) > 0.3


def own_before(log: list[SliceResult], stop: float) -> float:
    """Epochs of others that came before the user's own setting was sent to ``stop``."""
    at = next(k for k, r in enumerate(log) if r.slice.training == 0 and r.slice.stop == stop)
    return spent([r for r in log[:at] if r.slice.training])


def with_own(bench, execute=None, **settings: object) -> list[SliceResult]:
    search = FreezeThaw(SPACE, max_epochs=9, seed=0, baseline=complete({"epochs": 9, "optimizer": "SGD", **settings}))
    return bench.drive(search, 60, execute=execute or bench.run)


def test_a_poor_setting_of_the_users_waits_until_others_had_twice_what_it_takes(bench) -> None:
    log = with_own(bench, lr=1e-4)
    own = [(r.slice.start, r.slice.stop) for r in log if r.slice.training == 0]
    assert own == [(0, first_look(9, 1)), (first_look(9, 1), 9)]
    assert OWN_AFTER * 9 <= own_before(log, 9) < (OWN_AFTER + 1) * 9


def test_a_good_setting_of_the_users_goes_on_by_its_rank(bench) -> None:
    """At lr 0.1 it is the best there is."""
    assert own_before(with_own(bench, lr=0.1), 9) < OWN_AFTER * 9


def test_where_seconds_are_spent_the_users_setting_waits_for_those(bench) -> None:
    """An epoch of others takes ten times as long."""

    def execute(cut: Slice) -> SliceResult:
        result = bench.run(cut)
        seconds = 10.0 if cut.training else 1.0
        return replace(result, points=tuple(replace(p, seconds=seconds) for p in result.points))

    baseline = complete({"epochs": 9, "optimizer": "SGD", "lr": 1e-4})
    search = FreezeThaw(SPACE, max_epochs=9, seed=0, baseline=baseline, in_seconds=True)
    log = bench.drive(search, 20, execute=execute)
    assert OWN_AFTER * 9 <= 10 * own_before(log, 9) < (OWN_AFTER + 9) * 9


def test_the_users_setting_is_not_given_up_where_a_space_is_used_up(bench) -> None:
    own = bench.baseline.replace(lr=0.001, batch_size=16)
    log = bench.drive(bench.search("freeze-thaw", space=Space(lr=choice(0.001, 0.1), epochs=9), baseline=own), 30)
    assert max(r.slice.stop for r in log if r.slice.training == 0) == 9


def test_one_training_comes_to_its_end_soon_while_the_users_setting_waits(bench) -> None:
    log = with_own(bench, lr=1e-4)
    at = next(k for k, r in enumerate(log) if r.slice.stop == 9)
    deep = {r.slice.training for r in log[:at] if r.slice.stop >= ALONE_FROM * 9}
    assert len(deep) == 1
    assert 0 not in deep
