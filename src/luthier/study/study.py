"""Everything that happened in a search, as an Optuna study."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import optuna
from optuna.distributions import json_to_distribution
from optuna.trial import FrozenTrial, Trial, TrialState

from luthier.errors import StudyError
from luthier.records import (
    Belief,
    Direction,
    EpochCost,
    Options,
    Point,
    Prospect,
    Slice,
    SliceResult,
    Status,
    epoch_cost_from_json,
    prospect_from_json,
    to_json,
)
from luthier.study._description import (
    BELIEFS,
    COST,
    OPTIONS,
    PROSPECT,
    SOURCES,
    SPENT,
    THREADS,
    Description,
    plain,
)
from luthier.study._opening import begin_or_continue, first_choices, pick
from luthier.study._storage import Storage, check_folder, closed_on_error, open_folder, open_url
from luthier.study._trials import (
    Entry,
    StoredResult,
    begun_to_json,
    evaluations_before,
    final_state,
    new_trial,
    read_trial,
    result_key,
)
from luthier.study._writer import Writer


class Study:
    """Everything that happened: one Optuna trial per training, of the same number.

    Made by ``Study.open`` or ``Study.load``, closed by ``close`` or at the end of a ``with`` block. Writing is done
    by a background thread: a call returns at once, and what it gave is durable after the next ``flush``. When the
    storage fails, every later call raises StorageError; what was written before stays whole. Optuna's own tools
    read the same storage at any time, also while it is written.
    """

    def __init__(self, storage: Storage, study: optuna.Study, description: Description, *, writable: bool) -> None:
        self.description = description  #: what the study is about, as it was begun
        self._storage = storage
        self._study = study
        ranges = {**description.space["ranges"], **first_choices(study)}
        self._ranges = {n: json_to_distribution(r) for n, r in ranges.items()}
        read = [read_trial(trial) for trial in study.get_trials(deepcopy=False)]
        self._entries = [entry for entry, _ in read]
        self._results = sorted((s for _, stored in read for s in stored), key=lambda s: s.order)
        self._spent = float(study.user_attrs.get(SPENT, 0.0))
        told = study.user_attrs.get(BELIEFS)
        self._beliefs = None if told is None else tuple(Belief(**document) for document in told)
        cost = study.user_attrs.get(COST)
        self._cost = None if cost is None else epoch_cost_from_json(cost)
        self._sources: dict[str, str] = study.user_attrs.get(SOURCES, {})
        before = {"threads": study.user_attrs[THREADS]} if THREADS in study.user_attrs else {}
        self._options: dict[str, Any] = study.user_attrs.get(OPTIONS, before)
        expected = study.user_attrs.get(PROSPECT)
        self._prospect = None if expected is None else prospect_from_json(expected)
        self._lock = threading.RLock()
        self._trials: dict[int, Trial] = {}  # of the writing thread
        self._writer = Writer(storage.together, storage.check_owned) if writable else None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        name: str,
        task: Mapping[str, Any],
        space: Mapping[str, Any],
        direction: Direction,
        metric: str,
        seed: int,
        search: str,
        storage: str | None = None,
    ) -> Study:
        """Begins a study, or continues the one that is there.

        ``task`` are JSON values that tell this task from others, ``space`` is ``Space.to_json()``, ``storage`` any
        Optuna URL in place of a journal file in ``folder``. A study is continued with ranges as wide as they were, or
        wider. Raises StudyError for another task, space, metric or direction than it was begun with, for a newer
        format, for a study that another process writes to, and for storage that cannot be used, StorageError when the
        disk is full.
        """
        asked = Description(name, plain(task), plain(space), direction, metric, seed, search)
        check_folder(folder)
        opened = open_url(storage, writable=True) if storage else open_folder(folder, writable=True)
        with closed_on_error(opened):
            opened.own(name)
            study = cls(opened, *begin_or_continue(opened, asked, alone=storage is None), writable=True)
            study._end_what_is_over()
            return study

    @classmethod
    def load(cls, where: str | Path, name: str | None = None) -> Study:
        """An existing study, to be read: from its folder or an Optuna URL, by name when there are several.

        Raises StudyError when there is none, or it cannot be read.
        """
        url = "://" in str(where)
        opened = open_url(str(where), writable=False) if url else open_folder(Path(where), writable=False)
        with closed_on_error(opened):
            study = cls(opened, *pick(opened, name), writable=False)
        opened.close()  # what is read later connects again
        return study

    def begin(self, cut: Slice) -> None:
        """A slice is handed to a worker: makes the training's trial when it is new.

        Raises ValueError when a number is left out, when the training has ended, or when it was begun with another
        config (so the ``pending`` slices of a continued study are run first).
        """
        with self._lock:
            number = cut.training
            if number > len(self._entries):
                raise ValueError(f"training {number} cannot begin before training {len(self._entries)}")
            if number == len(self._entries):
                entry = Entry(cut, 0)
                trial = new_trial(entry, self._ranges)
                self._write(lambda: self._create(number, trial), alone=True)
                self._entries.append(entry)
                self._hurry()
                return
            entry = self._live(number)
            if not entry.results and (entry.begun.config, entry.begun.seed) != (cut.config, cut.seed):
                raise ValueError(f"training {number} was begun as {entry.begun}, not as {cut}")
            again = entry.pending and len(entry.steps) <= entry.begun_steps
            entry.begun_times = entry.begun_times + 1 if again else 1
            entry.begun_steps = len(entry.steps)
            entry.begun, entry.begun_after = cut, len(entry.results)
            self._set(number, "begun", begun_to_json(entry))
            self._hurry()

    def add_point(self, training: int, index: int, point: Point) -> None:
        """Evaluation ``index`` of a training, counted from 1; one that is there already stays as it is.

        A metric that is not finite is left to ``add_result``: a trial's values are drawn.
        """
        with self._lock:
            entry = self._live(training)
            if index in entry.steps or not math.isfinite(point.metric):
                return
            entry.steps.add(index)
            self._write(lambda: self._trial(training).report(point.metric, index))

    def add_result(self, result: SliceResult, spent_seconds: float) -> None:
        """A slice came back, ``spent_seconds`` of wall-clock into the study; adds its points that are not there."""
        with self._lock:
            training = result.slice.training
            entry = self._live(training)
            first = 1 + evaluations_before(result) + sum(len(r.points) for r in entry.results)
            for index, point in enumerate(result.points, first):
                self.add_point(training, index, point)
            stored = StoredResult(len(self._results), spent_seconds, result)
            self._results.append(stored)
            entry.results.append(result)
            self._set(training, result_key(len(entry.results) - 1), stored.to_json())

    def end(self, training: int, status: Status | None = None, message: str = "") -> None:
        """A training will not be continued; again does nothing.

        ``status`` is its last slice's, None when the search gave it up. Failed or out of memory: FAIL. Diverged or
        given up: PRUNED, or FAIL when it has no value. Else COMPLETE with its best metric.
        """
        with self._lock:
            entry = self._entries[training]
            if entry.ended:
                return
            entry.ended = True
            if message:
                self._set(training, "message", message)
            state, value = final_state(entry, status, self.description.direction)
            self._write(lambda: self._tell(training, state, value), alone=True)

    def results(self) -> list[SliceResult]:
        """All results in the order they were added: told to a fresh search, they continue it."""
        with self._lock:
            return [stored.result for stored in self._results]

    def pending(self) -> list[Slice]:
        """Slices that were begun and did not come back, by training: after a crash, they are run first."""
        with self._lock:
            return [entry.begun for entry in self._entries if entry.pending]

    def tries(self, training: int) -> int:
        """How often in a row its pending slice was begun without an evaluation: with each its process died."""
        with self._lock:
            entry = self._entries[training]
            return entry.begun_times if entry.pending and len(entry.steps) <= entry.begun_steps else 0

    def ended(self) -> set[int]:
        """Numbers of the trainings that will not be continued."""
        with self._lock:
            return {number for number, entry in enumerate(self._entries) if entry.ended or entry.over}

    def add_spent(self, seconds: float) -> None:
        """A run ends ``seconds`` of wall-clock into the study, some of them after its last result."""
        with self._lock:
            self._spent = seconds
            self._write(lambda: self._study.set_user_attr(SPENT, seconds))

    @property
    def spent_seconds(self) -> float:
        """Wall-clock of the study when its last result was added, or its last run ended."""
        return max(self._spent, self._results[-1].spent if self._results else 0.0)

    @property
    def beliefs(self) -> tuple[Belief, ...] | None:
        """What its searches were told beforehand; None when nothing was recorded yet."""
        return self._beliefs

    @property
    def epoch_cost(self) -> EpochCost | None:
        """What an epoch takes by batch size, as measured before the search; None when it was not."""
        return self._cost

    @property
    def sources(self) -> dict[str, str]:
        """Where the ranges come from, in words, by name; empty for a study that does not say."""
        return dict(self._sources)

    def add_sources(self, sources: Mapping[str, str]) -> None:
        """Records where the ranges come from. What is recorded already stays."""
        with self._lock:
            known = {**sources, **self._sources}
            if known != self._sources:
                self._sources = known
                self._write(lambda: self._study.set_user_attr(SOURCES, known))

    @property
    def options(self) -> dict[str, Any]:
        """What ``add_options`` was told; None for an option that was not the same in all runs."""
        return dict(self._options)

    def add_options(self, options: Options) -> None:
        """A run trains with these. Records those on which bits of results depend: precision, compile, threads."""
        with self._lock:
            told = {"precision": options.precision, "compile": options.compile, "threads": options.threads}
            now = {name: value if self._options.get(name, value) == value else None for name, value in told.items()}
            if now != self._options:
                self._options = now
                self._write(lambda: self._study.set_user_attr(OPTIONS, now))

    def add_beliefs(self, beliefs: Sequence[Belief], cost: EpochCost | None = None) -> None:
        """Records what the study's searches are told beforehand, so that a continued one decides alike."""
        with self._lock:
            self._beliefs, self._cost = tuple(beliefs), cost
            if cost is not None:
                measured = to_json(cost)
                self._write(lambda: self._study.set_user_attr(COST, measured))
            documents = [to_json(belief) for belief in beliefs]
            self._write(lambda: self._study.set_user_attr(BELIEFS, documents))

    @property
    def prospect(self) -> Prospect | None:
        """What going on was expected to bring when the last run ended; None where none said so, or one is under way."""
        return self._prospect

    def add_prospect(self, prospect: Prospect | None) -> None:
        """Records what going on is expected to bring, in place of what was expected before."""
        with self._lock:
            if prospect != self._prospect:
                self._prospect = prospect
                document = None if prospect is None else to_json(prospect)
                self._write(lambda: self._study.set_user_attr(PROSPECT, document))

    @property
    def optuna_study(self) -> optuna.Study:
        """The Optuna study, with everything added so far. Raises StorageError."""
        if self._writer is not None:
            self.flush()
        return self._study

    def flush(self) -> None:
        """Returns when everything added so far is durable. Raises StorageError when it cannot be."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Flushes and lets other processes write; again does nothing. Raises StorageError."""
        writer, self._writer = self._writer, None
        try:
            if writer is not None:
                writer.close()
        finally:
            self._storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _live(self, training: int) -> Entry:
        """The training's entry. Raises ValueError when it has ended."""
        entry = self._entries[training]
        if entry.ended:
            raise ValueError(f"training {training} has ended")
        return entry

    def _end_what_is_over(self) -> None:
        """Ends the trainings whose last result was written and whose end was not."""
        for number, entry in enumerate(self._entries):
            if entry.over and not entry.ended:
                outcome = entry.results[-1].outcome
                self.end(number, outcome.status, outcome.message)

    def _write(self, job: Callable[[], None], *, alone: bool = False) -> None:
        if self._writer is None:
            raise StudyError("this study is closed, or was opened to be read; open it with Study.open to add to it")
        self._writer.put(job, alone=alone)

    def _hurry(self) -> None:
        """What may end the process at once shall be known to have begun."""
        assert self._writer is not None  # something was written
        self._writer.hurry()

    def _set(self, training: int, key: str, value: Any) -> None:
        self._write(lambda: self._trial(training).set_user_attr(key, value))

    # What follows runs in the writing thread.

    def _create(self, number: int, trial: FrozenTrial) -> None:
        """Adds the trial under its number, which nobody else may have taken."""
        if self._count() == number:
            self._study.add_trial(trial)
            if self._count() == number + 1:
                return
        raise RuntimeError(f"another process began training {number} of the same study")

    def _count(self) -> int:
        return len(self._study.get_trials(deepcopy=False))

    def _trial(self, number: int) -> Trial:
        """The trial of this number, to write to; Optuna gives none out for a trial of an earlier process."""
        if number not in self._trials:
            storage = self._storage.optuna
            study_id = storage.get_study_id_from_name(self.description.name)
            trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, number)
            self._trials[number] = Trial(self._study, trial_id)
        return self._trials[number]

    def _tell(self, number: int, state: TrialState, value: float | None) -> None:
        self._trials.pop(number, None)
        self._study.tell(number, value, state=state)
