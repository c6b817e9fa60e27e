import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from luthier.cli import app
from luthier.hyperparameters import HYPERPARAMETERS

SMALL = ("--set", "units=16", "--set", "layers=1", "--device", "cpu")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(*args: str) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["train", "digits", *SMALL, *args])
    return result.exit_code, result.stdout, result.stderr


def test_what_is_given_is_trained_and_options_win_over_the_file() -> None:
    Path("mine.yaml").write_text("lr: 1e-3\nbatch_size: 32\nepochs: 9\nnesterov: true\nmomentum: 0.5\n")
    given = ("--config", "mine.yaml", "--epochs", "3", "--schedule", "exponential", "--gamma", "0.95", "--lr", "0.1")
    code, out, err = train(*given, "--json")
    assert code == 0, err
    document = json.loads(out)
    expected = {"lr": 0.1, "batch_size": 32, "epochs": 3, "schedule": "exponential", "gamma": 0.95, "nesterov": True}
    assert {name: document["config"][name] for name in expected} == expected
    assert document["config"]["units"] == 16
    assert document["curve"]["epoch"] == [1, 2, 3]
    assert document["curve"]["lr"][2] < document["curve"]["lr"][0] == pytest.approx(0.1, rel=0.1)
    assert document["weights"] is None
    assert set(HYPERPARAMETERS) <= set(document["config"])


def test_the_result_is_one_screen() -> None:
    code, out, err = train("--epochs", "2", "--lr", "0.1", "--nesterov", "--momentum", "0.9", "--folder", "kept")
    assert code == 0
    assert "epoch 1 of 2: accuracy 0." in err
    assert "at epoch 2 of 2" in out
    assert "momentum 0.9, nesterov yes" in " ".join(out.split())
    assert "accuracy by epoch" in out
    assert Path("kept/best/model.pt").is_file()
    assert "kept/best/model.pt" in out


RANDOM = """
import torch
from luthier import Task

class Noisy(torch.utils.data.Dataset):
    def __len__(self):
        return 20
    def __getitem__(self, i):
        return torch.randn(4), i % 2

task = Task(lambda config: torch.nn.Linear(4, 2), Noisy(), 0.2)
"""


def test_a_share_of_random_samples_is_warned_of_once() -> None:
    Path("noisy.py").write_text(RANDOM)
    arguments = ["train", "noisy.py:task", "--epochs", "2", "--batch-size", "4", "--device", "cpu"]
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("warning: validation is 0.2 of a Dataset that gives other samples") == 1


def test_what_has_no_effect_is_warned_of_where_it_was_typed() -> None:
    Path("mine.yaml").write_text("min_delta: 0.1\nmomentum: 0.5\n")  # exported from a search, perhaps
    code, out, err = train("--epochs", "1", "--gamma", "0.9", "--set", "power=3", "--config", "mine.yaml", "--quiet")
    assert code == 0
    assert err == (
        "warning: power is 3, which has no effect: it acts with schedule polynomial, but schedule is constant\n"
        "warning: gamma is 0.9, which has no effect: it acts with schedule exponential, step or plateau, "
        "but schedule is constant\n"
    )
    assert "gamma" not in out
    assert "momentum 0.5" in out


def test_that_it_stopped_early_is_told() -> None:
    code, out, err = train("--epochs", "30", "--patience", "1", "--min-delta", "9", "--quiet")
    assert (code, err) == (0, "")
    told = " ".join(out.split())
    assert "Stopped early after epoch 2 of 30: the validation loss has not fallen since epoch 1." in told


def test_a_training_that_diverges_says_why_and_exits_with_1() -> None:
    code, _, err = train("--epochs", "2", "--lr", "1e12", "--quiet")
    assert code == 1
    assert err.startswith("error: ")
    assert "loss" in err
    assert err.count("\n") == 1


def test_the_same_seed_gives_the_same_curve_and_another_one_does_not() -> None:
    curves = [json.loads(train("--epochs", "1", "--seed", seed, "--json")[1])["curve"]["val_loss"] for seed in "445"]
    assert curves[0] == curves[1] != curves[2]


BAD = """
import torch
from torch import nn
from luthier import Task

x, y = torch.randn(40, 3), torch.randint(0, 2, (40,))

def broken(outputs, targets):
    return outputs.no_such_thing

raises = Task(lambda config: nn.Linear(3, 2), (x, y), (x, y), metric=broken, direction="maximize")
nothing = Task(lambda config: nn.Linear(3, 2), (x, y), (x, y), metric=lambda o, t: float("nan"), direction="maximize")
"""


def test_a_metric_that_raises_shows_where_with_debug() -> None:
    Path("bad.py").write_text(BAD)
    run = CliRunner(env={"COLUMNS": "80"})
    short = run.invoke(app, ["train", "bad.py:raises", "--epochs", "1", "--quiet"])
    assert short.exit_code != 0
    assert "no_such_thing" in short.stderr
    assert "Traceback" not in short.stderr
    long = run.invoke(app, ["train", "bad.py:raises", "--epochs", "1", "--quiet", "--debug"])
    assert "Traceback" in long.stderr
    assert "return outputs.no_such_thing" in long.stderr


def test_a_metric_that_is_never_a_number_is_told() -> None:
    Path("bad.py").write_text(BAD)
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["train", "bad.py:nothing", "--epochs", "1", "--quiet"])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "that is a finite number" in result.stderr
