"""What a study goes on with that is not as it was begun with, where that is allowed but should be known."""

from __future__ import annotations

from pathlib import Path

from luthier.records import Options
from luthier.study import Study
from luthier.tuning.setup import Setup
from luthier.tuning.source import read_source

_ELSEWHERE = "begin a study in another folder to compare with this one"


def changes(study: Study, folder: Path, setup: Setup, options: Options, *, seed: int, search: str) -> list[str]:
    """Sentences for a warning each; none for a study that is new or goes on as it was."""
    begun, found = study.description, []
    code = read_source(folder).get("code")
    if code is not None and code != setup.task.code:
        found.append(
            "the code of the model, loss or metric was edited since the last run of this study: scores of before and "
            f"after are compared as if it had not; if it changes results, {_ELSEWHERE}"
        )
    own = next((result.slice.config for result in study.results() if result.slice.training == 0), None)
    if own is not None and setup.task.config(own) != setup.baseline:
        found.append(
            "your own setting is another one than when the study was begun: it is trained too, but the gain is "
            f"told over the first one; {_ELSEWHERE}"
        )
    found += changed_options(study, options)
    if begun.search != search:
        found.append(f"the study was begun with the search {begun.search}, and goes on with {search}")
    if begun.seed != seed:
        found.append(f"the study was begun with seed {begun.seed}; trainings that begin now have seed {seed}")
    return found


def changed_options(study: Study, options: Options) -> list[str]:
    """As ``changes``, of options that change scores. Ask before ``Study.add_options``."""
    before, found = study.options, []
    if before.get("precision") not in (None, options.precision):
        found.append(
            f"the study was trained with precision {before['precision']} so far, and goes on with {options.precision}: "
            f"scores of before and after are compared as if it had not; {_ELSEWHERE}"
        )
    if before.get("compile") not in (None, options.compile):
        how = "with torch.compile, before without" if options.compile else "without torch.compile, before with it"
        found.append(f"the study goes on {how}: scores may differ by rounding; {_ELSEWHERE}")
    return found
