import json
import threading

import optuna
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from luthier.study._journal import Journal, damaged_line


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "j"
    file.touch()
    return file


def test_what_is_held_is_appended_as_a_whole_at_the_end(path):
    journal = Journal(path)
    journal.append_logs([{"n": 0}])
    with journal.held():
        journal.append_logs([{"n": 1}])
        journal.append_logs([{"n": 2}, {"n": 3}])
        assert list(journal.read_logs(0)) == []
        assert path.read_text() == '{"n":0}\n'
    assert [log["n"] for log in journal.read_logs(1)] == [1, 2, 3]


def test_other_threads_write_at_once_meanwhile(path):
    journal = Journal(path)
    with journal.held():
        journal.append_logs([{"n": 1}])
        other = threading.Thread(target=journal.append_logs, args=([{"n": 2}],))
        other.start()
        other.join()
    assert [log["n"] for log in journal.read_logs(0)] == [2, 1]


def test_what_was_held_before_an_exception_is_kept(path):
    journal = Journal(path)
    with pytest.raises(KeyError), journal.held():
        journal.append_logs([{"n": 1}])
        raise KeyError
    assert [log["n"] for log in journal.read_logs(0)] == [1]


LINES = st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2), max_size=4)


@examples(LINES, st.integers(0, 20))
def test_a_last_line_without_its_end_is_removed(tmp_path_factory, lines, cut):
    path = tmp_path_factory.mktemp("j") / "j"
    whole = [json.dumps(line) + "\n" for line in lines]
    torn = json.dumps({"torn": "ü" * 9})[:cut]
    path.write_text("".join(whole) + torn)
    Journal(path).recover()
    assert path.read_text() == "".join(whole)


def test_a_long_torn_line_is_removed_too(path):
    path.write_text("{}\n" + "x" * 3_000_000)
    Journal(path).recover()
    assert path.read_text() == "{}\n"


def test_a_lock_that_a_killed_process_left_does_not_hold_up(path):
    path.with_name("j.lock").symlink_to(path)
    journal = Journal(path)
    journal.recover()
    journal.append_logs([{"n": 1}])
    assert list(journal.read_logs(0)) == [{"n": 1}]


def test_optuna_shares_the_file(path):
    ours = optuna.create_study(storage=JournalStorage(Journal(path)), study_name="s")
    theirs = optuna.load_study(storage=JournalStorage(JournalFileBackend(str(path))), study_name="s")
    ours.set_user_attr("a", 1)
    theirs.set_user_attr("b", 2)
    assert ours.user_attrs == theirs.user_attrs == {"a": 1, "b": 2}


def test_which_line_is_damaged(path):
    entry = b'{"op_code":0}\n'
    for damaged in (b"\x00\x00\x00x\n", b"\xff\n", b"not json\n", b"{}\n", b"\n", b"1\n"):
        path.write_bytes(2 * entry + damaged + entry)
        assert damaged_line(path) == 3
    path.write_bytes(2 * entry + b"a line under w")
    assert damaged_line(path) is None
