"""What the tests of the loop share."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from luthier import Space, Task, choice, load_task, log_uniform, tune
from luthier.study import Study

TASKS = Path(__file__).with_name("small_tasks.py")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine the threads of small operations wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds so far, as a list of one number that a test may set; each look takes a hundredth.

    By a real clock, what a budget of seconds has room for depends on what else the machine does.
    """
    clock = [0.0]

    def tick() -> float:
        clock[0] += 0.01
        return clock[0]

    monkeypatch.setattr("time.perf_counter", tick)
    return clock


@pytest.fixture
def load() -> Callable[[str], Task]:
    """A task of small_tasks.py by name."""
    return lambda name: load_task(f"{TASKS}:{name}")


@pytest.fixture
def task(load: Callable[[str], Task]) -> Task:
    """The plain small task."""
    return load("small")


@pytest.fixture
def tasks(task: Task) -> Any:
    """The module small_tasks, as ``load_task`` made it."""
    import sys

    return sys.modules["small_tasks"]


@pytest.fixture
def space() -> Space:
    """Small enough for every search to walk through it, and not used up by 50 epochs."""
    return Space(
        lr=choice(0.001, 0.002, 0.005, 0.01, 0.02, 0.1, 0.2, 0.5, 1.0), batch_size=choice(16, 32, 64), epochs=9
    )


@pytest.fixture
def endless() -> Space:
    """Larger than any budget."""
    return Space(lr=log_uniform(1e-3, 1), batch_size=choice(16, 32, 64), epochs=9)


@pytest.fixture
def run(task: Task, endless: Space, tmp_path: Path) -> Callable[..., Any]:
    """``tune`` on the small task in tmp_path/study."""
    return partial(tune, task, endless, folder=tmp_path / "study")


@pytest.fixture
def recorded() -> Callable[..., dict[int, Any]]:
    """All trainings in a folder by number: config, seed, note and curve, without what a clock says."""

    def read(folder: Path, storage: str | None = None) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for result in Study.load(storage or folder).results():
            cut = result.slice
            entry = found.setdefault(cut.training, [cut.config, cut.seed, dict(cut.note), []])
            assert entry[:2] == [cut.config, cut.seed]
            entry[3] += [replace(p, seconds=0) for p in result.points]
        for _, _, _, points in found.values():
            assert [p.epoch for p in points] == sorted({p.epoch for p in points}), "a point is there twice"
        return found

    return read


@pytest.fixture
def every_interval_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints are always due, as in a training of long epochs."""
    monkeypatch.setattr("luthier.executors._pace.FREEZE_SECONDS", -1.0)
    monkeypatch.setattr("luthier.executors._pace.FREEZE_AFTER_COSTS", -1.0)


@pytest.fixture
def nothing_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the training that ran last does."""
    monkeypatch.setattr("luthier.executors._pace.LIVE_BYTES", 0)
