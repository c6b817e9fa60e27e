"""What every executor keeps; a new one joins by its name in EXECUTORS."""

from dataclasses import replace

import pytest
import torch
from small_slices import EPOCHS, broken, check_exact, intervals, plain, ran, straight

from luthier.errors import RunError, StorageError
from luthier.records import Status
from luthier.study import CheckpointStore


def test_every_slice_comes_back_with_its_points(start, cut):
    executor = start()
    cuts = [cut(0, 0, 2), cut(1, 0, 1), cut(2, 0, 3)]
    for each in cuts:
        executor.submit(each)
    results = [executor.wait() for _ in cuts]
    assert executor.capacity >= 1
    if executor.capacity == 1:
        assert [r.slice for r in results] == cuts
    assert {r.slice.training: [p.epoch for p in r.points] for r in results} == {0: [1, 2], 1: [1], 2: [1, 2, 3]}
    assert all(r.outcome.status is Status.DONE and r.seconds >= sum(p.seconds for p in r.points) for r in results)
    for result in results:
        assert [p for c, p in executor.told if c == result.slice] == list(result.points)


def test_thawed_from_memory(start, task, cut):
    executor = start()
    results = [ran(executor, cut(n, a, a + 2), cut(n + 1, a, a + 2)) for a in (0, 2, 4) for n in (0,)]
    for n in (0, 1):
        check_exact(task, executor, [r for pair in results for r in pair if r.slice.training == n])


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.usefixtures("frozen")
def test_thawed_from_a_checkpoint_or_trained_again(start, task, cut, tmp_path, monkeypatch, lost):
    monkeypatch.setattr("luthier.executors._pace.LIVE_BYTES", 0)
    executor = start()
    results = []
    for a in (0, 2, 4):
        for n in (0, 1, 2):
            results += ran(executor, cut(n, a, a + 2))
            for file in (tmp_path / "checkpoints").rglob("*.pt") if lost else ():
                file.unlink()
    for n in (0, 1, 2):
        check_exact(task, executor, [r for r in results if r.slice.training == n])


@pytest.mark.usefixtures("frozen")
def test_thawed_in_another_process_after_it_was_closed(start, task, cut):
    results = []
    for a in range(EPOCHS):
        executor = start()
        results += ran(executor, cut(0, a, a + 1))
        executor.close()
    check_exact(task, start(), results)


@pytest.mark.usefixtures("frozen")
def test_after_a_crash_a_slice_goes_on_from_its_newest_checkpoint(start, task, cut):
    class Crash(BaseException):
        pass

    def crash(cut, point):
        if point.epoch == 4:
            raise Crash

    killed = start(on_point=crash)
    killed.submit(cut(0, 1, EPOCHS))
    with pytest.raises(Crash):
        killed.wait()
    killed.close()
    intervals()
    executor = start()
    (result,) = ran(executor, cut(0, 1, EPOCHS))
    assert intervals() == 3, "three intervals were left"
    assert [p for _, p in executor.told] == list(result.points)
    assert plain(result.points) == straight(task, result.slice)[0][1:]


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("change", [{"config": {"lr": 0.5}}, {"seed": 9}])
def test_a_checkpoint_of_another_training_is_not_taken(start, task, cut, change):
    ran(start(), cut(0, 0, 3))
    values, seed = change.get("config", {}), change.get("seed", 0)
    other = replace(cut(0, 3, EPOCHS, **values), seed=seed)
    executor = start()
    (result,) = ran(executor, other)
    assert plain(result.points) == straight(task, other)[0][3:]


def test_interrupted_between_intervals(start, task, cut, request):
    stop = [True]
    executor = start(interrupted=lambda: len(executor.told) >= 2 and bool(stop))
    long = cut(0, 0, 400, epochs=400)
    (first,) = ran(executor, long)
    done = len(first.points)
    assert (first.outcome.status, first.over) == (Status.PAUSED, False)
    assert done == 2 if request.node.callspec.params["start"] != "processes" else 2 <= done < 400
    (none,) = ran(executor, replace(long, start=done))
    assert (none.outcome.status, none.points) == (Status.PAUSED, ())
    stop.clear()
    check_exact(task, executor, [first, *ran(executor, replace(long, start=done, stop=done + 3))])


def test_what_the_model_raises_is_an_outcome(start, cut):
    executor = start()
    (built, refused, good) = ran(executor, cut(0, 0, 2, dropout=2.0), cut(1, 0, 2, optimizer="Muon"), cut(2, 0, 2))
    assert built.outcome.status is Status.FAILED
    assert built.outcome.message.startswith("ValueError: dropout above 1 (small_slices.py, line ")
    assert "in network" in built.outcome.traceback
    assert refused.outcome.status is Status.FAILED
    assert "torch.optim.Muon refuses" in refused.outcome.message
    assert good.outcome.status is Status.DONE
    assert built.points == refused.points == ()
    assert built.over


def test_a_training_that_cannot_be_repeated_fails_and_tells_nothing_twice(start, cut):
    ran(start(), cut(0, 0, 3))  # and leaves no checkpoint
    broken.append("not today")
    executor = start()
    (result,) = ran(executor, cut(0, 3, EPOCHS))
    broken.clear()
    assert (result.outcome.status, result.points) == (Status.FAILED, ())
    assert result.outcome.message.startswith("ValueError: not today (small_slices.py, line ")


def test_what_a_listener_raises_passes(start, cut):
    def full_disk(cut, point):
        raise StorageError("the disk is full")

    executor = start(on_point=full_disk)
    executor.submit(cut(0, 0, 2))
    with pytest.raises(StorageError, match="the disk is full"):
        executor.wait()


def test_the_weights_of_a_training_that_ended_badly(start, task, cut):
    executor = start()
    (result,) = ran(executor, cut(0, 0, EPOCHS, lr=1e4, optimizer="SGD", schedule="constant"))
    assert result.outcome.status is Status.DIVERGED
    if result.points:
        reached = replace(result.slice, stop=result.points[-1].epoch)
        weights = straight(task, reached)[1]
        found = executor.best_weights(reached)
        assert all(torch.equal(found[name], weights[name]) for name in weights)


@pytest.mark.usefixtures("frozen")
def test_dropped_trainings_are_forgotten(start, cut, tmp_path):
    executor = start()
    ran(executor, cut(0, 0, 2), cut(1, 0, 2))
    executor.drop(0)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["training-00001"]
    executor.close()
    later = start()
    later.drop(1)  # frozen by another process
    later.drop(7)  # never seen
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_closing_freezes_what_took_long(start, task, cut, tmp_path, monkeypatch):
    monkeypatch.setattr("luthier.executors._pace.Pace.due", lambda self: False)
    executor = start()
    ran(executor, cut(0, 0, 2), cut(1, 0, EPOCHS))
    executor.close()
    assert list((tmp_path / "checkpoints").iterdir()) == [], "a second is sooner trained again"
    monkeypatch.setattr("luthier.executors._pace.FREEZE_SECONDS", -1.0)
    executor = start()
    results = ran(executor, cut(0, 0, 2), cut(1, 0, EPOCHS))
    executor.close()
    store = CheckpointStore(tmp_path / "checkpoints")
    assert store.load(0, EPOCHS)[0] == 2
    assert store.load(1, EPOCHS) is None, "it is over"
    executor = start()
    intervals()
    rest = ran(executor, cut(0, 2, EPOCHS))
    assert intervals() == EPOCHS - 2
    check_exact(task, executor, [*(r for r in results if r.slice.training == 0), *rest])


def test_weights_that_cannot_be_had(start, cut):
    with pytest.raises(RunError, match="training 0 has no weights to keep: ValueError: dropout above 1"):
        start().best_weights(cut(0, 0, 2, dropout=2.0))


def test_the_weights_of_another_training_are_not_taken(start, task, cut):
    executor = start()
    ran(executor, cut(0, 0, 3))
    other = cut(0, 0, 3, lr=0.3)
    found, weights = executor.best_weights(other), straight(task, other)[1]
    assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_early_stopping_ends_a_training_for_good(start, task, cut):
    executor = start()
    (result,) = ran(executor, cut(0, 0, EPOCHS, patience=1, min_delta=100.0))
    assert (result.outcome.status, len(result.points), result.over) == (Status.STOPPED, 2, True)
    check_exact(task, executor, [result])
