"""What every executor keeps; a new one joins by its name in EXECUTORS."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
import torch
from torch import nn

from luthier import Options, Task
from luthier.errors import RunError, StorageError
from luthier.executors import Inline
from luthier.records import Slice, Status
from luthier.study import CheckpointStore
from luthier.training import Training, branch, freeze, repeated

EXECUTORS: dict[str, Callable[..., Any]] = {"inline": Inline}
GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(60, 4, generator=GENERATOR)
DATA = INPUTS, (INPUTS[:, 0] + 0.5 * torch.randn(60, generator=GENERATOR) > 0).long()
EPOCHS = 6


broken: list[str] = []  #: what the next training batches raise, one after the other


class Breaking(nn.Identity):
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        if broken and self.training:
            raise ValueError(broken.pop())
        return inputs


def network(config: Any) -> nn.Module:
    if config["dropout"] > 1:
        raise ValueError("dropout above 1")
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(config["dropout"]), Breaking(), nn.Linear(6, 2))


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def task():
    defaults = {"dropout": 0.3, "epochs": EPOCHS, "batch_size": 8, "lr": 0.05, "optimizer": "Adam"}
    return Task(network, DATA, DATA, defaults={**defaults, "schedule": "cosine"})


@pytest.fixture
def cut(task):
    """A slice of training ``n``."""
    return lambda n, start, stop, **values: Slice(n, task.config({"lr": 0.01 * (n + 1), **values}), start, stop, n)


@pytest.fixture(params=EXECUTORS)
def start(request, task, tmp_path):
    """Begins an executor; what it told of points is its ``told``."""
    begun = []

    def begin(interrupted=lambda: False, on_point=None):
        told: list[Any] = []
        hear = on_point or (lambda cut, point: told.append((cut, point)))
        store = CheckpointStore(tmp_path / "checkpoints")
        executor = EXECUTORS[request.param](task, Options(), store, hear, interrupted)
        executor.told = told
        begun.append(executor)
        return executor

    yield begin
    for executor in begun:
        executor.close()


@pytest.fixture
def frozen(monkeypatch):
    """Checkpoints are always due."""
    monkeypatch.setattr("luthier.executors.inline.FREEZE_SECONDS", -1.0)
    monkeypatch.setattr("luthier.executors.inline.FREEZE_AFTER_COSTS", -1.0)


def ran(executor, *cuts):
    for cut in cuts:
        executor.submit(cut)
    return [executor.wait() for _ in cuts]


def plain(points):
    return [replace(p, seconds=0) for p in points]


def straight(task, cut):
    """The curve and the best weights of a training that was never frozen."""
    training = Training(task, cut.config, cut.seed)
    training.advance(cut.stop)
    return plain(training.curve), training.best_weights


def check_exact(task, executor, results):
    last = results[-1].slice
    points, weights = straight(task, last)
    assert plain(chain.from_iterable(r.points for r in results)) == points
    found = executor.best_weights(replace(last, start=0.0, stop=points[-1].epoch))
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_every_slice_comes_back_with_its_points(start, cut):
    executor = start()
    cuts = [cut(0, 0, 2), cut(1, 0, 1), cut(2, 0, 3)]
    results = ran(executor, *cuts)
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
    monkeypatch.setattr("luthier.executors.inline.LIVE_BYTES", 0)
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
    asked = []
    executor = start(interrupted=lambda: bool(asked.append(True)))
    (result,) = ran(executor, cut(0, 1, EPOCHS))
    assert len(asked) == 3, "three intervals were left"
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


def test_interrupted_between_intervals(start, task, cut):
    executor = start(interrupted=lambda: len(executor.told) == 2)
    (first,) = ran(executor, cut(0, 0, EPOCHS))
    assert (first.outcome.status, len(first.points), first.over) == (Status.PAUSED, 2, False)
    (none,) = ran(executor, cut(0, 2, EPOCHS))
    assert (none.outcome.status, none.points) == (Status.PAUSED, ())
    executor.told.clear()
    executor.told += [None] * 3
    check_exact(task, executor, [first, *ran(executor, cut(0, 2, EPOCHS))])


def test_what_the_model_raises_is_an_outcome(start, cut):
    executor = start()
    (built, refused, good) = ran(
        executor, cut(0, 0, 2, dropout=2.0), cut(1, 0, 2, optimizer="Adam", beta1=1.0), cut(2, 0, 2)
    )
    assert (built.outcome.status, built.outcome.message) == (Status.FAILED, "ValueError: dropout above 1")
    assert "in network" in built.outcome.traceback
    assert refused.outcome.status is Status.FAILED
    assert "torch.optim.Adam refuses" in refused.outcome.message
    assert good.outcome.status is Status.DONE
    assert built.points == refused.points == ()
    assert built.over


def test_a_training_that_cannot_be_repeated_fails_and_tells_nothing_twice(start, cut):
    ran(start(), cut(0, 0, 3))  # and leaves no checkpoint
    executor = start()
    broken.append("not today")
    (result,) = ran(executor, cut(0, 3, EPOCHS))
    assert (result.outcome.status, result.points) == (Status.FAILED, ())
    assert result.outcome.message == "ValueError: not today"


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
    monkeypatch.setattr("luthier.executors.inline.Inline._freeze_is_due", lambda self: False)
    executor = start()
    ran(executor, cut(0, 0, 2), cut(1, 0, EPOCHS))
    executor.close()
    assert list((tmp_path / "checkpoints").iterdir()) == [], "a second is sooner trained again"
    monkeypatch.setattr("luthier.executors.inline.FREEZE_SECONDS", -1.0)
    executor = start()
    results = ran(executor, cut(0, 0, 2), cut(1, 0, EPOCHS))
    executor.close()
    store = CheckpointStore(tmp_path / "checkpoints")
    assert store.load(0, EPOCHS)[0] == 2
    assert store.load(1, EPOCHS) is None, "it is over"
    asked = []
    executor = start(interrupted=lambda: bool(asked.append(True)))
    check_exact(task, executor, [results[0], *ran(executor, cut(0, 2, EPOCHS))])
    assert len(asked) == EPOCHS - 2


def test_weights_that_cannot_be_had(start, cut):
    with pytest.raises(RunError, match="training 0 has no weights to keep: ValueError: dropout above 1"):
        start().best_weights(cut(0, 0, 2, dropout=2.0))


def test_early_stopping_ends_a_training_for_good(start, task, cut):
    executor = start()
    (result,) = ran(executor, cut(0, 0, EPOCHS, patience=1, min_delta=100.0))
    assert (result.outcome.status, len(result.points), result.over) == (Status.STOPPED, 2, True)
    check_exact(task, executor, [result])


def branched(cut, n=5, at=2.0, **values):
    """A slice of training ``n`` to its end, which branches from training 0; under the same config without values."""
    origin = cut(0, 0, at)
    return Slice(n, origin.config.replace(**values), at, EPOCHS, 0, origin=origin)


def test_a_branch_goes_on_as_its_origin_would(start, task, cut):
    executor = start()
    (result, same) = ran(executor, cut(0, 0, 2), branched(cut))
    points, _ = straight(task, cut(0, 0, EPOCHS))
    assert plain(same.points) == points[2:]
    assert [p for _, p in executor.told] == [*result.points, *same.points]
    assert (same.outcome.status, same.over) == (Status.DONE, True)


def grown(task, cut, seed=0):
    """A branch from a branch, and its points and best weights when every part is trained by hand."""
    first = cut(0, 0, 2)
    second = replace(cut(1, 2, 4, batch_size=20), origin=first)
    third = Slice(7, second.config.replace(lr=0.001, optimizer="SGD"), 4, EPOCHS, 9, origin=second)
    one = Training(task, first.config, first.seed)
    one.advance(2)
    two = branch(task, second.config, second.seed, None, freeze(one))
    two.advance(4)
    three = branch(task, third.config, third.seed, None, freeze(two))
    three.advance(EPOCHS)
    return (first, second, third), plain(three.curve), three.best_weights


@pytest.mark.parametrize("known", ["nothing", "frozen", "closed", "dropped", "gone on"])
def test_a_branch_of_a_branch_is_exact_wherever_its_origins_are(start, task, cut, monkeypatch, known, request):
    if known in ("frozen", "closed"):
        request.getfixturevalue("frozen")
    if known == "frozen":
        monkeypatch.setattr("luthier.executors.inline.LIVE_BYTES", 0)
    (first, second, third), points, weights = grown(task, cut)
    executor = start()
    if known != "nothing":
        ran(executor, first, second)
    if known == "closed":
        executor.close()
        executor = start()
    if known == "dropped":
        executor.drop(0)
        executor.drop(1)
    if known == "gone on":
        results = ran(executor, cut(0, 2, 4), replace(second, start=4.0, stop=5.0))
    (result,) = ran(executor, third)
    assert plain(result.points) == points
    found = executor.best_weights(replace(third, start=0.0))
    assert all(torch.equal(found[name], tensor) for name, tensor in weights.items())
    if known == "gone on":  # and the origins have not noticed
        results += ran(executor, cut(0, 4, EPOCHS))
        own = [p for r in results if r.slice.training == 0 for p in r.points]
        assert plain(own) == straight(task, cut(0, 0, EPOCHS))[0][2:]


@pytest.mark.usefixtures("frozen")
def test_a_branch_is_thawed_in_another_process(start, task, cut):
    (_, _, third), points, _ = grown(task, cut)
    first = start()
    (half,) = ran(first, replace(third, stop=5.0))
    first.close()
    asked = []
    executor = start(interrupted=lambda: bool(asked.append(True)))
    (rest,) = ran(executor, replace(third, start=5.0))
    assert len(asked) == 1, "one interval was left"
    assert plain([*half.points, *rest.points]) == points


@pytest.mark.usefixtures("frozen")
def test_checkpoints_tell_branches_apart(start, task, cut):
    ran(start(), replace(branched(cut), stop=5.0))
    executor = start()
    (result,) = ran(executor, replace(branched(cut, at=3.0), start=5.0))  # another origin, the same number
    assert plain(result.points) == straight(task, cut(0, 0, EPOCHS))[0][5:]


def test_on_another_seed_all_of_a_chain_is_another(start, task, cut):
    cuts, points, _ = grown(task, cut)
    executor = start()
    ran(executor, *cuts[:2])
    again = repeated(cuts[2], 8, 50, {"confirms": 7})
    assert (again.training, again.seed, again.origin.seed, again.origin.origin.seed) == (8, 50, 50, 50)
    (other,) = ran(executor, again)
    (result,) = ran(executor, cuts[2])
    assert plain(result.points) == points
    assert [p.val_loss for p in other.points] != [p.val_loss for p in points]
    check_exact(task, executor, ran(executor, repeated(cut(0, 3, EPOCHS), 9, 50, {})))


def test_a_branch_that_cannot_be_is_an_outcome(start, cut):
    executor = start()
    diverges = cut(0, 0, 3, lr=1e4, optimizer="SGD", schedule="constant")
    refused, lost = ran(executor, branched(cut, epochs=2), Slice(6, cut(6, 0, 2).config, 3, 6, origin=diverges))
    assert (refused.outcome.status, refused.points) == (Status.FAILED, ())
    assert "a training of 2 epochs cannot branch at epoch 2" in refused.outcome.message
    assert lost.outcome.status is Status.FAILED
    assert "branches from training 0 at epoch 3, which was not reached: the training loss" in lost.outcome.message


def test_a_branch_is_interrupted_before_its_origin_is_there(start, task, cut):
    stopped = start(interrupted=lambda: True)
    (none,) = ran(stopped, branched(cut))
    assert (none.outcome.status, none.points) == (Status.PAUSED, ())
    (result,) = ran(start(), branched(cut))
    assert plain(result.points) == straight(task, cut(0, 0, EPOCHS))[0][2:]
