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
    """Writes both files into ``folder/best``, the weights first. Returns the path of the weights."""
    path = winner_folder(folder) / "model.pt"
    with written_whole(path) as file:
        torch.save(dict(weights), file)
    document = {"format": FORMAT, **asdict(winner), "config": dict(winner.config)}
    with written_whole(path.with_name("winner.json")) as file:
        file.write((json.dumps(document, indent=1) + "\n").encode())
    return path


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
