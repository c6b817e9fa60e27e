"""What to use and how sure that is; what a paused training would have reached; the trade of time and quality."""

import math
import random
import statistics
from dataclasses import replace

import pytest
from report.page.conftest import history as history
from report.page.conftest import training as training

from luthier.records import Slice, Status
from luthier.report.finals import final_values
from luthier.report.front import front, savings, spending
from luthier.report.importance import importances, interactions
from luthier.report.recommend import difference, mean_interval, recommend
from luthier.report.ridge import lr_batch_map
from luthier.report.tables import trainings, write_tables
from luthier.space import Space, choice, log_uniform, uniform

DISTANCES = [0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05]


@pytest.fixture
def again(training):
    """A training and its repetitions: ``again(3, best, scores)``."""

    def make(number, best, scores, first, seconds=0.5, **values):
        repeats = [
            training(first + i, [s], confirms=number, seconds=seconds, epochs=1, **values) for i, s in enumerate(scores)
        ]
        return [training(number, [best], seconds=seconds, epochs=1, **values), *repeats]

    return make


def study(history, *groups):
    return history(*sorted((t for group in groups for t in group), key=lambda t: t.number))


@pytest.mark.parametrize(("seconds", "chosen"), [(1.2, 1), (1.3, 2)])
def test_a_little_time_saved_does_not_outweigh_what_the_search_found(again, history, seconds, chosen):
    best = again(1, 0.95, [0.93, 0.94, 0.95], 10, seconds=seconds, lr=0.1)
    cheap = again(2, 0.94, [0.92, 0.945, 0.94], 20, seconds=1.0, lr=0.2)
    assert recommend(study(history, best, cheap)).training.number == chosen


def test_the_best_stands_out_where_no_interval_of_a_difference_holds_0(again, history):
    best = again(1, 0.95, [0.945, 0.95, 0.955], 10, lr=0.1)
    clear = again(2, 0.92, [0.915, 0.92, 0.925], 20, lr=0.2)
    assert recommend(study(history, best, clear)).stands_out
    few = [again(1, 0.926, [0.926, 0.935], 10, lr=0.1), again(2, 0.914, [0.914, 0.909], 20, lr=0.2)]
    found = recommend(study(history, *few))
    assert [c.tied for c in found.candidates] == [True, False], "too far apart to tie, though two seeds say little"
    assert not found.stands_out
    assert not recommend(study(history, best)).stands_out


def test_the_cheapest_of_the_tied_is_recommended(again, history):
    best = again(1, 0.95, [0.93, 0.94, 0.95], 10, seconds=4.0, lr=0.1)
    cheap = again(2, 0.94, [0.92, 0.945, 0.94], 20, seconds=1.0, lr=0.2)
    bad = again(0, 0.80, [0.79, 0.80, 0.81], 30, seconds=0.1)
    found = recommend(study(history, best, cheap, bad))
    assert [c.training.number for c in found.candidates] == [1, 2, 0]
    assert [c.tied for c in found.candidates] == [True, True, False]
    assert found.training.number == 2
    assert found.baseline_confirmed
    assert found.gain == pytest.approx(0.935 - 0.80)
    assert found.gain_interval.low > 0


def test_what_is_far_worse_does_not_tie_because_it_ran_on_two_seeds(again, history):
    """Student's interval of two seeds is 13 standard errors wide, and holds nearly anything."""
    best = again(1, 0.98, [0.981, 0.984, 0.984], 10, seconds=4.0, lr=0.1)
    own = again(0, 0.76, [0.811, 0.839], 20, seconds=1.0)
    found = recommend(study(history, best, own))
    assert not found.gain_interval.is_clear
    assert found.training.number == 1
    assert not found.gain_may_be_none, "or the two sentences contradict each other"


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_what_collapses_on_some_seed_does_not_tie_however_cheap_it_is(again, history, direction):
    """Its own spread would make its mean so uncertain that it tied with anything."""
    sign = 1 if direction == "maximize" else -1
    best = again(1, sign * 0.96, [sign * s for s in (0.951, 0.954, 0.958, 0.962)], 10, seconds=3.0, lr=0.1)
    wild = again(2, sign * 0.95, [sign * s for s in (0.95, 0.955, 0.55)], 20, seconds=1.0, lr=1.0)
    found = recommend(replace(study(history, best, wild), direction=direction, metric="own"))
    assert [c.tied for c in found.candidates] == [True, False]
    assert found.training.number == 1


def test_an_interval_ends_where_the_metric_does(again, history):
    few = study(history, again(0, 0.8, [], 30), again(1, 0.95, [0.94, 0.70], 10, lr=0.1))
    assert recommend(replace(few, metric="r2")).confirmed.mean.high == 1
    assert recommend(replace(few, metric="r2")).confirmed.mean.low < 0
    assert recommend(replace(few, metric="auc")).confirmed.mean.low == 0
    assert recommend(replace(few, metric="own")).confirmed.mean.high > 1
    percent = study(history, again(0, 80.0, [], 30), again(1, 95.0, [94.0, 70.0], 10, lr=0.1))
    assert recommend(replace(percent, metric="f1")).confirmed.mean.high > 1, "one of the user's by a known name"


def test_where_the_baseline_ties_the_gain_may_be_none(again, history):
    best = again(1, 0.98, [0.97, 0.98, 0.984], 10, seconds=1.0, lr=0.1)
    own = again(0, 0.97, [0.965, 0.975, 0.983], 20, seconds=4.0)
    assert recommend(study(history, best, own)).gain_may_be_none


def test_of_settings_that_tie_and_cost_the_same_the_search_chooses_and_not_the_seeds(again, history):
    first = again(1, 0.95, [0.92, 0.93, 0.94], 10, lr=0.1)
    luckier = again(2, 0.94, [0.925, 0.935, 0.945], 20, lr=0.2)
    found = recommend(study(history, again(0, 0.8, [], 30), first, luckier))
    assert [c.training.number for c in found.candidates] == [2, 1]
    assert found.training.number == 1


def test_equal_scores_are_no_proof_of_no_spread_and_shares_end_at_one(again, history):
    same = again(1, 0.99, [0.99, 0.99, 0.99], 10, lr=0.1)
    found = recommend(study(history, again(0, 0.8, [0.99, 1.0], 30), same))
    chosen = next(c for c in found.candidates if c.training.number == 1)
    grain = 1 / 360  # the validation samples of this history
    assert chosen.mean.high - chosen.mean.low == pytest.approx(2 * 4.3027 * grain / 12**0.5 / 3**0.5, rel=1e-3)
    assert all(0 <= c.mean.low <= c.mean.high <= 1 for c in found.candidates)
    losses = recommend(replace(study(history, again(0, 0.8, [], 30), same), metric="loss"))
    assert losses.confirmed.mean.low == losses.confirmed.mean.high, "of other metrics nothing is known"


def test_a_hyperparameter_counts_where_it_acts(training, history):
    space = Space(momentum=uniform(0, 0.99), lr=log_uniform(1e-4, 1), optimizer=choice("SGD", "AdamW"), epochs=8)
    rng = random.Random(0)
    rows = []
    for number in range(120):
        momentum, sgd = rng.uniform(0, 0.98), number % 2 == 0
        values = {"momentum": momentum, "lr": 10 ** rng.uniform(-4, 0), "optimizer": "SGD" if sgd else "AdamW"}
        rows.append(training(number, [0.9 - (0.5 * abs(momentum - 0.9) if sgd else 0.2)] * 8, **values))
    found = importances(history(*rows, space=space.to_json()))
    assert found[0].name == "momentum"
    assert found[0].matters
    tables = {row["training"]: row["momentum"] for row in trainings(history(*rows, space=space.to_json()))}
    assert tables[1] is None
    assert tables[0] is not None


def test_a_setting_that_fails_on_a_fresh_seed_comes_last(again, history, training):
    shaky = again(1, 0.95, [0.94, 0.95], 10, lr=0.5)
    shaky.append(training(12, [], status=Status.DIVERGED, confirms=1, epochs=1, lr=0.5))
    steady = again(2, 0.93, [0.92, 0.93], 20, lr=0.1)
    found = recommend(study(history, shaky, steady, again(0, 0.8, [], 30)))
    assert found.training.number == 2
    assert [c.failed for c in found.candidates] == [0, 1]
    assert not found.baseline_confirmed
    assert found.gain_interval is not None


def test_lower_is_better_where_it_is(again, history):
    both = study(history, again(0, 0.5, [0.5, 0.51], 10), again(1, 0.2, [0.2, 0.21], 20, lr=0.1))
    found = recommend(replace(both, direction="minimize"))
    assert found.training.number == 1
    assert found.gain == pytest.approx(0.3)


def test_a_newer_leader_is_not_judged_by_the_repetitions_of_an_older_one(again, history):
    found = recommend(study(history, again(0, 0.8, [], 30), again(1, 0.9, [0.7, 0.71], 10), again(2, 0.95, [], 20)))
    assert found.training.number == 2
    assert found.confirmed is None
    assert found.gain_interval is None
    assert found.gain == pytest.approx(0.15)


def test_intervals_hold_as_often_as_they_say():
    """Student's interval of a mean, and Welch's of a difference, of normal values."""
    rng = random.Random(0)

    def draw(n, mean, spread):
        return [rng.gauss(mean, spread) for _ in range(n)]

    means = sum(i.low <= 1 <= i.high for i in (mean_interval(draw(5, 1, 2)) for _ in range(2000)))
    gaps = sum(i.low <= 1 <= i.high for i in (difference(draw(5, 3, 2), draw(5, 2, 0.3)) for _ in range(2000)))
    assert 0.94 < means / 2000 < 0.96
    assert 0.93 < gaps / 2000 < 0.97
    assert difference([1.0, 1.0], [1.0, 1.0]).is_clear is False
    assert difference([1.0, 1.0], [0.5, 0.5]).is_clear is True
    assert math.isclose(difference([1.0, 3.0], [0.0]).value, 2.0)


def test_a_paused_training_counts_as_those_that_went_on(training, history):
    whole = [training(n, [0.95 - 0.05 * (10 - n) * 0.7**e for e in range(1, 9)], lr=0.01 * (n + 1)) for n in range(10)]
    paused = training(10, [whole[6].curve.points[0].metric], lr=0.5)
    failed = training(11, [0.6], status=Status.DIVERGED, lr=0.9)
    values = final_values(history(*whole, paused, failed))
    assert values[6] == whole[6].curve.points[-1].metric
    assert values[10] > paused.curve.points[-1].metric
    assert values[10] == pytest.approx(values[6], abs=0.03)
    assert values[11] == min(values.values())
    assert max(values.values()) == whole[9].curve.points[-1].metric


def test_a_poor_paused_training_is_not_flattered_by_the_good_ones_that_went_on(training, history):
    shrink = [0.9, 0.9, 0.9, 0.2, 0.2, 0.2, 0.2]  # the good ones still had far to come, the poor ones did not
    ends = [(0.9 - d, 0.9 - d * s) for d, s in zip(DISTANCES, shrink, strict=True)]
    whole = [training(n, scores, epochs=2) for n, scores in enumerate(ends)]
    paused = training(7, [0.3], epochs=2)
    assert final_values(history(*whole, training(8, [0.5, 0.9], epochs=2), paused))[7] == pytest.approx(0.9 - 0.6 * 0.9)


@pytest.fixture
def planted(training, history):
    """The best lr follows the square root of the batch size; the optimizer does nothing."""
    rng = random.Random(1)
    found = []
    for number in range(200):
        x, z = rng.uniform(-9, 0), rng.uniform(math.log(16), math.log(256))
        score = 0.95 - 0.02 * (x - (0.5 * (z - 4) - 4.5)) ** 2 + rng.gauss(0, 0.003)
        values = {"lr": math.exp(x), "batch_size": round(math.exp(z)), "optimizer": rng.choice(["SGD", "AdamW"])}
        found.append(training(number, [score], epochs=1, **values))
    return history(*found)


def test_what_was_planted_is_found(planted):
    first, *others = importances(planted)
    assert first.name == "lr"
    assert first.matters
    assert not next(i for i in others if i.name == "optimizer").matters
    assert [i.names for i in interactions(planted)] == [("lr", "batch_size")]
    ridge = lr_batch_map(planted).ridge
    assert ridge.low < 0.5 < ridge.high
    assert ridge.exponent == pytest.approx(0.5, abs=0.15)


def test_noise_has_no_importance_and_no_ridge(planted):
    scores = [t.curve.points[0].metric for t in planted.trainings]
    random.Random(2).shuffle(scores)
    noise = tuple(
        replace(t, curve=replace(t.curve, points=(replace(t.curve.points[0], metric=s),)))
        for t, s in zip(planted.trainings, scores, strict=True)
    )
    shuffled = replace(planted, trainings=noise)
    assert interactions(shuffled) == []
    assert lr_batch_map(shuffled).ridge is None
    assert importances(replace(shuffled, trainings=noise[:10])) == []


def test_the_front_holds_what_nothing_beats_and_says_what_speed_costs(training, history):
    slow = training(0, [0.5, 0.8, 0.9, 0.9], seconds=1.0)
    quick = training(1, [0.6, 0.85], seconds=0.5, lr=0.1)
    deals = front(history(slow, quick, training(2, [0.99], confirms=1)))
    assert [(d.training, d.epoch, d.seconds) for d in deals] == [(1, 1, 0.5), (1, 2, 1.0), (0, 3, 3.0)]
    saving, more = savings(deals)
    assert (saving.times, round(saving.cost, 6)) == (3, 0.05)
    assert (more.times, round(more.cost, 6)) == (6, 0.3)


def test_a_branch_takes_the_seconds_of_what_it_branched_from_as_well(training, history):
    trunk = training(1, [0.5, 0.6, 0.65, 0.66], seconds=1.0, lr=0.1)
    begun = Slice(1, trunk.config, 0.0, 3.0, trunk.seed)
    branch = replace(training(2, [0.9], seconds=1.0, lr=0.1, schedule="cooldown"), origin=begun)
    known = history(training(0, [0.3], seconds=9.0), trunk, branch)
    assert [(d.training, d.seconds, d.metric) for d in front(known)][-1] == (2, 4.0, 0.9)
    other = replace(branch, origin=replace(begun, seed=99))
    assert 2 not in [d.training for d in front(history(training(0, [0.3], seconds=9.0), trunk, other))]


def test_every_second_is_accounted_for(searched_like):
    parts = spending(searched_like)
    assert sum(p.seconds for p in parts) == pytest.approx(searched_like.seconds)
    assert sum(p.trainings for p in parts) == len(searched_like.trainings)
    assert [p.kind for p in parts] == ["winner", "baseline", "given up", "failed", "confirmations", "overhead"]


def test_the_time_of_a_study_of_claims_is_told_by_what_its_trainings_are_for(training, history):
    roles = ["own", "pace", "pilot", "grid", "grid", "cooldown"]
    found = [replace(training(n, [0.5]), note={"claims": {"role": role}}) for n, role in enumerate(roles)]
    parts = {p.kind: p.trainings for p in spending(history(*found, seconds=0.0))}
    assert parts == {"baseline": 1, "pilot": 2, "grid": 2, "follow-up": 1}


@pytest.fixture
def searched_like(training, history):
    return history(
        training(0, [0.5] * 8),
        training(1, [0.9] * 8, lr=0.1),
        training(2, [0.7], lr=0.2),
        training(3, [0.1], status=Status.DIVERGED, lr=1.0),
        training(4, [0.8] * 8, confirms=1, lr=0.1),
        seconds=50.0,
    )


def test_tables_are_files_that_others_read(searched_like, tmp_path):
    import csv

    written = write_tables(searched_like, tmp_path)
    assert {p.stem for p in written} == {"trainings", "points", "front", "budget"}
    with (tmp_path / "trainings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["state"] for r in rows] == ["finished", "finished", "paused", "diverged", "finished"]
    assert [float(r["metric"]) for r in rows] == [0.5, 0.9, 0.7, 0.1, 0.8]
    assert statistics.fmean(float(r["lr"]) for r in rows) > 0
