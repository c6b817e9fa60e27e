"""What goes wrong in a search: in the model, with the memory, on the disk."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from luthier import Space, choice, integer, load_result, log_uniform, tune
from luthier.errors import CheckpointError, StorageError, StudyError, TooManyFailures
from luthier.events import PointAdded, SliceFinished, Warned
from luthier.records import Status
from luthier.study import Study
from luthier.tuning.winner import load_winner


def statuses(folder):
    return [result.outcome.status for result in Study.load(folder).results()]


@pytest.mark.parametrize("search", ["hyperband", "tpe+median"])
def test_a_model_that_fails_in_some_configs(load, tmp_path, search):
    space = Space(units=integer(2, 9), lr=log_uniform(1e-2, 1), epochs=3)
    result = tune(load("failing"), space, budget="60 epochs", search=search, folder=tmp_path)
    assert result.epochs + result.failed == result.budget.spent == 60
    assert 0 < result.failed < result.trainings
    assert result.best.config.units <= 8
    failed = [t for t in Study.load(tmp_path).optuna_study.trials if t.state.name == "FAIL"]
    assert len(failed) == result.failed == statuses(tmp_path).count(Status.FAILED)
    for trial in failed:
        assert trial.user_attrs["message"].startswith("ValueError: too wide for this world (small_tasks.py, line ")
        outcome = trial.user_attrs["slice:0000"]["outcome"]
        assert outcome["traceback"].startswith("Traceback (most recent call last)")
        assert "in act" in outcome["traceback"]


def test_three_failures_in_a_row_end_the_search_and_not_the_study(load, tasks, tmp_path):
    space = Space(units=integer(9, 99), epochs=3)
    for total in (3, 6):
        with pytest.raises(
            TooManyFailures,
            match=rf"3 trainings in a row failed, the last one with ValueError: too wide.*in {tmp_path}",
        ) as error:
            tune(load("failing"), space, budget="60 epochs", folder=tmp_path, baseline={"units": 9})
        assert "in act" in "".join(error.value.__notes__)  # the user's own traceback, with --debug
        assert statuses(tmp_path) == [Status.FAILED] * total
        result = load_result(tmp_path)
        assert (result.best, result.failed, result.trainings) == (None, total, total)
    mended = tune(tasks.make(), space, budget="20 epochs", folder=tmp_path, baseline={"units": 9})
    assert mended.best.config.units > 8
    assert (mended.epochs, mended.budget.spent, mended.baseline) == (14, 20, None)


def test_two_failures_in_a_row_are_bad_luck(load, tmp_path):
    space = Space(units=choice(8, 9, 10), epochs=1)
    result = tune(load("failing"), space, budget="60 epochs", folder=tmp_path, baseline={"units": 9})
    assert result.failed == 2
    assert result.best.config.units == 8
    assert result.gain is None


def test_a_metric_that_is_never_a_number_ends_a_search_at_once(tasks, tmp_path):
    task = tasks.make(metric=lambda outputs, targets: float("nan"), direction="maximize")
    said = []
    with pytest.raises(TooManyFailures, match="10 trainings were evaluated and none has a score"):
        tune(task, Space(lr=log_uniform(1e-2, 1), epochs=3), budget="60 epochs", folder=tmp_path, on_event=said.append)
    assert len([event for event in said if isinstance(event, Warned)]) == 1
    assert len({result.slice.training for result in Study.load(tmp_path).results()}) == 10


def test_a_value_that_torch_refuses_ends_its_training_only(tasks, tmp_path):
    task = tasks.make(lambda config: nn.Linear(8, 3, bias=config["bias"]), defaults={"bias": False, "batch_size": 32})
    space = Space(bias=choice(False, True), optimizer="Muon", epochs=1)
    result = tune(task, space, budget="60 epochs", folder=tmp_path)
    assert result.failed == 1
    assert any("torch.optim.Muon refuses" in r.outcome.message for r in Study.load(tmp_path).results())


@pytest.mark.parametrize("search", ["hyperband", "random"])
def test_divergence_never_ends_a_search(task, tmp_path, search):
    space = Space(lr=log_uniform(1e3, 1e8), batch_size=choice(16, 32, 64), epochs=9)
    result = tune(task, space, budget="15 epochs", search=search, folder=tmp_path, baseline={"lr": 0.1})
    assert statuses(tmp_path).count(Status.DIVERGED) == result.failed > 5
    assert result.best.training == 0
    assert (result.epochs, result.budget.spent) == (9, 15)


@pytest.mark.parametrize("search", ["hyperband", "random", "tpe+median"])
def test_lack_of_memory_never_ends_a_search(load, tmp_path, search):
    space = Space(lr=log_uniform(1e-2, 1), batch_size=integer(16, 64), epochs=3)
    result = tune(load("hungry"), space, budget="40 epochs", search=search, folder=tmp_path)
    found = [r for r in Study.load(tmp_path).results() if r.outcome.status is Status.OUT_OF_MEMORY]
    assert 0 < len(found) == result.failed
    assert all(r.slice.config.batch_size > 32 and "allocate memory" in r.outcome.message for r in found)
    sizes = [r.slice.config.batch_size for r in found]
    assert sizes == sorted(sizes, reverse=True), "a batch that was too large was tried again"
    assert result.epochs + result.failed == result.budget.spent
    assert 40 - 3 < result.budget.spent <= 40, "what is left is too little to run a setting again"


def test_a_training_that_diverges_may_win_with_its_best_epoch(tasks, tmp_path):
    class LateFailure(tasks.Counted):
        def act(self, inputs):
            self.steps = getattr(self, "steps", 0) + 1
            if self.steps > 10:
                raise ValueError("late")

    before = tasks.trained["batches"]
    result = tune(tasks.make(LateFailure), Space(epochs=5), budget="2 trainings", folder=tmp_path)
    assert (result.best.training, result.best.curve.epoch, result.failed) == (0, 2, 1)
    result.best.load_model()
    assert tasks.trained["batches"] - before == 11, "its weights were at hand"


@pytest.mark.parametrize("where", ["", "study.journal/x", "checkpoints", "best"])
def test_a_file_where_a_folder_should_be(run, tmp_path, where):
    folder = tmp_path / "study"
    (folder / where).parent.mkdir(parents=True, exist_ok=True)
    if where == "study.journal/x":
        where = "study.journal"
    else:
        (folder / where).write_text("mine")
    with pytest.raises((StudyError, CheckpointError, StorageError), match=str(folder)):
        run(budget="3 epochs")
    assert (folder / where).is_dir() or (folder / where).read_text() == "mine"


PROGRAM = """
import resource, sys
import luthier.executors._pace
from luthier import Space, load_task, log_uniform, tune
from luthier.errors import LuthierError
limit = int(sys.argv[3])  # a file may not grow beyond this: what a full disk does, for one process
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if sys.argv[4] == "frozen":
    luthier.executors._pace.FREEZE_SECONDS = luthier.executors._pace.FREEZE_AFTER_COSTS = -1.0
try:
    tune(load_task(sys.argv[1]), Space(lr=log_uniform(1e-3, 1), epochs=9), budget="14 epochs", folder=sys.argv[2],
         baseline={"units": int(sys.argv[5])})
except LuthierError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("limit", "frozen", "units", "error", "message"),
    [
        (7_000, "", 8, StorageError, "the study can no longer be written"),
        (60_000, "", 4000, StorageError, "the winner's weights cannot be written to"),
        (60_000, "frozen", 4000, CheckpointError, "the checkpoint of training 0 cannot be written in"),
    ],
)
def test_a_full_disk_is_one_clear_error_and_what_was_there_stays(
    task, recorded, tmp_path, limit, frozen, units, error, message
):
    folder, space = tmp_path / "study", Space(lr=log_uniform(1e-3, 1), epochs=9)
    tune(task, space, budget="1 epochs", folder=folder, baseline={"units": units})
    winner, weights = load_winner(folder), (folder / "best" / "model.pt").read_bytes()
    assert winner is not None
    words = [sys.executable, "-c", PROGRAM, f"{Path(__file__).with_name('small_tasks.py')}:small", str(folder)]
    source = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*words, str(limit), frozen, str(units)], capture_output=True, text=True, env={**os.environ, **source}
    )
    assert (done.returncode, done.stdout.split()[:1]) == (0, [error.__name__]), done.stderr
    assert message in done.stdout
    if "winner" in message:
        assert (load_winner(folder), (folder / "best" / "model.pt").read_bytes()) == (winner, weights)
    assert [r.outcome.status for r in Study.load(folder).results() if r.outcome.status is Status.FAILED] == []
    load_result(folder, task)

    result = tune(task, space, budget="14 epochs", folder=folder, baseline={"units": units})  # there is room again
    result.best.load_model()
    tune(task, space, budget="14 epochs", folder=tmp_path / "whole", baseline={"units": units})
    assert recorded(folder) == recorded(tmp_path / "whole")


@pytest.mark.usefixtures("nothing_stays_in_memory", "every_interval_is_frozen")
def test_lost_and_damaged_checkpoints_change_nothing(run, recorded, tmp_path):
    def damage(event):
        if isinstance(event, SliceFinished):
            for number, file in enumerate(sorted((tmp_path / "study" / "checkpoints").rglob("*.pt"))):
                file.unlink() if number % 2 else file.write_bytes(file.read_bytes()[:100])

    run(budget="24 epochs", search="hyperband", on_event=damage)
    run(budget="24 epochs", search="hyperband", folder=tmp_path / "whole")
    assert recorded(tmp_path / "study") == recorded(tmp_path / "whole")


def test_a_training_that_cannot_be_repeated_ends_in_failure(tasks, endless, tmp_path, monkeypatch):
    """Its checkpoint is lost, and trained again the model fails: no point of the curve is told twice."""
    monkeypatch.setattr("luthier.executors._pace.LIVE_BYTES", 0)

    class Moody(tasks.Counted):
        def act(self, inputs):
            if moods:
                moods.clear()
                raise ValueError("not today")

    moods, epochs = [], {}

    def listen(event):
        if isinstance(event, PointAdded):
            assert event.point.epoch > epochs.get(event.training, 0)
            epochs[event.training] = event.point.epoch
        if isinstance(event, SliceFinished) and event.result.slice.training >= 9:
            moods.append(True)  # whatever is trained next fails at its first batch

    with pytest.raises(TooManyFailures):
        tune(tasks.make(Moody), endless, budget="90 epochs", search="hyperband", folder=tmp_path, on_event=listen)
    failed = [r for r in Study.load(tmp_path).results() if r.outcome.status is Status.FAILED]
    assert len(failed) >= 3
    assert all(r.points == () for r in failed)


def test_the_weights_of_a_result_are_those_of_its_point(run, task, tmp_path):
    """Between two writes of a running study another process may find the one and not yet the other."""
    result = run(budget="20 epochs")
    file = tmp_path / "study" / "best" / "winner.json"
    file.write_text(file.read_text().replace(f'"epoch": {result.best.point.epoch}', '"epoch": 99.0'))
    found = load_result(tmp_path / "study", task)
    assert (found.best.point, found.best.weights) == (result.best.point, None)
    assert replace(found.best, weights=result.best.weights) == result.best
