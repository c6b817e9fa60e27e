from dataclasses import replace
from pathlib import Path

import pytest

from luthier.events import BudgetState
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.tuning.leader import Leader
from luthier.tuning.result import Best, luck_sentence
from luthier.tuning.unfinished import Unfinished

CONFIG = Config(epochs=4)
POINT = Point(1, 0.5, 0.5, 0.5, 0.1, 32, 2.0)


def result(training, *metrics, start=0.0, status=Status.DONE, note=None, stop=4.0, seed=0):
    points = tuple(replace(POINT, epoch=start + i, metric=m) for i, m in enumerate(metrics, 1))
    return SliceResult(Slice(training, CONFIG, start, stop, seed, note or {}), points, Outcome(status), 1.0)


def told(*results):
    leader = Leader("maximize")
    return leader, [leader.add(r) for r in results]


def test_who_leads():
    leader, leads = told(
        result(0, 0.5, 0.6),
        result(1, 0.4),
        result(1, 0.7, start=1),
        result(1, 0.8, 0.75, start=2),
        result(0, 0.8, start=2),
    )
    assert leads == [True, False, True, True, False]
    assert (leader.winner.training, leader.point.metric, leader.point.epoch) == (1, 0.8, 3)


def test_equal_metrics_are_told_apart_by_the_loss():
    better = result(1, 0.5)
    better = replace(better, points=(replace(better.points[0], val_loss=0.4),))
    assert told(result(0, 0.5), result(2, 0.5), better)[1] == [True, False, True]


def test_confirmations_do_not_lead_and_count_when_they_are_over():
    leader, leads = told(
        result(0, 0.5, 0.5, 0.5, 0.5),
        result(1, 0.9, 0.9, 0.9, 0.9, note={"confirms": 0}),
        result(2, 0.8, note={"confirms": 0}, status=Status.PAUSED),
        result(3, 0.7, note={"confirms": 5}),
        result(4, 0.6, note={"confirms": 0}, status=Status.STOPPED),
        result(5, note={"confirms": 0}, status=Status.DIVERGED),
    )
    assert leads == [True] + [False] * 5
    assert leader.confirming == [1, 2, 4, 5]
    assert [p.metric for p in leader.confirmations()] == [0.9, 0.6]


def test_epochs_failures_and_cost():
    leader, _ = told(result(0, 0.5, 0.6), result(1, status=Status.OUT_OF_MEMORY), result(2, 0.1, status=Status.FAILED))
    leader.begin(Slice(3, CONFIG, 0, 4))
    assert (leader.epochs, leader.failed, len(leader.curves)) == (3, 2, 4)
    assert (leader.cost("epochs"), leader.cost("seconds")) == (4, 8.0)


def test_the_last_failure_is_kept_in_its_words():
    first, last = (replace(result(n), outcome=Outcome(Status.FAILED, f"no {n}")) for n in (0, 1))
    leader, _ = told(first, last, result(2))
    about = {"folder": Path("study"), "name": "s", "metric": "accuracy", "task": None, "validation": 9, "asked": None}
    assert leader.result(**about, budget=BudgetState("seconds", 9, 1, 1), interrupted=False).failure == "no 1"


def test_nobody_leads():
    leader, leads = told(result(0), result(1, float("nan")))
    assert leads == [False, False]
    assert (leader.point, leader.winner, leader.confirmations()) == (None, None, ())


@pytest.mark.parametrize(
    ("metrics", "direction", "sentence"),
    [
        ([0.7, 0.8], "maximize", "scores 0.75 ± 0.071, so about 0.15 of 0.9 is the luck of picking the best of 7"),
        ([0.95, 0.95], "maximize", "scores 0.95 each time, so no part of 0.9 is the luck of picking the best of 7"),
        ([0.95, 0.95], "minimize", "scores 0.95 each time, so about 0.05 of 0.9 is the luck"),
        ([0.95], "minimize", "0.9 is the best of 7 trainings and so partly luck; it was not run again"),
    ],
)
def test_luck(metrics, direction, sentence):
    best = Best(0, 0, CONFIG, None, replace(POINT, metric=0.9))
    again = tuple(replace(POINT, metric=m) for m in metrics)
    assert sentence in luck_sentence(best, again, "f1", direction, 100, 7)


def test_luck_of_the_validation_samples():
    best = Best(0, 0, CONFIG, None, replace(POINT, metric=0.9))
    told = luck_sentence(best, (), "accuracy", "maximize", 360, 1)
    # Wilson's interval of 324 of 360: 0.8648 to 0.9270
    assert told == "With 360 validation samples any such score is uncertain by ± 0.031 (95 %)."
    assert luck_sentence(best, (), "r2", "maximize", 360, 1) == ""


def test_a_stopped_slice_is_told_whole():
    unfinished = Unfinished()
    assert unfinished.take(result(0, 0.1, status=Status.PAUSED)) is None
    assert unfinished.take(result(1, status=Status.PAUSED)) is None
    assert [(cut.training, cut.start, cut.stop) for cut in unfinished.rests()] == [(0, 1.0, 4.0), (1, 0.0, 4.0)]
    other = result(2, 0.3)
    assert unfinished.take(other) is other
    assert unfinished.take(result(0, 0.2, start=1.0, status=Status.PAUSED)) is None
    whole = unfinished.take(result(0, 0.3, 0.4, start=2.0))
    assert (whole.slice, whole.outcome.status, whole.seconds) == (result(0).slice, Status.DONE, 3.0)
    assert [p.epoch for p in whole.points] == [1, 2, 3, 4]
    assert [cut.training for cut in unfinished.rests()] == [1]


@pytest.mark.parametrize(("direction", "order"), [("maximize", [2, 1, 0, 3, 9]), ("minimize", [0, 1, 2, 3, 9])])
def test_scores_rank_trainings_by_their_best(direction, order):
    leader = Leader(direction)
    for told_result in (result(0, 0.1), result(1, 0.2), result(2, 0.3), result(3, status=Status.FAILED)):
        leader.add(told_result)
    assert sorted(range(4), key=leader.score, reverse=True)[:3] == order[:3]
    assert leader.score(3) == leader.score(9) == float("-inf")


def branched(number, origin, *metrics, seed=0, config=CONFIG, note=None):
    told_result = result(number, *metrics, start=origin.stop, note=note, seed=seed)
    return replace(told_result, slice=replace(told_result.slice, config=config, origin=origin))


def test_epochs_that_a_branch_shares_count_once():
    leader, leads = told(result(0, 0.5, 0.6), branched(1, Slice(0, CONFIG, 0, 2), 0.7, config=CONFIG.replace(lr=1.0)))
    assert leads == [True, True]
    assert leader.epochs == 3
    assert (leader.cost("epochs"), leader.cost("seconds")) == (4, 8.0)
    leader.begin(replace(leader.winner, training=2))  # nothing yet
    assert leader.epochs == 3


def test_what_a_branch_took_from_nobody_counts():
    """A second look at a branch goes all the way on its own seed."""
    first = result(0, 0.5, 0.6)
    again = branched(1, Slice(0, CONFIG, 0, 2, 9), 0.7, seed=9, note={"confirms": 0})
    assert told(first, again)[0].epochs == 5


def test_the_trunk_of_cooldowns_does_not_compete():
    leader, leads = told(result(0, 0.5), result(1, 0.9, note={"apart": True}), branched(2, Slice(1, CONFIG, 0, 1), 0.6))
    assert leads == [True, False, True]
    assert leader.winner.training == 2


def test_a_winner_that_branched_says_so_unless_it_makes_no_difference(tmp_path):
    values = {"batch_schedule": "constant", "warmup": 0.0, "cooldown": 0.5, "epochs": 4}
    trunk, cooled = (Config(schedule=name, **values) for name in ("constant", "cooldown"))
    origin = Slice(0, trunk, 0, 2)
    assert told(branched(1, origin, 0.7, config=cooled))[0].best(tmp_path, None).origin is None
    other = trunk.replace(lr=1.0)
    assert told(branched(1, origin, 0.7, config=other))[0].best(tmp_path, None).origin == origin


def test_the_seconds_of_a_training_leave_out_its_start():
    slow = result(0, 0.5, 0.6, 0.6)
    slow = replace(slow, points=(replace(slow.points[0], seconds=50.0), *slow.points[1:]))
    assert told(slow)[0].cost("seconds", 0) == 8
    assert told(result(0, 0.5))[0].cost("seconds", 0) == 8, "of one point, all that is known"
    assert told(result(0, status=Status.DIVERGED))[0].cost("seconds", 0) == 0
    assert told(slow)[0].cost("epochs", 0) == 4


def test_what_is_left_of_a_training():
    leader, _ = told(result(0, 0.5, stop=1.0), result(1, 0.5, 0.5, 0.5, 0.5), result(2, 0.5, status=Status.STOPPED))
    assert (leader.rest(0).start, leader.rest(0).stop) == (1, 4)
    assert [leader.rest(number) for number in (1, 2, 3)] == [None, None, None]
