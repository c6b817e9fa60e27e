"""The public function: checks what was given, opens the study, runs the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from luthier.events import Listener
from luthier.records import Options
from luthier.search import DEFAULT_SEARCH, Confidence, Search, beliefs_around
from luthier.space import Space
from luthier.study import CheckpointStore, Study, check_cap
from luthier.task import Task, load_task
from luthier.tuning.budget import Budget, parse_budget
from luthier.tuning.changes import changes
from luthier.tuning.foresight import check_enough
from luthier.tuning.reference import Reference
from luthier.tuning.result import Result
from luthier.tuning.run import Run
from luthier.tuning.searches import Searches
from luthier.tuning.setup import check_options, prepare
from luthier.tuning.source import write_source
from luthier.tuning.winner import check_model
from luthier.tuning.workers import choose_workers, executors

#: Seconds of budget from which on several trainings run at once without being asked for, and it is worked out what
#: scores are compared with: less is a look.
LONG_FROM = 10.0


def tune(
    task: Task | str,
    space: Space | Mapping[str, Any] | None = None,
    *,
    budget: str | float | Budget = "5m",
    search: str | Search = DEFAULT_SEARCH,
    baseline: Mapping[str, Any] | None = None,
    confidence: Confidence | None = None,
    probes: bool = True,
    enough: float | None = None,
    workers: int | str = "auto",
    folder: str | Path | None = None,
    storage: str | None = None,
    seed: int = 0,
    options: Options | None = None,
    checkpoint_gb: float = 2.0,
    on_event: Listener | None = None,
    stop: Callable[[], bool] | None = None,
) -> Result:
    """Searches ``space`` for the config that trains ``task`` best, within ``budget``.

    ``task`` is a Task, or what ``load_task`` understands. Without a ``space`` it is ``default_space(task)``. ``budget``
    is a time ("5m", or seconds), epochs ("200 epochs") or trainings ("30 trainings"), of the study in all: the same
    call again continues the study in ``folder`` (luthier-studies/NAME), or in the Optuna ``storage`` of that URL.
    ``baseline`` is your own setting; what it sets and the space does not name holds for all. It is trained first, by
    freeze-thaw only for a look: its rest comes when it ranks high, at the latest when others had twice what it takes.
    With ``confidence`` in it ("low", "medium", "high") the search looks around it first, otherwise where good values
    usually lie, or where ``probes`` find them: these run first when they cost less than a tenth of the budget.
    With ``enough`` the search ends by itself once the rest of the budget is expected to improve the best score by less
    (in the metric's unit); not before it took three trainings of its own to their ends. ``Result.prospect`` says what
    it expects.
    ``workers`` trainings run at the same time, each in a process with one thread; "auto" is one for each core where the
    budget is a time, the data is in memory and the baseline too small to fill them by threads, otherwise 1. With
    several, what the search knows when it decides depends on which came back first: the same seed may find another
    winner.
    ``search`` is a name out of ``luthier.search.SEARCHES``, or a Search; what is known beforehand is for "freeze-thaw".
    Checkpoints take up to ``checkpoint_gb``.
    ``stop`` is asked before every evaluation interval, or all the time where several workers run; when it turns true
    the study is left to be continued.

    Raises UsageError (a bad name, range, budget, data, model, folder) before anything is trained, TooManyFailures when
    three trainings in a row raise or none of ten has a score, StorageError and CheckpointError when the disk or the
    storage fails.
    """
    asked = parse_budget(budget)
    check_cap(checkpoint_gb)
    task = load_task(task) if isinstance(task, str) else task
    options = options or Options()
    setup = prepare(task, space, baseline)
    in_seconds = asked.unit == "seconds"
    short = in_seconds and asked.total < LONG_FROM
    folder = Path(folder) if folder is not None else Path("luthier-studies") / task.name
    reference = None if short else Reference(task, folder)
    filled = check_options(setup, options, seed)
    count = choose_workers(workers, task, options, filled, pays=in_seconds and not short)
    options = options if count == 1 else replace(options, threads=1)
    beliefs = beliefs_around(setup.baseline, setup.space, confidence) if confidence else []
    searches = Searches(search, setup, seed, beliefs, probes=probes, in_seconds=in_seconds)
    check_enough(enough, forecasts=searches.forecasts)
    with (
        executors(task, options, count, exact=not in_seconds) as make_executor,
        Study.open(
            folder,
            name=task.name,
            task=task.describe(),
            space=setup.space.to_json(),
            direction=task.direction,
            metric=task.metric_name,
            seed=seed,
            search=searches.name,
            storage=storage,
        ) as study,
    ):
        check_model(folder, task)
        study.add_sources(setup.space.sources)
        emit = reference.listener(on_event) if reference else on_event or (lambda event: None)
        stopped = stop or (lambda: False)
        known = [*task.cautions, *changes(study, folder, setup, options, seed=seed, search=searches.name)]
        study.add_options(options)
        run = Run(setup, asked, study, searches, folder, seed, options, emit, stopped, enough, known)
        write_source(folder, task, setup.baseline, storage)
        checkpoints = CheckpointStore(folder / "checkpoints", checkpoint_gb)
        checkpoints.set_worth(run.worth)
        result = run.run(make_executor(checkpoints, run.on_point, run.interrupted, emit))
        if reference:
            reference.note()
        return result
