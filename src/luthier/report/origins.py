"""Where the range of each hyperparameter of a study comes from, and what was believed of it before the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optuna.distributions import json_to_distribution

from luthier.records import Belief
from luthier.search import INFORMED, NEAR_ONE, expected
from luthier.space import Space, describe
from luthier.study import Study

#: The source of a range that says nothing of its own.
YOURS = "your setting"


@dataclass(frozen=True)
class Origin:
    """One row of the table: a hyperparameter, or what is expected of it for one optimizer."""

    name: str
    range: str  #: in words
    range_source: str
    expected: str  #: where good values were thought to lie; empty where nothing is known
    expected_source: str  #: literature, your setting, a probe


def origins(folder: str | Path, *, storage: str | None = None) -> tuple[Origin, ...]:
    """The table of the study in ``folder``. Raises StudyError when there is none."""
    study = Study.load(storage or folder)
    space = study.description.space
    ranges = {name: json_to_distribution(text) for name, text in space["ranges"].items()}
    informed = study.description.search in INFORMED
    # The user's own setting holds what the space leaves open.
    own = next((dict(r.slice.config) for r in study.results() if r.slice.training == 0), {})
    known = expected(Space({**ranges, **space["fixed"]}), own, study.beliefs or ()) if informed else ()
    return tuple(row for name in ranges for row in _rows(name, describe(ranges[name]), study.sources, known))


def _rows(name: str, range_: str, sources: dict[str, str], known: Sequence[Belief]) -> list[Origin]:
    source = sources.get(name, YOURS)
    found = [Origin(name, range_, source, in_words(b), b.source) for b in known if b.name == name]
    return found or [Origin(name, range_, source, "", "")]


def in_words(belief: Belief) -> str:
    """``about 0.02 (0.01 to 0.04) for SGD at batch_size 64``."""
    low, high = belief.centre / belief.factor, belief.centre * belief.factor
    if belief.name in NEAR_ONE:
        low, high = 1 - (1 - belief.centre) * belief.factor, 1 - (1 - belief.centre) / belief.factor
    low = low if belief.low is None else max(low, belief.low)
    high = high if belief.high is None else min(high, belief.high)
    text = f"about {belief.centre:.3g} ({low:.3g} to {high:.3g})"
    if belief.given:
        text += f" for {', '.join(str(value) for value in belief.given.values())}"
    if belief.follows:
        text += f" at {' and '.join(f'{name} {belief.at[name]:.3g}' for name in belief.follows)}"
    return text
