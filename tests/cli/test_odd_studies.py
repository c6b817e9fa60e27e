"""Studies with little or nothing in them: each command says so, in either language, and none ends in a traceback."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from typer.testing import CliRunner

from luthier import Space, confirm, explain, load_result, load_task, log_uniform, write_report
from luthier.cli import app
from luthier.errors import LuthierError
from luthier.hyperparameters import complete
from luthier.records import Outcome, Point, Slice, SliceResult, Status
from luthier.report.document import study_page
from luthier.study import Study
from luthier.tuning.source import write_source

TASKS = Path(__file__).parent.parent / "tuning" / "small_tasks.py"
NAN = float("nan")
COMMANDS = ("explain", "report", "confirm", "export", "export --format yaml", "export --format csv", "show")

Metrics = list[list[float]]


def study(folder: Path, trainings: Metrics, status: Status = Status.DONE, storage: str | None = None) -> Study:
    """A study of the small task whose trainings show these metrics; it is left open."""
    task = load_task(f"{TASKS}:small")
    space = Space(lr=log_uniform(1e-3, 1), epochs=2)
    opened = Study.open(
        folder,
        name=task.name,
        task=task.describe(),
        space=space.to_json(),
        direction=task.direction,
        metric=task.metric_name,
        seed=0,
        search="freeze-thaw",
        storage=storage,
    )
    write_source(folder, task, task.config(complete({"epochs": 2})), storage)
    for number, metrics in enumerate(trainings):
        config = task.config(complete({"lr": 0.01 * (1 + number), "epochs": 2}))
        cut = Slice(number, config, 0.0, 2.0, 0)
        opened.begin(cut)
        points = tuple(Point(i + 1.0, 0.5, 0.6, metric, config.lr, 32, 0.01) for i, metric in enumerate(metrics))
        message = "" if status is Status.DONE else "the training loss [red] is nan {x} <b>"
        opened.add_result(SliceResult(cut, points, Outcome(status, message), 0.02), 1.0 + number)
        opened.end(number, status, message)
    return opened


def nothing(folder: Path) -> None:
    study(folder, []).close()


def begun(folder: Path) -> None:
    """A training that was begun and killed before its first evaluation."""
    opened = study(folder, [])
    config = load_task(f"{TASKS}:small").config(complete({"epochs": 2}))
    opened.begin(Slice(0, config, 0.0, 2.0, 0))
    opened.close()


def one(folder: Path) -> None:
    study(folder, [[0.5, 0.6]]).close()


def one_hyperparameter(folder: Path) -> None:
    study(folder, [[0.5, 0.5 + n / 100] for n in range(24)]).close()


def diverged(folder: Path) -> None:
    study(folder, [[], [], []], Status.DIVERGED).close()


def not_a_number(folder: Path) -> None:
    study(folder, [[NAN, NAN], [NAN, NAN]]).close()


ODD: dict[str, tuple[Callable[[Path], None], str, str, bool]] = {
    # how it is made, what the page says in English and in Chinese, whether there is a winner
    "nothing": (nothing, "No training has been evaluated yet", "还没有任何训练完成评估", False),
    "begun": (begun, "No training has been evaluated yet", "还没有任何训练完成评估", False),
    "one": (one, "Keep your own setting", "保留您自己的设置", True),
    "one hyperparameter": (one_hyperparameter, "How much each one mattered", "各自有多重要", True),
    "diverged": (diverged, "All 3 trainings failed", "全部 3 次训练", False),
    "not a number": (not_a_number, "No training has a score that is a number", "没有任何训练得到有效的分数", False),
}


@pytest.fixture(params=ODD)
def odd(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an odd study, which lies in the folder of that name."""
    monkeypatch.chdir(tmp_path)
    ODD[request.param][0](tmp_path / "odd")
    return str(request.param)


def run(*args: str) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_every_command_tells_of_it(odd: str) -> None:
    has_winner = ODD[odd][3]
    for command in COMMANDS:
        name, *rest = command.split()
        code, out, err = run(name, "odd", *rest, *(["--quiet", "--seeds", "2"] if name == "confirm" else []))
        told = f"{odd}: {command}: {code} {out} {err}"
        assert "unexpected" not in err, told
        if name in ("explain", "report") or has_winner or (command.endswith("csv") and odd != "nothing"):
            assert (code, err) == (0, ""), told
        elif name == "show":
            assert code == 1, told
            assert "nothing to show yet" in out, told
        else:
            assert code == 2, told
            assert re.search("has no winner|nothing to confirm|no training yet", err), told
            assert err.count("\n") == 1, told


def test_json_and_ranges_too(odd: str) -> None:
    assert json.loads(run("show", "odd", "--json")[1])["study_folder"] == "odd"
    assert isinstance(json.loads(run("explain", "odd", "--json")[1])["findings"], list)
    assert {row["name"] for row in json.loads(run("show", "odd", "--ranges", "--json")[1])["ranges"]} == {"lr"}
    assert "lr" in run("show", "odd", "--ranges")[1]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_and_the_findings_say_so_in_either_language(odd: str, lang: str) -> None:
    page = write_report("odd", f"{lang}.html", lang).read_text()
    assert ODD[odd][1 if lang == "en" else 2] in page
    assert run("report", "odd", "--lang", lang, "--out", "other.html")[0] == 0
    assert run("explain", "odd", "--lang", lang)[0] == 0
    assert all(f.sentence and f.next_step for f in explain("odd", lang))
    assert f'data-live="{lang}"' in study_page(Path("odd"), None, lang, live=lang), "as luthier ui serves it"


def test_python_gives_the_same_answers(odd: str) -> None:
    result = load_result("odd")
    assert (result.best is not None) is ODD[odd][3]
    assert (result.recommendation is not None) is ODD[odd][3]
    if not ODD[odd][3]:
        with pytest.raises(LuthierError, match="nothing to confirm"):
            confirm("odd")


def test_a_study_that_another_process_is_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    writing = study(tmp_path / "odd", [[0.5, 0.6], [0.6, 0.7]])
    writing.flush()
    try:
        with (tmp_path / "odd" / "study.journal").open("ab") as file:
            file.write(b'{"op_code": 6, "half')  # a line under way
        for command in COMMANDS:
            name, *rest = command.split()
            code, out, err = run(name, "odd", *rest, *(["--quiet", "--seeds", "2"] if name == "confirm" else []))
            if name == "confirm":  # it would write too
                assert (code, err.count("\n")) == (2, 1), err
                assert "in use by another process" in err
            else:
                assert (code, err) == (0, ""), f"{command}: {out} {err}"
        assert load_result("odd").trainings == 2
        assert "0.7000" in study_page(Path("odd"), lang="zh")
    finally:
        writing.close()


def test_a_study_in_a_database_is_named_with_it_wherever_a_command_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = "sqlite:///study.db"
    study(tmp_path / "odd", [[0.5, 0.6], [0.6, 0.7]], storage=storage).close()
    for command in COMMANDS:
        name, *rest = command.split()
        more = ["--quiet", "--seeds", "2"] if name == "confirm" else []
        code, out, err = run(name, "odd", "--storage", storage, *rest, *more)
        assert (code, err) == (0, ""), f"{command}: {out} {err}"
        if name == "show":
            assert f"luthier explain odd --storage {storage}" in " ".join(out.split())
    page = write_report("odd", "page.html", storage="sqlite:///study.db").read_text()
    assert "luthier export odd --storage sqlite:///study.db" in page
    code, _, err = run("explain", "odd", "--storage", "sqlite:///none.db")
    assert (code, err.count("\n")) == (2, 1)
    assert not Path("none.db").exists()
    for command in ("explain", "report --out other.html", "confirm", "export --out other.py", "show"):
        name, *rest = command.split()
        code, _, err = run(name, "odd", *rest)
        assert (code, err.count("\n")) == (2, 1), err
        assert "the study in odd is kept in sqlite:///study.db; give its URL, too: --storage URL" in err


def test_a_database_of_one_study_needs_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    storage = "sqlite:///study.db"
    study(tmp_path / "luthier-studies" / "newer", []).close()
    study(tmp_path / "luthier-studies" / "small", [[0.5, 0.6], [0.6, 0.7]], storage=storage).close()
    study(tmp_path / "luthier-studies" / "newer", []).close()
    code, out, err = run("show", "--storage", storage, "--json")
    assert (code, err, json.loads(out)["study_folder"]) == (0, "", "luthier-studies/small")
    assert json.loads(run("show", "--storage", storage, "--ranges", "--json")[1])["ranges"]
    assert run("explain", "--storage", storage)[0] == 0
    optuna.create_study(storage=storage, study_name="another")
    code, _, err = run("show", "--storage", storage)
    assert (code, err.count("\n")) == (2, 1)
    assert "it holds 'small', 'another'; give the folder of the one that you mean" in " ".join(err.split())
    for command in ("show", "explain", "show --ranges"):
        assert run(*command.split(), "luthier-studies/small", "--storage", storage)[0] == 0


def test_a_foreign_study_of_two_objectives_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = optuna.create_study(directions=["minimize", "maximize"], storage="sqlite:///two.db", study_name="two")
    made.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 1.0), n_trials=2)
    for command in COMMANDS:
        name, *rest = command.split()
        code, _, err = run(name, "odd", "--storage", "sqlite:///two.db", *rest)
        assert (code, err.count("\n")) == (2, 1), err
        assert "was not made by Luthier" in err
