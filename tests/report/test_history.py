from pathlib import Path

import pytest

from luthier import Space, Task, load_task, log_uniform, tune
from luthier.records import Slice
from luthier.report.history import read_history
from luthier.study import Study

TASKS = Path(__file__).parent.parent / "tuning" / "small_tasks.py"


@pytest.fixture
def small_task() -> Task:
    return load_task(f"{TASKS}:small")


def test_a_history_holds_every_training_with_its_curve_and_the_winner(tmp_path: Path, small_task: Task) -> None:
    result = tune(small_task, Space(lr=log_uniform(1e-3, 1), epochs=4), budget="40 epochs", folder=tmp_path)
    history = read_history(tmp_path)
    assert len(history.trainings) == result.trainings
    assert [t.number for t in history.trainings] == list(range(result.trainings))
    assert sum(t.curve.epoch for t in history.trainings) == result.epochs
    assert result.best is not None
    assert history.winner is not None
    assert history.winner.number == result.best.training
    assert history.winner.curve == result.best.curve
    confirmed = [history.best_point(t) for t in history.confirmations(history.winner)]
    assert tuple(confirmed) == result.confirmations
    assert [t.number for t in history.competing] == [t.number for t in history.trainings if t.confirms is None]


def test_a_study_that_is_being_written_is_read_up_to_what_is_durable(tmp_path: Path, small_task: Task) -> None:
    tune(small_task, Space(lr=log_uniform(1e-3, 1), epochs=4), budget="8 epochs", folder=tmp_path)
    before = read_history(tmp_path)
    about = Study.load(tmp_path).description
    with Study.open(
        tmp_path,
        name=about.name,
        task=about.task,
        space=about.space,
        direction=about.direction,
        metric=about.metric,
        seed=0,
        search=about.search,
    ) as study:
        study.begin(Slice(len(before.trainings), before.trainings[0].config, 0, 1))
        study.flush()
        history = read_history(tmp_path)
    assert history.trainings[:-1] == before.trainings
    assert history.trainings[-1].outcome is None
    assert len(history.trainings[-1].curve) == 0
