import pytest

from luthier.errors import UsageError
from luthier.search import DEFAULT_SEARCH, SEARCHES, Halving, OptunaSearch
from luthier.space import Space, integer, log_uniform, uniform


def test_an_unknown_search_is_refused_with_a_hint(bench) -> None:
    with pytest.raises(
        UsageError, match=r"unknown search 'hyperbnd'; .* or any sampler\+pruner\. Did you mean 'hyperband'"
    ):
        bench.search("hyperbnd")


@pytest.mark.parametrize("name", ["tpe+", "tpe+nothing", "+median", "hyperband+median", ""])
def test_half_a_name_is_no_name(name, bench) -> None:
    with pytest.raises(UsageError, match="unknown search"):
        bench.search(name)


@pytest.mark.parametrize("name", ["hyperband", "successive-halving", "asha"])
def test_our_own_names(name, bench) -> None:
    assert isinstance(bench.search(name), Halving)


@pytest.mark.parametrize("name", ["random", "qmc", "tpe", "gp", "nsgaii", "grid", "gp+median", "tpe+hyperband"])
def test_names_of_optuna(name, bench) -> None:
    assert isinstance(bench.search(name), OptunaSearch)


def test_the_default_is_one_of_them_and_spends_a_short_budget_best(bench) -> None:
    """Best accuracy for the epochs of three full trainings, mean of sixteen seeds."""
    space = Space(lr=log_uniform(1e-4, 1), batch_size=integer(16, 256, log=True), momentum=uniform(0, 0.9), epochs=20)
    arguments = {"space": space, "max_epochs": 20, "baseline": bench.baseline.replace(lr=1e-3, epochs=20)}

    def best(name: str, seed: int) -> float:
        search, spent, metrics = bench.search(name, seed=seed, **arguments), 0.0, [0.0]
        while spent < 3 * 20:
            for cut in bench.slices(search.ask()):
                result = bench.run(cut)
                spent += max(1, len(result.points))
                metrics += [p.metric for p in result.points]
                search.tell(result)
        return max(metrics)

    means = {name: sum(best(name, seed) for seed in range(16)) / 16 for name in (DEFAULT_SEARCH, "random", "tpe")}
    assert DEFAULT_SEARCH in SEARCHES
    assert means[DEFAULT_SEARCH] > max(means["random"], means["tpe"]) + 0.03
