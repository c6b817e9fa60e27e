from contextlib import contextmanager

import pytest

from luthier.errors import StorageError
from luthier.study._writer import Writer


@pytest.fixture
def done():
    return []


@pytest.fixture
def writer(done):
    @contextmanager
    def together():
        done.append("(")
        yield
        done.append(")")

    made = Writer(together)
    yield made
    made.close()


def put(writer, done, *words, alone=False):
    for word in words:
        writer.put(lambda word=word: done.append(word), alone=alone)


def test_jobs_run_in_order_and_in_groups(writer, done):
    put(writer, done, *"ab")
    put(writer, done, *"cd", alone=True)
    put(writer, done, "e")
    writer.flush()
    assert "".join(done) == "(ab)cd(e)"


def test_close_runs_what_is_left(writer, done):
    put(writer, done, *"ab")
    writer.close()
    assert "".join(done) == "(ab)"


def test_flush_of_nothing_returns(writer, done):
    writer.flush()
    writer.flush()
    assert done == []


def test_the_first_exception_ends_it(done):
    @contextmanager
    def together():
        yield

    def fail():
        raise OSError(28, "No space left on device")

    writer = Writer(together)
    put(writer, done, "a")
    writer.put(fail)
    put(writer, done, "b")
    for call in (writer.flush, writer.flush, lambda: writer.put(fail), writer.close):
        with pytest.raises(StorageError, match=r"can no longer be written \(.*No space left.*\); what it held"):
            call()
    assert done == ["a"]
