"""Which trainings keep a run waiting, and that it is said once."""

from luthier.executors._overdue import Overdue


class Clock:
    """Shows what it is set to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def said(overdue: Overdue, clock: Clock, now: float) -> list[str]:
    clock.now = now
    return [*overdue.sentences()]


def test_one_that_does_not_come_to_an_evaluation_is_told_once() -> None:
    overdue = Overdue(clock := Clock())
    overdue.begin(4)
    assert said(overdue, clock, 29) == []
    (sentence,) = said(overdue, clock, 40)
    assert "training 4" in sentence
    assert "for 40 s; Ctrl-C twice ends it at once" in sentence
    assert said(overdue, clock, 400) == []


def test_long_intervals_are_given_five_times_the_longest() -> None:
    overdue = Overdue(clock := Clock())
    overdue.begin(0)
    for clock.now in (20, 25):
        overdue.reached(0)
    overdue.end(0)
    clock.now = 1000
    overdue.begin(0)  # another slice of it
    assert said(overdue, clock, 1099) == []
    assert len(said(overdue, clock, 1100)) == 1


def test_one_that_came_back_is_not_waited_for() -> None:
    overdue = Overdue(clock := Clock())
    overdue.begin(0)
    overdue.end(0)
    assert said(overdue, clock, 99) == []
