"""Small files: read with clear errors, written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from luthier.errors import ConfigError, StorageError


def read_mapping(path: str | Path) -> dict[str, Any]:
    """A mapping of names to values from a YAML or TOML file, by its suffix.

    ``1e-4`` is a number in either, where quotes do not make it text. Raises ConfigError when the file is missing,
    malformed, or not a mapping.
    """
    import yaml

    path = Path(path)
    if not path.is_file():
        raise ConfigError(f"there is no file {path}; give a .yaml, .yml or .toml file")
    if path.suffix not in (".yaml", ".yml", ".toml"):
        raise ConfigError(f"{path} ends in {path.suffix!r}; it must be a .yaml, .yml or .toml file")
    try:
        text = path.read_text()
        document = tomllib.loads(text) if path.suffix == ".toml" else yaml.load(text, _yaml_loader())
    except (tomllib.TOMLDecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict) or not all(isinstance(k, str) for k in document):
        raise ConfigError(f"{path} holds no mapping of names to values, such as 'lr: 0.01'")
    return document


def _yaml_loader() -> Any:
    """PyYAML's safe loader, for which 1e-4 is a number, as in YAML 1.2; YAML 1.1 wants 1.0e-4."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    number = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+.0123456789"))
    return Loader


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears at ``path`` complete and fsynced, or not at all; what was there stays until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # opened as any file is, others may read it
    try:
        with aside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(aside)
        raise


def full_disk(error: BaseException) -> StorageError | None:
    """What to raise in place of ``error`` when it says that a disk is full; None for any other."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" ({error.filename})" if error.filename else ""
        return StorageError(f"the disk is full{where}; free some space and run again")
    if "database or disk is full" in str(error):  # SQLite's words
        return StorageError("the disk is full; free some space and run again")
    return None


def fsync_folder(path: Path) -> None:
    """Makes a rename in ``path`` durable, where the system allows it."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
