"""Trainings that branch, in a study."""

from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from luthier import Space, confirm, integer, load_result, log_uniform, tune
from luthier.cli import app
from luthier.records import Slice
from luthier.report.history import read_history
from luthier.study import Study
from luthier.training import Training, branch, freeze
from luthier.tuning.setup import prepare


@pytest.fixture
def cooling():
    return Space(lr=log_uniform(1e-3, 1), schedule="cooldown", cooldown=0.25, epochs=integer(2, 9))


def plain(points):
    return [replace(p, seconds=0) for p in points]


def after(number):
    """A ``stop`` that turns true when it was asked ``number`` times."""
    left = iter(range(number))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("search", ["freeze-thaw", "asha"])
def test_cooled_values_are_those_of_straight_trainings(task, cooling, tmp_path, search):
    result = tune(task, cooling, budget="70 epochs", search=search, folder=tmp_path, seed=3)
    history = read_history(tmp_path)
    cooled = [t for t in history.trainings if t.origin is not None]
    assert len({t.config.epochs for t in cooled}) > 1
    for training in cooled[::4]:
        through = Training(task, training.config, training.seed)
        through.advance(training.config.epochs)
        assert plain(training.curve) == [p for p in plain(through.curve) if p.epoch > training.origin.stop]
    assert result.epochs <= 70
    assert result.epochs == sum(len(t.curve) for t in history.trainings)


@pytest.mark.usefixtures("nothing_stays_in_memory")
def test_the_winner_of_cooldowns_is_a_plain_training_of_its_epochs(task, tmp_path):
    space = Space(lr=log_uniform(1e-3, 1), schedule="cooldown", cooldown=0.25, epochs=integer(2, 6))
    arguments = {"search": "asha", "baseline": {"lr": 1e-3, "epochs": 6}, "folder": tmp_path, "seed": 3}
    result = tune(task, space, budget="125 epochs", **arguments)
    best = result.best
    assert best.training != 0
    assert best.origin is None
    assert best.config.epochs == best.curve.epoch
    assert best.config.schedule == "cooldown"
    through = Training(task, best.config, best.seed)
    through.advance(best.config.epochs)
    assert plain([through.best]) == plain([best.point])
    weights = best.load_model().state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in through.best_weights.items())
    again = [t for t in read_history(tmp_path).trainings if t.confirms == best.training]
    assert all((t.config, t.origin, t.curve.points[0].epoch) == (best.config, None, 1) for t in again)
    assert len(result.confirmations) == len(again) > 1
    done = CliRunner().invoke(app, ["export", str(tmp_path), "--out", str(tmp_path / "winner.py")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("search", ["pbt", "freeze-thaw"])
@pytest.mark.usefixtures("nothing_stays_in_memory")
def test_stops_at_any_place_change_nothing(task, cooling, endless, recorded, tmp_path, search):
    space = endless if search == "pbt" else cooling
    arguments = {"budget": "45 epochs", "seed": 1, "baseline": {"epochs": 2}, "search": search}
    whole = tune(task, space, folder=tmp_path / "whole", **arguments)
    result, stops = tune(task, space, folder=tmp_path / "parts", stop=after(3), **arguments), 0
    while result.interrupted:
        stops += 1
        result = tune(task, space, folder=tmp_path / "parts", stop=after(9), **arguments)
    assert stops > 3
    assert any(r.slice.origin for r in Study.load(tmp_path / "whole").results())
    assert recorded(tmp_path / "parts") == recorded(tmp_path / "whole")
    assert plain([result.best.point]) == plain([whole.best.point])
    assert result.epochs == whole.epochs


class Scripted:
    """A search that makes given decisions, one after the other."""

    def __init__(self, *decisions):
        self._decisions = list(decisions)

    @property
    def finished(self):
        return not self._decisions

    def ask(self, n=1):
        return [self._decisions.pop(0)]

    def tell(self, result):
        pass


@pytest.fixture
def grown(task, endless, tmp_path):
    """A study whose winner, training 2, branched from training 1 at epoch 2; training 0 learns nothing."""
    config = prepare(task, endless, {"lr": 0.05}).baseline
    origin = Slice(1, config, 0, 2)
    branched = Slice(2, config.replace(lr=0.5, batch_size=16), 2, 9, origin=origin)

    def run(budget, **more):
        arguments = {"budget": budget, "baseline": {"lr": 1e-9}, "folder": tmp_path / "study", **more}
        return tune(task, endless, search=Scripted(origin, branched), **arguments)

    run.cuts = origin, branched
    return run


def check_weights(task, best, origin, seed=0):
    first = Training(task, origin.config, seed)
    first.advance(origin.stop)
    by_hand = branch(task, best.config, seed, None, freeze(first))
    by_hand.advance(9)
    weights = best.load_model().state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in by_hand.best_weights.items())
    return by_hand


def test_a_winner_that_branched_is_counted_kept_and_told(grown, task, tmp_path):
    result = grown("3 trainings")
    origin, _ = grown.cuts
    assert (result.best.training, result.best.origin, result.epochs) == (2, origin, 9 + 2 + 7)
    assert [p.epoch for p in result.best.curve] == [3, 4, 5, 6, 7, 8, 9]
    trunk = [p.seconds for r in Study.load(tmp_path / "study").results() if r.slice.training == 1 for p in r.points]
    assert result.best.before == pytest.approx(sum(trunk))
    check_weights(task, result.best, origin)
    assert load_result(tmp_path / "study", task).best == result.best


def test_lost_weights_of_a_branch_are_trained_again(grown, task, tmp_path):
    grown("3 trainings")
    (tmp_path / "study" / "best" / "winner.json").unlink()
    check_weights(task, grown("3 trainings").best, grown.cuts[0])


def test_a_winner_that_branched_is_confirmed_with_all_it_branched_from(grown, task, tmp_path):
    result = grown("60 epochs")
    again = [t for t in read_history(tmp_path / "study").trainings if t.confirms == 2]
    assert len(again) == len(result.confirmations) == 2
    assert [t.origin.seed for t in again] == [t.seed for t in again] == [1, 2]
    assert result.epochs == 18 + 4 * 9, "two of the winner, two of the user's own setting"
    by_hand = check_weights(task, result.best, grown.cuts[0])
    assert plain(again[0].curve) != plain(by_hand.curve)
    first = Training(task, grown.cuts[0].config, 1)
    first.advance(2)
    seeded = branch(task, result.best.config, 1, None, freeze(first))
    seeded.advance(9)
    assert plain(again[0].curve) == plain(seeded.curve)


def test_luthier_confirm_repeats_what_it_branched_from(grown, task, tmp_path):
    grown("3 trainings")
    confirmation = confirm(tmp_path / "study", task, top=1, seeds=2)
    again = [t for t in read_history(tmp_path / "study").trainings if t.confirms == 2]
    assert [(t.origin.seed, t.seed, t.curve.epoch) for t in again] == [(1, 1, 9), (2, 2, 9)]
    assert confirmation.recommendation.training.number == 2
    assert confirmation.weights.is_file()


@pytest.mark.parametrize("file", ["winner.py", "winner.yaml"])
def test_a_winner_that_branched_is_not_exported(grown, tmp_path, file):
    grown("3 trainings")
    done = CliRunner().invoke(app, ["export", str(tmp_path / "study"), "--out", str(tmp_path / file)])
    assert done.exit_code == 2
    assert "training 2 went on from training 1 at epoch 2, so no single setting repeats it" in " ".join(
        done.output.split()
    )
    assert not (tmp_path / file).exists()
