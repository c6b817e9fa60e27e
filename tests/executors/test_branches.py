"""What every executor keeps of trainings that branch from others."""

from dataclasses import replace

import pytest
import torch
from small_slices import EPOCHS, check_exact, intervals, plain, ran, straight

from luthier.records import Slice, Status
from luthier.training import Training, branch, freeze, repeated


def branched(cut, n=5, at=2.0, **values):
    """A slice of training ``n`` to its end, which branches from training 0; under the same config without values."""
    origin = cut(0, 0, at)
    return Slice(n, origin.config.replace(**values), at, EPOCHS, 0, origin=origin)


def test_a_branch_goes_on_as_its_origin_would(start, task, cut):
    executor = start()
    (result, same) = ran(executor, cut(0, 0, 2), branched(cut))
    points, _ = straight(task, cut(0, 0, EPOCHS))
    assert plain(same.points) == points[2:]
    for each in (result, same):
        assert [p for c, p in executor.told if c == each.slice] == list(each.points)
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
        monkeypatch.setattr("luthier.executors._pace.LIVE_BYTES", 0)
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
    executor = start()
    intervals()
    (rest,) = ran(executor, replace(third, start=5.0))
    assert intervals() == 3 / 8, "one interval was left"
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
