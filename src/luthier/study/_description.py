"""What a study is about, and whether a stored study is about the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, json_to_distribution

from luthier.errors import StudyError
from luthier.records import Direction
from luthier.space import describe
from luthier.study._wider import wider

#: The format of what Luthier records in an Optuna study.
#:   1: one trial per training. Study attributes luthier:task, space, search, seed, metric, format, spent (wall-clock
#:      at the end of the last run), beliefs and cost (what searches are told beforehand), sources (of the ranges, in
#:      words), options (of its runs, on which bits of results depend; null for one that was not always the same; before
#:      there were more of them: threads), prospect (what going on is expected to bring),
#:      choices (the first ones, where there are more now).
#:      Trial attributes config, seed, note; begun (a slice under way, after how many, and how often it was begun
#:      without an evaluation since, after how many of these); slice:0000 and on (records.to_json of a SliceResult,
#:      with its order in the study and the wall-clock spent); message. One intermediate value per evaluation, counted
#:      from 1: the metric.
FORMAT = 1
SPENT = "luthier:spent"
BELIEFS = "luthier:beliefs"
COST = "luthier:cost"
SOURCES = "luthier:sources"
OPTIONS = "luthier:options"
THREADS = "luthier:threads"
PROSPECT = "luthier:prospect"
CHOICES = "luthier:choices"


@dataclass(frozen=True)
class Description:
    """What a study is about."""

    name: str
    task: Mapping[str, Any]  #: JSON values that tell this task from others
    space: Mapping[str, Any]  #: Space.to_json()
    direction: Direction
    metric: str
    seed: int
    search: str

    def write(self, study: optuna.Study) -> None:
        """Records it; the format comes last, so that a study that has one is complete."""
        study.set_metric_names([self.metric])
        for key in ("task", "space", "search", "seed", "metric"):
            study.set_user_attr(f"luthier:{key}", getattr(self, key))
        study.set_user_attr("luthier:format", FORMAT)


def read_description(study: optuna.Study, where: str) -> Description | None:
    """The inverse; None for a study that holds nothing. Raises StudyError for another tool's or a newer format."""
    attributes = study.user_attrs
    found = attributes.get("luthier:format")
    if found is None:
        if study.get_trials(deepcopy=False):
            raise StudyError(
                f"study {study.study_name!r} in {where} was not made by Luthier; choose another study name"
            )
        return None
    if not isinstance(found, int) or found > FORMAT:
        raise StudyError(
            f"study {study.study_name!r} in {where} has format {found}, this Luthier reads up to {FORMAT}; "
            "upgrade it with: pip install -U luthier"
        )
    values = {key: attributes[f"luthier:{key}"] for key in ("task", "space", "search", "seed", "metric")}
    direction: Direction = "maximize" if study.direction == optuna.study.StudyDirection.MAXIMIZE else "minimize"
    return Description(name=study.study_name, direction=direction, **values)


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """``document`` as it comes back from storage: tuples are lists, names are text."""
    values: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return values


def check_same(stored: Description, asked: Description, where: str) -> None:
    """Raises StudyError that names the first difference between a study and what it is continued with.

    Search and seed may differ, and ranges may be wider: what was recorded stays true.
    """
    apart = wider(stored.space, asked.space)
    difference = (
        _difference("the task's ", stored.task, asked.task)
        or _difference("", _in_words(stored.space, describe), _in_words(asked.space, describe), apart)
        or _difference("", _in_words(stored.space, repr), _in_words(asked.space, repr), apart)  # steps, say
        or _difference("the ", {"metric": stored.metric}, {"metric": asked.metric})
        or _difference("the ", {"direction": stored.direction}, {"direction": asked.direction})
    )
    if difference:
        raise StudyError(
            f"study {stored.name!r} in {where} cannot be continued: {difference}; "
            "give what it was begun with (ranges may be wider), or another folder"
        )


def _difference(kind: str, stored: Mapping[str, Any], asked: Mapping[str, Any], apart: Collection[str] = ()) -> str:
    """The first difference in words; not between what is told ``apart``."""
    for key in sorted({*stored, *asked}.difference(apart)):
        if key not in asked or key not in stored or stored[key] != asked[key]:
            return f"{kind}{key} is {_shown(asked, key)}, in the study it is {_shown(stored, key)}"
    return ""


def _in_words(space: Mapping[str, Any], words: Callable[[BaseDistribution], str]) -> dict[str, Any]:
    return {**space["fixed"], **{n: words(json_to_distribution(r)) for n, r in space["ranges"].items()}}


def _shown(document: Mapping[str, Any], key: str) -> str:
    if key not in document:
        return "not given"
    text = document[key] if isinstance(document[key], str) else json.dumps(document[key])
    return text if len(text) <= 80 else text[:77] + "..."
