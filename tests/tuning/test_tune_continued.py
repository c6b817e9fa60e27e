"""The same call of tune again: after the budget was spent, a stop, Ctrl-C, an error, kill -9."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from luthier import Space, choice, load_result, log_uniform, tune
from luthier.errors import StudyError
from luthier.events import NewBest, PointAdded, SliceFinished, SliceStarted, StudyOpened, TrainingEnded
from luthier.records import End, Outcome, Point, Slice, Status
from luthier.search import SEARCHES, make_search
from luthier.study import Study
from luthier.tuning.setup import prepare


def same(one, other):
    """Whether two results agree, but for what a clock says."""

    def plain(result):
        points = [replace(p, seconds=0) for p in (result.best.point, result.baseline.point, *result.confirmations)]
        return points, result.best.config, result.best.training, result.luck, result.trainings, result.epochs

    return plain(one) == plain(other)


def after(number: int) -> Callable[[], bool]:
    """A ``stop`` that turns true when it was asked ``number`` times."""
    left = iter(range(number))
    return lambda: next(left, None) is None


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("budget", ["30 epochs", "5 trainings", "5s"])
def test_a_spent_budget_returns_the_result_again_without_training(run, tasks, budget):
    first = run(budget=budget)
    events, before = [], tasks.trained["batches"]
    again = run(budget=budget, on_event=events.append)
    assert same(first, again)
    assert (again.best, again.interrupted) == (first.best, False)
    assert [type(e) for e in events] == [StudyOpened, NewBest]  # what was found before
    assert events[0].trainings == first.trainings
    assert tasks.trained["batches"] == before


@pytest.mark.parametrize("search", ["freeze-thaw", "tpe", "asha"])
def test_a_wider_range_goes_on_from_what_was_trained(task, tmp_path, recorded, search):
    narrow, wide = ({"lr": log_uniform(low, 3e-3), "epochs": 9} for low in (1e-3, 1e-5))
    tune(task, narrow, budget="60 epochs", folder=tmp_path, search=search, baseline={"lr": 2e-3})
    before = recorded(tmp_path)
    tune(task, wide, budget="180 epochs", folder=tmp_path, search=search, baseline={"lr": 2e-3})
    after = recorded(tmp_path)
    assert {number: after[number][0] for number in before} == {n: entry[0] for n, entry in before.items()}
    assert min(entry[0].lr for entry in after.values()) < 1e-3
    with pytest.raises(StudyError, match="lr is"):
        tune(task, narrow, budget="200 epochs", folder=tmp_path, search=search, baseline={"lr": 2e-3})


def test_time_that_passes_after_the_last_result_is_spent_too(run, clock):
    def take_long(event):
        if isinstance(event, SliceFinished):
            clock[0] += event.budget.seconds_left

    first = run(budget=20, on_event=take_long)
    assert (first.trainings, first.interrupted) == (1, False)
    assert same(first, run(budget=20))


@pytest.mark.parametrize("search", SEARCHES)
def test_every_search_decides_after_a_restart_as_if_it_had_never_stopped(task, space, recorded, tmp_path, search):
    """Budgets end in the middle of slices, and are too small for a second look at the winner."""
    if search == "cmaes":
        pytest.importorskip("cmaes")
    arguments = {"search": search, "seed": 3}
    for total in (5, 14, 40):
        result = tune(task, space, budget=f"{total} epochs", folder=tmp_path / "parts", **arguments)
        assert result.epochs == total
    whole = tune(task, space, budget="40 epochs", folder=tmp_path / "whole", **arguments)
    assert recorded(tmp_path / "parts") == recorded(tmp_path / "whole")
    assert same(result, whole)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.usefixtures("nothing_stays_in_memory")
def test_stops_at_any_place_change_nothing(run, recorded, tmp_path, seed):
    arguments = {"budget": "60 epochs", "seed": seed, "baseline": {"epochs": 2}, "search": "hyperband"}
    whole = run(folder=tmp_path / "whole", **arguments)
    result = run(stop=after(1 + seed), **arguments)
    stops = 1
    while result.interrupted:
        assert result.epochs < 60
        result = run(stop=after(7 + seed + stops), **arguments)
        stops += 1
    assert stops > 5
    assert recorded(tmp_path / "study") == recorded(tmp_path / "whole")
    assert same(result, whole)


def test_stopped_at_once_it_begins_nothing(run, recorded, tmp_path):
    first = run(budget="40 epochs", stop=after(20))
    for _ in range(2):
        again = run(budget="1000 epochs", stop=lambda: True)
        assert again.interrupted
        assert same(first, again)
    assert all(entry[3] and not entry[2].get("confirms") for entry in recorded(tmp_path / "study").values())
    assert run(budget="40 epochs", folder=tmp_path / "none", stop=lambda: True).best is None


class Heard:
    """A search that keeps what it is told."""

    def __init__(self, search):
        self._search, self.told = search, []
        self.ask = search.ask

    @property
    def finished(self):
        return self._search.finished

    def tell(self, result):
        self.told.append(result)
        self._search.tell(result)


def test_a_search_hears_of_whole_slices_only(run, task, endless):
    heard = []
    for total in (5, 14, 16, 40):
        complete = prepare(task, endless, None).complete
        heard.append(
            Heard(make_search("tpe", endless, max_epochs=9, direction="maximize", complete=complete, interval=1))
        )
        run(budget=f"{total} epochs", search=heard[-1])
    assert [len(h.told) for h in heard] == [0, 1, 1, 4]
    for result in heard[-1].told:
        assert (result.slice.start, result.slice.stop, result.outcome.status) == (0, 9, Status.DONE)
        assert [p.epoch for p in result.points] == list(range(1, 10))
        assert result.seconds >= sum(p.seconds for p in result.points)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"space": Space(lr=log_uniform(1e-3, 0.1), batch_size=choice(16, 32, 64), epochs=9)}, "lr is 0.001 to 0.1"),
        ({"space": Space(lr=log_uniform(1e-3, 1), batch_size=choice(16, 32, 64), epochs=8)}, "epochs is 8"),
        ({"metric": "error"}, "the task's direction is minimize"),
    ],
)
def test_another_task_or_space_is_refused(run, tasks, endless, recorded, tmp_path, change, message):
    run(budget="5 epochs")
    before = recorded(tmp_path / "study")
    with pytest.raises(StudyError, match=f"cannot be continued: .*{message}"):
        tune(
            tasks.make(**{k: v for k, v in change.items() if k != "space"}),
            change.get("space", endless),
            budget="9 epochs",
            folder=tmp_path / "study",
        )
    assert recorded(tmp_path / "study") == before


def test_another_search_may_continue(run):
    for total, search in [(20, "tpe+median"), (40, "hyperband"), (60, "random"), (80, "asha"), (90, "gp")]:
        result = run(budget=f"{total} epochs", search=search)
        assert result.epochs == total


class Scripted:
    """A search that makes given decisions, one after the other, and keeps what it is told."""

    def __init__(self, *decisions):
        self._decisions, self.told = list(decisions), []

    @property
    def finished(self):
        return not self._decisions

    def ask(self, n=1):
        return [self._decisions.pop(0)]

    def tell(self, result):
        self.told.append(result)


def test_what_another_search_gave_up_stays_so(run, task, endless):
    """Optuna's trials cannot be taken up again."""
    config = prepare(task, endless, {"lr": 0.01}).baseline
    run(budget="2 trainings", search=Scripted(Slice(1, config, 0, 3), End(1, "no good")))
    search, events = Scripted(Slice(1, config, 3, 9)), []
    result = run(budget="3 trainings", search=search, on_event=events.append)
    assert (result.trainings, result.epochs) == (2, 12)
    assert [type(e) for e in events] == [StudyOpened, NewBest]  # what was found before
    assert search.told[-1].points == ()
    assert search.told[-1].outcome == Outcome(Status.STOPPED, "another search gave it up")


def test_an_end_is_told_once(run):
    events = []
    for total in (20, 40, 60):
        run(budget=f"{total} epochs", search="hyperband", on_event=events.append)
    ended = [e.end.training for e in events if isinstance(e, TrainingEnded)]
    assert ended
    assert len(ended) == len(set(ended))


def test_another_seed_does_not_change_trainings_that_were_begun(run, recorded, tmp_path):
    run(budget="30 epochs", search="hyperband", seed=0)
    begun = {n: entry[1] for n, entry in recorded(tmp_path / "study").items()}
    run(budget="90 epochs", search="hyperband", seed=1)
    found = recorded(tmp_path / "study")  # looks at the seeds too
    assert {n: found[n][1] for n in begun} == begun


class Broken(Exception):
    pass


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (SliceStarted, KeyboardInterrupt),
        (PointAdded, KeyboardInterrupt),
        (PointAdded, Broken),
        (SliceFinished, Broken),
        (NewBest, KeyboardInterrupt),
    ],
)
@pytest.mark.usefixtures("every_interval_is_frozen")
def test_what_a_listener_raises_leaves_a_study_that_goes_on(run, recorded, tmp_path, error, event):
    count = iter(range(1))

    def listen(heard):
        if isinstance(heard, event) and next(count, None) is None:
            raise error

    with pytest.raises(error):
        run(budget="14 epochs", on_event=listen)
    broken = recorded(tmp_path / "study")
    assert load_result(tmp_path / "study").trainings == len(broken)
    result = run(budget="14 epochs")
    whole = run(budget="14 epochs", folder=tmp_path / "whole")
    assert recorded(tmp_path / "study") == recorded(tmp_path / "whole")
    assert same(result, whole)


@pytest.mark.usefixtures("every_interval_is_frozen")
def test_ctrl_c_in_the_middle_of_an_interval(tasks, endless, recorded, tmp_path, monkeypatch):
    """What half an interval made of a training is not frozen, at the end neither."""
    left = iter(range(33))

    class Interrupting(tasks.Counted):
        def act(self, inputs):
            if next(left, "now") == "now" and not interrupted:
                interrupted.append(True)
                raise KeyboardInterrupt

    interrupted = []
    monkeypatch.setattr("luthier.executors._pace.Pace.due", lambda self: False)  # close() freezes
    task = tasks.make(Interrupting)
    with pytest.raises(KeyboardInterrupt):
        tune(task, endless, budget="14 epochs", folder=tmp_path / "study")
    tune(task, endless, budget="14 epochs", folder=tmp_path / "study")
    tune(task, endless, budget="14 epochs", folder=tmp_path / "whole")
    assert recorded(tmp_path / "study") == recorded(tmp_path / "whole")


PROGRAM = """
import sys
import luthier.executors._pace, luthier.tuning.run
from luthier import Space, load_task, log_uniform, tune
from luthier.events import PointAdded
luthier.executors._pace.FREEZE_SECONDS = luthier.executors._pace.FREEZE_AFTER_COSTS = -1.0
luthier.tuning.run.DURABLE_SECONDS = 0.0
tell = lambda event: isinstance(event, PointAdded) and print(event.budget.spent, flush=True)
space = Space(lr=log_uniform(1e-3, 1), epochs=9)
tune(load_task(sys.argv[1]), space, budget="30 epochs", search=sys.argv[3], folder=sys.argv[2], on_event=tell)
"""


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., subprocess.Popen]]:
    """A program that tunes, and prints the epochs after each evaluation."""
    source = str(Path(__file__).parents[2] / "src")
    task = Path(__file__).with_name("small_tasks.py")
    begun = []

    def begin(folder, search):
        words = [sys.executable, "-c", PROGRAM, f"{task}:small", str(folder), search]
        environment = {**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
        begun.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("search", "epochs"), [("random", 7), ("random", 18), ("hyperband", 24), ("pbt", 23)])
@pytest.mark.usefixtures("every_interval_is_frozen")
def test_kill_9_loses_an_interval(start, task, tasks, recorded, tmp_path, search, epochs):
    process = start(tmp_path / "study", search)
    while float(process.stdout.readline()) < epochs:
        pass
    os.kill(process.pid, signal.SIGKILL)
    reached = max([epochs, *map(float, process.stdout.read().splitlines())])
    process.wait()
    if search in ("hyperband", "pbt"):  # in the tenth of a second that the study may lose there were several slices
        reached = sum(len(entry[3]) for entry in recorded(tmp_path / "study").values())

    space = Space(lr=log_uniform(1e-3, 1), epochs=9)
    before = tasks.trained["batches"]
    result = tune(task, space, budget="30 epochs", search=search, folder=tmp_path / "study")
    intervals = (tasks.trained["batches"] - before) / 5
    # The interval under way, and the one whose checkpoint was being written.
    assert intervals <= 30 - reached + 2

    whole = tune(task, space, budget="30 epochs", search=search, folder=tmp_path / "whole")
    assert recorded(tmp_path / "study") == recorded(tmp_path / "whole")
    assert same(result, whole)
    weights, expected = (r.best.load_model().state_dict() for r in (result, whole))
    assert all((weights[name] == tensor).all() for name, tensor in expected.items())


@pytest.mark.parametrize(("tries", "evaluations", "failed"), [(2, 0, 0), (3, 0, 1), (5, 1, 0)])
def test_a_training_whose_process_dies_again_and_again_has_failed(task, tmp_path, tries, evaluations, failed):
    """Unless it came further each time."""
    space = Space(units=choice(8, 16), epochs=9)
    setup = prepare(task, space, None)
    known = {"name": task.name, "task": task.describe(), "space": space.to_json(), "direction": task.direction}
    for number in range(tries):
        with Study.open(tmp_path, **known, metric=task.metric_name, seed=0, search="freeze-thaw") as study:
            study.begin(Slice(0, setup.baseline, 0, 9))
            for epoch in range(number * evaluations + 1, (number + 1) * evaluations + 1):
                study.add_point(0, epoch, Point(epoch, 1.0, 1.0, 0.5, 0.1, 32, 0.1))
    result = tune(task, space, budget="20 epochs", folder=tmp_path)
    assert result.failed == failed
    told = [r.outcome.message for r in Study.load(tmp_path).results() if r.outcome.status is Status.FAILED]
    assert ["its process ended 3 times in the middle of it" in message for message in told] == [True] * failed


def test_a_study_that_is_being_written_can_be_read_by_others(start, task, tmp_path):
    process = start(tmp_path / "study", "hyperband")
    best = []
    while line := process.stdout.readline():
        if float(line) % 3 == 0 and (tmp_path / "study" / "study.journal").is_file():
            result = load_result(tmp_path / "study", task)
            best.append(result.best.point.metric if result.best else 0)
            if result.best and result.best.weights:
                result.best.load_model()
    assert process.wait() == 0
    assert best == sorted(best)
    end = load_result(tmp_path / "study")  # finds the task by its file
    assert (end.epochs, end.asked, end.interrupted) == (30, None, False)
    assert end.trainings == len({r.slice.training for r in Study.load(tmp_path / "study").results()})
    end.best.load_model()


def test_another_model_is_refused(tasks, endless, recorded, tmp_path):
    def tuned(task, budget):
        return tune(task, endless, budget=budget, folder=tmp_path / "study")

    tuned(tasks.make(), "9 epochs")
    before = recorded(tmp_path / "study")
    deeper = tasks.make(model=lambda config: nn.Sequential(nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3)))
    with pytest.raises(StudyError, match=r"begun with another model: .* another folder"):
        tuned(deeper, "18 epochs")
    assert recorded(tmp_path / "study") == before
    assert tuned(tasks.make(), "18 epochs").epochs == 18
