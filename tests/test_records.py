import json
import math
import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.errors import ConfigError, UsageError
from luthier.records import (
    Belief,
    Config,
    Curve,
    Finding,
    Outcome,
    Point,
    Slice,
    SliceResult,
    Status,
    fingerprint,
    slice_result_from_json,
    to_json,
)

names = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
values = st.one_of(st.floats(allow_nan=False), st.integers(), st.text(max_size=8), st.booleans(), st.none())
mappings = st.dictionaries(names, values, max_size=6)
numbers = st.floats(allow_nan=False)
points = st.builds(
    Point,
    epoch=st.floats(0, 1000),
    train_loss=numbers,
    val_loss=numbers,
    metric=numbers,
    lr=numbers,
    batch_size=st.integers(1, 4096),
    seconds=st.floats(0, 1e6),
)
slice_parts = {
    "training": st.integers(0, 1000),
    "config": mappings.map(Config),
    "start": st.floats(0, 100),
    "stop": st.floats(0, 100),
    "seed": st.integers(0, 2**31),
    "note": st.dictionaries(names, st.one_of(st.integers(), st.lists(st.integers(), max_size=3)), max_size=3),
}
origins = st.recursive(st.none(), lambda inner: st.builds(Slice, **slice_parts, origin=inner), max_leaves=3)
slices = st.builds(Slice, **slice_parts, origin=origins)
results = st.builds(
    SliceResult,
    slice=slices,
    points=st.lists(points, max_size=5).map(tuple),
    outcome=st.builds(Outcome, st.sampled_from(Status), st.text(max_size=8), st.text(max_size=8)),
    seconds=st.floats(0, 1e6),
)


def point(epoch: float, metric: float = 0.5, val_loss: float = 1.0) -> Point:
    return Point(epoch, 1.0, val_loss, metric, 0.1, 64, 2.0)


def result(*, stop: float, reached: float, epochs: object = 10, status: Status = Status.DONE) -> SliceResult:
    return SliceResult(Slice(0, Config(epochs=epochs), 0, stop), (point(reached),), Outcome(status))


class TestConfig:
    @given(mappings)
    def test_equality_and_hash_do_not_depend_on_the_order_of_the_names(self, mapping: dict[str, object]) -> None:
        turned = dict(reversed(mapping.items()))
        assert Config(mapping) == Config(turned)
        assert hash(Config(mapping)) == hash(Config(turned))
        assert dict(Config(mapping)) == mapping

    @given(mappings, names, values)
    def test_a_changed_value_makes_another_config(self, mapping: dict[str, object], name: str, value: object) -> None:
        config = Config(mapping)
        changed = config.replace(**{name: value})
        assert changed[name] == value
        assert (changed == config) == (name in mapping and mapping[name] == value)
        assert dict(config) == mapping

    @given(mappings)
    def test_it_survives_pickle_and_json(self, mapping: dict[str, object]) -> None:
        config = Config(mapping)
        assert pickle.loads(pickle.dumps(config)) == config
        assert hash(pickle.loads(pickle.dumps(config))) == hash(config)
        assert Config(json.loads(json.dumps(to_json(config)))) == config

    def test_values_are_attributes_and_do_not_change(self) -> None:
        config = Config({"lr": 0.1}, units=32)
        assert (config.lr, config["units"]) == (0.1, 32)
        with pytest.raises(AttributeError, match=r"use config\.replace"):
            config.lr = 0.2
        with pytest.raises(AttributeError, match=r"no 'batch'; it has lr, units"):
            _ = config.batch

    def test_numpy_scalars_are_unpacked(self) -> None:
        config = Config(lr=np.float32(0.5), units=np.int64(3), flag=np.bool_(True))
        assert [type(v) for v in (config.lr, config.units, config.flag)] == [float, int, bool]

    @pytest.mark.parametrize("value", [[1], {}, np.zeros(2), object()])
    def test_anything_else_is_refused(self, value: object) -> None:
        with pytest.raises(ConfigError, match="layers is"):
            Config(layers=value)


class TestCurve:
    def test_the_best_point_is_by_metric_then_by_loss_and_never_nan(self) -> None:
        curve = Curve((point(1, math.nan, 0.0), point(2, 0.9, 2.0), point(3, 0.9, 1.0), point(4, 0.1, 0.5)))
        assert curve.best("maximize") == point(3, 0.9, 1.0)
        assert curve.best("minimize") == point(4, 0.1, 0.5)
        assert Curve((point(1, math.nan),)).best("maximize") is None
        assert Curve().best("minimize") is None

    @given(st.lists(points, min_size=1, max_size=6).map(tuple), st.sampled_from(["maximize", "minimize"]))
    def test_no_finite_point_beats_the_best(self, several: tuple[Point, ...], direction: str) -> None:
        best, finite = Curve(several).best(direction), [p for p in several if math.isfinite(p.metric)]
        assert best in (finite or [None])
        assert not any(p.better(best, direction) for p in finite)

    @given(st.lists(points, max_size=4).map(tuple), st.lists(points, max_size=4).map(tuple))
    def test_appended_points_follow(self, first: tuple[Point, ...], second: tuple[Point, ...]) -> None:
        assert tuple(Curve(first) + second) == first + second
        assert len(Curve(first) + second) == len(first) + len(second)

    def test_length_and_columns(self) -> None:
        curve = Curve((point(1), point(2, 0.75)))
        assert (curve.epoch, curve.seconds, Curve().epoch, Curve().seconds) == (2, 4.0, 0.0, 0)
        assert curve.column("metric") == [0.5, 0.75]


class TestSliceResult:
    @given(results)
    def test_it_survives_json(self, several: SliceResult) -> None:
        assert slice_result_from_json(json.loads(json.dumps(to_json(several)))) == several

    @pytest.mark.parametrize("status", Status)
    def test_a_final_outcome_ends_the_training(self, status: Status) -> None:
        ends = status not in (Status.DONE, Status.PAUSED)
        assert status.final == ends
        assert result(stop=5, reached=5, status=status).over == ends

    def test_the_last_epoch_ends_the_training(self) -> None:
        assert result(stop=10, reached=10).over
        assert result(stop=10, reached=10 - 1e-12).over
        assert not result(stop=10, reached=9.5).over
        assert not result(stop=10, reached=9.5, epochs=None).over

    def test_an_empty_slice_is_judged_by_its_start(self) -> None:
        begun = replace(result(stop=10, reached=10), points=())
        assert not begun.over
        assert replace(begun, slice=replace(begun.slice, start=10)).over


def test_records_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        point(1).metric = 1.0  # type: ignore[misc]


def test_a_finding_becomes_plain_json() -> None:
    finding = Finding("edge", "lr is at the edge of its range", {"lr": 1.0}, 0.9, "widen it")
    assert json.loads(json.dumps(to_json(finding)))["evidence"] == {"lr": 1.0}


@given(mappings, mappings)
def test_a_fingerprint_tells_documents_apart(first: dict[str, object], second: dict[str, object]) -> None:
    assert len(fingerprint(first)) == 12
    assert (fingerprint(first) == fingerprint(second)) == (
        json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    )


@pytest.mark.parametrize(
    "given",
    [{"centre": math.nan}, {"centre": math.inf}, {"factor": 1.0}, {"factor": 0.0}, {"factor": math.nan}],
)
def test_a_belief_that_says_nothing_is_told(given) -> None:
    with pytest.raises(UsageError, match="a belief about lr has centre"):
        Belief("lr", **{"centre": 0.1, "factor": 3.0, "source": "me", **given})


def test_a_belief_that_follows_says_where_it_was_made() -> None:
    with pytest.raises(UsageError, match="follows batch_size"):
        Belief("lr", 0.1, 3.0, "me", follows={"batch_size": 0.5})


@pytest.mark.parametrize("metric", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_a_metric_that_is_not_finite_never_wins(metric, direction) -> None:
    points = tuple(Point(k, 1.0, 1.0, value, 0.1, 1, 1.0) for k, value in enumerate((0.5, metric), 1))
    assert Curve(points).best(direction) == points[0]
    assert Curve(points[1:]).best(direction) is None
