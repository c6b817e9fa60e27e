import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)

from luthier.errors import ConfigError, SpaceError
from luthier.space import Space, choice, describe, integer, load_config, load_space, log_uniform, uniform

finite = st.floats(-1e9, 1e9)
positive = st.floats(1e-9, 1e9)
plain = st.one_of(st.integers(-9, 9), st.booleans(), st.text("abc", max_size=3))


@st.composite
def ranges(draw: st.DrawFn) -> BaseDistribution:
    kind = draw(st.sampled_from(["uniform", "log", "integer", "choice"]))
    if kind == "choice":
        return choice(*draw(st.lists(plain, min_size=1, max_size=4, unique=True)))
    if kind == "integer":
        low, size = draw(st.integers(1, 1000)), draw(st.integers(1, 1000))
        return integer(low, low + size, log=draw(st.booleans()))
    low, high = draw(positive), draw(positive)
    assume(low < high)
    return uniform(low, high) if kind == "uniform" else log_uniform(low, high)


spaces = st.dictionaries(st.sampled_from("abcdef"), st.one_of(ranges(), plain), max_size=5)


class TestRanges:
    @given(finite, finite)
    def test_a_range_holds_exactly_when_it_goes_up(self, low: float, high: float) -> None:
        if low < high:
            assert uniform(low, high) == FloatDistribution(low, high)
        else:
            with pytest.raises(SpaceError, match="upside down" if low > high else "empty"):
                uniform(low, high)

    @given(finite, positive)
    def test_a_logarithm_needs_numbers_above_0(self, low: float, size: float) -> None:
        assume(low < low + size)
        if low > 0:
            assert log_uniform(low, low + size).log
        else:
            with pytest.raises(SpaceError, match="start above 0"):
                log_uniform(low, low + size)

    @pytest.mark.parametrize("ends", [(math.nan, 1), (0, math.inf), (-math.inf, 0)])
    def test_ends_are_finite(self, ends: tuple[float, float]) -> None:
        with pytest.raises(SpaceError, match="not finite"):
            uniform(*ends)
        with pytest.raises(SpaceError, match="not finite"):
            log_uniform(*ends)

    def test_whole_numbers(self) -> None:
        assert integer(16, 256, log=True) == IntDistribution(16, 256, log=True)
        with pytest.raises(SpaceError, match="not of whole numbers"):
            integer(1.5, 3)  # type: ignore[arg-type]
        with pytest.raises(SpaceError, match=r"touches 0; start above 0, such as 1$"):
            integer(0, 8, log=True)
        with pytest.raises(SpaceError, match=r"touches 0; start above 0 and end there$"):
            integer(-8, 0, log=True)

    def test_steps(self) -> None:
        assert integer(32, 128, step=32) == IntDistribution(32, 128, step=32)
        with pytest.raises(SpaceError, match="steps of 16 from 32 do not end at 100; give 96 or 112"):
            integer(32, 100, step=16)
        for wrong in ({"step": 0}, {"step": 2.5}, {"step": 2, "log": True}):
            with pytest.raises(SpaceError, match="must be a whole number, 1 or more, and 1 on a logarithmic scale"):
                integer(2, 8, **wrong)  # type: ignore[arg-type]

    def test_a_choice_has_values(self) -> None:
        assert choice("SGD", "Adam") == CategoricalDistribution(["SGD", "Adam"])
        with pytest.raises(SpaceError, match="choice of nothing"):
            choice()
        for wrong in ([1, 2], {"a": 1}):
            with pytest.raises(SpaceError, match=r"choice was given .*; give the values themselves"):
                choice(wrong)

    @pytest.mark.parametrize("values", [(True, 1), (1, 1.0), (0, False, "x"), ("SGD", "Adam", "SGD")])
    def test_no_two_values_of_a_choice_are_equal(self, values: tuple[object, ...]) -> None:
        with pytest.raises(SpaceError, match="which are equal; give each value once"):
            choice(*values)

    def test_nor_when_they_are_read_as_values_of_a_name(self) -> None:
        with pytest.raises(SpaceError, match=r"the choice of lr was given .* which are equal"):
            Space(lr=choice("0.1", 0.1))
        assert choice(1, "1", None).choices == (1, "1", None)

    @pytest.mark.parametrize(
        ("distribution", "words"),
        [
            (log_uniform(1e-3, 1), "0.001 to 1 (log)"),
            (integer(16, 256), "16 to 256"),
            (integer(16, 256, step=16), "16 to 256 in steps of 16"),
            (choice("SGD", "Adam", None), "SGD | Adam | None"),
        ],
    )
    def test_described_in_words(self, distribution: BaseDistribution, words: str) -> None:
        assert describe(distribution) == words


class TestSpace:
    @given(spaces)
    def test_it_holds_the_ranges_and_keeps_the_rest_fixed(self, given_space: dict[str, Any]) -> None:
        space = Space(given_space)
        varied = {n for n, r in given_space.items() if isinstance(r, BaseDistribution)}
        assert set(space) == varied
        assert set(space.fixed) == set(given_space) - varied
        assert sorted(space.names) == sorted(given_space)
        assert all(space[n] == given_space[n] for n in space)

    @given(spaces)
    def test_equal_spaces_give_equal_json_in_any_order(self, given_space: dict[str, Any]) -> None:
        document = json.dumps(Space(given_space).to_json(), sort_keys=True)
        turned = Space(dict(reversed(given_space.items())))
        assert json.dumps(turned.to_json(), sort_keys=True) == document
        read = {n: json_to_distribution(r) for n, r in json.loads(document)["ranges"].items()}
        assert read == dict(Space(given_space))

    @given(spaces, st.sampled_from("abcdef"))
    def test_another_range_gives_other_json(self, given_space: dict[str, Any], name: str) -> None:
        changed = {**given_space, name: uniform(-7.25, -7)}
        assert Space(changed).to_json() != Space(given_space).to_json()

    @pytest.mark.parametrize(
        ("ranges_given", "told"),
        [
            ({"lr": uniform(0, 1)}, r"the range of lr is 0 to 1, but lr is 0"),
            ({"momentum": uniform(0.5, 2)}, "at most 1"),
            ({"beta1": uniform(0.5, 1)}, "below 1"),
            ({"batch_size": uniform(16, 64)}, r"use integer\(16, 64\)"),
            ({"schedule": choice("cosine", "cosin")}, "Did you mean 'cosine'"),
            ({"epochs": integer(0, 3)}, "1 or more"),
        ],
    )
    def test_a_range_that_its_hyperparameter_does_not_allow(self, ranges_given: dict[str, Any], told: str) -> None:
        with pytest.raises(SpaceError, match=told):
            Space(ranges_given)

    def test_a_fixed_value_that_is_not_allowed(self) -> None:
        with pytest.raises(ConfigError, match="lr is -1"):
            Space(lr=-1)

    def test_text_is_read_as_the_value_that_its_hyperparameter_has(self) -> None:
        space = Space(lr=choice("1e-4", 1), nesterov=choice("true", False), units=choice("8", "16"), epochs="20")
        assert space["lr"] == choice(1e-4, 1)
        assert space["nesterov"] == choice(True, False)
        assert space["units"] == choice("8", "16")  # the model's own: nobody knows that it is a number
        assert (space.fixed.epochs, space.max_epochs(99)) == (20, 20)

    def test_whole_numbers_stay_as_they_were_given(self) -> None:
        assert Space(lr=choice(1, 0.1), momentum=0).to_json()["fixed"] == {"momentum": 0}
        assert describe(Space(lr=choice(1, 0.1))["lr"]) == "1 | 0.1"

    @pytest.mark.parametrize(("epochs", "most"), [(integer(5, 30), 30), (choice(10, 40, 20), 40), (12, 12), (None, 99)])
    def test_the_most_epochs(self, epochs: Any, most: int) -> None:
        space = Space(lr=0.1) if epochs is None else Space(epochs=epochs)
        assert space.max_epochs(99) == most

    def test_it_reads_like_what_was_given(self) -> None:
        assert repr(Space(lr=log_uniform(1e-4, 1), epochs=20)) == "Space(lr=0.0001 to 1 (log), epochs=20)"


class TestFiles:
    def test_a_space_from_yaml(self, tmp_path: Path) -> None:
        path = tmp_path / "space.yaml"
        path.write_text(
            "lr: {low: 1e-4, high: 1, log: true}\n"
            "batch_size: {low: 16, high: 256, log: true}\n"
            "dropout: {low: 0, high: 0.5}\n"
            "units: {low: 8, high: 64, integer: true}\n"
            "heads: {low: 2, high: 8, step: 2}\n"
            "optimizer: [SGD, Adam]\n"
            "epochs: 20\n"
        )
        space = load_space(path)
        assert dict(space) == {
            "lr": log_uniform(1e-4, 1),
            "batch_size": integer(16, 256, log=True),
            "dropout": uniform(0, 0.5),
            "units": integer(8, 64),
            "heads": integer(2, 8, step=2),
            "optimizer": choice("SGD", "Adam"),
        }
        assert dict(space.fixed) == {"epochs": 20}

    @given(low=positive, high=positive, log=st.booleans())
    def test_a_range_comes_back_as_written(
        self, low: float, high: float, log: bool, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        assume(low < high)
        path = tmp_path_factory.mktemp("space") / "space.yml"
        path.write_text(yaml.safe_dump({"dropout": {"low": low, "high": high, "log": log}}))
        assert load_space(path)["dropout"] == (log_uniform if log else uniform)(low, high)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("lr: {low: 1, high: 0.1}", "lr: range 1 to 0.1 is upside down"),
            ("lr: {low: 0, high: 1, log: true}", "touches 0"),
            ("lr: {low: 0.1}", "needs low and high"),
            ("lr: {low: 0.1, high: 1, scale: log}", r"\['high', 'low', 'scale'\]"),
            ("lr: {low: a, high: b}", "give two numbers"),
            ("units: {low: 1.5, high: 3, integer: true}", "not of whole numbers"),
            ("optimizer: []", "choice of nothing"),
        ],
    )
    def test_a_wrong_range_names_file_and_hyperparameter(self, tmp_path: Path, text: str, told: str) -> None:
        path = tmp_path / "space.yaml"
        path.write_text(text)
        with pytest.raises(SpaceError, match=told) as caught:
            load_space(path)
        assert str(path) in str(caught.value)

    def test_powers_of_ten_are_numbers(self, tmp_path: Path) -> None:
        path = tmp_path / "space.yaml"
        path.write_text("lr: [1e-4, 1e-3]\ndropout: [1e-1, 2e-1]\nmomentum: 5e-1\n")
        space = load_space(path)
        assert dict(space) == {"lr": choice(1e-4, 1e-3), "dropout": choice(0.1, 0.2)}
        assert dict(space.fixed) == {"momentum": 0.5}
        path.write_text("dropout: 1e-1\n")
        assert load_config(path) == {"dropout": 0.1}

    @pytest.mark.parametrize("load", [load_space, load_config])
    def test_a_file_that_holds_nothing_is_named_once(self, tmp_path: Path, load: Any) -> None:
        path = tmp_path / "empty.yaml"
        path.write_text("")
        with pytest.raises(ConfigError, match="holds no mapping") as caught:
            load(path)
        assert str(caught.value).count("empty.yaml") == 1

    def test_a_config_from_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("lr = 0.1\nunits = 32\n")
        assert load_config(path) == {"lr": 0.1, "units": 32}
        path.write_text("layers = [1, 2]\n")
        with pytest.raises(ConfigError, match=r"config\.toml: layers is \[1, 2\]"):
            load_config(path)
