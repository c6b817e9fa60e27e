"""The commands that tell of a study: report, ui, confirm, export."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from cli.test_app import run

from luthier import Options, Space, load_task, log_uniform, tune

TASKS = Path(__file__).parent.parent / "tuning" / "small_tasks.py"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies") / "small"
    task = load_task(f"{TASKS}:small")
    tune(task, Space(lr=log_uniform(1e-3, 1), epochs=2), budget="4 trainings", folder=folder)
    return folder


def test_report_writes_one_page_and_replaces_an_old_one(study, tmp_path):
    out = tmp_path / "page.html"
    for language, sentence in (("en", "How sure is that?"), ("zh", "有多大把握？")):
        code, told, err = run("report", str(study), "--out", str(out), "--lang", language)
        assert (code, err) == (0, "")
        assert "wrote" in told
        assert sentence in out.read_text()
    assert out.stat().st_size < 5e6


def test_confirm_tells_what_to_use_and_as_json(study):
    code, out, _ = run("confirm", str(study), "--top", "1", "--seeds", "2", "--quiet")
    assert code == 0
    assert "fresh seeds it scores" in " ".join(out.split())
    code, out, _ = run("confirm", str(study), "--top", "1", "--seeds", "2", "--quiet", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["recommended"] in {c["training"] for c in document["candidates"]}
    assert all(len(c["scores"]) == 2 for c in document["candidates"])


def test_export_writes_values_that_train_takes_and_tables(study, tmp_path):
    for kind, read in (("yaml", yaml.safe_load), ("json", json.loads)):
        out = tmp_path / f"winner.{kind}"
        assert run("export", str(study), "--format", kind, "--out", str(out))[0] == 0
        values = read(out.read_text())
        assert values["epochs"] == 2
        assert values["units"] == 8
    assert run("train", f"{TASKS}:small", "--config", str(tmp_path / "winner.yaml"), "--quiet")[0] == 0
    assert run("export", str(study), "--format", "csv", "--out", str(tmp_path / "tables"))[0] == 0
    with (tmp_path / "tables" / "trainings.csv").open() as file:
        assert len(list(csv.DictReader(file))) >= 4


@pytest.mark.parametrize(("given", "threads"), [({"workers": 2}, 1), ({"options": Options(threads=3)}, 3), ({}, 1)])
def test_a_script_has_the_threads_that_the_trainings_had(tmp_path, given, threads):
    tune(f"{TASKS}:small", Space(lr=0.1, epochs=2), budget="1 trainings", folder=tmp_path / "small", **given)
    assert run("export", str(tmp_path / "small"), "--out", str(tmp_path / "winner.py"))[0] == 0
    assert f"THREADS = {threads} " in (tmp_path / "winner.py").read_text()


def test_a_script_promises_no_bits_where_the_precision_was_not_always_the_same(tmp_path):
    out, space = tmp_path / "winner.py", Space(lr=log_uniform(0.01, 1), epochs=2)
    runs = [("one", 1, "float32"), ("two", 1, "bfloat16"), ("two", 2, "bfloat16"), ("two", 3, "float32")]
    for name, budget, precision in runs:
        folder, options = tmp_path / name, Options(device="cpu", precision=precision, threads=1)
        tune(f"{TASKS}:small", space, budget=f"{budget} trainings", folder=folder, options=options)
        out.unlink(missing_ok=True)
        assert run("export", str(folder), "--out", str(out))[0] == 0
        assert ("bfloat16" in out.read_text()) == (precision == "bfloat16")
        assert ("up to rounding" in out.read_text()) == (name == "two")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["report", "--out", "page.pdf"], "it must end in .html"),
        (["report", "--lang", "fr"], "it must be one of en, zh"),
        (["export", "--format", "yml"], "Did you mean 'yaml'?"),
        (["export", "--format", "yaml", "--out", "x.py"], "it must end in .yaml"),
        (["confirm", "--seeds", "1"], "seeds from 2"),
        (["ui", "--port", "70000"], "give a number from 1024 to 65535"),
    ],
)
def test_a_wrong_value_is_one_sentence(study, args, told):
    code, _, err = run(args[0], str(study), *args[1:])
    assert code == 2
    assert told in err
    assert err.count("\n") == 1


def test_a_page_that_cannot_be_written_is_one_sentence(study):
    code, _, err = run("report", str(study), "--out", str(study / "study.journal" / "x.html"))
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be written" in err


def test_ui_serves_the_page_to_this_machine_until_ctrl_c(study):
    command = [sys.executable, "-m", "luthier", "ui", str(study), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        address = next(word for word in server.stdout.readline().split() if word.startswith("http://127.0.0.1:"))
        page = urllib.request.urlopen(address).read().decode()
        mark = urllib.request.urlopen(f"{address}fingerprint").read().decode()
        assert f'data-live="{mark}"' in page
        for request in (f"{address}etc", urllib.request.Request(address, headers={"Host": "evil.example"})):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            refused.value.close()
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=60)
        assert (server.returncode, err) == (0, "")
    finally:
        server.kill()
        server.communicate()


def test_ui_on_a_port_in_use_is_one_sentence(study):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = run("ui", str(study), "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "cannot be used" in err
    assert err.count("\n") == 1
