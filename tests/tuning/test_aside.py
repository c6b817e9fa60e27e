"""What another process works out meanwhile."""

import multiprocessing
import os
import signal

import pytest
import torch

from luthier.executors import can_fork
from luthier.tuning.aside import Aside

HERE = os.getpid()


def where() -> int:
    return os.getpid()


@pytest.mark.skipif(not can_fork(), reason="no process can be forked here")
def test_another_process_does_the_work():
    assert Aside(where).result() != HERE


@pytest.mark.skipif(not can_fork(), reason="no process can be forked here")
def test_it_has_one_thread():
    """Those of this process are not there, and would be waited for."""
    torch.set_num_threads(2)
    assert Aside(torch.get_num_threads).result() == 1


@pytest.mark.skipif(not can_fork(), reason="no process can be forked here")
def test_ctrl_c_is_left_to_who_asked():
    def work() -> int:
        if os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGINT)  # a terminal sends it to all
        return os.getpid()

    assert Aside(work).result() != HERE


def test_it_returns_what_the_work_returns():
    data = torch.arange(6.0)
    assert Aside(lambda: float((data @ data).sqrt())).result() == pytest.approx(55**0.5)


def test_a_process_that_dies_costs_nothing_but_time():
    assert Aside(lambda: os._exit(1) if os.getpid() != HERE else "done").result() == "done"


def test_what_the_work_raises_is_raised_where_it_is_asked_for(capfd):
    aside = Aside(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        aside.result()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.skipif(not can_fork(), reason="no process can be forked here")
def test_a_process_that_may_have_none_of_its_own_does_it_itself():
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=lambda: there.send((Aside(where).result(), os.getpid())), daemon=True)
    process.start()
    there.close()
    did, asked = here.recv()
    process.join()
    assert did == asked != HERE
