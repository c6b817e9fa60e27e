"""What scores are compared with is found while trainings run, once for a study."""

import os

import pytest

from luthier import digits
from luthier.executors import can_fork
from luthier.tuning import reference as module
from luthier.tuning.aside import Aside
from luthier.tuning.reference import Reference
from luthier.tuning.source import note_reference, read_source

forks = pytest.mark.skipif(not can_fork(), reason="no process can be forked here")


@pytest.fixture(scope="module")
def task():
    return digits()


@forks
def test_it_is_noted_at_the_first_event_after_it_is_there(task, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "reference_of", lambda task: 0.25)
    reference, heard = Reference(task, tmp_path), []
    assert reference._aside is not None
    reference._aside._connection.poll(None)  # until the other process has said it
    reference.listener(heard.append)("event")
    assert heard == ["event"]
    assert read_source(tmp_path)["reference"] == 0.25


def test_at_the_end_it_is_waited_for(task, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "reference_of", lambda task: 0.25)
    Reference(task, tmp_path).note()
    assert read_source(tmp_path)["reference"] == 0.25


def test_a_study_that_has_it_noted_works_nothing_out_again(task, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "reference_of", lambda task: 0.5)
    note_reference(tmp_path, 0.25)
    Reference(task, tmp_path).note()
    assert read_source(tmp_path)["reference"] == 0.25


def test_where_it_cannot_be_written_nothing_else_is_lost(task, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "reference_of", lambda task: 0.25)
    (tmp_path / "file").write_text("")
    Reference(task, tmp_path / "file" / "study").note()
    assert (tmp_path / "file").read_text() == ""


@forks
def test_what_is_worked_out_aside_takes_what_time_is_left():
    assert Aside(lambda: os.nice(0)).result() == min(19, os.nice(0) + 19)
