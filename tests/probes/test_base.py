import json
import math
from dataclasses import dataclass

from luthier.probes import Interval, ProbeResult
from luthier.records import Belief, Config, Outcome, Point, Slice, SliceResult, Status, slice_result_from_json


@dataclass(frozen=True, kw_only=True)
class Length(ProbeResult):
    value: float
    interval: Interval
    results: tuple[SliceResult, ...] = ()

    def sentences(self) -> list[str]:
        return [f"The length is {self.value:g}, {self.interval}."]

    def beliefs(self) -> tuple[Belief, ...]:
        return ()


def test_an_interval_knows_what_lies_in_it_and_how_it_is_said() -> None:
    interval = Interval(0.012, 0.25)
    assert 0.012 in interval
    assert 0.26 not in interval
    assert str(interval) == "0.012 to 0.25 (90 %)"


def test_a_result_becomes_json_from_which_its_slices_can_be_read_again() -> None:
    point = Point(1.0, 0.5, 0.6, 0.9, 0.1, 32, 0.25)
    result = SliceResult(Slice(3, Config(lr=0.1, epochs=9), 0, 1), (point,), Outcome(Status.DONE), 0.3)
    length = Length(seconds=1.5, value=math.nan, interval=Interval(1, math.inf), results=(result,))
    document = json.loads(json.dumps(length.to_json(), allow_nan=False))
    assert document["value"] is None
    assert document["interval"] == {"low": 1, "high": None, "level": 0.9}
    assert document["reliable"] is True
    assert slice_result_from_json(document["results"][0]) == result
