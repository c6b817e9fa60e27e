"""The one look at the test data, on disk beside the study."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from luthier.errors import StudyError
from luthier.files import written_whole

FORMAT = 1  # 1: confirmed/test.json (format, and the fields of HeldOut)


@dataclass(frozen=True)
class HeldOut:
    """A setting on the test data."""

    training: int  #: the competing training whose setting it is
    repetition: int  #: the training on a fresh seed whose weights were tested
    metric: float
    loss: float
    samples: int
    looks: int  #: how often this study's test data was looked at, this time included; 1 is honest


def confirmed_folder(folder: Path) -> Path:
    """Where in a study's folder the confirmed setting lies."""
    return folder / "confirmed"


def write_tested(folder: Path, tested: HeldOut) -> None:
    """Notes the result. Raises OSError."""
    with written_whole(confirmed_folder(folder) / "test.json") as file:
        file.write((json.dumps({"format": FORMAT, **asdict(tested)}, indent=1) + "\n").encode())


def read_tested(folder: Path) -> HeldOut | None:
    """What was noted; None when nothing whole was. Raises StudyError for a newer format."""
    try:
        document: dict[str, Any] = json.loads((confirmed_folder(folder) / "test.json").read_text())
    except (OSError, ValueError):
        return None
    if document.pop("format") > FORMAT:
        raise StudyError(f"the test result in {folder} was written by a newer Luthier; install a newer one")
    return HeldOut(**document)
