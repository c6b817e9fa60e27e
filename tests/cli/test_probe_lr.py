import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from luthier.cli import app
from luthier.cli.probe_progress import ProbeProgress
from luthier.probes import Progress

SMALL = ("--set", "units=16", "--set", "layers=1", "--set", "epochs=4", "--device", "cpu")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def probe(*args: str) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["probe", "lr", "digits", *SMALL, *args])
    return result.exit_code, result.stdout, result.stderr


def test_the_answer_is_marked_in_the_plot_and_told_in_words() -> None:
    code, out, err = probe("--optimizer", "AdamW", "--batch-size", "128", "--picture", "lr.html")
    assert code == 0, err
    assert "▲" in out
    assert "for AdamW at batch size 128" in " ".join(out.split())
    assert "range test 1 of 3" in err
    assert "short trainings" in Path("lr.html").read_text()


def test_json_is_one_document() -> None:
    code, out, err = probe("--json", "--quiet", "--no-confirm", "--repeats", "2")
    assert code == 0
    assert err == ""
    document = json.loads(out)
    assert document["interval"]["low"] < document["lr"] < document["interval"]["high"]
    assert len(document["curves"]) == 2
    assert document["results"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--batch-size", "2000"), "there are 1437 training samples"),
        (("--picture", "lr.gif"), "must be an .html or a .png"),
        (("--optimizer", "Adan"), "Did you mean 'Adam'?"),
    ],
)
def test_what_the_user_can_mend_exits_with_2(arguments: tuple[str, ...], words: str) -> None:
    code, out, err = probe(*arguments)
    assert code == 2
    assert words in err
    assert out == ""


def test_help_teaches_by_example() -> None:
    result = CliRunner(env={"COLUMNS": "100"}).invoke(app, ["probe", "lr", "--help"])
    assert "luthier probe lr digits" in result.stdout
    assert "lr" in CliRunner().invoke(app, ["probe", "--help"]).stdout


def test_the_progress_is_a_line_and_a_bar() -> None:
    shown = ProbeProgress("learning rate of digits")
    assert shown.line() == "learning rate of digits: starting"
    assert shown.after(Progress("range test 2 of 3", 0.1)).line() == "learning rate of digits: range test 2 of 3"
