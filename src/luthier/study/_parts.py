"""A frozen training as a folder: one file per part, and a manifest that says what they are."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import torch

from luthier.errors import CheckpointError
from luthier.files import fsync_folder

MANIFEST = "manifest.json"

#: The format of a checkpoint's folder.
#:   1: manifest.json with format, training, epoch and for each part its file, sha256 and size in bytes; a part of
#:      plain values is NAME.json, one with tensors is NAME.pt (torch.save, read with weights_only).
FORMAT = 1


class Damaged(Exception):
    """A file of a checkpoint is missing or is not what was written."""


def write_parts(folder: Path, training: int, epoch: float, parts: Mapping[str, Any]) -> None:
    """Writes the parts into the empty ``folder``, durably. Raises OSError, CheckpointError for values not allowed."""
    entries = {name: _write_part(folder, name, part) for name, part in parts.items()}
    manifest = {"format": FORMAT, "training": training, "epoch": epoch, "parts": entries}
    _write_file(folder / MANIFEST, lambda file: file.write(json.dumps(manifest, indent=1).encode()))
    fsync_folder(folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a checkpoint. Raises Damaged, CheckpointError for a newer format."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        found = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{MANIFEST}: {error!r}") from error
    if found != FORMAT:
        raise CheckpointError(
            f"checkpoint {folder} has format {found}, this Luthier reads {FORMAT}; "
            "upgrade it with: pip install -U luthier"
        )
    return manifest


def read_parts(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a checkpoint, tensors on the CPU. Raises Damaged."""
    try:
        return {name: _read_part(folder, entry) for name, entry in manifest["parts"].items()}
    except Damaged:
        raise
    except Exception as error:  # whatever torch.load or JSON make of it
        raise Damaged(repr(error)) from error


def _write_part(folder: Path, name: str, part: Any) -> dict[str, Any]:
    packed = _packed(name, part)
    if _is_json(packed):
        file = f"{name}.json"
        digest, size = _write_file(folder / file, lambda out: out.write(json.dumps(packed).encode()))
    else:
        file = f"{name}.pt"
        digest, size = _write_file(folder / file, lambda out: torch.save(packed, out))
    return {"file": file, "sha256": digest, "bytes": size}


def _read_part(folder: Path, entry: Mapping[str, Any]) -> Any:
    path = folder / entry["file"]
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
            raise Damaged(f"{entry['file']} does not have its checksum")
        file.seek(0)
        if path.suffix == ".json":
            return json.loads(file.read())
        return torch.load(file, map_location="cpu", weights_only=True)


class _Hashed:
    """A file that is written to, hashed on the way, so that a large part is not held in memory twice."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        self.size += len(data)
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def _write_file(path: Path, write: Callable[[Any], object]) -> tuple[str, int]:
    """Has ``write`` fill a file durably; its sha256 and size in bytes."""
    with path.open("xb") as file:
        out = _Hashed(file)
        try:
            write(out)
        except RuntimeError as error:  # torch.save's own, in place of the one that it met
            raise out.error or error from None
        file.flush()
        os.fsync(file.fileno())
    return out.sha256.hexdigest(), out.size


def _packed(name: str, value: Any) -> Any:
    """``value`` as it is saved: a tensor that views a part of a larger one would take the larger one along.

    Raises CheckpointError for anything but tensors and plain values, which could not be read back.
    """
    if isinstance(value, torch.Tensor):
        tensor = value.detach()
        return tensor.clone() if tensor.untyped_storage().nbytes() > tensor.nbytes else tensor
    if isinstance(value, dict):
        # A copy of a module's state_dict keeps its _metadata, by which load_state_dict tells versions apart.
        packed = copy.copy(value) if type(value) is OrderedDict else {}
        packed.update({k: _packed(name, v) for k, v in value.items()})
        return packed
    if type(value) in (list, tuple):
        return type(value)(_packed(name, v) for v in value)
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise CheckpointError(
        f"part {name!r} of a checkpoint holds {type(value).__name__} {value!r:.60}; "
        "it may hold tensors, numbers, text, true/false, None, and lists, tuples and dicts of them"
    )


def _is_json(value: Any) -> bool:
    """Whether JSON gives back an equal value of equal types."""
    if type(value) is dict:
        return all(type(k) is str and _is_json(v) for k, v in value.items())
    if type(value) is list:
        return all(map(_is_json, value))
    return value is None or type(value) in (bool, int, float, str)
