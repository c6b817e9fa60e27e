"""The winner on disk: its best epoch's weights and what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from luthier.errors import StudyError
from luthier.files import written_whole
from luthier.records import Config, Point
from luthier.task import Task

FORMAT = 1  # 1: model.pt (a state_dict), winner.json (format, training, seed, config, point)


@dataclass(frozen=True)
class Winner:
    """Which training's weights lie in a folder, and from which of its points."""

    training: int
    seed: int
    config: Config
    point: Point


def winner_folder(folder: Path) -> Path:
    """Where in a study's folder the winner lies."""
    return folder / "best"


def save_winner(folder: Path, winner: Winner, weights: Mapping[str, Tensor]) -> Path:
    """Writes both files into ``folder/best``; on an error both stay as they were. Returns the path of the weights.

    Raises OSError.
    """
    path = winner_folder(folder) / "model.pt"
    about = path.with_name("winner.json")
    document = {"format": FORMAT, **asdict(winner), "config": dict(winner.config)}
    with written_whole(about) as about_file, written_whole(path) as file:
        about_file.write((json.dumps(document, indent=1) + "\n").encode())
        try:
            torch.save(dict(weights), file)
        except RuntimeError as error:  # torch's own, in place of the one that it met
            raise error.__context__ if isinstance(error.__context__, OSError) else error from None
        for written in (about_file, file):
            written.flush()
        about.unlink(missing_ok=True)  # a crash from here on must not leave it beside other weights
    return path


def check_model(folder: Path, task: Task) -> None:
    """Raises StudyError where the winner's weights do not fit the model that ``task`` builds: it is another one."""
    winner, path = load_winner(folder), winner_folder(folder) / "model.pt"
    model = None if winner is None or not path.exists() else task.outline(winner.config)
    if model is None:
        return
    try:
        weights = torch.load(path, weights_only=True, map_location="cpu", mmap=True)  # their shapes alone are read
    except Exception:  # of a broken file torch raises anything; the winner is written again
        return
    built, kept = ({name: t.shape for name, t in tensors.items()} for tensors in (model.state_dict(), weights))
    if built != kept:
        name = next(n for n in (*built, *kept) if built.get(n) != kept.get(n))
        new, old = (list(found[name]) if name in found else "missing" for found in (built, kept))
        raise StudyError(
            f"the study in {folder} was begun with another model: {name} is {new}, in the study it is {old}; "
            "give the model it was begun with, or another folder"
        )


def load_winner(folder: Path) -> Winner | None:
    """What lies in ``folder/best``; None when nothing whole does. Raises StudyError for a newer format."""
    try:
        document: dict[str, Any] = json.loads((winner_folder(folder) / "winner.json").read_text())
    except (OSError, ValueError):
        return None
    if document.pop("format") > FORMAT:
        raise StudyError(f"the winner in {folder} was written by a newer Luthier; install a newer one")
    config, point = Config(document.pop("config")), Point(**document.pop("point"))
    return Winner(config=config, point=point, **document)
