"""Luthier's records as the parts of an Optuna trial, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from luthier.errors import StudyError
from luthier.records import (
    Curve,
    Direction,
    Slice,
    SliceResult,
    Status,
    Value,
    slice_from_json,
    slice_result_from_json,
    to_json,
)


@dataclass
class Entry:
    """One training of a study, as its trial holds it."""

    begun: Slice  #: the last slice that was begun
    begun_after: int  #: slices that had come back by then
    begun_times: int = 1  #: in a row, without coming back or an evaluation in between
    begun_steps: int = 0  #: evaluations that there were by then
    results: list[SliceResult] = field(default_factory=list)
    steps: set[int] = field(default_factory=set)  #: evaluations that the trial has a value for
    ended: bool = False

    @property
    def over(self) -> bool:
        """Whether the last result ends the training, even if a crash kept its end from being recorded."""
        return bool(self.results) and self.results[-1].over

    @property
    def pending(self) -> bool:
        """Whether the last slice that was begun has not come back."""
        return not self.ended and self.begun_after == len(self.results)


@dataclass(frozen=True)
class StoredResult:
    """A slice's result with its place in the study."""

    order: int  #: 0 for the first result of the study
    spent: float  #: wall-clock seconds of the study when it was recorded
    result: SliceResult

    def to_json(self) -> dict[str, Any]:
        """The value of the trial's attribute."""
        return {"order": self.order, "spent": self.spent, **to_json(self.result)}


def result_key(index: int) -> str:
    """The name of the attribute that holds a training's slice ``index``."""
    return f"slice:{index:04d}"


def begun_to_json(entry: Entry) -> dict[str, Any]:
    """The value of the attribute ``begun``: a slice that is under way."""
    tries = {"times": entry.begun_times, "steps": entry.begun_steps}
    return {"after": entry.begun_after, "slice": to_json(entry.begun), **tries}


def new_trial(entry: Entry, ranges: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """The RUNNING trial of a training that begins."""
    begun = entry.begun
    known = {name: wide for name, range_ in ranges.items() if (wide := holding(range_, begun.config.get(name)))}
    attributes = {
        "config": dict(begun.config),
        "seed": begun.seed,
        "note": dict(begun.note),
        "begun": begun_to_json(entry),
    }
    return create_trial(
        state=TrialState.RUNNING,
        params={name: begun.config[name] for name in known},
        distributions=known,
        user_attrs=attributes,
    )


def holding(range_: BaseDistribution, value: Value) -> BaseDistribution | None:
    """``range_`` if ``value`` lies in it, widened to ``value`` if a number can, else None.

    Optuna takes ranges that differ between trials; a trial without a parameter is to it a conditional one. None:
    a choice not in the list, no number where one is needed, 0 on a logarithmic scale.
    """
    if holds(range_, value):
        return range_
    if isinstance(value, str) or value is None or not math.isfinite(value):
        return None
    wide: BaseDistribution
    if isinstance(range_, FloatDistribution) and (value > 0 or not range_.log):
        wide = FloatDistribution(min(range_.low, value), max(range_.high, value), log=range_.log)
    elif isinstance(range_, IntDistribution) and value == round(value) and (value > 0 or not range_.log):
        wide = IntDistribution(min(range_.low, round(value)), max(range_.high, round(value)), log=range_.log)
    else:
        return None
    return wide


def holds(range_: BaseDistribution, value: Value) -> bool:
    """Whether a value lies in a range."""
    try:
        create_trial(state=TrialState.RUNNING, params={"": value}, distributions={"": range_})
    except ValueError:
        return False
    return True


def read_trial(trial: FrozenTrial) -> tuple[Entry, list[StoredResult]]:
    """The inverse of what was recorded. Raises StudyError for a trial that Luthier did not make."""
    attributes = trial.user_attrs
    if "begun" not in attributes:
        raise StudyError(
            f"trial {trial.number} was not made by Luthier, which needs a study of its own; choose another study name"
        )
    begun = replace(slice_from_json(attributes["begun"]["slice"]), training=trial.number)
    stored: list[StoredResult] = []
    while (document := attributes.get(result_key(len(stored)))) is not None:
        result = slice_result_from_json(document)
        result = replace(result, slice=replace(result.slice, training=trial.number))
        stored.append(StoredResult(document["order"], document["spent"], result))
    entry = Entry(
        begun=begun,
        begun_after=attributes["begun"]["after"],
        begun_times=attributes["begun"].get("times", 1),
        begun_steps=attributes["begun"].get("steps", 0),
        results=[s.result for s in stored],
        steps=set(trial.intermediate_values),
        ended=trial.state.is_finished(),
    )
    return entry, stored


def evaluations_before(result: SliceResult) -> int:
    """Evaluations of what the training branched from: its own are counted after them."""
    cut = result.slice
    if cut.origin is None or not result.points:
        return 0
    interval = (result.points[-1].epoch - cut.start) / len(result.points)
    return round(cut.origin.stop / interval)


def final_state(entry: Entry, status: Status | None, direction: Direction) -> tuple[TrialState, float | None]:
    """How Optuna is told that a training ended; ``status`` None: the search gave it up."""
    if status in (Status.FAILED, Status.OUT_OF_MEMORY):
        return TrialState.FAIL, None
    if status in (Status.DIVERGED, None):
        return (TrialState.PRUNED if entry.steps else TrialState.FAIL), None
    best = Curve(tuple(p for r in entry.results for p in r.points)).best(direction)
    return (TrialState.FAIL, None) if best is None else (TrialState.COMPLETE, best.metric)
