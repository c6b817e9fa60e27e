"""What a database is asked besides Optuna's questions: where its file lies, and that one process writes to a study."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from luthier.study._flock import lock

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine  # it takes a quarter of a second, which a journal need not wait

#: Of the connection that holds a lock in PostgreSQL: no timeout ends it, and the server notices within a minute when
#: the other machine is gone. A server that does not know one of them is left as it is.
_SETTINGS = {
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


@dataclass(frozen=True)
class Ownership:
    """The right to write to a study, which the system or the server takes back when the process dies."""

    check: Callable[[], object] = lambda: None  #: raises when it was lost
    release: Callable[[], object] = lambda: None


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    return re.sub(r"([?&]password=)[^&]*", r"\1", re.sub(r"//[^/@]*@", "//", url))


def file_of(url: str) -> Path | None:
    """The file of an SQLite URL; None for a server, a database in memory, and what is no URL."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return _file(make_url(url))
    except ArgumentError:
        return None


def own(engine: Engine, name: str) -> Ownership:
    """The right to write to the study of this name. Raises BlockingIOError when another process has it.

    Other databases than SQLite's files and PostgreSQL give it to everyone.
    """
    if engine.url.get_backend_name() == "postgresql":
        return _own_on_server(engine, name)
    path = _file(engine.url)
    return Ownership() if path is None else _own_beside(path, name)


def _file(url: URL) -> Path | None:
    name = url.database
    if url.get_backend_name() != "sqlite" or name in (None, "", ":memory:") or url.query.get("mode") == "memory":
        return None
    return Path(str(name).removeprefix("file:"))


def _own_beside(path: Path, name: str) -> Ownership:
    """By the kernel's lock on a file beside the database; on the database itself it could meet those of SQLite."""
    real = path.resolve()
    beside = real.with_name(f"{real.name}.{hashlib.sha256(name.encode()).hexdigest()[:12]}.lock")
    beside.open("ab").close()
    descriptor = lock(beside)
    return Ownership() if descriptor is None else Ownership(release=lambda: os.close(descriptor))


def _own_on_server(engine: Engine, name: str) -> Ownership:
    """By an advisory lock of a transaction that stays open, which poolers between us and the server keep, too."""
    from sqlalchemy import select, text

    key = int.from_bytes(hashlib.sha256(f"luthier study {name}".encode()).digest()[:8], "big", signed=True)
    connection = engine.connect()
    try:
        for setting, value in _SETTINGS.items():
            connection.execute(
                text("SELECT set_config(name, :value, true) FROM pg_settings WHERE name = :name"),
                {"name": setting, "value": value},
            )
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}).scalar():
            raise BlockingIOError
    except BaseException:
        connection.close()
        raise
    return Ownership(lambda: connection.execute(select(1)), connection.close)
