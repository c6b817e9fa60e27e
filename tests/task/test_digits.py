from typing import Any

import pytest
import torch
from torch import nn

from luthier.errors import ConfigError
from luthier.task import digits
from luthier.task.digits import digits_data


def test_the_digits_are_split_by_class() -> None:
    task = digits()
    assert [len(task.train), len(task.validation)] == [1437, 360]
    assert task.validation.targets is not None
    assert task.validation.targets.bincount().tolist() == pytest.approx([36] * 10, abs=2)
    inputs, _ = task.train.sample(torch.device("cpu"), 1437)
    assert (inputs.shape, float(inputs.min()), float(inputs.max())) == ((1437, 64), 0, 1)


def test_both_parts_are_of_one_split() -> None:
    rows = [data.sample(torch.device("cpu"), len(data))[0] for data in (digits().train, digits().validation)]
    images = torch.cat(rows)
    assert len(images.unique(dim=0)) == 1797


@pytest.mark.parametrize(
    ("values", "widths"), [({}, [128, 128, 10]), ({"layers": 0}, [10]), ({"layers": 3, "units": 5}, [5, 5, 5, 10])]
)
def test_the_network_is_that_of_the_config(values: dict[str, Any], widths: list[int]) -> None:
    task = digits()
    model = task.build(task.check(values))
    assert [m.out_features for m in model.modules() if isinstance(m, nn.Linear)] == widths


def test_dropout_and_activation() -> None:
    task = digits()
    model = task.build(task.check({"dropout": 0.2, "activation": "tanh"}))
    kinds = [type(m) for m in model]
    assert kinds == [nn.Linear, nn.Tanh, nn.Dropout, nn.Linear, nn.Tanh, nn.Dropout, nn.Linear]


def test_an_unknown_activation_is_told() -> None:
    with pytest.raises(ConfigError, match="activation is 'swish'; it must be one of relu, tanh, gelu"):
        digits().check({"activation": "swish"})


@pytest.mark.parametrize("units", [0, -3, 1.5, "many"])
def test_a_layer_has_a_whole_number_of_units(units: Any) -> None:
    with pytest.raises(ConfigError, match=f"units is {units!r}; it must be a whole number, 1 or more"):
        digits().check({"units": units})


def test_the_file_holds_what_scikit_learn_makes() -> None:
    task = digits()
    for data, (inputs, targets) in zip((task.train, task.validation), digits_data(), strict=True):
        found_inputs, found_targets = data.tensors
        assert torch.equal(found_inputs, inputs)
        assert torch.equal(found_targets, targets)
        assert (found_inputs.dtype, found_targets.dtype) == (inputs.dtype, targets.dtype)
