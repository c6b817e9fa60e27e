import errno
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from luthier.errors import ConfigError
from luthier.files import fsync_folder, full_disk, read_mapping, written_whole

scalars = st.one_of(st.integers(), st.booleans(), st.none(), st.text("abc é", max_size=5))


class TestReadMapping:
    @given(mapping=st.dictionaries(st.text("abc_", min_size=1, max_size=5), scalars, max_size=4))
    def test_yaml_comes_back_as_written(
        self, mapping: dict[str, object], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("yaml") / "space.yaml"
        path.write_text(yaml.safe_dump(mapping))
        assert read_mapping(path) == mapping

    def test_toml_is_read_too(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text('lr = 0.1\nbatch_size = 32\noptimizer = "Adam"\n')
        assert read_mapping(str(path)) == {"lr": 0.1, "batch_size": 32, "optimizer": "Adam"}

    def test_powers_of_ten_are_numbers_however_they_are_written(self, tmp_path: Path) -> None:
        path = tmp_path / "space.yaml"
        path.write_text("lr: [1e-4, 1E3, 2.5e-3, .5e2, -1e+2]\nname: '1e-4'\nword: e-4\nversion: 1e-4b\n")
        read = read_mapping(path)
        assert read == {"lr": [1e-4, 1e3, 2.5e-3, 50.0, -100.0], "name": "1e-4", "word": "e-4", "version": "1e-4b"}

    @pytest.mark.parametrize(
        ("name", "text", "told"),
        [
            ("a.json", "{}", r"ends in '.json'; it must be a .yaml, .yml or .toml file"),
            ("a.yaml", "lr: [1, 2", "cannot be read"),
            ("a.toml", "lr == 2", "cannot be read"),
            ("a.yaml", "- 1\n- 2\n", "holds no mapping"),
            ("a.yaml", "1: 2\n", "holds no mapping"),
            ("a.yaml", "", "holds no mapping"),
        ],
    )
    def test_what_is_no_mapping_is_refused_in_one_line(self, tmp_path: Path, name: str, text: str, told: str) -> None:
        (tmp_path / name).write_text(text)
        with pytest.raises(ConfigError, match=told) as caught:
            read_mapping(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_missing_file_and_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"there is no file .*a\.yaml"):
            read_mapping(tmp_path / "a.yaml")
        (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\xfa")
        with pytest.raises(ConfigError, match=r"b\.yaml cannot be read"):
            read_mapping(tmp_path / "b.yaml")


class TestWrittenWhole:
    def test_a_file_appears_with_its_folder_and_replaces_the_old_one(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "file"
        for content in (b"first", b"second"):
            with written_whole(path) as file:
                file.write(content)
            assert path.read_bytes() == content
        assert os.listdir(path.parent) == ["file"]

    def test_what_was_there_stays_until_the_end_and_after_a_failure(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"old")
        with pytest.raises(KeyboardInterrupt), written_whole(path) as file:
            file.write(b"half")
            file.flush()
            assert path.read_bytes() == b"old"
            raise KeyboardInterrupt
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["file"]


def test_fsync_of_a_missing_folder_is_no_error(tmp_path: Path) -> None:
    fsync_folder(tmp_path)
    fsync_folder(tmp_path / "none")


def test_a_file_may_be_read_by_whom_the_users_settings_allow(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with written_whole(tmp_path / "file") as file:
        file.write(b"1")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_full_disk_is_told_from_other_errors() -> None:
    told = full_disk(OSError(errno.ENOSPC, "No space left on device", "study.journal"))
    assert str(told) == "the disk is full (study.journal); free some space and run again"
    assert full_disk(RuntimeError("(sqlite3.OperationalError) database or disk is full")) is not None
    assert full_disk(OSError(errno.EACCES, "Permission denied")) is None
