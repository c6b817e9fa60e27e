from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from luthier.training._threads import choose_threads, fill_cores, sample_flops, threads


@pytest.fixture
def several() -> Any:
    with threads(2):
        yield


def test_the_number_of_threads_is_given_back() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ValueError, match="broken"), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise ValueError("broken")
    assert torch.get_num_threads() == before


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("width", "batch", "samples", "expected"),
    [
        (64, 64, 10**7, 1),  # small steps
        (2048, 1, 10**4, 1),
        (2048, 64, 100, 1),  # large steps, but few
        (2048, 64, 10**4, 2),
    ],
)
def test_small_trainings_take_one_thread_and_large_ones_torchs_number(
    width: int, batch: int, samples: int, expected: int
) -> None:
    assert choose_threads(nn.Linear(width, width), torch.zeros(1, width), batch, samples) == expected


@pytest.mark.parametrize(
    ("batch", "samples", "filled"),
    [(16, 10**5, False), (64, 10**4, True), (64, 500, False)],  # small steps, large ones, large ones but few
)
def test_only_large_steps_fill_the_cores(batch: int, samples: int, filled: bool) -> None:
    assert fill_cores(nn.Linear(2048, 2048), torch.zeros(1, 2048), batch, samples) == filled


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        out: Tensor = self.layer(left + right)
        return out


@pytest.mark.parametrize(
    "inputs", [(torch.zeros(5, 2), torch.zeros(5, 2)), {"left": torch.zeros(5, 2), "right": torch.zeros(5, 2)}]
)
def test_inputs_may_be_several(inputs: Any) -> None:
    assert choose_threads(Two(), inputs, 8, 100) == 1


def test_the_model_stays_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    choose_threads(model, torch.ones(4, 3), 8, 100)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


class Attention(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(x, x, x)


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), torch.zeros(3, 64)),
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ConvTranspose2d(8, 4, 3)), torch.zeros(2, 3, 8, 8)),
        (nn.GRU(8, 16), torch.zeros(2, 5, 8)),
    ],
)
def test_products_are_counted_as_torch_counts_them(model: nn.Module, inputs: Tensor) -> None:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(inputs[:1])
    assert sample_flops(model, inputs) == 3 * counter.get_total_flops() > 0


@pytest.mark.parametrize(
    ("model", "inputs", "expected"),
    [
        # Each gate of an LSTM multiplies input and state.
        (nn.LSTM(8, 16), torch.zeros(2, 5, 8), 2 * 5 * (4 * 16 * 8 + 4 * 16 * 16)),
        (Attention(), torch.zeros(2, 4, 5, 16), 2 * 4 * 5 * 5 * 16 * 2),  # scores, then their sums of values
        # Queries, keys and values; scores and sums; what is put out; two layers.
        (
            nn.TransformerEncoderLayer(16, 2, 32, batch_first=True),
            torch.zeros(2, 5, 16),
            2 * 5 * (3 * 16 * 16 + 2 * 5 * 16 + 16 * 16 + 2 * 16 * 32),
        ),
    ],
)
def test_products_inside_of_kernels_for_a_whole_layer_count_too(
    model: nn.Module, inputs: Tensor, expected: int
) -> None:
    was = torch.backends.mkldnn.enabled
    assert sample_flops(model, inputs) == 3 * expected
    assert torch.backends.mkldnn.enabled == was
