"""A training goes to another process and back as it was, to the last bit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from luthier.executors._frozen import pack, unpack

TENSORS = {
    "floats": torch.randn(3, 4),
    "halves": torch.randn(5).bfloat16(),
    "doubles": torch.randn(2, 2, dtype=torch.float64),
    "whole numbers": torch.arange(5),
    "truths": torch.tensor([True, False]),
    "one": torch.tensor(2.5),
    "none": torch.zeros(0, 3),
    "transposed": torch.randn(3, 4).T,
    "complex": torch.randn(3, dtype=torch.complex64),
    "not a number": torch.tensor([float("nan"), float("inf"), -0.0]),
    "sparse": torch.eye(3).to_sparse(),
}


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_is_the_same_afterwards(name: str) -> None:
    tensor = TENSORS[name]
    epoch, data = pack(1.5, {"part": {"tensor": tensor}})
    found = unpack((epoch, data))["part"]["tensor"]
    assert epoch == 1.5
    assert (found.dtype, found.shape, found.layout) == (tensor.dtype, tensor.shape, tensor.layout)
    assert torch.equal(found.to_dense().nan_to_num(), tensor.to_dense().nan_to_num())
    found.to_dense().zero_()  # may be written to


def test_later_changes_are_not_in_it() -> None:
    layer = nn.Linear(3, 3)
    before = layer.weight.detach().clone()
    _, data = pack(0.0, {"model": layer.state_dict()})
    layer.weight.data.add_(1)
    assert torch.equal(unpack((0.0, data))["model"]["weight"], before)


def test_plain_values_are_the_same_afterwards() -> None:
    parts = {
        "loop": {"position": 3, "curve": [0.1, None, float("inf")], "name": "SGD", "groups": [{"betas": (0.9, 1.0)}]}
    }
    assert unpack(pack(2.0, parts)) == parts
