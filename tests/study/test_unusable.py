"""Studies that cannot be read or written, and what is said of them."""

import errno
import subprocess

import pytest

from luthier.errors import StorageError, StudyError
from luthier.records import Config, Slice
from luthier.study import Study


def cut(training):
    return Slice(training, Config(lr=0.1, epochs=8), 0.0, 2.0)


def test_reading_makes_no_database(tmp_path):
    url = f"sqlite:///{tmp_path}/mistyped.db"
    with pytest.raises(StudyError, match=r"there is no database .*mistyped.db, which sqlite:///.* names; give the URL"):
        Study.load(url)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mistyped.db").touch()
    with pytest.raises(StudyError, match=r"storage sqlite:///.* cannot be opened: .*no such table"):
        Study.load(url)
    assert (tmp_path / "mistyped.db").stat().st_size == 0


def test_a_damaged_line_is_named_and_the_command_told_keeps_what_is_before_it(opened, tmp_path):
    study = opened()
    study.begin(cut(0))
    study.flush()
    study.begin(cut(1))
    study.close()
    file = tmp_path / "study.journal"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:-1], b"\x00" * len(lines[-1]) + b"\n", *lines[-1:]]))
    whole = f"line {len(lines)} of .*study.journal is damaged, the {len(lines) - 1} before it are whole"
    for attempt in (opened.load, opened):
        with pytest.raises(StudyError, match=f"cannot be opened: {whole}; keep a copy") as caught:
            attempt()
    subprocess.run(str(caught.value).partition("with: ")[2], shell=True, check=True)
    assert (tmp_path / "study.journal.damaged").stat().st_size > file.stat().st_size
    assert opened().pending() == [cut(0)]


class Full(OSError):
    """What a full disk says."""

    def __init__(self):
        super().__init__(errno.ENOSPC, "No space left on device", "study.journal")


@pytest.mark.parametrize("where", ["_storage.Journal.recover", "_storage.tempfile.TemporaryFile", "_journal._write"])
def test_a_disk_that_is_full_at_the_start_is_no_mistake_of_the_user(opened, monkeypatch, where):
    def full(*_, **__):
        raise Full

    with monkeypatch.context() as patch:
        patch.setattr(f"luthier.study.{where}", full)
        with pytest.raises(StorageError, match=r"^the disk is full \(study.journal\); free some space and run again$"):
            opened()
    opened()
