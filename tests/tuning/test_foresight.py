"""What tune says of going on, and when it ends by itself."""

import json
import math
from types import SimpleNamespace

import pytest

from luthier import Space, load_result, log_uniform, tune
from luthier.errors import UsageError
from luthier.events import BudgetState
from luthier.records import Forecast, Outcome, Point, Slice, SliceResult, Status
from luthier.search import make_search
from luthier.study import Study
from luthier.tuning.foresight import Foresight


def test_it_ends_by_itself_when_the_rest_is_not_worth_it(run, tmp_path):
    result = run(budget="400 epochs", enough=0.1)
    assert result.epochs < 300
    assert not result.interrupted
    found = result.prospect
    assert (found.unit, found.rest, found.enough) == ("epochs", True, 0.1)
    assert 0 <= found.gain.low <= found.gain.mean < 0.1
    assert result.confirmations, "what it found is run again all the same"
    assert found.amount > 400 - result.epochs, "of what was left then, some went into fresh seeds"
    assert load_result(tmp_path / "study").prospect == found
    assert json.loads(json.dumps(vars(found.gain))) == vars(found.gain)


def test_continued_as_it_was_it_ends_at_once_and_without_the_threshold_it_goes_on(run):
    first = run(budget="400 epochs", enough=0.1)
    same = run(budget="400 epochs", enough=0.1)
    competing = first.trainings - first.repeated
    assert same.trainings - same.repeated == competing
    assert same.prospect.enough == 0.1
    assert run(budget="400 epochs").trainings > competing + 10


def test_a_spent_budget_is_followed_by_what_as_much_again_would_bring(run, tmp_path):
    result = run(budget="150 epochs")
    found = result.prospect
    assert (found.unit, found.amount, found.rest, found.enough) == ("epochs", 150, False, None)
    assert found.gain.low <= found.gain.mean <= found.gain.high <= 1 - result.best.point.metric
    assert found.training == result.recommendation.training.number
    assert 0 < found.epochs <= 9
    chosen = result.recommendation.confirmed
    assert found.tolerance == max(chosen.spread, chosen.scale.least)


def test_a_run_that_the_user_stopped_says_what_the_rest_would_bring(run, tmp_path):
    points = []
    stopped = run(budget="400 epochs", on_event=points.append, stop=lambda: len(points) > 250)
    assert stopped.interrupted
    assert stopped.prospect.rest
    assert 0 < stopped.prospect.amount < 400
    with Study.load(tmp_path / "study") as study:
        assert study.prospect == stopped.prospect


def test_while_a_run_is_under_way_nothing_old_is_told(run, tmp_path):
    run(budget="60 epochs")
    assert load_result(tmp_path / "study").prospect is not None
    seen = []
    run(budget="90 epochs", on_event=lambda event: seen.append(load_result(tmp_path / "study").prospect))
    assert set(seen[-5:]) == {None}


@pytest.mark.parametrize("name", ["asha", "random"])
def test_searches_that_do_not_forecast_say_nothing_and_cannot_have_enough(run, name):
    assert run(budget="20 epochs", search=name).prospect is None
    with pytest.raises(UsageError, match="does not say what it expects; take freeze-thaw"):
        run(budget="20 epochs", search=name, enough=0.01)


@pytest.mark.parametrize("enough", [0.0, -1.0, math.nan, math.inf])
def test_a_gain_that_nothing_can_be_below_is_refused(run, enough):
    with pytest.raises(UsageError, match=r"enough is .*; it must be a gain above 0"):
        run(budget="20 epochs", enough=enough)


def test_cooldowns_say_how_many_epochs_a_setting_deserves(task, tmp_path):
    space = Space(lr=log_uniform(1e-3, 1), epochs=9, schedule="cooldown", cooldown=0.3)
    result = tune(task, space, budget="200 epochs", folder=tmp_path)
    found = result.prospect
    assert found.gain.low <= found.gain.mean <= found.gain.high
    assert 1 <= found.epochs <= 9
    with pytest.raises(UsageError, match="does not say"):
        tune(task, space, budget="200 epochs", folder=tmp_path, search="asha", enough=0.1)


def test_a_search_of_the_users_own_is_asked_too(run, task, endless):
    search = make_search("freeze-thaw", endless, max_epochs=9, direction="maximize", complete=task.config)
    assert run(budget="60 epochs", search=search).prospect is not None


@pytest.mark.parametrize(("room", "deserved"), [(math.inf, 9), (0.01, 2)])
def test_what_is_as_good_as_perfect_deserves_no_more_epochs_than_it_had(room, deserved):
    class Rising:
        finished = False

        def gain(self, epochs):
            return Forecast(0.0, 0.0, 0.0)

        def plateau(self, training, tolerance):
            return 9

        def is_enough(self, epochs, least):
            return False

    foresight = Foresight(None)
    foresight._search = Rising()
    foresight.end(BudgetState("epochs", 100, 100.0, 1.0), 100.0, 1.0, stopped=False, room=room)
    confirmed = SimpleNamespace(spread=0.01, scale=SimpleNamespace(least=0.002))
    found = SimpleNamespace(confirmed=confirmed, training=SimpleNamespace(number=3, curve=SimpleNamespace(epoch=2)))
    assert foresight.prospect(found).epochs == deserved


def test_no_forecast_promises_more_than_the_metric_allows(endless, task):
    search = make_search("freeze-thaw", endless, max_epochs=9, direction="maximize", complete=task.config)
    for _ in range(6):
        for cut in [d for d in search.ask() if isinstance(d, Slice)]:
            points = tuple(Point(e, 1, 1, 0.9 + 0.01 * e, 0.1, 32, 1) for e in range(1, round(cut.stop) + 1))
            search.tell(SliceResult(cut, points, Outcome(Status.DONE)))
    gains = {}
    for room in (math.inf, 1e-5):
        foresight = Foresight(None)
        foresight.begin(search, BudgetState("epochs", 100, 0.0, 1.0), 0.0)
        foresight.end(BudgetState("epochs", 100, 100.0, 1.0), 100.0, 1.0, stopped=False, room=room)
        gains[room] = foresight.prospect(None).gain
    free, bounded = gains[math.inf], gains[1e-5]
    assert free.high > 1e-5
    assert bounded.high == pytest.approx(1e-5)
    assert bounded.mean / bounded.high == pytest.approx(free.mean / free.high), "not perfection in the mean"
