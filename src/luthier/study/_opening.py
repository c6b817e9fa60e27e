"""The Optuna study behind a study: begun, continued, or picked out of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import optuna

from luthier.errors import StudyError
from luthier.study._description import CHOICES, SOURCES, Description, check_same, read_description
from luthier.study._storage import Storage, quiet
from luthier.study._wider import wider


def begin_or_continue(opened: Storage, asked: Description, *, alone: bool) -> tuple[optuna.Study, Description]:
    """The study of this name; ``alone``: the only one that its storage may hold."""
    others = [name for name in optuna.get_all_study_names(opened.optuna) if name != asked.name]
    if alone and others:
        raise StudyError(
            f"folder {opened.where} holds study {others[0]!r}, not {asked.name!r}; give that name or another folder"
        )
    with quiet():
        study = optuna.create_study(
            study_name=asked.name,
            storage=opened.optuna,
            direction=asked.direction,
            sampler=_sampler(),
            load_if_exists=True,
        )
        stored = read_description(study, opened.where)
        if stored is None:
            asked.write(study)
    if stored is None:
        return study, asked
    check_same(stored, asked, opened.where)
    return study, _widen(study, stored, asked.space)


def _widen(study: optuna.Study, stored: Description, space: Mapping[str, Any]) -> Description:
    """Records wider ranges; their sources are other ones now. Optuna goes on with the choices that it has seen."""
    names = wider(stored.space, space)
    if not names:
        return stored
    sources = study.user_attrs.get(SOURCES, {})
    study.set_user_attr(SOURCES, {name: text for name, text in sources.items() if name not in names})
    before = {name: text for name, text in stored.space["ranges"].items() if name in names and "choices" in text}
    study.set_user_attr(CHOICES, {**before, **first_choices(study)})
    study.set_user_attr("luthier:space", space)
    return replace(stored, space=space)


def first_choices(study: optuna.Study) -> dict[str, str]:
    """Choices as they were before there were more, by name: a trial of another one lacks the parameter to Optuna."""
    found: dict[str, str] = study.user_attrs.get(CHOICES, {})
    return found


def pick(opened: Storage, name: str | None) -> tuple[optuna.Study, Description]:
    """The study of this name, or the only one."""
    names = optuna.get_all_study_names(opened.optuna)
    if (name is None and len(names) != 1) or (name is not None and name not in names):
        asked = "no study was named" if name is None else f"there is no study {name!r}"
        hint = "; give the folder of the one that you mean, too" if name is None and names else ""
        raise StudyError(f"{asked} in {opened.where}; it holds {', '.join(map(repr, names)) or 'none'}{hint}")
    study = optuna.load_study(study_name=name or names[0], storage=opened.optuna, sampler=_sampler())
    description = read_description(study, opened.where)
    if description is None:
        raise StudyError(f"study {study.study_name!r} in {opened.where} is empty; begin it with: luthier tune")
    return study, description


def _sampler() -> optuna.samplers.BaseSampler:
    """Never asked: the values come from the search. Optuna's default would load TPE."""
    return optuna.samplers.RandomSampler(seed=0)
