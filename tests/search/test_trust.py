import pytest

from luthier.hyperparameters import complete
from luthier.records import Outcome, Point, Slice, SliceResult, Status
from luthier.search import _trust
from luthier.search._trainings import Trainings


def told(*believed_and_metric: tuple[int, float]) -> Trainings:
    """Trainings of one epoch each, drawn from beliefs (1), the literature (0) or neither (-1)."""
    trainings = Trainings("maximize", 0)
    for number, (believed, metric) in enumerate(believed_and_metric):
        cut = Slice(number, complete({"lr": 0.1 + number}), 0.0, 1.0, 0, _trust.note(believed))
        diverged = metric != metric
        points = () if diverged else (Point(1.0, 1.0, 1.0, metric, 0.1, 32, 1.0),)
        trainings.tell(SliceResult(cut, points, Outcome(Status.DIVERGED if diverged else Status.DONE)))
    return trainings


def test_nothing_seen_is_half_and_half() -> None:
    assert _trust.trust(told(), 1.0) == 0.5


def test_beliefs_that_do_well_are_trusted_and_wrong_ones_forgotten() -> None:
    right = told(*[(1, 0.9)] * 4, *[(0, 0.5)] * 4)
    wrong = told(*[(1, 0.2)] * 4, *[(0, 0.5)] * 4)
    assert _trust.trust(right, 1.0) == pytest.approx(0.9)
    assert _trust.trust(wrong, 1.0) == pytest.approx(0.1)


def test_what_diverged_speaks_against_its_side() -> None:
    assert _trust.trust(told((1, float("nan")), (1, float("nan")), (0, 0.1)), 1.0) < 0.5


def test_what_was_drawn_from_neither_has_no_vote() -> None:
    assert _trust.trust(told((-1, 0.9), (-1, 0.1)), 1.0) == 0.5
