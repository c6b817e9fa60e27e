import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.cli.options import run_options, settings, teach, value
from luthier.errors import ConfigError, UsageError
from luthier.records import Options, Value


@given(st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none()))
def test_a_value_is_read_as_it_is_written(given_value: Value) -> None:
    assert value(str(given_value)) == given_value
    assert type(value(str(given_value))) is type(given_value)


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        ([], {}),
        (["units=128", "dropout=1e-1"], {"units": 128, "dropout": 0.1}),
        (["batch-size=32"], {"batch_size": 32}),
        (["clip_norm=none", "nesterov=True"], {"clip_norm": None, "nesterov": True}),
        (["name=a=b", "empty="], {"name": "a=b", "empty": ""}),
        (["units=1", "units=2"], {"units": 2}),
    ],
)
def test_settings(pairs: list[str], values: dict[str, Value]) -> None:
    assert settings(pairs) == values


@pytest.mark.parametrize("pair", ["units", "=3", ""])
def test_a_setting_needs_a_name_and_a_value(pair: str) -> None:
    with pytest.raises(ConfigError, match="NAME=VALUE, such as --set units=128"):
        settings([pair])


def test_precision() -> None:
    assert run_options("cpu", "bfloat16", True) == Options("cpu", "bfloat16", True)
    with pytest.raises(UsageError, match="'bf16'; it must be float32 or bfloat16"):
        run_options("cpu", "bf16", False)


def test_help_flows_except_where_it_is_indented() -> None:
    assert teach("One\ntwo.\n\n  a\n  b\n\nThree\nfour.") == "One two.\n\n  a\n  b\n\nThree four."
