"""A place for a study in each kind of storage, and a way to open it."""

import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage

from luthier.space import Space, choice, integer, log_uniform
from luthier.study import Study

SPACE = Space(lr=log_uniform(1e-3, 1), batch_size=integer(16, 256, log=True), optimizer=choice("SGD", "Adam"), epochs=8)
GIVEN = {
    "name": "digits",
    "task": {"name": "digits", "data": "0123", "classes": (0, 1)},
    "space": SPACE.to_json(),
    "direction": "maximize",
    "metric": "accuracy",
    "seed": 0,
    "search": "luthier",
}


@pytest.fixture
def given():
    """What a study is begun with."""
    return dict(GIVEN)


@pytest.fixture
def opened(tmp_path):
    """Opens the study in tmp_path's journal; closes at the end what a test left open."""
    yield from _opener(tmp_path, None)


@pytest.fixture(params=["journal", "sqlite", "postgresql"])
def opened_anywhere(request, tmp_path):
    """Like ``opened``, in each kind of storage."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")
    else:
        url = f"sqlite:///{tmp_path}/study.db" if request.param == "sqlite" else None
    yield from _opener(tmp_path, url)


def _opener(folder, url):
    studies = []

    def open_(**changes):
        studies.append(Study.open(**{"folder": folder, "storage": url, **GIVEN, **changes}))
        return studies[-1]

    open_.load = partial(Study.load, url or folder)
    open_.where = url or str(folder)
    yield open_
    for study in studies:
        study.close()


@pytest.fixture(scope="session")
def postgresql_server():
    """A private PostgreSQL server on a socket; its URL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    pg_ctl = str(found[-1]) if found else shutil.which("pg_ctl")
    if pg_ctl is None:
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    user = {"user": "postgres"} if os.getuid() == 0 else {}  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="luthier-postgresql-"))
    if user:
        shutil.chown(folder, "postgres")

    def run(*words):
        subprocess.run([pg_ctl, "-D", folder / "data", *words], check=True, stdout=subprocess.DEVNULL, cwd="/", **user)

    try:
        run("init", "-s", "-o", "--auth=trust --username=postgres --no-sync")
        run("start", "-w", "-s", "-l", folder / "log", "-o", f"-c listen_addresses='' -k {folder}")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("stop", "-s", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql(postgresql_server):
    """The server's URL, without any study."""
    storage = RDBStorage(postgresql_server.replace("postgresql:", "postgresql+psycopg:"))
    for name in optuna.get_all_study_names(storage):
        optuna.delete_study(study_name=name, storage=storage)
    storage.engine.dispose()
    return postgresql_server
