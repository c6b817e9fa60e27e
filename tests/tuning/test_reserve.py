"""What fresh seeds cost of a budget."""

import pytest

from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.tuning.budget import parse_budget
from luthier.tuning.leader import Leader
from luthier.tuning.reserve import cost_of

CONFIG = Config(lr=0.1, epochs=8)


@pytest.fixture
def leader():
    """One training of 8 epochs, each of 2 s."""
    leader = Leader("maximize")
    points = tuple(Point(e, 1.0, 1.0, 0.5, 0.1, 32, 2.0) for e in range(1, 9))
    leader.add(SliceResult(Slice(0, CONFIG, 0, 8), points, Outcome(Status.DONE)))
    return leader


@pytest.mark.parametrize(
    ("budget", "capacity", "starts", "needed"),
    [
        ("100 epochs", 1, [0], 8),
        ("100 epochs", 1, [6], 2),
        ("100 epochs", 4, [6, 0], 10),
        ("100s", 1, [0, 0], 32),
        ("100s", 2, [0, 0], 16),
        ("100s", 2, [4, 0], 12),
        ("9 trainings", 1, [0, 0], 2),
        ("9 trainings", 1, [6, 0], 1),
    ],
)
def test_what_was_run_before_a_stop_is_paid(leader, budget, capacity, starts, needed):
    cuts = [Slice(1 + n, CONFIG, start, 8, n, {"confirms": 0}) for n, start in enumerate(starts)]
    assert cost_of(leader, parse_budget(budget), capacity, cuts) == pytest.approx(needed)
