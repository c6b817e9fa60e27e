"""The user's data as one of two sources, with every check that can be made before training."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset, default_collate

from luthier.errors import DataError
from luthier.task._randomness import derive, own_randomness
from luthier.task._sources import Collate, Resident, Source, Streamed, as_input, as_target, leaves, tree_map
from luthier.user_code import told

#: Share of the free memory that data may take. The other half is for the model, its gradients and activations.
MEMORY_SHARE = 0.5
PROBE = 8  # samples read twice to see whether a Dataset is random
#: Of a fingerprint: what is larger gives so much of itself, in whole rows. All labels of 8 million samples, 21,000 of
#: MNIST's images; a tenth of a second.
MARKED_BYTES = 64 << 20
MARKED_SAMPLES = 32  # of a Dataset that is read as it goes


class Data:
    """One data set: (inputs, targets) as tensors or arrays, a map-style Dataset of such pairs, or a builder of either.

    Inputs may be a tuple or a mapping of tensors: the model is called with them as arguments. Integer targets become
    int64, float64 becomes float32. What a builder draws at random depends on ``name`` alone. With ``collate`` the
    samples of a Dataset may be anything that it makes a pair of. Raises DataError for empty data, unequal lengths, NaN
    or infinity.
    """

    def __init__(self, what: Any, name: str, workers: int = 0, collate: Collate | None = None) -> None:
        self.name, self.collate = name, collate
        self._workers = workers
        self._given = what
        self._tensors: tuple[Any, Tensor] | None = None
        self._dataset: Any = None
        self._loaded = self._random = False
        self._sources: dict[torch.device, Source] = {}
        self._fingerprint: str | None = None

    def __len__(self) -> int:
        self._load()
        return len(self._tensors[1]) if self._tensors is not None else len(self._dataset)

    @property
    def tensors(self) -> tuple[Any, Tensor] | None:
        """Inputs and targets; None for a Dataset that is read as it goes."""
        self._load()
        return self._tensors

    @property
    def is_random(self) -> bool:
        """Whether the first samples of a Dataset were others when they were read again."""
        self._load()
        return self._random

    def source(self, device: torch.device) -> Source:
        """Batches on ``device``: resident when the data fits there, streamed otherwise."""
        self._load()
        if device not in self._sources:
            self._sources[device] = self._make_source(device)
        return self._sources[device]

    @property
    def targets(self) -> Tensor | None:
        """All targets, where they are in memory."""
        self._load()
        return None if self._tensors is None else self._tensors[1]

    def sample(self, device: torch.device, size: int = PROBE) -> tuple[Any, Any]:
        """The first ``size`` samples."""
        return next(iter(self.source(device).in_order(min(size, len(self)))))

    def split(self, fraction: float, name: str) -> tuple[Data, Data]:
        """Two parts by a fixed shuffle, the second with ``fraction`` of the samples. Raises DataError for too few."""
        order = torch.from_numpy(np.random.default_rng(0).permutation(len(self)))
        cut = len(self) - max(1, round(fraction * len(self)))
        if cut < 1:
            samples = f"{len(self)} sample{'s' if len(self) > 1 else ''}"
            raise DataError(
                f"validation is {fraction:g} of {samples} of {self.name} data, which leaves none to train on; "
                "give more samples, or validation data of their own"
            )
        parts = []
        for rows, part_name in ((order[:cut], self.name), (order[cut:], name)):
            if self._tensors is not None:
                inputs, targets = self._tensors
                parts.append(Data((tree_map(lambda t: t[rows], inputs), targets[rows]), part_name))  # noqa: B023
            else:
                parts.append(Data(Subset(self._dataset, rows.tolist()), part_name, self._workers, self.collate))
        return parts[0], parts[1]

    def fingerprint(self) -> str:
        """12 hexadecimal digits that tell data sets apart, the same in every process.

        By all targets and inputs, or even rows of them where there are many; of a Dataset that is read as it goes by
        its size and the targets of a few even samples, if these are not random. Raises DataError for a sample that
        cannot be read.
        """
        self._load()
        if self._fingerprint is None:
            tensors = self._marks() if self._tensors is None else [*leaves(self._tensors[0]), self._tensors[1]]
            digest = hashlib.sha256(str(len(self)).encode())
            for tensor in tensors:
                digest.update(f"{tuple(tensor.shape)}{tensor.dtype}".encode())
                digest.update(_marked(tensor).cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
            self._fingerprint = digest.hexdigest()[:12]
        return self._fingerprint

    def _marks(self) -> list[Tensor]:
        """Targets of even samples of a Dataset; none when two readings differ."""
        try:
            with own_randomness(derive(0, self.name)):
                first, again = self._read_targets(), self._read_targets()
        except DataError:
            raise
        except Exception as error:
            raise DataError(f"samples of the {self.name} data cannot be read, {told(error)}; mend them") from error
        return first if all(map(torch.equal, first, again)) else []

    def _read_targets(self) -> list[Tensor]:
        dataset, rows = self._dataset, _even(len(self), MARKED_SAMPLES).tolist()
        if self.collate is not None:
            return leaves(self.collate([dataset[i] for i in rows])[1])
        return [_collate([(0, _sample(dataset, i, self.name)[1]) for i in rows], self.name)[1]]

    def _load(self) -> None:
        if not self._loaded:
            with own_randomness(derive(0, self.name)):
                self._read()
            self._loaded = True

    def _read(self) -> None:
        given = self._given
        if callable(given) and not isinstance(given, (Dataset, tuple, list)) and not hasattr(given, "__getitem__"):
            given = given()
        if isinstance(given, (tuple, list)) and len(given) == 2 and not isinstance(given, Dataset):
            if self.collate is not None:
                raise DataError(
                    f"collate joins samples of a Dataset, but the {self.name} data is (inputs, targets); leave it out"
                )
            self._tensors = _as_tensors(given[0], given[1], self.name)
        elif hasattr(given, "__getitem__") and hasattr(given, "__len__") and not isinstance(given, Mapping):
            self._load_dataset(given)
        else:
            raise DataError(
                f"the {self.name} data is {type(given).__name__}; give (inputs, targets), a Dataset with a length, "
                "or a function without arguments that makes one"
                + ("; a DataLoader holds its Dataset in .dataset" if isinstance(given, DataLoader) else "")
            )

    def _load_dataset(self, dataset: Any) -> None:
        if len(dataset) == 0:
            raise DataError(f"the {self.name} data is empty; give at least one sample")
        if self.collate is not None:
            first, again = ([dataset[i] for i in range(min(PROBE, len(dataset)))] for _ in range(2))
            self._check_collate(self.collate, first)
            self._random = not _same(self.collate(first), self.collate(again))
            self._dataset = dataset
            return
        first = [_sample(dataset, i, self.name) for i in range(min(PROBE, len(dataset)))]
        again = [_sample(dataset, i, self.name) for i in range(min(PROBE, len(dataset)))]
        size = sum(t.numel() * t.element_size() for t in leaves(_collate(first, self.name))) / len(first)
        self._random = not all(_same(a, b) for a, b in zip(first, again, strict=True))
        if not self._random and size * len(dataset) < MEMORY_SHARE * free_memory(torch.device("cpu")):
            inputs, targets = _collate([_sample(dataset, i, self.name) for i in range(len(dataset))], self.name)
            self._tensors = _as_tensors(inputs, targets, self.name)
        else:
            self._dataset = dataset

    def _check_collate(self, collate: Collate, samples: list[Any]) -> None:
        try:
            batch = collate(samples)
        except Exception as error:
            raise DataError(f"collate fails on samples of the {self.name} data, {told(error)}; mend it") from error
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise DataError(f"collate gives {type(batch).__name__}; it must be a pair (inputs, targets)")
        for leaf in leaves((tuple(batch[0]) if isinstance(batch[0], list) else batch[0], batch[1])):
            if not isinstance(leaf, Tensor):
                raise DataError(f"collate gives {type(leaf).__name__} in a batch; it must give tensors")
        if len(batch[1]) != len(samples):
            raise DataError(
                f"collate gives {len(batch[1])} targets for {len(samples)} samples; give one row for each sample"
            )

    def _make_source(self, device: torch.device) -> Source:
        if self._tensors is None:
            return Streamed(self._dataset, device, self._workers, self.collate)
        inputs, targets = self._tensors
        size = sum(t.numel() * t.element_size() for t in (*leaves(inputs), targets))
        if device.type == "cpu" or size < MEMORY_SHARE * free_memory(device):
            return Resident(tree_map(lambda t: t.to(device), inputs), targets.to(device))
        return Streamed(_Pairs(inputs, targets), device, self._workers)


def _even(length: int, most: int) -> Tensor:
    """Numbers below ``length``, at most so many and evenly apart, the first and the last among them."""
    count = min(length, most)
    return torch.arange(count) * (length - 1) // max(1, count - 1)


def _marked(tensor: Tensor) -> Tensor:
    """``tensor``, or even rows of it where it is large."""
    fit = max(2, MARKED_BYTES * len(tensor) // max(1, tensor.numel() * tensor.element_size()))
    return tensor if fit >= len(tensor) else tensor[_even(len(tensor), fit).to(tensor.device)]


class _Pairs:
    """Tensors on the CPU as a Dataset, for a device that they do not fit on."""

    def __init__(self, inputs: Any, targets: Tensor) -> None:
        self._inputs, self._targets = inputs, targets

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, i: int) -> tuple[Any, Any]:
        return tree_map(lambda t: t[i], self._inputs), self._targets[i]


def free_memory(device: torch.device) -> float:
    """Bytes free on ``device``; for the CPU what the system says is available, where it says so."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    return 4e9  # a system that does not say: assume a small machine


def _sample(dataset: Any, index: int, name: str) -> tuple[Any, Any]:
    item = dataset[index]
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise DataError(
            f"sample {index} of the {name} data is {type(item).__name__}; it must be a pair (input, target)"
        )
    return item[0], item[1]


def _collate(samples: list[tuple[Any, Any]], name: str) -> tuple[Any, Any]:
    try:
        inputs, targets = default_collate(samples)
    except (RuntimeError, TypeError) as error:
        hint = (
            "; give them one shape, such as sequences padded to the longest, with their lengths as a second input"
            if isinstance(error, RuntimeError)
            else ""
        )
        raise DataError(
            f"the samples of the {name} data cannot be stacked: {' '.join(str(error).split())}{hint}"
        ) from None
    inputs = tuple(inputs) if isinstance(inputs, list) else inputs
    for leaf in leaves((inputs, targets)):
        if not isinstance(leaf, Tensor):
            raise DataError(f"the samples of the {name} data hold {type(leaf).__name__}; they must hold numbers only")
    return inputs, targets


def _same(a: Any, b: Any) -> bool:
    """Whether two readings of a sample agree."""
    if isinstance(a, (tuple, list)):
        return all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return all(_same(a[k], b[k]) for k in a)
    return bool(np.array_equal(np.asarray(a), np.asarray(b), equal_nan=np.asarray(a).dtype.kind == "f"))


def _as_tensors(inputs: Any, targets: Any, name: str) -> tuple[Any, Tensor]:
    converted = _convert_tree(inputs, name)
    wanted = as_target(_convert(targets, name))
    for leaf in leaves(converted):
        if len(leaf) != len(wanted):
            raise DataError(
                f"the {name} data has {len(leaf)} inputs but {len(wanted)} targets; give one target for each input"
            )
    if len(wanted) == 0:
        raise DataError(f"the {name} data is empty; give at least one sample")
    for what, leaf in [("inputs", x) for x in leaves(converted)] + [("targets", wanted)]:
        _check_finite(leaf, f"{name} {what}")
    return converted, wanted


def _convert_tree(tree: Any, name: str) -> Any:
    if isinstance(tree, tuple):
        return tuple(_convert_tree(t, name) for t in tree)
    if isinstance(tree, dict):
        return {k: _convert_tree(t, name) for k, t in tree.items()}
    return _convert(tree, name)


def _convert(values: Any, name: str) -> Tensor:
    try:
        tensor = values if isinstance(values, Tensor) else _from_array(np.asarray(values))
    except (TypeError, ValueError) as error:
        raise DataError(
            f"the {name} data holds {type(values).__name__}, which is no array of numbers: {error}"
        ) from None
    if tensor.ndim == 0:
        raise DataError(f"the {name} data holds a single number; give arrays with one row for each sample")
    return as_input(tensor.detach().contiguous())


def _from_array(array: np.ndarray[Any, Any]) -> Tensor:
    """The array as a tensor, without a copy where torch can share it; it is only read."""
    if array.ndim and not array.flags.c_contiguous:
        array = np.ascontiguousarray(array)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.as_tensor(array)


def _check_finite(tensor: Tensor, what: str) -> None:
    if not tensor.is_floating_point():
        return
    # The sum is finite exactly when all values are, up to overflow; one pass without a mask in memory.
    if not bool(torch.isfinite(tensor.sum(dtype=torch.float64))):
        rows = (~torch.isfinite(tensor)).reshape(len(tensor), -1).any(1).nonzero()[:, 0]
        raise DataError(
            f"the {what} hold NaN or infinity in {len(rows)} of {len(tensor)} samples (first: sample {int(rows[0])}); "
            "remove or fill them"
        )
