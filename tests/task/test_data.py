from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset, TensorDataset

from luthier.errors import DataError
from luthier.task import Data, Resident, data, free_memory
from luthier.task._sources import Streamed

CPU = torch.device("cpu")
X, Y = torch.arange(24.0).reshape(12, 2), torch.arange(12) % 3


class Items(Dataset[Any]):
    """A Dataset made of a function from sample numbers."""

    def __init__(self, item: Callable[[int], Any], samples: int = 12) -> None:
        self.item, self.samples = item, samples

    def __len__(self) -> int:
        return self.samples

    def __getitem__(self, i: int) -> Any:
        return self.item(i)


def read(what: Any) -> tuple[Any, Tensor]:
    return next(iter(Data(what, "training").source(CPU).in_order(1000)))


GIVEN: dict[str, Any] = {
    "tensors": (X, Y),
    "a list of two": [X, Y],
    "arrays": (X.numpy(), Y.numpy()),
    "double precision": (X.double(), Y),
    "double arrays": (X.double().numpy(), Y.numpy()),
    "lists": (X.tolist(), Y.tolist()),
    "small integers": (X, Y.to(torch.uint8)),
    "arrays of small integers": (X.numpy(), Y.numpy().astype(np.int32)),
    "strided": (torch.stack([X, X], 2)[:, :, 0], torch.stack([Y, Y], 1)[:, 0]),
    "reversed array": (np.flip(np.flip(X.numpy())), Y.numpy()),
    "tracked": (X.clone().requires_grad_(), Y),
    "a Dataset": TensorDataset(X, Y),
    "a Dataset of arrays": Items(lambda i: (X[i].numpy().astype(np.float64), int(Y[i]))),
    "a list of samples": [(X[i], int(Y[i])) for i in range(12)],
    "a builder": lambda: (X, Y),
    "a builder of a Dataset": lambda: TensorDataset(X, Y),
}


@pytest.mark.parametrize("name", GIVEN)
def test_data_come_in_many_forms_and_are_the_same(name: str) -> None:
    inputs, targets = read(GIVEN[name])
    assert (inputs.dtype, targets.dtype) == (torch.float32, torch.int64)
    assert torch.equal(inputs, X)
    assert torch.equal(targets, Y)
    assert not inputs.requires_grad
    found = Data(GIVEN[name], "training")
    assert len(found) == 12
    assert isinstance(found.source(CPU), Resident)
    assert found.fingerprint() == Data((X, Y), "training").fingerprint()


def test_an_array_that_may_not_be_written_is_taken_without_a_warning() -> None:
    array = X.numpy().copy()
    array.setflags(write=False)
    assert torch.equal(read((array, Y))[0], X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_as_targets_become_float32(dtype: Any) -> None:
    assert read((X, np.linspace(0, 1, 12).astype(dtype)))[1].dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool, torch.bfloat16])
def test_inputs_of_other_types_are_left_alone(dtype: torch.dtype) -> None:
    assert read((X.to(dtype), Y))[0].dtype == dtype


def test_inputs_may_be_tuples_and_mappings() -> None:
    (left, right), _ = read(((X, X.double().numpy()), Y))
    assert left.dtype == right.dtype == torch.float32
    mapping, _ = read(({"left": X, "right": Y}, Y))
    assert torch.equal(mapping["left"], X)
    nested, _ = read(Items(lambda i: ([X[i], {"b": X[i]}], int(Y[i]))))
    assert torch.equal(nested[1]["b"], X)


def test_a_random_dataset_is_read_anew_each_time() -> None:
    source = Data(Items(lambda i: (torch.rand(2), int(Y[i]))), "training").source(CPU)
    assert isinstance(source, Streamed)
    first, second = (torch.cat([x for x, _ in source.in_order(5)]) for _ in range(2))
    assert not torch.equal(first, second)


def pair_of(samples: list[Any]) -> tuple[Tensor, Tensor]:
    return torch.stack([x for x, _ in samples]), torch.tensor([y for _, y in samples])


@pytest.mark.parametrize("collate", [None, pair_of])
def test_a_random_dataset_is_known_as_one_and_its_parts_too(collate: Any) -> None:
    noisy = Data(Items(lambda i: (torch.rand(2), int(Y[i]))), "training", collate=collate)
    assert noisy.is_random
    assert all(part.is_random for part in noisy.split(0.5, "validation"))
    assert not Data(Items(lambda i: (X[i], int(Y[i]))), "training", collate=collate).is_random
    assert not Data((X, Y), "training").is_random


def test_a_fixed_dataset_with_nan_is_not_random() -> None:
    with pytest.raises(DataError, match="NaN"):
        read(Items(lambda i: (torch.tensor([np.nan]), 0)))


def test_data_that_do_not_fit_are_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "free_memory", lambda device: 100.0)
    found = Data(Items(lambda i: (X[i], int(Y[i]))), "training")
    assert isinstance(found.source(CPU), Streamed)
    assert found.targets is None
    inputs, targets = next(iter(found.source(CPU).in_order(12)))
    assert torch.equal(inputs, X)
    assert torch.equal(targets, Y)


def test_tensors_that_do_not_fit_on_the_device_stay_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "free_memory", lambda device: 100.0)
    assert isinstance(Data((X, Y), "training").source(torch.device("meta")), Streamed)


def test_free_memory_is_some() -> None:
    assert free_memory(CPU) > 1e6


# --- A builder's random numbers ---


def drawn() -> tuple[Tensor, Tensor]:
    return torch.randn(20, 3) * float(np.random.rand()), torch.randint(3, (20,))


def test_a_builder_draws_the_same_each_time_and_other_numbers_for_each_part() -> None:
    torch.manual_seed(1)
    first = Data(drawn, "training").sample(CPU)
    torch.manual_seed(2)
    assert torch.equal(Data(drawn, "training").sample(CPU)[0], first[0])
    assert not torch.equal(Data(drawn, "validation").sample(CPU)[0], first[0])


def test_building_leaves_the_global_streams_alone() -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    Data(drawn, "training").sample(CPU)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]


def test_a_builder_is_called_once() -> None:
    calls: list[int] = []

    def build() -> tuple[Tensor, Tensor]:
        calls.append(1)
        return X, Y

    found = Data(build, "training")
    assert calls == []
    assert len(found) == 12
    found.source(CPU)
    found.split(0.5, "validation")
    assert calls == [1]


# --- Splits ---


@given(st.integers(2, 60), st.floats(0.01, 0.99), st.booleans())
def test_a_split_shares_the_samples_out(samples: int, fraction: float, streamed: bool) -> None:
    numbers = torch.arange(samples)
    whole = Items(lambda i: (torch.rand(1), i), samples) if streamed else (numbers[:, None].float(), numbers)
    parts = [Data(whole, "training").split(fraction, "validation") for _ in range(2)]
    kept, held_out = ([torch.cat([y for _, y in p.source(CPU).in_order(7)]).tolist() for p in ps] for ps in parts)
    assert kept == held_out, "a split is the same each time"
    train, validation = kept
    if train:
        assert sorted(train + validation) == numbers.tolist()
        assert len(validation) == max(1, round(fraction * samples))


def test_a_split_is_shuffled() -> None:
    _, validation = Data((torch.zeros(100, 1), torch.arange(100)), "training").split(0.2, "validation")
    assert validation.targets is not None
    assert validation.targets.tolist() != list(range(80, 100))


def test_a_split_that_leaves_nothing_to_train_on_is_told() -> None:
    with pytest.raises(DataError, match=r"validation is 0\.99 of 12 samples of training data, which leaves none"):
        Data((X, Y), "training").split(0.99, "validation")


# --- Mistakes ---


class Endless(IterableDataset[Any]):
    def __iter__(self) -> Any:
        yield X[0], 0


def with_value(value: float, row: int) -> Tensor:
    inputs = X.clone()
    inputs[row, 1] = value
    return inputs


MISTAKES: dict[str, tuple[Any, str]] = {
    "lengths": ((X, Y[:7]), "has 12 inputs but 7 targets; give one target for each input"),
    "lengths in a tuple": (((X, X[:5]), Y), "has 5 inputs but 12 targets"),
    "empty": ((X[:0], Y[:0]), "training data is empty; give at least one sample"),
    "empty Dataset": (Items(lambda i: (X[i], 0), 0), "training data is empty; give at least one sample"),
    "NaN": ((with_value(np.nan, 7), Y), r"training inputs hold NaN or infinity in 1 of 12 samples \(first: sample 7\)"),
    "infinity": ((with_value(np.inf, 3), Y), r"training inputs hold NaN or infinity in 1 of 12 .*first: sample 3"),
    "both infinities": ((with_value(np.inf, 3) + with_value(-np.inf, 5), Y), "in 2 of 12 samples"),
    "NaN target": ((X, torch.tensor([np.nan] + [0.0] * 11)), "training targets hold NaN or infinity in 1 of 12"),
    "NaN in a mapping": (({"a": X, "b": with_value(np.nan, 0)}, Y), "training inputs hold NaN"),
    "text": ((["a", "b"], [0, 1]), "which is no array of numbers"),
    "objects": ((np.array([None, {}]), [0, 1]), "which is no array of numbers"),
    "ragged lists": (([[1, 2], [3]], [0, 1]), "which is no array of numbers"),
    "single numbers": ((5, 3), "holds a single number; give arrays with one row for each sample"),
    "nothing": (None, r"is NoneType; give \(inputs, targets\), a Dataset with a length, or a function"),
    "a number": (7, "is int; give"),
    "a mapping": ({"x": X, "y": Y}, "is dict; give"),
    "a Dataset without length": (Endless(), "is Endless; give .* a Dataset with a length"),
    "a builder of nothing": (lambda: None, "is NoneType; give"),
    "an array alone": (X.numpy(), r"sample 0 of the training data is ndarray; it must be a pair \(input, target\)"),
    "a path": ("train.csv", "sample 0 of the training data is str; it must be a pair"),
    "three things": ((X, Y, Y), "sample 0 of the training data is Tensor; it must be a pair"),
    "samples of three": (Items(lambda i: (1, 2, 3)), "sample 0 of the training data is tuple; it must be a pair"),
    "samples of text": (Items(lambda i: ("a", 1)), "hold str; they must hold numbers only"),
    "samples of objects": (Items(lambda i: (object(), 1)), "cannot be stacked: .*object"),
    "samples of many shapes": (Items(lambda i: (X[: i + 1], 1)), "samples of the training data cannot be stacked"),
    "late samples of another shape": (Items(lambda i: (X[: 1 + i // 10], 1)), "cannot be stacked"),
    "random samples of many shapes": (Items(lambda i: (torch.rand(i + 1), 1)), "cannot be stacked"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_words(name: str) -> None:
    what, message = MISTAKES[name]
    with pytest.raises(DataError, match=message):
        len(Data(what, "training"))


def test_an_error_of_a_builder_passes_and_the_next_use_tries_again() -> None:
    calls: list[int] = []

    def build() -> tuple[Tensor, Tensor]:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("the server is down")
        return X, Y

    found = Data(build, "training")
    with pytest.raises(ConnectionError):
        len(found)
    assert len(found) == 12


# --- Fingerprints ---


def test_fingerprints_tell_data_apart() -> None:
    changed = X.clone()
    changed[0, 0] += 1
    others = [(X, Y), (changed, Y), (X, Y.flip(0)), (X[:11], Y[:11]), (X, Y.float()), ((X, X), Y)]
    prints = {Data(other, "training").fingerprint() for other in others}
    assert len(prints) == len(others)
    assert all(len(p) == 12 for p in prints)


def test_a_change_anywhere_is_another_fingerprint() -> None:
    inputs, targets = torch.rand(5000, 20), torch.arange(5000)
    prints = {Data((inputs, targets), "training").fingerprint()}
    for row in (33, 2500, 4900):
        changed, relabelled = inputs.clone(), targets.clone()
        changed[row, 3] += 1
        relabelled[row] = 0
        prints |= {
            Data((changed, targets), "training").fingerprint(),
            Data((inputs, relabelled), "training").fingerprint(),
        }
    assert len(prints) == 7


def test_of_large_tensors_even_rows_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("luthier.task.data.MARKED_BYTES", 100 * 20 * 4)
    inputs = torch.rand(5000, 20)
    shifted = inputs.roll(1, 0)
    shifted[0], shifted[-1] = inputs[0], inputs[-1]
    parts = [inputs, shifted, inputs * torch.tensor([1.0] * 4999 + [2.0])[:, None]]
    assert len({Data((part, torch.zeros(5000)), "training").fingerprint() for part in parts}) == 3


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    inputs, targets = torch.arange(60.0).reshape(20, 3), torch.arange(20)
    assert Data((inputs, targets), "training").fingerprint() == "cd1d1e134a2c"


def test_a_dataset_read_as_it_goes_is_told_by_its_targets() -> None:
    def fingerprint(label: Callable[[int], Any], size: int = 500) -> str:
        return Data(Items(lambda i: (torch.rand(2), label(i)), size), "training").fingerprint()

    assert fingerprint(lambda i: i % 7) == fingerprint(lambda i: i % 7)
    others = [fingerprint(lambda i: i % 7, n) for n in (500, 501)] + [fingerprint(lambda i: (i + 1) % 7)]
    assert len({*others, fingerprint(lambda i: i % 7 if i < 250 else 0)}) == 4


def test_random_targets_are_left_out_of_a_fingerprint() -> None:
    random = [Data(Items(lambda i: (0.5, float(torch.rand(()))), n), "training").fingerprint() for n in (50, 50, 60)]
    assert random[0] == random[1] != random[2]


def test_a_fingerprint_leaves_random_numbers_as_they_were() -> None:
    data = Data(Items(lambda i: (torch.rand(2), 0), 50), "training")
    len(data)
    state = torch.get_rng_state()
    data.fingerprint()
    assert torch.equal(torch.get_rng_state(), state)


def test_a_sample_that_cannot_be_read_is_told_with_its_fingerprint() -> None:
    data = Data(Items(lambda i: (torch.rand(2), 1 // (i - 20)), 40), "training")
    with pytest.raises(DataError, match=r"samples of the training data cannot be read, ZeroDivisionError: .* line \d+"):
        data.fingerprint()


def lines(size: int = 9) -> Items:
    """Sequences of many lengths."""
    return Items(lambda i: {"line": torch.arange(1 + i % 4), "label": i % 2}, size)


def padded(samples: list[Any]) -> Any:
    line = torch.nn.utils.rnn.pad_sequence([s["line"] for s in samples], batch_first=True, padding_value=-1)
    return {"line": line}, [s["label"] for s in samples]


def collated(samples: list[Any]) -> Any:
    inputs, labels = padded(samples)
    return inputs, torch.tensor(labels)


def test_samples_that_do_not_stack_are_collated() -> None:
    data = Data(lambda: lines(), "training", collate=collated)
    inputs, targets = data.sample(CPU, 3)
    assert inputs["line"].tolist() == [[0, -1, -1], [0, 1, -1], [0, 1, 2]]
    assert targets.tolist() == [0, 1, 0]
    sizes = [len(targets) for _, targets in data.source(CPU).batches(torch.arange(9), [4, 4, 1], 0)]
    assert sizes == [4, 4, 1]
    part, _ = data.split(0.3, "validation")
    assert part.sample(CPU, 2)[0]["line"].ndim == 2


@pytest.mark.parametrize(
    ("what", "collate", "message"),
    [
        (
            lines(),
            lambda samples: samples[0]["lable"],
            r"collate fails on samples .*KeyError: 'lable' \(test_data.py, ",
        ),
        (lines(), lambda samples: samples, "collate gives list; it must be a pair"),
        (lines(), padded, "collate gives list in a batch; it must give tensors"),
        (lines(), lambda s: (s[0]["line"], s[0]["line"]), "collate gives 1 targets for 8 samples; give one row"),
        (lines(0), collated, "is empty"),
        ((X, Y), collated, r"collate joins samples of a Dataset, but the training data is \(inputs, targets\)"),
    ],
)
def test_a_collate_that_does_not_fit_is_told(what: Any, collate: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        len(Data(what, "training", collate=collate))


def test_a_dataset_with_a_collate_is_told_by_its_targets() -> None:
    other = Items(lambda i: {"line": torch.arange(1 + i % 4), "label": (i + 1) % 2}, 9)
    prints = [Data(what, "training", collate=collated).fingerprint() for what in (lines(), lines(), other)]
    assert prints[0] == prints[1] != prints[2]
