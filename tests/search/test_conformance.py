"""What holds for every search."""

import json
import logging
import math
import random
from importlib.util import find_spec

import pytest

from luthier.errors import UsageError
from luthier.hyperparameters import complete
from luthier.records import Outcome, Slice, SliceResult, Status, slice_result_from_json, to_json
from luthier.search import SEARCHES
from luthier.space import Space, choice, integer, log_uniform

PAIRS = ("qmc+percentile", "cmaes+hyperband", "nsgaii+patient", "grid+median", "random+successive-halving")

WITHOUT_CMAES = pytest.mark.skipif(find_spec("cmaes") is None, reason="the package cmaes is not installed")
every_search = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=WITHOUT_CMAES if "cmaes" in n else ()) for n in (*SEARCHES, *PAIRS)]
)


def rounds(name: str) -> int:
    """Enough to come past the ten random draws that most samplers begin with. A draw of gp takes long."""
    return 12 if name == "gp" else 30


def decided(log: list[SliceResult]) -> list[tuple[object, ...]]:
    """The decisions without the notes: in that of CMA-ES lies a pickle with uninitialised numbers."""
    return [(r.slice.training, r.slice.config, r.slice.start, r.slice.stop) for r in log]


def begins(cut: Slice) -> float:
    """Where a training begins: at 0, or where it branches."""
    return cut.origin.stop if cut.origin else 0


def check_order(log: list[SliceResult]) -> None:
    """Slices of a training follow each other, in its bounds."""
    reached: dict[int, float] = {}
    for result in log:
        cut = result.slice
        assert cut.start == reached.get(cut.training, begins(cut))
        assert cut.start < cut.stop <= cut.config.epochs
        reached[cut.training] = result.points[-1].epoch if result.points else cut.start
    assert sorted(reached) == list(range(len(reached)))


@every_search
def test_numbers_are_consecutive_and_slices_follow_each_other(name, bench) -> None:
    check_order(bench.drive(bench.search(name), rounds(name)))


@every_search
def test_the_users_setting_comes_first_and_runs_to_its_end(name, bench) -> None:
    log = bench.drive(bench.search(name), rounds(name))
    baseline = [r.slice for r in log if r.slice.training == 0]
    assert {cut.config for cut in baseline} == {bench.baseline}
    assert baseline[-1].stop == bench.epochs
    assert [r.slice.training for r in log if r.slice.config == bench.baseline] == [0] * len(baseline)


@every_search
def test_without_a_setting_of_the_user_there_is_a_search_all_the_same(name, bench) -> None:
    log = bench.drive(bench.search(name, baseline=None), 5)
    assert log[0].slice.training == 0
    assert all(r.slice.config != bench.baseline for r in log)


@every_search
def test_no_config_is_tried_twice(name, bench) -> None:
    log = bench.drive(bench.search(name, space=bench.finite), 200)
    begun = [r.slice.config for r in log if r.slice.start == 0]
    assert len(begun) == len(set(begun))


@every_search
def test_configs_are_complete_and_in_the_space(name, bench) -> None:
    for result in bench.drive(bench.search(name), rounds(name))[1:]:
        config = result.slice.config
        assert complete(config) == config
        assert config.epochs == bench.epochs
        if config != bench.baseline:
            assert 1e-4 <= config.lr <= 10
            assert 16 <= config.batch_size <= 256
            assert isinstance(config.batch_size, int)


@every_search
def test_the_same_seed_decides_the_same_and_another_one_does_not(name, bench) -> None:
    first, second, other = (bench.drive(bench.search(name, seed=s), rounds(name)) for s in (3, 3, 4))
    assert decided(first) == decided(second)
    assert decided(first) != decided(other)


@every_search
@pytest.mark.parametrize("told", [1, 7, 30])
def test_a_search_goes_on_after_a_restart_as_if_nothing_had_happened(name, told, bench) -> None:
    original = bench.search(name)
    log = bench.drive(original, min(told, rounds(name)))
    stored = [slice_result_from_json(json.loads(json.dumps(to_json(r)))) for r in log]
    assert stored == log
    assert decided(bench.drive(bench.replay(name, stored), 6)) == decided(bench.drive(original, 6))


@every_search
@pytest.mark.parametrize("order", [0, 1])
def test_results_may_come_in_any_order(name, order, bench) -> None:
    original = bench.search(name)
    log = bench.drive(original, rounds(name), workers=4, order=order)
    for training in {r.slice.training for r in log}:
        own = [r for r in log if r.slice.training == training]
        assert own[0].slice.start == begins(own[0].slice)
    check_order(log)
    assert decided(bench.drive(bench.replay(name, log), 3)) == decided(bench.drive(original, 3))


@every_search
def test_several_slices_at_a_time_are_of_different_trainings(name, bench) -> None:
    cuts = bench.slices(bench.search(name).ask(4))
    assert [cut.training for cut in cuts] == [0, 1, 2, 3]
    assert len({cut.config for cut in cuts}) == 4


@every_search
def test_what_ran_out_of_memory_bounds_the_batch_size(name, bench) -> None:
    bound = 10**9
    search = bench.search(name, baseline=None)
    for result in bench.drive(search, 2 * rounds(name), execute=lambda cut: bench.run(cut, memory=60)):
        assert result.slice.config.batch_size < bound
        if result.outcome.status is Status.OUT_OF_MEMORY:
            bound = min(bound, result.slice.config.batch_size)
    assert bound < 10**9


@every_search
def test_a_choice_of_batch_sizes_is_bounded_too(name, bench) -> None:
    space = Space(lr=choice(0.01, 0.02, 0.03), batch_size=choice(16, 32, 64, 128), epochs=bench.epochs)
    tried = bench.drive(bench.search(name, space=space), 100, execute=lambda cut: bench.run(cut, memory=32))
    assert {r.slice.config.lr for r in tried if r.slice.config.batch_size == 16} == {0.01, 0.02, 0.03}
    # No size that ran out is tried again: of the three too large ones and the user's 64, each at most once.
    too_large = [r.slice.config.batch_size for r in tried if r.outcome.status is Status.OUT_OF_MEMORY]
    assert too_large == sorted(set(too_large), reverse=True)


@every_search
def test_the_search_ends_when_the_smallest_batch_size_runs_out_of_memory(name, bench) -> None:
    search = bench.search(name)
    bench.drive(search, 300, execute=lambda cut: bench.run(cut, memory=1))
    if not search.finished:
        smallest = bench.baseline.replace(batch_size=16)
        search.tell(SliceResult(Slice(500, smallest, 0, 9), (), Outcome(Status.OUT_OF_MEMORY)))
    assert search.finished
    assert bench.slices(search.ask(4)) == []


@every_search
@pytest.mark.parametrize("status", [Status.DIVERGED, Status.FAILED, Status.OUT_OF_MEMORY])
def test_what_failed_is_never_continued(name, status, bench) -> None:
    """Every third training fails half-way, the first one included."""

    def execute(cut: Slice) -> SliceResult:
        result = bench.run(cut)
        fails = cut.training % 3 == 0 and cut.stop > 1 and result.points
        return SliceResult(cut, result.points[:1], Outcome(status)) if fails else result

    log = bench.drive(bench.search(name), rounds(name), execute=execute)
    failed: set[int] = set()
    for result in log:
        assert result.slice.training not in failed
        if result.outcome.status.final:
            failed.add(result.slice.training)
    assert failed


@every_search
def test_a_search_in_which_everything_fails_still_goes_on(name, bench) -> None:
    def execute(cut: Slice) -> SliceResult:
        return SliceResult(cut, (), Outcome(Status.DIVERGED))

    assert len(bench.drive(bench.search(name), rounds(name), execute=execute)) == rounds(name)


@every_search
def test_a_metric_that_is_not_a_number_is_no_reason_to_stop(name, bench) -> None:
    def execute(cut: Slice) -> SliceResult:
        result = bench.run(cut)
        nan = complete(cut.config).batch_size % 2 == 0
        points = tuple(type(p)(p.epoch, 1, 1, float("nan"), p.lr, p.batch_size, 1) for p in result.points)
        return SliceResult(cut, points, result.outcome) if nan else result

    check_order(bench.drive(bench.search(name), rounds(name), execute=execute))


@every_search
def test_a_paused_training_is_thawed_where_it_stopped(name, bench) -> None:
    search = bench.search(name)
    [cut] = bench.slices(search.ask())
    search.tell(SliceResult(cut, bench.run(cut, stop=1).points[:1], Outcome(Status.PAUSED)))
    [again] = bench.slices(search.ask())
    assert (again.training, again.config) == (0, bench.baseline)
    assert again.start == min(1, cut.stop) < again.stop


@every_search
def test_results_that_were_not_asked_for_are_welcome(name, bench) -> None:
    inside = complete({"epochs": bench.epochs, "lr": 0.01, "batch_size": 20, "optimizer": "SGD"})
    outside = inside.replace(lr=77.0)
    search = bench.search(name)
    for number, config in ((2, inside), (5, outside)):
        search.tell(bench.run(Slice(number, config.replace(lr=min(config.lr, 2.0)), 0, bench.epochs)))
    begun = [r.slice.training for r in bench.drive(search, rounds(name)) if r.slice.start == 0]
    assert begun[:5] == [0, 1, 3, 4, 6]


@every_search
def test_a_setting_outside_of_the_space_does_not_disturb(name, bench) -> None:
    outside = bench.baseline.replace(lr=1e-6, optimizer="RMSprop", batch_size=7)
    log = bench.drive(bench.search(name, baseline=outside), rounds(name))
    assert log[0].slice.config == outside
    check_order(log)


@every_search
def test_an_unfinished_result_of_the_user_is_finished(name, bench) -> None:
    search = bench.search(name)
    search.tell(bench.run(Slice(0, bench.baseline, 0, 4)))
    search.tell(bench.run(Slice(1, bench.baseline.replace(lr=0.1), 0, bench.epochs)))
    own = [r.slice for r in bench.drive(search, rounds(name)) if r.slice.training == 0]
    assert own[0].start == 4
    assert own[-1].stop == bench.epochs


@every_search
def test_a_finite_space_comes_to_an_end(name, bench) -> None:
    search = bench.search(name, space=bench.finite)
    log = bench.drive(search, 300, workers=3)
    assert search.finished
    assert search.ask(3) == []
    inside = {r.slice.config for r in log if r.slice.config != bench.baseline}
    assert len(inside | {bench.baseline}) == 12  # the user's own setting is one of the twelve
    replayed = bench.replay(name, log, space=bench.finite)
    assert bench.slices(replayed.ask(3)) == []
    assert replayed.finished


@every_search
def test_a_space_without_ranges_is_the_users_setting(name, bench) -> None:
    search = bench.search(name, space=Space(epochs=bench.epochs))
    assert {r.slice.training for r in bench.drive(search, 50)} == {0}
    assert search.finished


@every_search
def test_the_number_of_epochs_may_vary(name, bench) -> None:
    lr = choice(0.01, 0.1, 1.0) if "brute" in name else log_uniform(0.001, 1)
    space = Space(lr=lr, epochs=integer(2, bench.epochs))
    log = bench.drive(bench.search(name, space=space), 2 * rounds(name))
    check_order(log)
    assert len({r.slice.config.epochs for r in log}) > 2


@every_search
def test_the_number_of_epochs_may_be_a_choice(name, bench) -> None:
    lr = choice(0.01, 0.1, 1.0) if "brute" in name else log_uniform(0.001, 1)
    log = bench.drive(bench.search(name, space=Space(lr=lr, epochs=choice(3, bench.epochs))), 2 * rounds(name))
    check_order(log)
    assert {r.slice.config.epochs for r in log} == {3, bench.epochs}


@every_search
def test_where_the_space_does_not_say_how_long_a_training_is_it_is_the_longest(name, bench) -> None:
    space = Space(lr=choice(0.01, 0.1, 1.0) if "brute" in name else log_uniform(0.001, 1))
    log = bench.drive(bench.search(name, space=space, max_epochs=5, baseline=None), 8)
    assert {r.slice.config.epochs for r in log} == {5}


@every_search
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"direction": "max"}, "direction is 'max'; it must be maximize or minimize"),
        ({"max_epochs": 0}, "max_epochs is 0; it must be"),
        ({"max_epochs": math.nan}, "max_epochs is nan"),
        ({"interval": -1}, "interval is -1"),
    ],
)
def test_what_no_search_can_work_with_is_told(name, given, message, bench) -> None:
    with pytest.raises(UsageError, match=message):
        bench.search(name, **given)


@every_search
def test_half_epochs_are_fine(name, bench) -> None:
    log = bench.drive(bench.search(name, interval=0.5), rounds(name))
    check_order(log)
    assert all((cut.slice.stop * 2).is_integer() for cut in log)


@every_search
def test_trainings_that_another_search_left_are_not_all_picked_up_again(name, bench) -> None:
    def left(number: int) -> SliceResult:
        config = bench.baseline.replace(lr=0.01 + 0.001 * number)
        return bench.run(Slice(number, config, 0, 1, 0, {"somebody else's": 4}))

    search = bench.search(name)
    for number in range(1, 9):
        search.tell(left(number))
    search.tell(bench.run(Slice(0, bench.baseline.replace(lr=0.1), 0, bench.epochs)))
    picked = [r.slice.training for r in bench.drive(search, rounds(name)) if 1 <= r.slice.training <= 8]
    assert len(set(picked)) <= 1


@every_search
def test_notes_are_json_and_small(name, bench) -> None:
    for result in bench.drive(bench.search(name), rounds(name)):
        assert json.loads(json.dumps(result.slice.note)) == result.slice.note
        assert len(json.dumps(result.slice.note)) < 20_000


@every_search
def test_all_trainings_share_their_noise(name, bench) -> None:
    assert {r.slice.seed for r in bench.drive(bench.search(name, seed=11), 12)} == {11}


@every_search
def test_optuna_is_not_heard(name, bench, capfd) -> None:
    heard: list[logging.LogRecord] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    logger, ear = logging.getLogger("optuna"), Ear()
    level, filters = logger.level, list(logging.getLogger("optuna.storages._in_memory").filters)
    logger.addHandler(ear)
    try:
        bench.drive(bench.search(name), rounds(name), workers=2)
    finally:
        logger.removeHandler(ear)
    assert heard == []
    assert logger.level == level
    assert logging.getLogger("optuna.storages._in_memory").filters == filters
    assert capfd.readouterr() == ("", "")


@every_search
def test_any_sequence_of_outcomes_leaves_the_search_in_order(name, bench) -> None:
    """Outcomes at random: paused, stopped early, diverged, out of memory, failed."""
    chance = random.Random(5)

    def execute(cut: Slice) -> SliceResult:
        result = bench.run(cut, stop=cut.start + chance.randrange(1, 4))
        status = chance.choice([result.outcome.status] * 4 + list(Status)[2:])
        return SliceResult(cut, result.points, Outcome(status))

    original = bench.search(name)
    log = bench.drive(original, 2 * rounds(name), workers=3, execute=execute)
    check_order(log)
    assert decided(bench.drive(bench.replay(name, log), 4)) == decided(bench.drive(original, 4))


@every_search
def test_eight_workers_have_eight_trainings_to_do(name, bench) -> None:
    search = bench.search(name)
    out = bench.slices(search.ask(8))
    for _ in range(3):
        assert len({cut.training for cut in out}) == 8
        assert len({(cut.config, cut.start) for cut in out}) == 8
        for cut in (out.pop(5), out.pop(3), out.pop(0)):
            search.tell(bench.run(cut))
        out += bench.slices(search.ask(3))


@every_search
def test_a_slow_worker_blocks_nobody(name, bench) -> None:
    search = bench.search(name)
    _, slow, *others = bench.slices(search.ask(4))
    for cut in others:
        search.tell(bench.run(cut))
    for _ in range(rounds(name)):
        [cut] = bench.slices(search.ask())
        assert cut.training != slow.training
        search.tell(bench.run(cut))
