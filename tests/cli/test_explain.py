import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from luthier import Space, digits, tune
from luthier.cli import app


@pytest.fixture
def study(tmp_path: Path) -> str:
    """The digits with a learning rate that is far too high."""
    own = {"lr": 20.0, "epochs": 8, "layers": 1, "units": 16}
    tune(digits(), Space(), baseline=own, budget="1 trainings", search="random", folder=tmp_path / "high")
    return str(tmp_path / "high")


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["explain", *args])
    return result.exit_code, result.stdout, result.stderr


def test_a_study_is_explained_in_either_language_and_as_json(study: str) -> None:
    code, out, err = run(study)
    assert code == 0, err
    assert "lr-too-high" in out
    assert "next: Try lr 2." in out
    assert "学习率" in run(study, "--lang", "zh")[1]
    findings = json.loads(run(study, "--json")[1])["findings"]
    assert {"code", "sentence", "evidence", "confidence", "next_step"} == set(findings[0])


def test_a_wrong_language_or_folder_is_one_sentence_and_exit_code_2(study: str) -> None:
    code, _, err = run(study, "--lang", "fr")
    assert (code, err) == (2, "error: the language is 'fr'; it must be one of en, zh.\n")
    assert run(study + "er")[0] == 2
