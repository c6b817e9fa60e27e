"""The best few of a study again on fresh seeds, so that what is recommended is no luck."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from luthier.errors import StorageError, StudyError, UsageError
from luthier.events import BudgetState, Listener, NewBest, PointAdded, SliceFinished, SliceStarted, StudyOpened, Warned
from luthier.executors import Executor
from luthier.records import Config, Options, Point, Slice, SliceResult
from luthier.report.history import History, read_history
from luthier.report.recommend import Candidate, Recommendation, recommend, why_empty
from luthier.report.tested import HeldOut, confirmed_folder, read_tested, write_tested
from luthier.study import CheckpointStore, Study
from luthier.task import Task, make_loss, metric_under
from luthier.training import evaluate, pick_device
from luthier.training.evaluation import EVALUATION_BATCH
from luthier.tuning.changes import changed_options
from luthier.tuning.failures import Failures
from luthier.tuning.fresh_seeds import plan
from luthier.tuning.setup import fills_cores
from luthier.tuning.source import load_result
from luthier.tuning.winner import Winner, save_winner
from luthier.tuning.workers import choose_workers, executors

MOST_SEEDS = 100


@dataclass(frozen=True)
class Confirmation:
    """What fresh seeds say."""

    history: History
    recommendation: Recommendation
    tested: HeldOut | None  #: on the test data; None when the task has none, or the confirming was interrupted
    weights: Path | None  #: the best epoch of the recommended setting on a fresh seed, as a state_dict
    folder: Path
    interrupted: bool


def confirm(
    folder: str | Path,
    task: Task | None = None,
    *,
    storage: str | None = None,
    top: int = 3,
    seeds: int = 5,
    workers: int | str = "auto",
    options: Options | None = None,
    checkpoint_gb: float = 2.0,
    on_event: Listener | None = None,
    stop: Callable[[], bool] | None = None,
) -> Confirmation:
    """Runs the best ``top`` settings of the study in ``folder``, and the baseline, on ``seeds`` fresh seeds each.

    They become trainings of the study that do not compete; what ``tune`` has repeated counts, and the same call
    continues after a stop. At the end the recommended setting is tested once, if the task has test data, with
    the weights of its first fresh seed, which are kept in ``folder/confirmed``. ``task`` is needed when the study was
    given an object. ``workers`` run at the same time, as in ``tune``; "auto" is one for each core where the best
    setting is too small to fill them by threads. Raises UsageError for numbers out of range, StudyError when there is
    no such study or nothing in it to confirm, StorageError when the disk is full, TooManyFailures when three
    trainings in a row raise.
    """
    if top < 1 or not 2 <= seeds <= MOST_SEEDS:
        raise UsageError(
            f"top is {top} and seeds is {seeds}; top must be 1 or more, seeds from 2 (a spread needs two) "
            f"to {MOST_SEEDS}"
        )
    folder = Path(folder)
    best = load_result(folder, task, storage=storage).best
    if best is None:
        why = why_empty(read_history(folder, storage))
        raise StudyError(f"the study in {folder} has nothing to confirm: {why}")
    if best.task is None:
        raise StudyError(f"the task of the study in {folder} is not known; give it: luthier.confirm(folder, task)")
    options = options or Options()
    count = choose_workers(workers, best.task, options, fills_cores(best.task, best.config, options, best.seed))
    options = options if count == 1 else replace(options, threads=1)
    with executors(best.task, options, count) as make_executor, _open(folder, best.task, storage) as study:
        changed = changed_options(study, options)
        study.add_options(options)
        emit, stopped = on_event or (lambda event: None), stop or (lambda: False)
        run = _Run(study, best.task, folder, options, emit, stopped, changed)
        checkpoints = CheckpointStore(folder / "checkpoints", checkpoint_gb)
        return run.run(top, seeds, make_executor(checkpoints, run.on_point, run.interrupted, emit))


def _open(folder: Path, task: Task, storage: str | None) -> Study:
    """The study, to be written. Raises StudyError when its task is another one."""
    about = Study.load(storage, task.name).description if storage else Study.load(folder).description
    return Study.open(
        folder,
        name=about.name,
        task=task.describe(),
        space=about.space,
        direction=task.direction,
        metric=task.metric_name,
        seed=about.seed,
        search=about.search,
        storage=storage,
    )


class _Run:
    """One call of confirm on an open study."""

    def __init__(
        self,
        study: Study,
        task: Task,
        folder: Path,
        options: Options,
        emit: Listener,
        stop: Callable[[], bool],
        changes: list[str],
    ) -> None:
        self._study, self._task, self._folder, self._options = study, task, folder, options
        self._emit, self._stop, self._changes = emit, stop, changes
        self._begun, self._before = time.perf_counter(), study.spent_seconds
        self._per_epoch = task.evaluations_per_epoch
        self._total, self._done = 0, 0
        self._failures = Failures(folder)
        self._stopped = False

    def run(self, top: int, seeds: int, executor: Executor) -> Confirmation:
        """Runs what is missing, then judges and tests."""
        try:
            cuts = deque(plan(read_history(self._study), top, seeds, self._study.ended(), self._task.config))
            self._total = len(cuts)
            about = self._study.description
            self._emit(
                StudyOpened(self._folder, about.name, about.metric, about.direction, self._trainings(), self._budget())
            )
            for change in self._changes:
                self._emit(Warned(change))
            before = read_history(self._study)
            winner = before.winner
            point = None if winner is None else before.best_point(winner)
            if winner is not None and point is not None:
                self._emit(NewBest(winner.number, winner.config, point, winner.curve))
            out = 0
            while out or (cuts and not self.interrupted()):
                while cuts and out < executor.capacity and not self.interrupted():
                    self._begin(cuts.popleft(), executor)
                    out += 1
                if out:
                    self._take(executor.wait())
                    out -= 1
            history = read_history(self._study)
            recommendation = recommend(history)
            assert recommendation is not None  # there was a best training
            tested, weights = None, None
            if recommendation.confirmed is not None and not self._stopped:
                tested, weights = self._keep(history, recommendation.confirmed, executor)
            self._study.add_spent(self._seconds())
        finally:
            executor.close()
        return Confirmation(history, recommendation, tested, weights, self._folder, self._stopped)

    def _begin(self, cut: Slice, executor: Executor) -> None:
        self._study.begin(cut)
        self._emit(SliceStarted(cut, self._budget()))
        executor.submit(cut)

    def _take(self, result: SliceResult) -> None:
        self._study.add_result(result, self._seconds())
        if result.over:
            self._study.end(result.slice.training, result.outcome.status, result.outcome.message)
            self._done += 1
        self._emit(SliceFinished(result, self._budget()))
        self._failures.take(result, found=False)

    def _keep(self, history: History, chosen: Candidate, executor: Executor) -> tuple[HeldOut | None, Path]:
        """Keeps the weights of the first fresh seed, and looks at the test data if that was not done before."""
        first = history.confirmations(chosen.training)[0]
        point = history.best_point(first)
        assert point is not None  # a candidate has scores
        cut = Slice(first.number, first.config, 0.0, first.curve.epoch, first.seed, {}, first.origin)
        weights = executor.best_weights(cut)
        winner = Winner(first.number, first.seed, first.config, point)
        earlier = read_tested(self._folder)
        try:
            path = save_winner(confirmed_folder(self._folder), winner, weights)
            if self._task.test is None or (earlier and earlier.repetition == first.number):
                return earlier, path
            model = self._task.build(first.config)
            model.load_state_dict(dict(weights))
            loss, metric = self._test(model, first.config)
            looks = 1 + (earlier.looks if earlier else 0)
            tested = HeldOut(chosen.training.number, first.number, metric, loss, len(self._task.test), looks)
            write_tested(self._folder, tested)
        except OSError as error:
            raise StorageError(f"the confirmed weights cannot be written to {self._folder}: {error}") from error
        return tested, path

    def _test(self, model: nn.Module, config: Config) -> tuple[float, float]:
        assert self._task.test is not None  # _keep looked
        device = pick_device(self._options.device)
        loss = make_loss(config.loss or self._task.loss)
        loss = loss.to(device) if isinstance(loss, nn.Module) else loss
        source, batch = self._task.test.source(device), min(EVALUATION_BATCH, len(self._task.test))
        metric = metric_under(self._task.metric, loss)
        return evaluate(model.to(device), source, loss, metric, self._options, batch)

    def on_point(self, cut: Slice, point: Point) -> None:
        """A training was evaluated."""
        self._study.add_point(cut.training, round(point.epoch * self._per_epoch), point)
        self._emit(PointAdded(cut.training, cut.config, point, self._budget()))

    def interrupted(self) -> bool:
        """Whether to stop before the next evaluation interval."""
        self._stopped = self._stopped or self._stop()
        return self._stopped

    def _seconds(self) -> float:
        """Wall-clock of the study."""
        return self._before + self._elapsed()

    def _elapsed(self) -> float:
        return time.perf_counter() - self._begun

    def _trainings(self) -> int:
        return len({result.slice.training for result in self._study.results()})

    def _budget(self) -> BudgetState:
        return BudgetState("trainings", float(self._total), float(self._done), self._elapsed())
