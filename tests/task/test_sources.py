import multiprocessing
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

from luthier.task import _sources
from luthier.task._sources import Resident, Source, Streamed

CPU = torch.device("cpu")


def numbered(samples: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets that say which sample they are."""
    return torch.arange(float(samples))[:, None], torch.arange(samples)


def sources(samples: int) -> list[Source]:
    return [Resident(*numbered(samples)), Streamed(TensorDataset(*numbered(samples)), CPU, 0)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 40), st.integers(0, 2**31))
def test_batches_have_the_sizes_and_the_order_asked_for(sizes: list[int], chunk: int, seed: int) -> None:
    samples = sum(sizes)
    order = torch.randperm(samples, generator=torch.Generator().manual_seed(seed))
    for source in sources(samples):
        if isinstance(source, Resident):
            source._chunk_rows = chunk  # as if rows were large
        read = [(x.clone(), y.clone()) for x, y in source.batches(order, sizes, seed)]
        assert [len(y) for _, y in read] == sizes
        assert torch.equal(torch.cat([y for _, y in read]), order)
        assert torch.equal(torch.cat([x for x, _ in read])[:, 0], order.float())


@given(st.integers(1, 30), st.integers(1, 40))
def test_in_order_gives_every_sample_once(samples: int, size: int) -> None:
    for source in sources(samples):
        read = list(source.in_order(size))
        assert torch.equal(torch.cat([y for _, y in read]), torch.arange(samples))
        assert {len(y) for _, y in read[:-1]} <= {size}
        assert len(source) == samples


def test_no_batches_of_no_sizes() -> None:
    for source in sources(3):
        assert list(source.batches(torch.arange(0), [], 0)) == []


def test_what_is_done_to_a_batch_is_not_done_to_the_data() -> None:
    inputs, targets = numbered(6)
    source = Resident(inputs, targets)
    for x, y in (*source.batches(torch.arange(6), [3, 3], 0), *source.in_order(4)):
        x.zero_()
        y.zero_()
    assert torch.equal(inputs, numbered(6)[0])
    assert torch.equal(targets, numbered(6)[1])


def test_inputs_may_be_tuples_and_mappings() -> None:
    x, y = numbered(4)
    source = Resident((x, {"a": x + 1}), y)
    for (left, right), targets in (*source.in_order(2), *source.batches(torch.tensor([3, 1, 0, 2]), [2, 2], 0)):
        assert torch.equal(left[:, 0].long(), targets)
        assert torch.equal(right["a"][:, 0].long(), targets + 1)


class Raw(Dataset[Any]):
    """As users write them: double precision, small integers, Python numbers, lists of inputs."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def __len__(self) -> int:
        return 4

    def __getitem__(self, i: int) -> Any:
        return [torch.ones(2, dtype=torch.float64), {"image": torch.ones(2, dtype=torch.uint8)}], self.target


@pytest.mark.parametrize(
    ("target", "dtype"),
    [(1, torch.int64), (1.5, torch.float32), (True, torch.int64), (torch.tensor(1, dtype=torch.uint8), torch.int64)],
)
def test_streamed_batches_have_the_types_of_resident_ones(target: Any, dtype: torch.dtype) -> None:
    inputs, targets = next(iter(Streamed(Raw(target), CPU, 0).in_order(2)))
    assert targets.dtype == dtype
    assert isinstance(inputs, tuple)
    assert inputs[0].dtype == torch.float32
    assert inputs[1]["image"].dtype == torch.uint8


class Noise(Dataset[Any]):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, i: int) -> Any:
        return torch.rand(1), i


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="workers cannot import this test file")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_workers_draw_what_the_seed_says() -> None:
    source = Streamed(Noise(), CPU, 2)

    def noise(seed: int) -> list[Any]:
        return [x.flatten().tolist() for x, _ in source.batches(torch.arange(8), [3, 3, 2], seed)]

    assert noise(1) == noise(1)
    assert noise(1) != noise(2)


def test_chunks_keep_to_their_size_unless_a_batch_is_larger() -> None:
    assert list(_sources._groups([3, 3, 3, 9, 1], 6)) == [[3, 3], [3], [9], [1]]
