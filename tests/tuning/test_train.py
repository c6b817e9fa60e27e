import time

import pytest
import torch

from luthier import Options, Space, load_result, load_task, log_uniform, train, tune
from luthier.errors import ConfigError, StudyError, TaskError
from luthier.records import Status
from luthier.training import evaluate
from luthier.tuning.winner import Winner, load_winner


def test_a_training_to_its_end(task):
    told = []
    result = train(task, {"lr": 0.1, "epochs": 5}, on_point=told.append)
    assert result.outcome.status is Status.DONE
    assert result.curve.points == tuple(told)
    assert [p.epoch for p in told] == [1, 2, 3, 4, 5]
    assert (result.config.lr, result.config.units) == (0.1, 8)
    assert (result.metric, result.direction, result.weights) == ("accuracy", "maximize", None)
    assert result.best == result.curve.best("maximize")


def test_the_best_epochs_weights(task, tmp_path):
    result = train(task, {"lr": 2.0, "epochs": 9}, folder=tmp_path, seed=3)
    assert result.best != result.curve.points[-1]
    assert result.weights == tmp_path / "best" / "model.pt"
    assert load_winner(tmp_path) == Winner(0, 3, result.config, result.best)
    model = task.build(result.config)
    model.load_state_dict(torch.load(result.weights, weights_only=True))
    source = task.validation.source(torch.device("cpu"))
    found = evaluate(model, source, torch.nn.CrossEntropyLoss(), task.metric, Options(), 4096)
    assert found == (result.best.val_loss, result.best.metric)


def test_stop(task, tmp_path):
    told = []
    result = train(task, on_point=told.append, stop=lambda: len(told) == 3, folder=tmp_path)
    assert (result.outcome.status, len(result.curve)) == (Status.PAUSED, 3)
    assert result.weights.is_file()
    assert train(task, stop=lambda: True).best is None


def test_early_stopping(task):
    result = train(task, {"patience": 2, "min_delta": 100.0, "epochs": 30})
    assert result.outcome.status is Status.STOPPED
    assert result.curve.epoch == 3
    assert "has not fallen since epoch 1" in result.outcome.message


@pytest.mark.parametrize(
    ("name", "config", "status"),
    [
        ("small", {"lr": 1e8}, Status.DIVERGED),
        ("failing", {"units": 9}, Status.FAILED),
        ("hungry", {"batch_size": 64}, Status.OUT_OF_MEMORY),
    ],
)
def test_what_ends_a_training_is_told_in_its_outcome(load, tmp_path, name, config, status):
    result = train(load(name), config, folder=tmp_path)
    assert result.outcome.status is status
    assert result.outcome.message
    assert (result.weights is None) == (result.best is None)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_a_callback_raises_is_raised(task, error):
    def fail(point=None):
        raise error

    with pytest.raises(error):
        train(task, on_point=fail)
    with pytest.raises(error):
        train(task, stop=fail)


def test_what_can_be_seen_to_be_wrong_is_told_before(task, tmp_path):
    (tmp_path / "file").write_text("mine")
    told = []
    for error, what, more in [
        (ConfigError, "unknown hyperparameter 'learning_rate'.* 'lr'", {"config": {"learning_rate": 1}}),
        (ConfigError, "batch_size is 999", {"config": {"batch_size": 999}}),
        (ConfigError, "optimizer is 'Adamm'", {"config": {"optimizer": "Adamm"}}),
        (ConfigError, "device is", {"options": Options(device="cuda:99")}),
        (StudyError, "the weights cannot be written to .*file", {"folder": tmp_path / "file"}),
    ]:
        with pytest.raises(error, match=what):
            train(task, on_point=told.append, **more)
    with pytest.raises(TaskError, match="unknown task 'digit'"):
        train("digit")
    assert told == []


def test_a_task_by_its_name():
    began = time.perf_counter()
    result = train("digits", {"epochs": 1, "units": 16})
    assert len(result.curve) == 1
    assert result.curve.seconds <= time.perf_counter() - began


def test_it_is_training_0_of_a_search(task, run):
    searched = run(budget="9 epochs", seed=4).baseline
    alone = train(load_task(":".join(task.source[0].rsplit(":", 1))), seed=4)
    assert [p.val_loss for p in alone.curve] == [p.val_loss for p in searched.curve]


def test_a_studys_winner_is_not_written_over(task, tmp_path):
    tune(task, Space(lr=log_uniform(0.01, 1), epochs=2), budget="4 epochs", folder=tmp_path)
    kept = (tmp_path / "best" / "model.pt").read_bytes()
    with pytest.raises(StudyError, match="holds a study"):
        train(task, {"epochs": 1}, folder=tmp_path)
    assert (tmp_path / "best" / "model.pt").read_bytes() == kept


def test_the_weights_of_one_training_are_no_study(task, tmp_path):
    train(task, {"epochs": 1}, folder=tmp_path)
    with pytest.raises(StudyError, match=r"holds the weights of one 'luthier train'; .* tune TASK --budget 1trainings"):
        load_result(tmp_path)
    (tmp_path / "task.json").write_text("{}")  # a study whose journal is elsewhere
    with pytest.raises(StudyError, match=r"holds no study\.journal"):
        load_result(tmp_path)


def test_one_model_for_all_trainings_is_refused(task):
    model = task.build(task.config({}))
    task.model = lambda config: model
    with pytest.raises(TaskError, match="returns the same model each time"):
        train(task, {"epochs": 1})
    with pytest.raises(TaskError, match="returns the same model each time"):
        tune(task, Space(lr=log_uniform(0.01, 1)), budget="2 epochs")
