import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from luthier.cli import app

SPACE = "units: 16\nlayers: 1\nepochs: 2\nlr: {low: 0.01, high: 1, log: true}\n"


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small space in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("space.yaml").write_text(SPACE)
    return "space.yaml"


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, list(args))
    return result.exit_code, result.stdout, result.stderr


def tune(space: str, *args: str) -> tuple[int, str, str]:
    return run("tune", "digits", "--space", space, "--device", "cpu", *args)


def test_a_search_is_shown_continued_shown_again_and_exported(space: str) -> None:
    code, out, err = tune(space, "--budget", "2trainings", "--set", "lr=0.02")
    assert code == 0, err
    assert "the best after 2 trainings" in out
    assert "baseline" in out
    assert "winner" in out
    assert f"luthier tune digits --space {space}" in out
    assert "--budget 4trainings" in " ".join(out.split())
    assert "study in luthier-studies/digits" in err

    code, out, err = tune(space, "--budget", "4trainings", "--set", "lr=0.02", "--quiet")
    assert (code, err) == (0, "")
    assert "the best after 4 trainings" in out

    code, again, _ = run("show")
    assert code == 0
    assert again.splitlines()[0] == out.splitlines()[0]
    code, table, _ = run("show", "--ranges")
    assert code == 0
    assert "your setting" in table
    rows = json.loads(run("show", "luthier-studies/digits", "--ranges", "--json")[1])["ranges"]
    assert {"name", "range", "range_source", "expected", "expected_source"} == set(rows[0])
    document = json.loads(run("show", "luthier-studies/digits", "--json")[1])
    assert document["trainings"] == 4
    assert document["baseline"]["config"]["lr"] == 0.02

    assert run("export") == (0, "wrote winner.py; run it with: python winner.py\n", "")
    assert run("export") == (2, "", "error: winner.py is there already; name another file with --out\n")
    answer = subprocess.run([sys.executable, "winner.py"], capture_output=True, check=True, text=True).stdout
    assert f"{document['best']['point']['metric']:.4f}"[:5] in answer


def test_json_is_one_document_on_stdout(space: str) -> None:
    Path("mine.toml").write_text("lr = 0.5\n")
    args = ("--budget", "2trainings", "--baseline", "mine.toml", "--folder", "study", "--seed", "3", "--json")
    code, out, err = tune(space, *args)
    document = json.loads(out)
    assert code == 0
    assert document["study_folder"] == "study"
    assert document["baseline"]["config"]["lr"] == 0.5
    assert document["baseline"]["seed"] == 3
    assert len(document["best"]["curve"]["metric"]) == 2
    assert Path(document["best"]["weights"]).is_file()
    assert "study in study" in err


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize("code", [0, 3])
def test_user_code_that_exits_is_a_failure(code: int) -> None:
    Path("leaving.py").write_text(
        "import sys, torch, luthier\n"
        "class Leaving(torch.nn.Linear):\n"
        "    def forward(self, x):\n"
        f"        return sys.exit({code}) if self.training else super().forward(x)\n"
        "x = torch.arange(64.0).reshape(64, 1) / 64\n"
        "task = luthier.Task(lambda config: Leaving(1, 1), (x, 2 * x), loss='MSELoss')\n"
    )
    given = ("tune", "leaving.py:task", "--budget", "4epochs", "--set", "epochs=2", "--workers", "1", "--device", "cpu")
    exit_code, out, err = run(*given)
    assert (exit_code, out) == (1, "")
    assert f"error: unexpected SystemExit: {code} (leaving.py, line 4)" in err


def test_a_task_from_a_file(space: str) -> None:
    Path("mine.py").write_text(
        "import torch, luthier\n"
        "x = torch.arange(64.0).reshape(64, 1) / 64\n"
        "task = luthier.Task(lambda config: torch.nn.Linear(1, 1), (x, 2 * x), loss='MSELoss')\n"
    )
    code, out, err = run("train", "mine.py:task", "--epochs", "2", "--batch-size", "16", "--json", "--device", "cpu")
    assert code == 0, err
    assert json.loads(out)["outcome"]["status"] == "done"

    Path("broken.py").write_text("task = 1 / 0\n")
    code, out, err = run("train", "broken.py:task")
    assert (code, out) == (2, "")
    told = "error: broken.py cannot be loaded, ZeroDivisionError: division by zero (broken.py, line 1); mend it\n"
    assert err == told
    _, _, err = run("train", "broken.py:task", "--debug")
    assert err.startswith("Traceback")
    assert err.endswith(told)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_ctrl_c_ends_the_search_with_its_result_and_the_same_command_goes_on(space: str, workers: str) -> None:
    args = ["tune", "digits", "--space", space, "--budget", "1h", "--device", "cpu", "--workers", workers, "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "luthier", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        while "best accuracy" not in (line := process.stderr.readline()):
            assert line, "the search ended before it was interrupted"
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "stopping after this step; again to quit at once" in err
    document = json.loads(out)
    assert document["interrupted"]
    assert document["best"]["point"]["metric"] > 0.1

    args[args.index("1h")] = f"{document['trainings'] + 1}trainings"
    code, out, err = run(*args)
    assert code == 0
    assert f"continued after {document['trainings']} trainings" in err
    assert json.loads(out)["trainings"] == document["trainings"] + 1


def test_a_study_of_another_space_is_not_continued(space: str) -> None:
    assert tune(space, "--budget", "1trainings", "--quiet")[0] == 0
    Path("other.yaml").write_text(SPACE.replace("units: 16", "units: 8"))
    code, out, err = tune("other.yaml", "--budget", "2trainings", "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_workers_are_a_number_or_auto(space: str) -> None:
    code, _, err = tune(space, "--budget", "2trainings", "--workers", "many")
    assert code == 2
    assert err.startswith("error: workers is 'many'; give a number, 1 or more, or \"auto\"")
    code, out, err = tune(space, "--budget", "4trainings", "--workers", "2")
    assert code == 0, err
    assert "the best after 4 trainings" in out
    code, out, err = run("confirm", "--top", "1", "--seeds", "2", "--workers", "2")
    assert code == 0, err
