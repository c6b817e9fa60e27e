"""What a search begins with, and in which turns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.records import Belief, Slice
from luthier.search._axes import Axes
from luthier.search._candidates import ANYWHERE, Candidates, Source
from luthier.search._literature import CAPACITIES, LITERATURE
from luthier.search._portfolio import PORTFOLIO
from luthier.search._priors import Knowledge
from luthier.search._trainings import Trainings
from luthier.search.freeze_thaw import FreezeThaw
from luthier.space import Space, choice, integer, log_uniform, uniform

WIDE = Space(
    lr=log_uniform(1e-9, 1e5),
    batch_size=integer(1, 4096, log=True),
    momentum=uniform(0, 0.999),
    optimizer=choice("SGD", "AdamW"),
    epochs=27,
)


def starts(space: Space, *beliefs: Belief) -> Candidates:
    axes, trainings = Axes(space), Trainings("maximize", 0)
    source = Source(axes, Knowledge(axes, space.fixed, beliefs), trainings, 1.0)
    return source.draw(np.random.default_rng(0), np.zeros((0, len(axes))))


@given(st.integers(0, 12), st.integers(0, 12))
def test_each_start_has_its_turn_the_first_at_once_the_others_one_in_two(count, at_once):
    at_once = min(at_once, count)
    candidates = Candidates(np.zeros((count + 2, 1)), np.zeros(count + 2, int), count, at_once)
    turns = [candidates.due(begun, np.ones(count + 2)) for begun in range(2 * count + 2)]
    assert [t for t in turns if t is not None] == list(range(ANYWHERE + 1, ANYWHERE + 1 + count))
    assert None not in turns[:at_once]
    assert all(t is None for t in turns[at_once::2])


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 30))
def test_after_the_first_ones_a_start_that_is_dear_loses_its_turn(count, at_once, begun):
    at_once = min(at_once, count)
    candidates = Candidates(np.zeros((count + 2, 1)), np.zeros(count + 2, int), count, at_once)
    cheap, dear = (candidates.due(begun, np.full(count + 2, cost)) for cost in (2.0, 2.1))
    assert dear == (cheap if begun < at_once else None)


def test_a_search_begins_all_settings_of_the_portfolio_beside_others(bench):
    search = FreezeThaw(WIDE, max_epochs=27, seed=3)
    begun: dict[int, Slice] = {}
    while len(begun) < 2 * len(PORTFOLIO):
        begun.update({r.slice.training: r.slice for r in bench.drive(search, 1) if r.slice.start == 0})
    axes = Axes(WIDE)
    points = Knowledge(axes, WIDE.fixed).away(PORTFOLIO, np.zeros(len(PORTFOLIO), bool))
    found = [{n: cut.config.get(n) for n in axes.names} for cut in begun.values()]
    assert found[:3] == [axes.params(p) for p in points[:3]]
    places = [found.index(axes.params(p)) for p in points]
    assert places == sorted(places)
    assert places[-1] < 2 * len(PORTFOLIO)


def test_two_searches_of_different_seeds_begin_with_the_same_and_go_on_differently(bench):
    one, other = ([r.slice.config for r in bench.drive(FreezeThaw(WIDE, max_epochs=27, seed=s), 12)] for s in (0, 1))
    assert one[0] == other[0]
    assert one != other


@pytest.mark.parametrize("name", ["lr", "batch_size", "temperature"])
def test_settings_that_are_alike_in_a_space_are_begun_once(name):
    space = Space({name: uniform(0, 1) if name == "temperature" else WIDE[name], "optimizer": "SGD", "epochs": 9})
    found = starts(space)
    places = np.sort(found.points[ANYWHERE + 1 :][: found.starts, 0])
    assert found.starts == 1 if name == "temperature" else 1 < found.starts <= len(PORTFOLIO)
    assert (np.diff(places) >= 0.02).all()


@pytest.mark.parametrize("right", [True, False])
def test_the_portfolio_lies_around_beliefs_while_these_fare_better(right, bench):
    belief = Belief("lr", 0.5 if right else 1e-7, 1.5, "measured")
    search = FreezeThaw(WIDE, max_epochs=27, beliefs=[belief])
    begun = [r.slice for r in bench.drive(search, 12) if r.slice.start == 0][:4]
    assert [cut.note["believed"] for cut in begun] == [0, 1, int(right), int(right)]
    assert begun[1].config.lr == pytest.approx(belief.centre)


def test_the_portfolio_speaks_of_what_the_literature_knows_from_its_centre_on():
    known = {belief.name for belief in LITERATURE} | {"dropout", *CAPACITIES}
    assert not any(PORTFOLIO[0].values())
    assert {name for setting in PORTFOLIO for name in setting} <= known


def test_what_was_tried_is_left_out_but_not_what_has_its_place():
    found = starts(WIDE)
    kept = found.without(found.points)
    assert len(kept.points) == ANYWHERE + 1 + found.starts
    assert (kept.starts, kept.at_once) == (found.starts, found.at_once)
