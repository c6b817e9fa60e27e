import json
import math
import random

import numpy as np
import pytest

from luthier.errors import UsageError
from luthier.hyperparameters import complete
from luthier.records import End, Outcome, Point, Slice, SliceResult, Status, slice_result_from_json, to_json
from luthier.search import Forecasting, make_search
from luthier.search.cooldown import Cooldown
from luthier.space import Space, choice, integer, log_uniform
from luthier.training import straight

EPOCHS = 12
SPACE = Space(lr=log_uniform(1e-4, 1), schedule="cooldown", cooldown=0.25, epochs=integer(3, EPOCHS))
BASELINE = complete({"epochs": EPOCHS, "lr": 0.01, **SPACE.fixed})
NAMES = ("freeze-thaw", "hyperband", "successive-halving", "asha")
every = pytest.mark.parametrize("name", NAMES)


def make(name: str, space: Space = SPACE, **more) -> Cooldown:
    def fill(values):
        return complete({**space.fixed, **values})

    given = {"max_epochs": EPOCHS, "direction": "maximize", "complete": fill, "seed": 1, "baseline": BASELINE}
    search = make_search(name, space, **{**given, **more})
    assert isinstance(search, Cooldown)
    return search


@pytest.mark.parametrize("name", NAMES)
def test_no_trunk_is_longer_than_the_space_allows_even_if_the_users_own_setting_is(name) -> None:
    search = make(name, max_epochs=40, baseline=BASELINE.replace(epochs=40))
    log = []
    for _ in range(40):
        for cut in [d for d in search.ask() if isinstance(d, Slice)]:
            log.append(run(cut))
            search.tell(log[-1])
    assert max(r.slice.stop for r in log if r.slice.training == 0) == 40
    assert max(r.slice.stop for r in log if r.slice.training) == EPOCHS


def run(cut: Slice, stop: float = math.inf) -> SliceResult:
    """Accuracy after t epochs, 0.1 more after a cooldown; more epochs than 8 do no good."""
    points, epoch = [], cut.start
    top = 0.8 * math.exp(-0.2 * (math.log10(cut.config.lr) + 2) ** 2)
    while epoch < min(cut.stop, stop):
        epoch = min(epoch + 1, cut.stop)
        cooled = cut.config.schedule == "cooldown" and epoch == cut.config.epochs
        metric = top * (1 - math.exp(-min(epoch, 8) / 3)) + 0.1 * cooled - 0.001 * max(0, epoch - 8)
        points.append(Point(epoch, 1, 1, metric, cut.config.lr, 64, 1.0))
    return SliceResult(cut, tuple(points), Outcome(Status.DONE if epoch == cut.stop else Status.PAUSED))


def decided(log):
    return [(r.slice.training, r.slice.config, r.slice.start, r.slice.stop, r.slice.origin) for r in log]


def drive(bench, search, rounds, **more):
    return bench.drive(search, rounds, **{"execute": run, **more})


def check_order(log) -> None:
    reached: dict[int, float] = {}
    for result in log:
        cut = result.slice
        assert cut.start == reached.get(cut.training, cut.origin.stop if cut.origin else 0)
        assert cut.start < cut.stop <= cut.config.epochs
        if cut.origin is not None:
            assert reached[cut.origin.training] >= cut.origin.stop
        reached[cut.training] = result.points[-1].epoch if result.points else cut.start
    assert sorted(reached) == list(range(len(reached)))


@every
def test_trunks_stay_as_they_are_and_cooldowns_leave_them(name, bench) -> None:
    log = drive(bench, make(name), 60)
    check_order(log)
    assert (log[0].slice.config, log[0].slice.stop) == (BASELINE, EPOCHS)
    trunks = {r.slice.training: r.slice.config for r in log if "apart" in r.slice.note and r.slice.origin is None}
    for result in log[1:]:
        cut = result.slice
        if cut.config.schedule == "constant":
            assert trunks[cut.training] == cut.config
            assert (cut.config.epochs, cut.stop % 1) == (EPOCHS, 0)
        else:
            assert cut.stop == cut.config.epochs
            assert cut.start == max(0, min(math.floor(0.75 * cut.stop), cut.stop - 1))
            assert straight(cut), "it is what its config gives without a branch"
            assert ("apart" in cut.note) is (cut.stop < 3), "the range of epochs begins at 3"
    assert any(r.slice.origin and r.slice.stop > 8 for r in log)


@every
def test_an_epoch_of_the_trunk_is_trained_once(name, bench) -> None:
    log = drive(bench, make(name), 60)
    epochs = [(r.slice.training, p.epoch) for r in log for p in r.points]
    assert len(epochs) == len(set(epochs))


class Inner:
    """Asks for given slices, and keeps what it is told."""

    finished = False

    def __init__(self, *stops):
        self._cuts = [
            Slice(0, BASELINE.replace(lr=0.1), start, stop, 7, {"mine": 1})
            for start, stop in zip((0, *stops), stops, strict=False)
        ]
        self.told: list[SliceResult] = []

    def ask(self, n=1):
        return [self._cuts.pop(0)] if self._cuts else [End(0, "enough")]

    def tell(self, result):
        self.told.append(result)


def test_the_search_within_sees_cooled_values_and_all_seconds(bench) -> None:
    inner = Inner(1.0, 4.0, 12.0)
    search = Cooldown(inner, max_epochs=EPOCHS)
    log = drive(bench, search, 5)
    assert [(r.slice.training, r.slice.start, r.slice.stop) for r in log] == [
        (0, 0, 1),  # too short for a trunk
        (1, 0, 3),
        (2, 3, 4),
        (1, 3, 9),
        (3, 9, 12),
    ]
    assert [r.slice.config.epochs for r in log] == [1, EPOCHS, 4, EPOCHS, 12]
    assert {r.slice.seed for r in log} == {7}
    assert [(r.slice.start, r.slice.stop, r.slice.note) for r in inner.told] == [
        (0, 1, {"mine": 1}),
        (1, 4, {"mine": 1}),
        (4, 12, {"mine": 1}),
    ]
    assert [[(p.epoch, p.seconds) for p in r.points] for r in inner.told] == [[(1, 1)], [(4, 4)], [(12, 9)]]
    assert [r.points[0].metric for r in inner.told] == [r.points[-1].metric for r in (log[0], log[2], log[4])]
    assert [e.training for e in bench.ends(search.ask())] == [1, 1], "at its last epoch, and by the search within"


def test_a_warmup_takes_as_long_in_a_cooldown_as_in_its_trunk(bench) -> None:
    inner = Inner(8.0)
    inner._cuts[0] = Slice(0, BASELINE.replace(warmup=0.25), 0, 8, 7)
    _, cooled = drive(bench, Cooldown(inner, max_epochs=EPOCHS), 2)
    assert cooled.slice.config.warmup * 8 == pytest.approx(0.25 * EPOCHS)
    assert inner.told[0].slice.config.warmup == 0.25


def test_the_number_of_epochs_is_found(bench) -> None:
    """More than 8 epochs do no good, so the best training has about 8, and says so."""
    log = drive(bench, make("freeze-thaw", baseline=BASELINE.replace(lr=0.3)), 120)
    best = max((r for r in log if "apart" not in r.slice.note), key=lambda r: max(p.metric for p in r.points))
    assert 5 <= best.slice.config.epochs <= 10
    assert best.slice.config.epochs == best.points[-1].epoch


@every
@pytest.mark.parametrize("told", [1, 2, 3, 8, 9, 30])
def test_a_restart_changes_nothing(name, told, bench) -> None:
    original = make(name)
    log = drive(bench, original, told)
    again = make(name)
    for result in log:
        again.tell(slice_result_from_json(json.loads(json.dumps(to_json(result)))))
    assert decided(drive(bench, again, 8)) == decided(drive(bench, original, 8))


@every
@pytest.mark.parametrize("order", [0, 1])
def test_results_may_come_in_any_order(name, order, bench) -> None:
    original = make(name)
    log = drive(bench, original, 40, workers=4, order=order)
    again = make(name)
    for result in log:
        again.tell(result)
    assert decided(drive(bench, again, 4)) == decided(drive(bench, original, 4))


@every
def test_eight_workers_have_eight_trainings_to_do(name, bench) -> None:
    search = make(name, baseline=None)
    out = bench.slices(search.ask(8))
    for _ in range(3):
        assert len({cut.training for cut in out}) == 8
        for cut in (out.pop(5), out.pop(3), out.pop(0)):
            search.tell(run(cut))
        out += bench.slices(search.ask(3))


@every
def test_any_sequence_of_outcomes_leaves_the_search_in_order(name, bench) -> None:
    chance = random.Random(5)

    def execute(cut: Slice) -> SliceResult:
        result = run(cut, stop=cut.start + chance.randrange(1, 5))
        status = chance.choice([result.outcome.status] * 6 + list(Status)[2:])
        return SliceResult(cut, result.points, Outcome(status))

    original = make(name)
    log = drive(bench, original, 80, execute=execute)
    check_order(log)
    again = make(name)
    for result in log:
        again.tell(result)
    assert decided(drive(bench, again, 4)) == decided(drive(bench, original, 4))


@every
def test_a_finite_space_comes_to_an_end(name, bench) -> None:
    search = make(name, Space({**SPACE, **SPACE.fixed, "lr": choice(0.001, 0.01, 0.1)}))
    log = drive(bench, search, 100)
    assert search.finished
    assert {r.slice.config.lr for r in log} == {0.001, 0.01, 0.1}


def test_half_epochs(bench) -> None:
    log = drive(bench, make("asha", interval=0.5), 30)
    assert {r.slice.stop * 2 % 1 for r in log} == {0}
    assert any(r.slice.stop % 1 for r in log)


@pytest.mark.parametrize(
    "change",
    [
        {"schedule": "cosine"},
        {"schedule": choice("cooldown", "constant")},
        {"patience": 3},
        {"batch_schedule": "geometric", "batch_size_end": 100},
    ],
)
def test_without_a_fixed_cooldown_a_search_is_as_ever(change) -> None:
    space = Space({**SPACE, **SPACE.fixed, **change})
    search = make_search("asha", space, max_epochs=EPOCHS, direction="maximize", complete=complete)
    assert not isinstance(search, Cooldown)
    assert not isinstance(make_search("random", SPACE, max_epochs=9, direction="maximize", complete=complete), Cooldown)


def test_the_users_setting_may_fix_the_schedule() -> None:
    space = Space(lr=log_uniform(1e-4, 1), epochs=EPOCHS)
    make("freeze-thaw", space, complete=lambda values: complete({"schedule": "cooldown", **values}))


def foreseen(bench):
    search = make("freeze-thaw", baseline=BASELINE.replace(lr=0.3))
    return search, drive(bench, search, 60)


def test_freeze_thaw_within_foretells_cooled_values(bench) -> None:
    search, log = foreseen(bench)
    cooled = [r for r in log if r.slice.config.schedule == "cooldown" and r.slice.training]
    best = max(cooled, key=lambda r: r.points[-1].metric)
    number, epochs = best.slice.training, best.slice.config.epochs
    assert search.predict(number, epochs).mean == pytest.approx(max(r.points[-1].metric for r in cooled), abs=0.05)
    assert search.predict(0, EPOCHS).mean >= 0
    new = search.predict({"lr": 0.01}, 8)
    assert new.low <= 0.8 * (1 - math.exp(-8 / 3)) + 0.1 <= new.high
    assert search.predict(np.int64(number), epochs) == search.predict(number, epochs)
    with pytest.raises(UsageError, match="training 999 is not known"):
        search.predict(999, 4)


def test_it_says_how_many_epochs_a_setting_deserves(bench) -> None:
    """More than 8 epochs do no good."""
    search, log = foreseen(bench)
    best = max((r for r in log if "apart" not in r.slice.note), key=lambda r: max(p.metric for p in r.points))
    assert 5 <= search.plateau(best.slice.training, tolerance=0.01) <= 10
    assert 5 <= search.plateau(tolerance=0.01) <= 10
    assert 0 <= search.gain(20).mean < 0.2
    assert not search.is_enough(20, 0.5), "none of its trainings has come to its end"
    drive(bench, search, 100)
    assert search.is_enough(20, 0.1)
    assert not search.is_enough(20, 1e-9)


def test_what_one_could_take_are_trainings_with_a_cooldown(bench) -> None:
    search, log = foreseen(bench)
    numbers = {r.slice.training for r in log}
    front = search.front()
    assert len(front) > 1
    for choice_ in front:
        assert choice_.training in numbers
        assert (choice_.config.schedule, choice_.config.epochs) == ("cooldown", choice_.epochs)
        ran = [r.slice for r in log if r.slice.training == choice_.training]
        assert ran[0].config.lr == choice_.config.lr
        if choice_.forecast.low == choice_.forecast.high:  # measured: by the training that ended there
            assert (ran[-1].config.epochs, ran[-1].stop) == (choice_.epochs, choice_.epochs)
        else:
            assert ran[0].config.schedule == "constant"
    assert any(c.forecast.low == c.forecast.high for c in front)


def test_other_searches_within_foretell_nothing() -> None:
    assert isinstance(make("freeze-thaw"), Forecasting)
    assert not isinstance(make("asha"), Forecasting)
