import sys

import pytest

from luthier.errors import SpaceError, UsageError
from luthier.hyperparameters import complete
from luthier.records import Outcome, Point, Slice, SliceResult, Status
from luthier.search import OptunaSearch
from luthier.space import Space, choice, integer, log_uniform, uniform


@pytest.fixture
def make(bench):
    def make_one(**changes):
        arguments = {"space": bench.space, "max_epochs": 9, "direction": "maximize", "complete": complete, **changes}
        return OptunaSearch(arguments.pop("space"), **arguments)

    return make_one


def test_without_a_pruner_a_training_is_one_slice(make, bench) -> None:
    assert {(r.slice.start, r.slice.stop) for r in bench.drive(make(sampler="random"), 10)} == {(0, 9)}


def test_with_a_pruner_a_training_is_slices_of_one_interval(make, bench) -> None:
    log = bench.drive(make(sampler="random", pruner="median", interval=3), 12)
    assert [(r.slice.start, r.slice.stop) for r in log if r.slice.training == 0] == [(0, 3), (3, 6), (6, 9)]


@pytest.mark.parametrize("pruner", ["median", "percentile", "successive-halving", "hyperband", "patient"])
def test_a_pruner_ends_bad_trainings_and_never_the_users_setting(pruner, make, bench) -> None:
    """The user's setting is the worst of all; trainings fall behind as they go."""

    def execute(cut: Slice) -> SliceResult:
        slope = -1.0 if cut.training == 0 else 0.1 * (3 - cut.training % 6)
        points = tuple(
            Point(e, 1.0, 1.0, slope * e, 0.1, 64, 1.0) for e in range(int(cut.start) + 1, int(cut.stop) + 1)
        )
        return SliceResult(cut, points, Outcome(Status.DONE))

    search = make(sampler="random", pruner=pruner, baseline=bench.baseline)
    reached: dict[int, float] = {}
    ended: list[int] = []
    for _ in range(150):
        decisions = search.ask()
        ended += [end.training for end in bench.ends(decisions)]
        for cut in bench.slices(decisions):
            assert cut.training not in ended
            reached[cut.training] = cut.stop
            search.tell(execute(cut))
    assert ended
    assert reached[0] == 9
    assert 0 not in ended
    assert all(reached[n] < 9 for n in ended)


def test_tpe_comes_closer_than_random(make, bench) -> None:
    space = Space(lr=log_uniform(1e-4, 1), batch_size=integer(16, 256, log=True), epochs=9)

    def mean_of_the_last(sampler: str) -> float:
        log = bench.drive(make(space=space, sampler=sampler), 60)[30:]
        return sum(r.points[-1].metric for r in log if r.points) / 30

    assert mean_of_the_last("tpe") > mean_of_the_last("random") + 0.05


@pytest.mark.parametrize("seed", range(5, 9))
def test_tpe_does_not_imitate_failures(seed, make, bench) -> None:
    """One point in twenty lives; with seed 7 none of the first ten."""

    def execute(cut: Slice) -> SliceResult:
        lives = cut.config.lr < 3e-4 and cut.config.momentum > 0.5
        return bench.run(cut) if lives else SliceResult(cut, (), Outcome(Status.DIVERGED))

    space = Space(lr=log_uniform(1e-4, 10), momentum=uniform(0, 1), epochs=9)
    log = bench.drive(make(space=space, sampler="tpe", seed=seed), 60, execute=execute)
    assert sum(r.outcome.status is Status.DONE for r in log[30:]) > 8


def test_a_grid_has_five_values_of_each_number_on_its_scale(make, bench) -> None:
    space = Space(
        lr=log_uniform(1e-4, 1), momentum=uniform(0, 0.8), epochs=integer(8, 10), optimizer=choice("SGD", "Adam")
    )
    search = make(space=space, sampler="grid")
    configs = [r.slice.config for r in bench.drive(search, 200)]
    assert search.finished
    assert len(configs) == len(set(configs)) == 5 * 5 * 3 * 2
    assert sorted({c.lr for c in configs}) == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1])
    assert sorted({c.momentum for c in configs}) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert {c.epochs for c in configs} == {8, 9, 10}


def test_brute_force_takes_every_point(make, bench) -> None:
    space = Space(batch_size=integer(10, 29), optimizer=choice("SGD", "Adam"), epochs=9)
    search = make(space=space, sampler="brute-force")
    assert len({r.slice.config for r in bench.drive(search, 200)}) == 40
    assert search.finished


def test_brute_force_needs_a_finite_space(make) -> None:
    with pytest.raises(
        SpaceError, match=r"brute-force cannot walk through Space\(lr=.*use another search, such as tpe"
    ):
        make(sampler="brute-force")


def test_a_grid_can_be_too_large(make) -> None:
    with pytest.raises(SpaceError, match="grid cannot walk through"):
        make(space=Space({f"width{i}": uniform(0, 1) for i in range(9)}), sampler="grid")


def test_the_order_of_the_space_does_not_matter(make, bench) -> None:
    backwards = Space({name: bench.space[name] for name in reversed(list(bench.space))}, epochs=9)
    first, second = (bench.drive(make(space=s), 15) for s in (bench.space, backwards))
    assert first == second


def test_a_restart_does_not_sample_again(make, bench, monkeypatch) -> None:
    log = bench.drive(make(sampler="tpe"), 20)
    restored = make(sampler="tpe")
    monkeypatch.setattr("optuna.samplers.TPESampler.sample_relative", lambda *_: pytest.fail("sampled"))
    for result in log:
        restored.tell(result)


def test_a_sobol_sequence_goes_on_after_a_restart_told_in_another_order(make, bench) -> None:
    space = Space(lr=log_uniform(1e-4, 1), epochs=9)
    original = make(space=space, sampler="qmc")
    log = bench.drive(original, 12)
    restored = make(space=space, sampler="qmc")
    for result in [*log[:-3], *reversed(log[-3:])]:
        restored.tell(result)
    assert restored.ask() == original.ask()


def test_a_growing_batch_bounds_by_its_largest(make, bench) -> None:
    fixed = {"batch_schedule": "geometric", "batch_size_end": 512, "epochs": 9}
    search = make(space=Space(lr=log_uniform(1e-4, 1), batch_size=integer(16, 256), **fixed), sampler="random")
    search.tell(SliceResult(bench.slices(search.ask())[0], (), Outcome(Status.OUT_OF_MEMORY)))
    assert max(r.slice.config.batch_size for r in bench.drive(search, 20)) > 64


def test_a_model_that_varies_keeps_the_search_alive_at_the_smallest_batch_size(make, bench) -> None:
    space = Space(lr=log_uniform(1e-4, 1), batch_size=integer(16, 256), width=integer(8, 512), epochs=9)
    search = make(space=space, sampler="random")
    smallest = complete({"lr": 0.1, "batch_size": 16, "width": 512, "epochs": 9})
    search.tell(SliceResult(Slice(0, smallest, 0, 9), (), Outcome(Status.OUT_OF_MEMORY)))
    assert len(bench.drive(search, 5)) == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sampler": "tep"}, r"unknown sampler 'tep'; there are random, .* Did you mean 'tpe'\?"),
        ({"pruner": "medain"}, r"unknown pruner 'medain'; there are none, .* Did you mean 'median'\?"),
    ],
)
def test_an_unknown_name_is_refused(changes, message, make) -> None:
    with pytest.raises(UsageError, match=message):
        make(**changes)


def test_a_missing_package_is_named(make, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(UsageError, match="needs the package cmaes; pip install cmaes"):
        make(sampler="cmaes")


@pytest.mark.parametrize("pruner", ["none", "median"])
def test_what_is_told_after_the_space_is_used_up_does_no_harm(make, bench, pruner) -> None:
    """Its numbers are those that the sampler drew in vain."""
    space = Space(lr=choice(0.01, 0.1), epochs=9)
    search = make(space=space, sampler="random", pruner=pruner)
    bench.drive(search, 40)
    assert search.finished
    for number in range(30):
        search.tell(bench.run(Slice(number, complete({"lr": 0.1, "epochs": 9}), 0, 9, 5, {"confirms": 0})))
    assert search.finished
