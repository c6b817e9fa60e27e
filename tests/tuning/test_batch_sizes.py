"""What a search is told of batch sizes before it begins."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from luthier import Space, Task, choice, integer, log_uniform, tune, uniform
from luthier.errors import StorageError
from luthier.events import Event, Probed, Warned
from luthier.records import Belief, EpochCost, Options, Point
from luthier.report.history import read_history
from luthier.report.origins import of_belief, origins
from luthier.search import USUAL_NOISE_SCALE
from luthier.study import Study
from luthier.tuning import batch_sizes, probing
from luthier.tuning.batch_sizes import BatchSizeProbe, timed_sizes
from luthier.tuning.probing import decay_belief, plan
from luthier.tuning.setup import Setup, prepare

CPU = Options(device="cpu")
#: A step takes 1 ms and 0.01 ms for each sample.
COST = EpochCost((16, 160), (0.00116, 0.0026), 1600)


@pytest.fixture
def setup_of(task: Task) -> Callable[..., Setup]:
    return lambda *, baseline=None, **ranges: prepare(task, Space(ranges), baseline)


@pytest.fixture
def timed(setup_of: Callable[..., Setup], monkeypatch: pytest.MonkeyPatch) -> Callable[..., BatchSizeProbe]:
    """A probe that has measured COST, and this noise scale."""

    def make(noise: float | None = None, fits: float = float("inf"), own: tuple[Point, ...] = ()) -> BatchSizeProbe:
        monkeypatch.setattr(batch_sizes, "epoch_cost", lambda *args, **more: COST)
        monkeypatch.setattr(batch_sizes, "memory_bound", lambda *args, **more: fits)
        monkeypatch.setattr(BatchSizeProbe, "_noise_scale", lambda self: noise)
        return BatchSizeProbe(setup_of(batch_size=integer(16, 160, log=True)), 0, CPU, own)

    return make


def test_the_least_time_to_a_loss_is_where_steps_cost_as_their_noise(timed: Callable[..., BatchSizeProbe]) -> None:
    """(B + noise) * (1 ms + B * 0.01 ms) / B is least at B = sqrt(noise * 100)."""
    for noise, best in ((25.0, 50.0), (100.0, 100.0)):
        (belief,) = timed(noise).advised(COST, noise=True).beliefs
        assert belief.name == "batch_size"
        assert belief.centre == pytest.approx(best, rel=0.3)
        assert belief.high is None


def test_a_bound_of_memory_within_the_range_is_told_in_words_and_as_a_belief(
    timed: Callable[..., BatchSizeProbe],
) -> None:
    for noise in (None, 25.0):
        probe = timed(noise, fits=100)
        assert probe.timed(1.0) is not None
        advice = probe.advised(COST, noise=noise is not None)
        assert [b.high for b in advice.beliefs] == [100.0]
        assert "memory allows up to 100" in advice.sentences


def test_without_a_noise_scale_a_usual_one_is_taken_and_said(timed: Callable[..., BatchSizeProbe]) -> None:
    advice = timed().advised(COST, noise=True)
    assert advice.beliefs[0].centre == timed(USUAL_NOISE_SCALE).advised(COST, noise=True).beliefs[0].centre
    assert "a usual gradient noise scale" in advice.beliefs[0].source
    assert "a usual noise scale is 100" in advice.sentences[0]


def test_the_times_are_scaled_to_those_of_the_users_own_training(timed: Callable[..., BatchSizeProbe]) -> None:
    point = Point(1.0, 1.0, 1.0, 0.5, 0.1, 16, seconds=3 * COST.seconds(16))
    slow = replace(point, seconds=9.0)
    for own in ((point,), (slow, point), (slow, point, point, slow)):  # a first one, and one beside another program
        found = timed(own=own).timed(1.0)
        assert found is not None
        assert found.seconds(160) == pytest.approx(3 * COST.seconds(160))


def test_the_sizes_that_are_timed_are_those_of_the_space(setup_of: Callable[..., Setup]) -> None:
    assert timed_sizes(setup_of(batch_size=choice(64, 16, 32))) == [16, 32, 64]
    assert timed_sizes(setup_of(batch_size=integer(10, 160, log=True)))[::5] == [10, 160]
    assert timed_sizes(setup_of(lr=log_uniform(0.01, 1))) == []


def test_the_probes_together_cost_a_tenth_of_the_budget(
    setup_of: Callable[..., Setup], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_sizes, "LOADED", "torch")  # as later in a process
    setup = setup_of(lr=log_uniform(0.01, 1), batch_size=choice(16, 32))
    assert not plan(setup, 1.0, 100.0, "trainings")
    every = plan(setup, 1.0, 100.0, "seconds")
    assert (every.lr, every.confirm, every.timing, every.noise) == (("SGD",), ("SGD",), 1.0, True)
    dear = plan(setup, 3.0, 100.0, "seconds")
    assert (dear.lr, dear.confirm) == (("SGD",), ()), "range tests alone"
    tight = plan(setup, 1.0, 47.0, "seconds")
    assert (tight.confirm, tight.timing > 0) == ((), True), "steps are timed before an lr is confirmed"
    assert plan(setup, 1.0, 42.6, "epochs").confirm == ("SGD",), "what is not timed costs nothing"
    dearer = plan(setup, 6.0, 100.0, "seconds")
    assert (dearer.lr, dearer.timing, dearer.noise) == ((), 1.0, True)
    assert (plan(setup, 20.0, 100.0, "seconds").timing, plan(setup, 20.0, 100.0, "seconds").noise) == (1.0, False)
    assert not plan(setup, 50.0, 100.0, "seconds"), "its evaluations alone are too dear"
    assert plan(setup, 1.0, 100.0, "epochs").timing == 0.0, "a clock would make each run decide otherwise"
    assert not plan(setup_of(momentum=uniform(0.0, 0.9)), 1.0, 100.0, "seconds")


@pytest.mark.parametrize(
    ("model", "loaded", "measured"), [("Counted", False, False), ("Counted", True, True), ("network", False, True)]
)
def test_what_the_noise_scale_has_to_load_first_is_counted(
    tasks: Any, monkeypatch: pytest.MonkeyPatch, model: str, loaded: bool, measured: bool
) -> None:
    """A plain stack of layers needs nothing loaded."""
    monkeypatch.setattr(batch_sizes, "LOADED", "torch" if loaded else "not loaded yet")
    setup = prepare(tasks.make(getattr(tasks, model)), Space({"batch_size": choice(16, 32)}), None)
    for total in (8.0, 30.0):
        assert plan(setup, 0.1, total, "seconds", CPU).timing > 0
        assert plan(setup, 0.1, total, "seconds", CPU).noise == measured
    assert plan(setup, 0.1, 100.0, "seconds", CPU).noise


def test_weight_decay_follows_the_length_of_an_epoch(setup_of: Callable[..., Setup]) -> None:
    setup = setup_of(weight_decay=log_uniform(1e-6, 10.0), baseline={"lr": 0.1, "batch_size": 16, "epochs": 4})
    belief = decay_belief(setup)
    assert belief is not None
    assert belief.centre == pytest.approx(1 / (0.1 * 10 * 2)), "10 steps to an epoch, an average over 2"
    assert belief.follows == {"lr": -1.0, "batch_size": 1.0}
    small = setup_of(weight_decay=log_uniform(1e-6, 0.1), baseline={"lr": 0.001, "batch_size": 16, "epochs": 4})
    assert decay_belief(small) is None, "all of it is above the range"
    assert decay_belief(setup_of(lr=log_uniform(0.01, 1))) is None


@pytest.fixture
def begun(task: Task, tmp_path: Any) -> Callable[..., list[Event]]:
    """Events of a search of so many seconds that is stopped after its probes."""

    def run(space: Space, **more: Any) -> list[Event]:
        seen: list[Event] = []
        after = iter(range(6))  # evaluations beyond the baseline's
        stop = lambda: any(isinstance(e, (Probed, Warned)) for e in seen) and next(after, None) is None  # noqa: E731
        tune(task, space, budget=600.0, folder=tmp_path, options=CPU, on_event=seen.append, stop=stop, **more)
        return seen

    return run


def test_a_search_of_so_many_seconds_keeps_what_an_epoch_costs(
    begun: Callable[..., list[Event]], tmp_path: Any
) -> None:
    begun(Space(batch_size=choice(16, 32, 64), epochs=3))
    study = Study.load(tmp_path)
    assert study.epoch_cost is not None
    assert study.epoch_cost.batch_sizes == (16, 32, 64)
    assert study.epoch_cost.seconds(16) > 0


def test_a_probe_that_fails_is_left_out_with_a_sentence(
    begun: Callable[..., list[Event]], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **more: Any) -> None:
        raise KeyError("no such column")

    monkeypatch.setattr(batch_sizes, "epoch_cost", broken)
    monkeypatch.setattr(probing, "lr_range", broken)
    told = [
        e.message
        for e in begun(Space(lr=log_uniform(0.01, 1), batch_size=choice(16, 32), epochs=3))
        if isinstance(e, Warned)
    ]
    assert told == [f"the {name} probe was given up: 'no such column'" for name in ("learning-rate", "batch-size")]
    assert (Study.load(tmp_path).beliefs, Study.load(tmp_path).epoch_cost) == ((), None)


def test_a_full_disk_is_not_taken_for_a_probe_that_fails(
    begun: Callable[..., list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **more: Any) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(probing, "lr_range", full)
    with pytest.raises(StorageError):
        begun(Space(lr=log_uniform(0.01, 1), epochs=3))


class Stream(torch.utils.data.Dataset[Any]):
    """Samples that are read as they are asked for, and augmented at random."""

    def __len__(self) -> int:
        return 160

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.randn(8), torch.tensor(index % 3)


def test_data_that_does_not_lie_in_memory_is_probed_too(tmp_path: Any) -> None:
    model = lambda config: torch.nn.Linear(8, 3)  # noqa: E731
    streamed = Task(model, Stream(), Stream(), defaults={"epochs": 2, "batch_size": 32}, name="streamed")
    seen: list[Event] = []
    stop = lambda: any(isinstance(e, (Probed, Warned)) for e in seen)  # noqa: E731
    tune(
        streamed, Space(batch_size=choice(16, 32), epochs=2), budget=600.0, folder=tmp_path, options=CPU,
        on_event=seen.append, stop=stop,
    )  # fmt: skip
    assert [e.what for e in seen if isinstance(e, Probed)] == ["batch size"]


def test_the_table_says_where_each_range_comes_from_and_what_was_expected(task: Task, tmp_path: Any) -> None:
    ranges = {"lr": log_uniform(0.01, 1), "batch_size": choice(16, 32), "optimizer": choice("SGD", "AdamW")}
    ranges["schedule"] = choice("constant", "cosine")
    space = Space(ranges, sources={"lr": "a book"})
    tune(task, space, budget="1 trainings", folder=tmp_path, options=CPU)
    rows = {(row.name, row.expected.partition(" for ")[2][:3]): row for row in origins(read_history(tmp_path))}
    assert set(rows) == {("lr", "SGD"), ("lr", "Ada"), ("batch_size", ""), ("optimizer", ""), ("schedule", "")}
    assert (rows["lr", "SGD"].range, rows["lr", "SGD"].range_source) == ("0.01 to 1 (log)", "a book")
    assert "Kingma" in rows["lr", "Ada"].expected_source
    assert rows["batch_size", ""].range_source == "your setting"
    assert rows["optimizer", ""].expected == ""
    assert rows["schedule", ""].expected == "cosine"
    assert "Defazio" in rows["schedule", ""].expected_source


def test_a_belief_in_words() -> None:
    belief = Belief(
        "lr", 0.02, 2.0, "", high=0.03, given={"optimizer": "SGD"}, follows={"batch_size": 1}, at={"batch_size": 64}
    )
    assert str(of_belief(belief)) == "about 0.02 (0.01 to 0.03) for SGD at batch_size 64"
    assert str(of_belief(Belief("momentum", 0.9, 2.0, ""))) == "about 0.9 (0.8 to 0.95)"
