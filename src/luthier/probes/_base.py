"""What every probe's result is: numbers with an interval, or one sentence on why they are not reliable here."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from luthier.records import Belief, Config, Slice, SliceResult, to_json


@dataclass(frozen=True)
class Interval:
    """Where a measured value lies with probability ``level``, both ends included."""

    low: float
    high: float
    level: float = 0.9  #: in (0, 1)

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:.3g} to {self.high:.3g} ({100 * self.level:.0f} %)"


@dataclass(frozen=True)
class Progress:
    """How far a probe is."""

    doing: str  #: "range test 2 of 3"
    fraction: float  #: of the probe, in [0, 1]


@dataclass(frozen=True, kw_only=True)
class ProbeResult(ABC):
    """A measurement of a task. Subclasses are frozen dataclasses and add what they measured."""

    seconds: float  #: wall-clock that the probe took
    reliable: bool = True  #: whether a search may rely on it
    reason: str = ""  #: why it is not reliable, in one sentence

    @abstractmethod
    def sentences(self) -> list[str]:
        """The answer in plain words, with its interval; the reason first when it is not reliable."""

    @abstractmethod
    def beliefs(self) -> tuple[Belief, ...]:
        """What a search may take from it; nothing when it is not reliable."""

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON values; NaN and infinity become null."""
        document: dict[str, Any] = _plain(self)
        return document


def _plain(value: Any) -> Any:
    if isinstance(value, (Config, Slice, SliceResult)):
        return _plain(to_json(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
