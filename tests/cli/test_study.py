import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from luthier.cli import app

SMALL = ("--set", "units=8", "--set", "layers=1", "--set", "epochs=5", "--device", "cpu", "--threads", "1")


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["study", "digits", *args])
    return result.exit_code, result.stdout, result.stderr


def test_a_study_is_told_in_both_languages_and_as_json(tmp_path: Path) -> None:
    where = ("--folder", str(tmp_path / "study"), "--budget", "150epochs", *SMALL)
    code, out, err = run(*where, "--json")
    assert code == 0, err
    document = json.loads(out)
    assert len(document["claims"]) == 11
    assert document["claims"][0]["told"]["claim"] == "a large learning rate oscillates"
    assert {c["answer"] for c in document["claims"]} <= {"holds", "does not hold", "undecided"}
    assert document["epochs"] <= 150
    code, out, _ = run(*where, "--quiet")
    assert code == 0
    assert "of 11 claims hold on digits" in " ".join(out.split())
    assert "a small learning rate crawls" in out
    code, out, _ = run(*where, "--quiet", "--lang", "zh")
    assert code == 0
    assert "学习率过小收敛很慢" in out


def test_a_study_that_measured_nothing_says_so(tmp_path: Path) -> None:
    where = ("--folder", str(tmp_path / "study"), *SMALL, "--budget", "1epochs")
    code, out, _ = run(*where, "--quiet")
    assert code == 0
    assert out.count("not measured: the budget ended before") == 11
    code, out, _ = run(*where, "--json")
    document = json.loads(out)
    assert (code, document["extent"]) == (0, {"replicates": 0, "epochs": 0, "complete": False})
    assert document["needed"] == "420epochs"
    assert "about --budget 420epochs" in document["next_step"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--lang", "fr"), "language is 'fr'; it must be one of en, zh"),
        (("--budget", "0s"), "it must be more than nothing"),
        (("--set", "lr"), "--set was given 'lr'"),
    ],
)
def test_bad_input_is_one_sentence(args: tuple[str, ...], message: str) -> None:
    code, _, err = run(*args)
    assert code == 2
    assert message in err
