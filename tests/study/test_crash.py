"""What is left of a study after kill -9, and on a full disk."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from luthier.errors import StorageError
from luthier.records import Config, Slice
from luthier.study import Study

PROGRAM = """
import resource, sys
from pathlib import Path
from luthier.errors import StorageError
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.study import Study

folder, limit = Path(sys.argv[1]), int(sys.argv[2])
study = Study.open(folder, name="n", task={}, space={"ranges": {}, "fixed": {}}, direction="maximize", metric="m",
                   seed=0, search="s")
if limit:  # a file may not grow beyond this: what a full disk does, for one process
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
config = Config(lr=0.1, epochs=1000)
done = len(study.results())
try:
    while True:
        for training in range(3):
            cut = Slice(training, config, done // 3, done // 3 + 1)
            study.begin(cut)
            point = Point(cut.stop, 0.6, 0.5, 0.1, 0.1, 32, 0.01)
            study.add_point(training, done // 3 + 1, point)
            study.add_result(SliceResult(cut, (point,), Outcome(Status.DONE), 0.1), done)
            done += 1
        study.flush()
        print(done, flush=True)
except StorageError as error:
    print(error, flush=True)
"""


def start(folder, limit=0):
    words = [sys.executable, "-c", PROGRAM, str(folder), str(limit)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": source()})


def source():
    return str(Path(__file__).parents[2] / "src")


def check_whole(folder, flushed):
    found = Study.load(folder).results()
    assert len(found) >= flushed
    assert [(r.slice.training, r.slice.start) for r in found] == [(i % 3, i // 3) for i in range(len(found))]
    assert all(len(r.points) == 1 for r in found)


def test_kill_9_loses_nothing_that_was_flushed(tmp_path):
    flushed = 0
    for _ in range(3):
        with start(tmp_path) as process:
            for _ in range(5):
                flushed = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
        check_whole(tmp_path, flushed)
    assert flushed >= 3 * 15
    assert len(Study.load(tmp_path).optuna_study.trials) == 3


def test_a_full_disk_is_one_clear_error_and_harms_nothing(tmp_path):
    with start(tmp_path, limit=20_000) as process:
        *lines, last = process.stdout.read().splitlines()
    assert "the study can no longer be written ([Errno 27] File too large)" in last
    assert (tmp_path / "study.journal").read_bytes().endswith(b"\n")
    check_whole(tmp_path, int(lines[-1]))
    with start(tmp_path) as process:  # and there is room again
        assert int(process.stdout.readline()) > int(lines[-1])
        process.kill()


@pytest.mark.skipif(os.getuid() != 0 or sys.platform != "linux", reason="only root can mount a small disk")
def test_a_disk_that_is_really_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with start(disk) as process:
            *lines, last = process.stdout.read().splitlines()
        assert "No space left on device" in last
        check_whole(disk, int(lines[-1]))
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_database_that_is_lost_is_one_clear_error(opened, tmp_path):
    study = opened(storage=f"sqlite:///{tmp_path}/lost.db")
    (tmp_path / "lost.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="the study can no longer be written"):
        study.begin(Slice(0, Config(), 0, 1))
        study.flush()
    with pytest.raises(StorageError):
        study.close()
