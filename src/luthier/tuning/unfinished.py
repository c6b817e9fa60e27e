"""Slices that a stop cut short."""

from __future__ import annotations

from dataclasses import replace

from luthier.records import Slice, SliceResult, Status


class Unfinished:
    """Keeps what a stop cut short until it is whole.

    The search hears of whole slices only, so that where a run was stopped does not change what it decides.
    """

    def __init__(self) -> None:
        self._parts: dict[int, SliceResult] = {}

    def take(self, result: SliceResult) -> SliceResult | None:
        """The whole result of the slice; None when the rest of it is to be run."""
        number = result.slice.training
        if (earlier := self._parts.pop(number, None)) is not None:
            points, seconds = earlier.points + result.points, earlier.seconds + result.seconds
            result = SliceResult(earlier.slice, points, result.outcome, seconds)
        if result.outcome.status is Status.PAUSED:
            self._parts[number] = result
            return None
        return result

    def rests(self) -> list[Slice]:
        """What is to be run."""
        return [_rest(part) for part in self._parts.values()]


def _rest(part: SliceResult) -> Slice:
    return replace(part.slice, start=part.points[-1].epoch) if part.points else part.slice
