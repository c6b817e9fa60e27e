from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from luthier import LuthierError, Task, claims, load_result, load_task
from luthier.errors import TooManyFailures
from luthier.events import PointAdded, StudyOpened
from luthier.records import Options
from luthier.report.claims import NOTE
from luthier.study import Study
from luthier.tuning.claims import Claims, design
from luthier.tuning.claims.gradients import gradient_variance

TASKS = Path(__file__).parent.parent / "small_tasks.py"
CPU = Options(device="cpu", threads=1)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def load() -> Callable[[str], Task]:
    return lambda name: load_task(f"{TASKS}:{name}")


@pytest.fixture
def run(load: Callable[[str], Task], tmp_path: Path) -> Callable[..., Claims]:
    own = {"epochs": 5, "units": 8}
    return partial(claims, load("small"), baseline=own, options=CPU, folder=tmp_path / "study")


def points(folder: Path) -> dict[int, Any]:
    """All trainings without what a clock says."""
    found: dict[int, Any] = {}
    for result in Study.load(folder).results():
        found.setdefault(result.slice.training, []).extend(replace(p, seconds=0) for p in result.points)
    return found


def test_the_experiment_answers_is_repeatable_and_goes_on_where_it_was_left(
    run: Callable[..., Claims], tmp_path: Path
) -> None:
    whole = run(budget="430epochs")
    assert [v.code for v in whole.verdicts if v.replicates >= 3]
    assert whole.epochs <= 430
    assert not whole.interrupted
    by_code = {v.code: v for v in whole.verdicts}
    assert by_code["gradient-variance"].effect == pytest.approx(1.0, abs=0.25)

    calls = count()
    cut = run(folder=tmp_path / "cut", budget="430epochs", stop=lambda: next(calls) > 200)
    assert cut.interrupted
    assert cut.epochs < whole.epochs
    run(folder=tmp_path / "cut", budget="300epochs")
    again = run(folder=tmp_path / "cut", budget="430epochs")
    assert points(tmp_path / "cut") == points(tmp_path / "study")
    assert again.verdicts == whole.verdicts

    shown = load_result(tmp_path / "study")
    assert shown.best is not None
    held_out = [r.slice for r in Study.load(tmp_path / "study").results() if r.slice.note[NOTE]["role"] == "held-out"]
    assert held_out
    assert all(cut.note["confirms"] != cut.training for cut in held_out)
    assert shown.best.training not in {cut.training for cut in held_out}


def test_it_emits_what_a_search_does_and_other_seeds_share_no_luck(run: Callable[..., Claims], tmp_path: Path) -> None:
    events: list[Any] = []
    run(budget="40epochs", on_event=events.append)
    other = run(budget="40epochs", seed=1, folder=tmp_path / "other")
    assert isinstance(events[0], StudyOpened)
    assert sum(isinstance(e, PointAdded) for e in events) == 40
    assert other.epochs == 40
    assert points(tmp_path / "study")[0] != points(tmp_path / "other")[0]
    with pytest.raises(LuthierError, match="cannot be continued: units is 16, in the study it is 8"):
        run(budget="50epochs", baseline={"epochs": 5, "units": 16})


@pytest.mark.parametrize("unit", ["epochs", "trainings"])
def test_the_budget_that_is_said_to_be_needed_gives_verdicts(run: Callable[..., Claims], unit: str) -> None:
    first = run(budget=f"2{unit}")
    assert not any(v.replicates for v in first.verdicts)
    assert not first.extent.complete
    assert first.needed is not None
    second = run(budget=first.needed)
    assert all(v.replicates >= 3 for v in second.verdicts if v.code not in ("large-lr", "small-lr", "epochs-with-lr"))
    assert second.extent.replicates <= 4, "not far more than is needed"
    assert second.needed is None


@pytest.mark.usefixtures("clock")
def test_of_a_time_the_seconds_of_an_epoch_tell_what_is_needed(run: Callable[..., Claims]) -> None:
    needed = run(budget="1s").needed
    assert needed is not None
    assert needed.unit == "seconds"
    assert 413 * 0.01 <= needed.total <= 413 * 0.03, "the clock goes on by a hundredth or two in each of the epochs"


@pytest.mark.parametrize(
    ("seconds", "budget"), [(0.01, "5s"), (0.2, "93s"), (3.0, "24m"), (30.0, "4h"), (300.0, "40h")]
)
def test_a_time_that_is_needed_has_two_digits(seconds: float, budget: str) -> None:
    """2 epochs of the user's own, 6 for the pace, 30 of the pilot, 378 of three replicates."""
    needed = design.needed("seconds", 2.0, 5, 3, seconds)
    assert str(needed) == budget
    assert needed.total >= 416 * seconds / 0.9


@pytest.mark.usefixtures("clock")
def test_a_budget_of_time_measures_an_epoch_first(run: Callable[..., Claims], tmp_path: Path) -> None:
    result = run(budget="20s")
    roles = [r.slice.note[NOTE]["role"] for r in Study.load(tmp_path / "study").results()]
    assert roles[:4] == ["own", "pace", "pace", "pace"]
    assert 20 <= result.budget.spent < 21


def test_a_task_that_always_fails_is_told(load: Callable[[str], Task], tmp_path: Path) -> None:
    with pytest.raises(TooManyFailures, match="too wide for this world"):
        claims(load("failing"), baseline={"units": 16}, budget="50epochs", folder=tmp_path / "study", options=CPU)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"budget": "soon"}, "the budget is 'soon'"),
        ({"baseline": {"lr": -1}}, "lr is -1"),
        ({"baseline": {"batch_size": 1000}}, "batch_size is 1000, but there are 160 training samples"),
        ({"baseline": {"colour": 3}}, "unknown hyperparameter 'colour'"),
    ],
)
def test_bad_input_is_named_before_anything_is_trained(
    run: Callable[..., Claims], tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(LuthierError, match=message):
        run(**given)
    assert not (tmp_path / "study").exists()


def test_the_variance_of_a_gradient_falls_as_the_batch_grows(load: Callable[[str], Task]) -> None:
    task = load("small")
    found = gradient_variance(task, task.config({"epochs": 2}), 0, CPU)
    sizes = sorted(map(int, found))
    assert sizes == [4, 8, 16]
    assert found["4"] / found["16"] == pytest.approx(4 * (160 - 4) / (160 - 16), rel=0.4)
    assert gradient_variance(task, task.config({"epochs": 2}), 0, CPU) == found
