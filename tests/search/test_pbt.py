import math

import pytest

from luthier.hyperparameters import complete
from luthier.records import Outcome, Point, Slice, SliceResult, Status
from luthier.search.pbt import FACTORS, PBT, POPULATION, QUANTILE, STEPS
from luthier.space import Space, choice, integer, log_uniform, uniform

EPOCHS = 20
STEP = EPOCHS / STEPS
SPACE = Space(
    lr=log_uniform(1e-4, 10),
    momentum=uniform(0, 0.9),
    batch_size=integer(16, 256, log=True),
    optimizer=choice("SGD", "Adam"),
    units=integer(8, 64),
    epochs=EPOCHS,
)


class World:
    """Trainings whose best lr falls as they go: each epoch adds what lr is worth then, and a branch keeps the sum."""

    def __init__(self) -> None:
        self.sums: dict[tuple[int, float], float] = {}

    def run(self, cut: Slice) -> SliceResult:
        total = self.sums.get((cut.training, cut.start), 0.0)
        if cut.origin and cut.start == cut.origin.stop:
            total = self.sums[cut.origin.training, cut.start]
        points = []
        for epoch in range(int(cut.start) + 1, int(cut.stop) + 1):
            total += math.exp(-((math.log10(cut.config.lr) + 3 * epoch / EPOCHS) ** 2))
            self.sums[cut.training, float(epoch)] = total
            points.append(Point(float(epoch), 1, 1, total, cut.config.lr, cut.config.batch_size, 1.0))
        return SliceResult(cut, tuple(points), Outcome(Status.DONE))


def make(seed: int = 0, **changes) -> PBT:
    return PBT(SPACE, **{"max_epochs": EPOCHS, "complete": complete, "seed": seed, **changes})


def log_of(bench, rounds: int, seed: int = 0, **more) -> list[SliceResult]:
    return bench.drive(make(seed), rounds, execute=World().run, **more)


def test_a_population_goes_step_by_step(bench) -> None:
    log = log_of(bench, 3 * POPULATION)
    stops = [r.slice.stop for r in log]
    assert stops == sorted(stops)
    assert set(stops) == {STEP, 2 * STEP, 3 * STEP}
    assert len({r.slice.training for r in log if r.slice.stop == STEP}) == POPULATION


def test_the_worst_branch_from_the_best(bench) -> None:
    log = log_of(bench, 5 * POPULATION)
    value = {(r.slice.training, r.slice.stop): r.points[-1].metric for r in log}
    branches = [r.slice for r in log if r.slice.origin and r.slice.start == r.slice.origin.stop]
    quarter = POPULATION // QUANTILE
    assert len(branches) == 4 * quarter
    for cut in branches:
        peers = sorted((v for (_, at), v in value.items() if at == cut.start), reverse=True)
        assert value[cut.origin.training, cut.start] in peers[:quarter]
        assert (cut.origin.start, cut.origin.seed) == (0, cut.seed)
    for stop in (STEP, 2 * STEP):
        left = {t for t, at in value if at == stop} - {t for t, at in value if at == stop + STEP}
        peers = sorted(v for (_, at), v in value.items() if at == stop)
        assert {value[t, stop] for t in left} == set(peers[:quarter])


def test_who_is_replaced_is_ended(bench) -> None:
    search, world, told = make(), World(), []
    for _ in range(POPULATION + 1):
        decisions = search.ask()
        told += bench.ends(decisions)
        for cut in bench.slices(decisions):
            search.tell(world.run(cut))
    [end] = told
    assert f"training {POPULATION} takes its place" in end.reason


def test_exploring_changes_little_and_keeps_what_a_training_cannot_change(bench) -> None:
    factors, same = [], 0
    for seed in range(4):
        for result in log_of(bench, 6 * POPULATION, seed):
            cut = result.slice
            if cut.origin and cut.start == cut.origin.stop:
                before, after = cut.origin.config, cut.config
                assert after != before
                assert [after[n] for n in ("units", "optimizer", "epochs")] == [
                    before[n] for n in ("units", "optimizer", "epochs")
                ]
                ratio = after.lr / before.lr
                factors.append(min(abs(ratio / f - 1) for f in FACTORS) < 1e-3)
                same += ratio == 1
    assert 0.6 < sum(factors) / len(factors) < 0.9  # the others were drawn anew, or met a bound
    assert same < len(factors) / 10


def test_it_follows_what_is_best_when_that_moves(bench) -> None:
    """The best constant lr reaches about 10; a population must do better, and more so than its members could."""
    constant = max(
        sum(math.exp(-((exponent + 3 * epoch / EPOCHS) ** 2)) for epoch in range(1, EPOCHS + 1))
        for exponent in (-k / 20 for k in range(80))
    )
    found = [max(p.metric for r in log_of(bench, 100, seed) for p in r.points) for seed in range(5)]
    assert sorted(found)[2] > constant


def test_what_failed_is_replaced_by_a_branch_when_the_others_have_come_as_far(bench) -> None:
    world = World()

    def execute(cut: Slice) -> SliceResult:
        fails = cut.training == 3 and cut.stop == 2 * STEP
        return SliceResult(cut, (), Outcome(Status.DIVERGED)) if fails else world.run(cut)

    log = bench.drive(make(), 6 * POPULATION, execute=execute)
    if any(r.outcome.status is Status.DIVERGED for r in log):
        [place] = {tuple(r.slice.note["pbt"]) for r in log if r.slice.training == 3}
        after = [r.slice for r in log if tuple(r.slice.note["pbt"]) == place and r.slice.training > 3]
        assert after[0].start == 2 * STEP
        assert after[0].origin.stop == 2 * STEP
    assert len({tuple(r.slice.note["pbt"]) for r in log}) == POPULATION


def test_more_workers_than_members_begin_another_population() -> None:
    cuts = make().ask(POPULATION + 3)
    assert [cut.note["pbt"][0] for cut in cuts] == [0] * POPULATION + [1] * 3


@pytest.mark.parametrize("order", range(3))
def test_workers_of_different_speed(bench, order) -> None:
    """Whatever comes first: every slice follows, and branches come from what was told."""
    told: set[tuple[int, float]] = set()
    world = World()

    def execute(cut: Slice) -> SliceResult:
        if cut.origin and cut.start == cut.origin.stop:
            assert (cut.origin.training, cut.start) in told
        result = world.run(cut)
        told.update((cut.training, p.epoch) for p in result.points)
        return result

    log = bench.drive(make(), 150, workers=6, order=order, execute=execute)
    assert max(r.slice.stop for r in log) == EPOCHS
    assert any(r.slice.origin and r.slice.origin.origin for r in log)
