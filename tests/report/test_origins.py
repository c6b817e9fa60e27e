"""Where ranges come from and what was expected, as a study that was never run tells it."""

from dataclasses import replace

import pytest

from luthier.records import Belief
from luthier.report.history import History
from luthier.report.origins import origins
from luthier.space import Space, choice, integer, log_uniform, uniform


def study(space, beliefs=(), search="freeze-thaw", sources=None):
    return History(
        "study", {}, space.to_json(), "accuracy", "maximize", 0, search, 1.0, (), beliefs=beliefs, sources=sources or {}
    )


PROBED = Belief("lr", 0.5, 4.0, "a probe")


def row(history, name):
    [found] = [origin for origin in origins(history) if origin.name == name]
    return found


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(1e-4, 1.0, (0.125, 1.0)), (0.25, 10.0, (0.25, 2.0)), (1e-4, 10.0, (0.125, 2.0)), (1e-4, 0.1, (0.125, 2.0))],
)
def test_what_is_expected_ends_where_the_range_does_unless_it_lies_outside(low, high, shown):
    found = row(study(Space(lr=log_uniform(low, high)), (PROBED,)), "lr").expectation
    assert (found.centre, found.low, found.high) == pytest.approx((0.5, *shown))


def test_a_range_has_its_source_or_is_yours():
    space = Space(lr=log_uniform(1e-4, 1), batch_size=integer(8, 64, log=True))
    history = study(space, sources={"lr": "a paper"})
    assert (row(history, "lr").range_source, row(history, "batch_size").range_source) == ("a paper", "your setting")
    assert row(history, "batch_size").range == "8 to 64 (log)"


def test_nothing_is_expected_of_a_name_of_the_users_or_by_a_search_that_is_told_nothing():
    space = Space(lr=log_uniform(1e-4, 1), temperature=uniform(0, 1), optimizer=choice("SGD", "AdamW"))
    assert row(study(space), "temperature").expected == ""
    assert {origin.expected for origin in origins(study(space, (PROBED,), search="random"))} == {""}


def test_an_optimizer_each_has_its_own():
    space = Space(lr=log_uniform(1e-4, 1), optimizer=choice("SGD", "AdamW"))
    told = tuple(replace(PROBED, given={"optimizer": name}) for name in ("SGD", "AdamW"))
    rows = [origin.expected for origin in origins(study(space, told)) if origin.name == "lr"]
    assert [text.partition(" for ")[2] for text in rows] == ["SGD", "AdamW"]
