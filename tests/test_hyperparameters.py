import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.errors import ConfigError
from luthier.hyperparameters import HYPERPARAMETERS, Hyperparameter, check_names, check_values, complete
from luthier.records import Config, Value

by_name = pytest.mark.parametrize("h", HYPERPARAMETERS.values(), ids=list(HYPERPARAMETERS))


@st.composite
def allowed(draw: st.DrawFn, h: Hyperparameter) -> Value:
    """A value that ``h`` allows."""
    if h.choices:
        return draw(st.sampled_from(h.choices))
    if h.kind is bool:
        return draw(st.booleans())
    if h.kind is str:
        return draw(st.text(min_size=1))
    low = None if h.low == -math.inf else h.low
    high = None if h.high == math.inf else h.high
    if h.kind is int:
        return draw(st.integers(int(low or 0), int(high) if high is not None else 10**6))
    return draw(
        st.floats(
            low,
            high,
            allow_nan=False,
            allow_infinity=False,
            exclude_min=h.open_low,
            exclude_max=h.open_high,
            allow_subnormal=False,
        )
    )


@by_name
def test_the_default_is_allowed_and_explained(h: Hyperparameter) -> None:
    assert h.check(h.default) == h.default
    assert h.help
    assert h.help[-1] != "."
    assert h.allowed


@by_name
@given(data=st.data())
def test_an_allowed_value_comes_back_with_its_type_also_when_it_was_text(
    h: Hyperparameter, data: st.DataObject
) -> None:
    value = data.draw(allowed(h))
    assert h.check(value) == value
    assert type(h.check(value)) is h.kind
    assert h.check(str(value)) == value
    assert h.check(h.check(value)) == h.check(value)


@by_name
@pytest.mark.parametrize("value", ["nonsense?", math.nan, math.inf, -math.inf, -1, "", True, None])
def test_what_is_not_allowed_is_refused_with_the_rule(h: Hyperparameter, value: Value) -> None:
    if isinstance(value, str) and h.kind is str and not h.choices:
        return  # any name is allowed here; torch knows which exist
    if (value is True and h.kind is bool) or (value is None and h.default is None):
        return
    with pytest.raises(ConfigError, match=h.name) as caught:
        h.check(value)
    assert h.allowed in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("lr", "1e-4", 1e-4),  # YAML 1.1 reads it as text
        ("lr", 1, 1.0),
        ("batch_size", 64.0, 64),
        ("batch_size", "64", 64),
        ("nesterov", "True", True),
        ("gamma", None, None),
    ],
)
def test_values_are_read_as_people_write_them(name: str, value: Value, read: Value) -> None:
    checked = HYPERPARAMETERS[name].check(value)
    assert checked == read
    assert type(checked) is type(read)


@pytest.mark.parametrize(
    ("name", "value"),
    [("lr", 0), ("batch_size", 0.5), ("batch_size", 63.5), ("momentum", 1.01), ("nesterov", 1), ("epochs", 0)],
)
def test_limits_hold(name: str, value: Value) -> None:
    with pytest.raises(ConfigError):
        HYPERPARAMETERS[name].check(value)


@pytest.mark.parametrize("name", ["beta1", "beta2", "alpha"])
def test_a_mean_that_never_takes_anything_new_is_refused(name: str) -> None:
    assert HYPERPARAMETERS[name].check(0.999) == 0.999
    with pytest.raises(ConfigError, match=f"{name} is 1.0; it must be a number, 0 or more, below 1"):
        HYPERPARAMETERS[name].check(1.0)


def test_a_slip_in_a_choice_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'exponential'"):
        HYPERPARAMETERS["schedule"].check("exponental")


def test_complete_fills_in_defaults_ours_and_the_models() -> None:
    config = complete({"lr": "0.1", "units": 32}, {"units": 16, "dropout": 0.5})
    assert set(config) == {*HYPERPARAMETERS, "units", "dropout"}
    assert (config.lr, config.units, config.dropout, config.batch_size) == (0.1, 32, 0.5, 64)
    assert complete(config) == config


def test_one_cycle_rises_for_a_third_unless_told_otherwise() -> None:
    assert complete({"schedule": "one-cycle"}).warmup == 0.3
    assert complete({"schedule": "one-cycle", "warmup": 0.1}).warmup == 0.1
    assert complete({"schedule": "cosine"}).warmup == 0.0


def test_complete_refuses_a_wrong_value() -> None:
    with pytest.raises(ConfigError, match="lr is -1"):
        complete({"lr": -1})
    with pytest.raises(ConfigError, match="epochs"):
        check_values(Config(units=3, epochs=0.5))


def test_a_name_that_nobody_knows_is_refused_with_a_hint() -> None:
    check_names(["lr", "units"], ["units"])
    with pytest.raises(ConfigError, match=r"'unit'.*reads units.*Did you mean 'units'"):
        check_names(["lr", "unit"], ["units"])
    with pytest.raises(ConfigError, match=r"'learning_rate'.*no other.*Did you mean 'lr'"):
        check_names(["learning_rate"], [])


def test_a_batch_size_schedule_needs_an_end() -> None:
    with pytest.raises(ConfigError, match="batch_schedule is 'steps', which needs batch_size_end"):
        complete({"batch_schedule": "steps"})
    assert complete({"batch_schedule": "steps", "batch_size_end": 8}).batch_size_end == 8
