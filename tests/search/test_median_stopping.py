from statistics import median

import pytest

from luthier.hyperparameters import complete
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.search.median_stopping import STARTUP, MedianStopping
from luthier.space import Space, choice, log_uniform

EPOCHS = 8
SPACE = Space(lr=log_uniform(1e-4, 1), epochs=EPOCHS)


def make(space: Space = SPACE, **more) -> MedianStopping:
    return MedianStopping(space, **{"max_epochs": EPOCHS, "complete": complete, **more})


def full(number: int, *scores: float, config: Config | None = None) -> SliceResult:
    """A training of somebody else that came to its end."""
    config = config or complete({"epochs": len(scores), "lr": 1e-3 * (1 + number)})
    points = tuple(Point(float(k), 1, 1, score, 0.1, 32, 1.0) for k, score in enumerate(scores, 1))
    return SliceResult(Slice(number, config, 0, len(scores), 0, {"x": 1}), points, Outcome(Status.DONE))


def told(search: MedianStopping, *levels: float) -> None:
    for number, level in enumerate(levels, 50):
        search.tell(full(number, *(level * k / EPOCHS for k in range(1, EPOCHS + 1))))


def step(search: MedianStopping, score: float) -> Slice:
    """Runs the next slice, whose only point has this score."""
    [cut] = [d for d in search.ask() if isinstance(d, Slice)]
    search.tell(SliceResult(cut, (Point(cut.stop, 1, 1, score, 0.1, 32, 1.0),), Outcome(Status.DONE)))
    return cut


def test_nobody_is_paused_before_enough_came_to_their_ends() -> None:
    search = make()
    told(search, *[1.0] * (STARTUP - 1))
    assert {step(search, 0.0).training for _ in range(EPOCHS)} == {0}


def test_the_best_so_far_is_held_against_the_median_of_running_means() -> None:
    """After epoch 2 the means are level * 1.5 / 8; the median level is 3, so 0.5625 passes and less does not."""
    for second, goes_on in ((0.5625, True), (0.56, False)):
        search = make()
        told(search, 1.0, 2.0, 3.0, 4.0, 5.0)
        step(search, 0.4)  # the mean after epoch 1 is 0.375
        step(search, second)
        assert (step(search, 0.0).training == 0) is goes_on


def test_it_is_the_best_value_that_counts() -> None:
    search = make()
    told(search, *[1.0] * STARTUP)
    assert [step(search, score).training for score in (0.9, 0.0, 0.0, 0.0)] == [0, 0, 0, 0]


def test_a_paused_training_is_thawed_when_the_median_falls() -> None:
    search = make()
    told(search, *[1.0] * STARTUP)
    step(search, 0.1)  # below 0.125
    assert step(search, 0.2).training == 1
    for number in range(STARTUP + 1):
        search.tell(full(100 + number, *[0.01 * k for k in range(1, EPOCHS + 1)]))
    thawed = step(search, 0.2)
    assert (thawed.training, thawed.start) == (0, 1)


def test_directions(bench) -> None:
    """Minimising is maximising the opposite."""

    def flipped(cut: Slice) -> SliceResult:
        return bench.run(cut, "minimize")

    up = bench.drive(make(seed=2), 60)
    down = bench.drive(make(seed=2, direction="minimize"), 60, execute=flipped)
    assert [(r.slice.training, r.slice.stop) for r in up] == [(r.slice.training, r.slice.stop) for r in down]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_paused_was_worse_and_costs_little(bench, seed) -> None:
    log = bench.drive(make(seed=seed), 120)
    reached: dict[int, float] = {r.slice.training: r.slice.stop for r in log}
    value = {n: bench.quality(next(r.slice.config for r in log if r.slice.training == n), EPOCHS) for n in reached}
    ended = [value[n] for n, epoch in reached.items() if epoch == EPOCHS]
    paused = [value[n] for n, epoch in reached.items() if epoch < EPOCHS]
    assert len(paused) >= len(ended) / 2
    assert median(paused) < median(ended)


def test_at_the_end_of_a_finite_space_the_paused_are_given_up(bench) -> None:
    search = make(Space(lr=choice(*(0.001 * 3**k for k in range(9))), epochs=EPOCHS))
    ends = []
    for _ in range(200):
        decisions = search.ask()
        ends += bench.ends(decisions)
        for cut in bench.slices(decisions):
            search.tell(bench.run(cut))
    assert search.finished
    assert ends
    assert len({end.training for end in ends}) == len(ends)
