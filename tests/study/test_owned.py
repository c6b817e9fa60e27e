"""A study in a database has one writer at a time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from luthier.errors import StorageError, StudyError
from luthier.records import Config, Slice
from luthier.study import Study
from luthier.study._database import Ownership, file_of, without_password

PROGRAM = """
import sys
from pathlib import Path
from luthier.study import Study
study = Study.open(Path(sys.argv[1]), name="digits", task={}, space={"ranges": {}, "fixed": {}}, direction="maximize",
                   metric="accuracy", seed=0, search="luthier", storage=sys.argv[2])
print("open", flush=True)
sys.stdin.read()
"""
IN_USE = "^study 'digits' in .* is in use by another process; wait until it ends, or choose another storage$"
LOCKS = "FROM pg_locks WHERE locktype = 'advisory'"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database."""
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else f"sqlite:///{tmp_path}/p.db"


@pytest.fixture
def ask_server():
    """Runs a statement on a PostgreSQL server."""
    engines = []

    def ask(url, statement):
        engines.append(create_engine(url.replace("postgresql:", "postgresql+psycopg:")))
        with engines[-1].connect() as connection:
            return connection.execute(text(statement)).all()

    yield ask
    for engine in engines:
        engine.dispose()


def cut(training):
    return Slice(training, Config(lr=0.1, epochs=8), 0.0, 2.0)


def test_a_study_that_another_writes_to_is_refused_and_can_be_read(opened, url, tmp_path):
    one = opened(storage=url)
    one.begin(cut(0))
    one.flush()
    with pytest.raises(StudyError, match=IN_USE):
        opened(storage=url, folder=tmp_path / "another")
    assert Study.load(url).pending() == [cut(0)]
    one.begin(cut(1))
    one.close()
    assert opened(storage=url).pending() == [cut(0), cut(1)]


def test_studies_of_other_names_share_a_database(opened, url):
    one, two = opened(storage=url), opened(storage=url, name="mnist")
    one.begin(cut(0))
    two.begin(cut(0))
    one.flush()
    two.flush()


def test_a_file_is_one_by_whatever_path(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to(tmp_path / "p.db")
    opened(storage="sqlite:///p.db")
    for other in (f"sqlite:///{tmp_path}/p.db", "sqlite:///link.db"):
        with pytest.raises(StudyError, match=IN_USE):
            opened(storage=other)


def test_a_study_that_cannot_be_continued_is_not_left_in_use(opened, url):
    opened(storage=url).close()
    for _ in range(2):
        with pytest.raises(StudyError, match="the metric is f1"):
            opened(storage=url, metric="f1")
    opened(storage=url)


def test_kill_9_leaves_no_study_in_use(opened, url, tmp_path, ask_server):
    source = str(Path(__file__).parents[2] / "src")
    words = [sys.executable, "-c", PROGRAM, str(tmp_path / "killed"), url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": source}, **pipes) as process:
        assert process.stdout.readline() == "open\n"
        about = {"storage": url, "task": {}, "space": {"ranges": {}, "fixed": {}}}
        with pytest.raises(StudyError, match=IN_USE):
            opened(**about)
        os.kill(process.pid, signal.SIGKILL)
    if url.startswith("postgresql"):  # waits until the server has noticed
        key = "((classid::bigint << 32) | objid::bigint)"
        ask_server(url, f"SELECT pg_advisory_xact_lock({key}) {LOCKS}")
    opened(**about)


def test_who_lost_a_study_no_longer_writes_to_it(opened, postgresql, ask_server):
    one = opened(storage=postgresql)
    one.begin(cut(0))
    one.flush()
    ask_server(postgresql, f"SELECT pg_terminate_backend(pid, 60000) {LOCKS}")
    two = opened(storage=postgresql)
    one.begin(cut(1))
    with pytest.raises(StorageError, match="the study can no longer be written"):
        one.flush()
    with pytest.raises(StorageError):
        one.close()
    assert two.pending() == [cut(0)]
    two.begin(cut(1))
    two.flush()


def test_two_processes_that_share_a_server_without_locks_do_not_mix_their_trainings(opened, tmp_path, monkeypatch):
    monkeypatch.setattr("luthier.study._storage.own", lambda engine, name: Ownership())
    url = f"sqlite:///{tmp_path}/shared.db"
    one, two = opened(storage=url), opened(storage=url)
    one.begin(cut(0))
    one.flush()
    two.begin(cut(0))
    with pytest.raises(StorageError, match="another process began training 0 of the same study"):
        two.flush()
    with pytest.raises(StorageError, match="another process"):
        two.begin(cut(1))
    with pytest.raises(StorageError, match="another process"):
        two.close()
    assert len(one.optuna_study.trials) == 1


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///p.db", "p.db"),
        ("sqlite:////tmp/p.db", "/tmp/p.db"),
        ("sqlite:///file:p.db?mode=ro&uri=true", "p.db"),
        ("sqlite:///file:p?mode=memory&uri=true", None),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("postgresql://host/p.db", None),
        ("nonsense", None),
    ],
)
def test_where_the_file_of_a_database_lies(url, path):
    assert file_of(url) == (None if path is None else Path(path))


def test_a_url_is_shown_without_its_password():
    shown = without_password("postgresql://me:secret@host/db?password=secret&sslmode=require")
    assert shown == "postgresql://host/db?password=&sslmode=require"
