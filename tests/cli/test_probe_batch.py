"""The commands on batch sizes: luthier probe batch-size, noise-scale and scaling."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from luthier.cli import app

SMALL = ("--set", "units=8", "--set", "layers=1", "--set", "epochs=16", "--device", "cpu")
QUICK = {
    "batch-size": ("--seconds", "0.1"),
    "noise-scale": ("--samples", "200", "--set", "epochs=2"),
    "scaling": ("--repeats", "2", "--epochs", "1", "--set", "lr=0.1"),
}
by_command = pytest.mark.parametrize("command", QUICK)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def probe(command: str, *args: str) -> tuple[int, str, str]:
    given = ["probe", command, "digits", *SMALL, *QUICK[command], *args]
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, given)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("command", "words", "drawn"),
    [
        ("batch-size", "Full speed begins at batch size", "largest that fits"),
        ("noise-scale", "Epoch 1: the noise scale is", "gradient noise scale"),
        ("scaling", "batch", "short trainings"),
    ],
)
def test_the_answer_is_told_in_words_and_drawn(command: str, words: str, drawn: str) -> None:
    code, out, err = probe(command, "--picture", "found.html")
    assert code == 0, err
    assert words in " ".join(out.split())
    assert drawn in Path("found.html").read_text()
    assert err


@by_command
def test_json_is_one_document(command: str) -> None:
    code, out, err = probe(command, "--json", "--quiet")
    assert (code, err) == (0, "")
    assert isinstance(json.loads(out)["reliable"], bool)


@by_command
def test_what_the_user_can_mend_exits_with_2(command: str) -> None:
    for arguments, words in ((("--batch-size", "2000"), "there are 1437 training"), (("--picture", "x.gif"), ".html")):
        code, out, err = probe(command, *arguments)
        assert (code, out) == (2, "")
        assert words in err


@by_command
def test_help_teaches_by_example(command: str) -> None:
    result = CliRunner(env={"COLUMNS": "100"}).invoke(app, ["probe", command, "--help"])
    assert f"luthier probe {command} digits" in result.stdout
