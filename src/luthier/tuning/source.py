"""Where a study's task came from, so that its result can be read again."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from luthier.errors import StudyError, UsageError
from luthier.events import BudgetState
from luthier.files import full_disk, written_whole
from luthier.records import Config
from luthier.report.history import read_history
from luthier.report.recommend import recommend
from luthier.study import Study, without_password
from luthier.task import Task, chance_of, load_task
from luthier.tuning.leader import Leader
from luthier.tuning.result import Result

SOURCE = "task.json"  #: lies in the folder of every study


def write_source(folder: Path, task: Task, baseline: Config, storage: str | None = None) -> None:
    """Notes in ``folder`` where the task came from, for ``load_result``, and what explains its scores.

    ``storage`` is the URL of a study that is in a database, of which the password is not noted. Raises StudyError when
    it cannot, StorageError on a full disk.
    """
    source = {} if task.source is None else {"task": task.source[0], "data": task.source[1]}
    chance, targets = chance_of(task), task.train.targets
    facts = {
        "name": task.name,
        "validation": len(task.validation),
        "chance": None if chance is None else asdict(chance),
        "reference": read_source(folder).get("reference"),  # that of the same data
        "parameters": task.parameters(baseline),
        "targets": None if targets is None else targets.numel(),
        "code": task.code,
        "storage": None if storage is None else without_password(storage),
    }
    _write(folder, {**source, **facts})


def note_reference(folder: Path, reference: float | None) -> None:
    """Adds what ``reference_of`` gives to what ``write_source`` noted. Raises as it does."""
    _write(folder, {**read_source(folder), "reference": reference})


def _write(folder: Path, document: dict[str, Any]) -> None:
    try:
        with written_whole(folder / SOURCE) as file:
            file.write((json.dumps(document) + "\n").encode())
    except OSError as error:
        sentence = f"the folder {folder} cannot be written: {error}; choose another"
        raise full_disk(error) or StudyError(sentence) from error


def load_result(folder: str | Path, task: Task | None = None, *, storage: str | None = None) -> Result:
    """The result of the study in ``folder`` so far, without training anything; another process may be writing it.

    The task is found again when it was given by name or file, and is still there; else give it, to load the model.
    Raises StudyError when there is no study.
    """
    folder = Path(folder)
    document = read_source(folder)
    name = document.get("name") if task is None else task.name
    study = Study.load(storage, name) if storage else Study.load(folder)
    if task is None and "task" in document:
        with suppress(UsageError):  # it was moved; all but the model can be told without it
            task = load_task(document["task"], document["data"])
    about = study.description
    leader = Leader(about.direction)
    for result in study.results():
        leader.add(result)
    seconds = study.spent_seconds
    found = leader.result(
        folder=folder,
        name=about.name,
        metric=about.metric,
        task=task,
        validation=document.get("validation", 0),
        asked=None,
        budget=BudgetState("seconds", seconds, seconds, seconds),
        interrupted=False,
    )
    return replace(found, recommendation=recommend(read_history(study)), prospect=study.prospect)


def read_source(folder: Path) -> dict[str, Any]:
    """What ``write_source`` noted; nothing when that is not there."""
    try:
        document: dict[str, Any] = json.loads((folder / SOURCE).read_text())
    except (OSError, ValueError):
        return {}
    return document
