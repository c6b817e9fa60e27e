import subprocess
import sys

import pytest
from typer.testing import CliRunner

from luthier import __version__
from luthier.cli import app
from luthier.hyperparameters import HYPERPARAMETERS
from luthier.search import SEARCHES

COMMANDS = ["tune", "train", "show", "export", "confirm", "report", "ui"]


def run(*args: str, **env: str) -> tuple[int, str, str]:
    result = CliRunner(env={"TERM": "xterm", "COLUMNS": "80", **env}).invoke(app, list(args))
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["tune"], "missing argument"),
        (["tune", "digits", "--budgit", "3"], "no such option --budgit, did you mean --budget?"),
        (["tune", "digits", "--lr", "3"], "no such option --lr; give it as --set lr=VALUE"),
        (["tune", "digits", "--seed", "x"], "--seed"),
        (["tune", "digits", "--budget", "soon"], "the budget is 'soon'"),
        (["tune", "digits", "--search", "tpee"], "Did you mean 'tpe'?"),
        (["tune", "digits", "--set", "lr"], "--set was given 'lr'; it takes NAME=VALUE"),
        (["tune", "digits", "--space", "none.yaml"], "there is no file none.yaml"),
        (["tune", "digist"], "Did you mean 'digits'?"),
        (["train", "digits", "--learning-rate", "1"], "no such option --learning-rate, did you mean --lr?"),
        (["train", "digits", "--lr", "-1"], "lr is '-1'; it must be a number, above 0"),
        (["train", "digits", "--lr"], "option '--lr' requires an argument"),
        (["train", "digits", "--set", "unit=3"], "Did you mean 'units'?"),
        (["train", "digits", "--precision", "fp16"], "it must be float32 or bfloat16"),
        (["train", "mnist"], "--data FOLDER"),
        (["show", "nowhere"], "nowhere"),
        (["show"], "there is no study in luthier-studies"),
        (["export"], "there is no study in luthier-studies"),
        (["export", "--out", "winner.txt"], "it must end in .py"),
        (["trian"], "no such command 'trian'. Did you mean 'train'?"),
    ],
)
def test_a_wrong_command_gets_one_sentence_and_exit_code_2(
    args: list[str], told: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    code, out, err = run(*args)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", [60, 100])
def test_help_teaches_by_example_and_fits(command: str, width: int) -> None:
    code, out, _ = run(command, "--help", COLUMNS=str(width))
    assert code == 0
    assert "Examples" in out
    assert f"luthier {command}" in out.split("Examples")[1]
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out


def test_the_overview_names_commands_and_exit_codes() -> None:
    for args in ([], ["--help"], ["-h"]):
        code, out, err = run(*args)
        assert code == (0 if args else 2)
        assert all(f"{command}  " in out + err for command in COMMANDS)
        assert "130" in out + err


def test_train_has_an_option_for_every_hyperparameter() -> None:
    _, out, _ = run("train", "--help", COLUMNS="120")
    for name, h in HYPERPARAMETERS.items():
        assert f"--{name.replace('_', '-')} " in out
        assert h.help.split()[0] in out


def test_the_searches_that_help_names_exist() -> None:
    _, out, _ = run("tune", "--help", COLUMNS="160")
    named = next(line for line in out.splitlines() if "--search" in line).split("way: ")[1].split(", ...")[0]
    assert set(named.split(", ")) <= set(SEARCHES)


def test_version() -> None:
    assert run("--version")[:2] == (0, f"luthier {__version__}\n")


@pytest.mark.parametrize("color", [{"NO_COLOR": "1"}, {}])
def test_no_colours_where_nobody_sees_them(color: dict[str, str]) -> None:
    environment = {"PATH": "", "COLUMNS": "80", "PYTHONPATH": ":".join(sys.path), **color}
    args = [sys.executable, "-m", "luthier", "train", "--help"]
    assert b"\x1b[3" not in subprocess.run(args, env=environment, capture_output=True, check=True).stdout


def test_the_command_line_starts_without_torch_and_optuna() -> None:
    heavy = "{'torch', 'optuna', 'sklearn', 'scipy', 'plotly', 'sqlalchemy', 'ray'}"
    code = f"import sys, luthier.cli; print(*({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "\n"
