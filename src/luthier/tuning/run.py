"""The loop: ask the search, run slices, record them, tell the search."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from luthier.errors import StorageError
from luthier.events import (
    BudgetState,
    Listener,
    NewBest,
    PointAdded,
    SliceFinished,
    SliceStarted,
    StudyOpened,
    TrainingEnded,
    Warned,
)
from luthier.executors import Executor
from luthier.records import Decision, End, Options, Outcome, Point, Slice, SliceResult, Status
from luthier.report.history import read_history
from luthier.report.recommend import recommend
from luthier.search import Search
from luthier.study import Study
from luthier.tuning.budget import Budget
from luthier.tuning.failures import Failures, NoScores
from luthier.tuning.foresight import Foresight
from luthier.tuning.fresh_seeds import NEW, rounds
from luthier.tuning.leader import Leader
from luthier.tuning.probing import NOTE, Found, Plan, plan, probe
from luthier.tuning.reserve import CONFIRM_SEEDS, CONFIRM_SHARE, CONFIRM_TOP, cost_of, kept, together
from luthier.tuning.result import Result
from luthier.tuning.searches import Searches
from luthier.tuning.setup import Setup
from luthier.tuning.unfinished import Unfinished

#: Times that a process may die in the middle of a slice, without an evaluation, before it counts as failed.
TRIES = 3
#: A training that took longer is forgotten only when its result is durable: an fsync, against training it again.
DURABLE_SECONDS = 1.0
#: Trainings of the user's own setting that a budget must hold for others to come before its end: twice what it takes
#: (``search.freeze_thaw.OWN_AFTER``), a slice under way, its rest, and the share for confirming.
RACE_FROM = 5.0
#: Share of the time of slices that workers may wait for decisions. Beyond it one is made ahead, knowing less.
WAITING_SHARE = 0.03


class Run:
    """One call of tune on an open study.

    As many slices are under way as the executor has room for; the search is asked whenever one comes back.
    """

    _executor: Executor
    _search: Search | None = None  # made when the probes have run

    def __init__(
        self,
        setup: Setup,
        asked: Budget,
        study: Study,
        searches: Searches,
        folder: Path,
        seed: int,
        options: Options,
        emit: Listener,
        stop: Callable[[], bool],
        enough: float | None,
        changes: Sequence[str],
    ) -> None:
        self._setup, self._asked, self._study, self._searches = setup, asked, study, searches
        self._folder, self._seed, self._options, self._emit, self._stop = folder, seed, options, emit, stop
        self._changes = changes  # since the study was begun, in words
        self._leader = Leader(setup.task.direction)
        self._unfinished = Unfinished()
        self._foresight = Foresight(enough)
        self._untold: list[SliceResult] = []  # before there was a search
        self._decided: list[Decision] = []  # by the search, for what may be left of the budget after the confirming
        self._per_epoch = setup.task.evaluations_per_epoch
        self._start = time.perf_counter() - study.spent_seconds
        # Of the budget that may be spent now. Of trainings that are counted none are kept for fresh seeds.
        self._share = 1.0 if asked.unit == "trainings" else 1.0 - CONFIRM_SHARE
        self._stopped = False  # by the user
        self._failures, self._no_scores = Failures(folder), NoScores(setup.task.metric_name, emit)
        self._points_out: Counter[int] = Counter()  # by training, of slices that have not come back
        self._out = 0  # slices that have not come back
        self._asking = self._slicing = 0.0  # seconds that decisions and slices took

    def run(self, executor: Executor) -> Result:
        """Runs until the budget is spent, the search is over, or the user stops it."""
        self._executor = executor
        try:
            self._open()
            self._search_on()
            share, self._share = self._share, 1.0
            # A search that had enough is confirmed as one whose budget ended here.
            most = self._budget().spent / share if self._foresight.enough else self._asked.total
            self._finish_own()
            if not self._confirm(most):
                self._search_on()
            self._keep_winner()
            recommendation = recommend(read_history(self._study))
            prospect = self._foresight.prospect(recommendation)
            self._study.add_prospect(prospect)
            self._study.add_spent(self._seconds())
        finally:
            executor.close()
        found = self._leader.result(
            folder=self._folder,
            name=self._setup.task.name,
            metric=self._setup.task.metric_name,
            task=self._setup.task,
            validation=len(self._setup.task.validation),
            asked=self._asked,
            budget=self._budget(),
            interrupted=self._stopped and self._budget().fraction < 1,
        )
        exhausted = self._search is not None and self._search.finished
        return replace(found, recommendation=recommendation, prospect=prospect, exhausted=exhausted)

    def _open(self) -> None:
        self._study.add_prospect(None)  # soon no longer true
        for result in self._study.results():
            self._leader.add(result)
            self._tell(result)
        for cut in self._study.pending():  # begun when the last run was killed
            self._leader.begin(cut)
        task = self._setup.task
        trainings = len(self._leader.curves)
        self._emit(StudyOpened(self._folder, task.name, task.metric_name, task.direction, trainings, self._budget()))
        for change in self._changes:
            self._emit(Warned(change))
        winner, point = self._leader.winner, self._leader.point
        if winner is not None and point is not None:  # of a study that is continued
            self._emit(NewBest(winner.training, winner.config, point, self._leader.curves[winner.training]))

    def _search_on(self) -> None:
        if not self._leader.curves and not self.interrupted():
            self._run_slices([self._first()])
        rests = self._begun()
        if len(self._run_slices(rests)) < len(rests):
            return
        self._finish_own(only_if_short=True)
        search = self._search or self._prepare()
        if search:
            self._foresight.begin(search, self._budget(), self._leader.epochs)
            self._look_ahead()
        while search and not (self.interrupted() or search.finished or self._foresight.enough):
            room = self._executor.capacity + self._ahead - self._out
            if room > 0 and not self._begin(search, room):
                break
            if self._out and self._wait().over:
                self._look_ahead()
        while self._out:
            self._wait()
        possible, point = self._setup.task.best_possible, self._leader.point
        limit = math.inf if possible is None or point is None else abs(possible - point.metric)
        self._foresight.end(self._budget(), self._leader.epochs, self._share, stopped=self._stopped, room=limit)

    def _look_ahead(self) -> None:
        if self._foresight.may_end:
            self._foresight.look(self._budget(), self._leader.epochs, self._share)

    def _begin(self, search: Search, room: int) -> bool:
        """Begins what the search decides for so many free places; False when there will be no more."""
        start = time.perf_counter()
        decisions = self._decided or search.ask(room)
        self._asking += time.perf_counter() - start
        self._decided = []
        cuts = [d for d in decisions if isinstance(d, Slice) and self._can_go_on(d, search)]
        for decision in decisions:
            if isinstance(decision, End):
                self._end(decision)
        if self.interrupted():  # a decision takes time, too
            self._decided = [*cuts]
            return False
        for cut in cuts:
            if self._beyond_budget(cut):
                return False
            self._submit(cut)
        return bool(decisions) or self._out > 0

    def _prepare(self) -> Search | None:
        """Makes the search, after the probes where they pay; None when these were interrupted."""
        beliefs = self._study.beliefs
        if beliefs is None and self._searches.informed:
            planned = self._planned_probes()
            found = self._probe(planned) if planned else Found()
            if found is None or self.interrupted():
                return None
            beliefs = self._searches.beliefs(found.beliefs)
            self._study.add_beliefs(beliefs, found.cost)
        self._search = self._searches.make(beliefs or (), self._study.epoch_cost)
        for result in self._untold:
            self._search.tell(result)
        self._untold.clear()
        return self._search

    def _planned_probes(self) -> Plan:
        searched = any(r.slice.training and r.slice.note != NOTE for r in self._study.results())
        if searched or self._leader.winner is None or not self._searches.probes:
            return Plan()  # with a search under way it is too late
        unit = self._asked.unit
        return plan(self._setup, self._leader.cost(unit), self._asked.total, unit, self._options)

    def _probe(self, planned: Plan) -> Found | None:
        def run(cuts: list[Slice]) -> list[SliceResult]:
            found = {result.slice.training: result for result in self._run_slices(cuts)}
            return [found.get(cut.training, SliceResult(cut, (), Outcome(Status.PAUSED))) for cut in cuts]

        return probe(
            self._setup,
            planned,
            seed=self._seed,
            options=self._options,
            known=self._study.results(),
            run=run,
            interrupted=self.interrupted,
            emit=self._emit,
        )

    def _first(self) -> Slice:
        """The user's own setting: as much of it as comes before all else."""
        return Slice(0, self._setup.baseline, 0.0, self._searches.look(), self._seed)

    def _finish_own(self, *, only_if_short: bool = False) -> None:
        """The rest of the user's own setting, over the whole of which a gain is told.

        ``only_if_short``: only where the budget is so short that it could wait too long, as others go before it.
        Trainings that are counted cost the same, however long they are: then none goes before it.
        """
        rest = self._leader.rest(0)
        if rest is None or self.interrupted():
            return
        races = self._asked.unit != "trainings"
        if only_if_short and races and self._asked.total >= RACE_FROM * self._leader.cost(self._asked.unit, 0):
            return
        self._run_slices([rest])

    def _begun(self) -> list[Slice]:
        """What a kill or a stop left in the middle."""
        pending = self._study.pending()
        fatal = [cut for cut in pending if self._study.tries(cut.training) >= TRIES]
        for cut in fatal:
            reason = f"its process ended {TRIES} times in the middle of it, as happens where memory runs out"
            self._take(SliceResult(cut, (), Outcome(Status.FAILED, reason)))
        known = {cut.training for cut in pending}
        rests = [cut for cut in self._unfinished.rests() if cut.training not in known]
        return [*(cut for cut in pending if cut not in fatal), *rests]

    def _can_go_on(self, cut: Slice, search: Search) -> bool:
        """Whether the study takes a slice; one that another search gave up has ended for good."""
        if cut.training not in self._study.ended():
            return True
        search.tell(SliceResult(cut, (), Outcome(Status.STOPPED, "another search gave it up")))
        return False

    def _run_slices(self, cuts: Iterable[Slice]) -> list[SliceResult]:
        """Runs these, as many at once as there is room for, until interrupted; the results of those that began."""
        waiting, results = deque(cuts), []
        while True:
            if waiting and self._out < self._executor.capacity and not self.interrupted():
                self._submit(waiting.popleft())
            elif self._out:
                results.append(self._wait())
            else:
                return results

    def _submit(self, cut: Slice) -> None:
        if cut.training == NEW:
            cut = replace(cut, training=len(self._leader.curves))
        self._study.begin(cut)
        self._leader.begin(cut)
        self._emit(SliceStarted(cut, self._budget()))
        self._out += 1
        self._executor.submit(cut)

    @property
    def _ahead(self) -> int:
        """Slices that are decided before there is room: one where workers would wait long for decisions."""
        return int(self._executor.capacity > 1 and self._asking > WAITING_SHARE * self._slicing)

    def _wait(self) -> SliceResult:
        result = self._executor.wait()
        self._out -= 1
        self._slicing += result.seconds
        return self._take(result)

    def _take(self, result: SliceResult) -> SliceResult:
        cut = result.slice
        self._study.add_result(result, self._seconds())
        leads = self._leader.add(result)
        self._tell(result)
        self._points_out.pop(cut.training, None)
        if result.over:
            self._study.end(cut.training, result.outcome.status, result.outcome.message)
        self._emit(SliceFinished(result, self._budget()))
        point = self._leader.point
        if leads and point is not None:
            self._share = 1.0 - kept(self._leader, self._asked, self._executor.capacity) if self._share < 1.0 else 1.0
            self._keep_winner()
            self._emit(NewBest(cut.training, cut.config, point, self._leader.curves[cut.training]))
        if result.over:
            if self._leader.curves[cut.training].seconds > DURABLE_SECONDS:
                self._study.flush()
            self._executor.drop(cut.training)
        found = self._leader.winner is not None
        self._failures.take(result, found=found)
        self._no_scores.take(result, self._leader.curves[cut.training], found=found)
        return result

    def _tell(self, result: SliceResult) -> None:
        whole = self._unfinished.take(result)
        if whole is None:
            return
        if self._search is None:
            self._untold.append(whole)
        else:
            self._search.tell(whole)

    def _end(self, end: End) -> None:
        if end.training in self._study.ended():
            return  # said again after a restart
        self._study.end(end.training, message=end.reason)
        self._executor.drop(end.training)
        self._emit(TrainingEnded(end))

    def on_point(self, cut: Slice, point: Point) -> None:
        """A training was evaluated."""
        self._points_out[cut.training] += 1
        self._study.add_point(cut.training, round(point.epoch * self._per_epoch), point)
        self._emit(PointAdded(cut.training, cut.config, point, self._budget()))

    def worth(self, training: int) -> float:
        """How good a training looks, larger is better: the worst is the least likely to be thawed."""
        return self._leader.score(training)

    def _seconds(self) -> float:
        return time.perf_counter() - self._start

    def _budget(self) -> BudgetState:
        seconds = self._seconds()
        # A failure costs the interval in which it happened: without that, failures alone would never spend a budget.
        epochs = self._leader.epochs + (self._points_out.total() + self._leader.failed) / self._per_epoch
        spent = {"seconds": seconds, "epochs": epochs, "trainings": float(len(self._leader.curves))}
        return BudgetState(self._asked.unit, self._asked.total, spent[self._asked.unit], seconds)

    def interrupted(self) -> bool:
        """Whether to stop before the next evaluation interval."""
        self._stopped = self._stopped or self._stop()
        if self._asked.unit == "trainings":
            return self._stopped  # a training that has begun may end
        state = self._budget()
        return self._stopped or state.spent >= self._share * state.total - 1e-9

    def _beyond_budget(self, cut: Slice) -> bool:
        """Whether this would be a training more than the budget has."""
        new = cut.training not in self._leader.curves
        return self._asked.unit == "trainings" and new and len(self._leader.curves) >= self._asked.total

    def _confirm(self, most: float) -> bool:
        """Runs the best few, and the baseline, again on fresh seeds, as far as that fits.

        All but the first seeds of the winner must fit into ``most`` of the budget. False when too little of it is left
        for a spread of the winner.
        """
        winner = self._leader.winner
        if winner is None:
            return True
        capacity = self._executor.capacity
        portions = rounds(read_history(self._study), CONFIRM_TOP, CONFIRM_SEEDS, self._setup.task.config)
        for number, cuts in enumerate(together(portions, capacity)):
            state = self._budget()
            needed = cost_of(self._leader, self._asked, capacity, cuts)
            if self.interrupted() or state.spent + needed > (min(most, state.total) if number else state.total):
                if number == 0 and cuts[0].note["confirms"] == winner.training:
                    return len(self._leader.confirmations()) > 1
                continue
            self._run_slices(cuts)
        return True

    def _keep_winner(self) -> None:
        """Puts the winner's weights on disk, when others lie there."""
        try:
            self._leader.save(self._folder, self._executor)
        except OSError as error:
            raise StorageError(f"the winner's weights cannot be written to {self._folder}: {error}") from error
