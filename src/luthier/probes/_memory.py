"""How much memory is left, and how much a step takes at its peak."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from luthier.task import free_memory
from luthier.training.eager import EagerMode

PROC, CGROUPS = Path("/proc/self"), Path("/sys/fs/cgroup")


def memory_left(device: torch.device) -> float:
    """Bytes that this process can still take on ``device``.

    On the CPU the least of: what the system has available, what the limits of address space and data (``ulimit -v``,
    ``ulimit -d``) leave, and what the control groups of the process leave.
    """
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return min(free_memory(device) + kept, _share(device) - torch.cuda.memory_allocated(device))
    if device.type != "cpu":
        return free_memory(device)
    return max(0.0, min(free_memory(device), *_limits(), *_control_groups()))


def _share(device: torch.device) -> float:
    """Bytes of a GPU that this process may take (``torch.cuda.set_per_process_memory_fraction``)."""
    share = getattr(torch.cuda, "get_per_process_memory_fraction", lambda device: 1.0)(_index(device))  # torch 2.8
    return float(share * torch.cuda.get_device_properties(device).total_memory)


def _index(device: torch.device) -> int:
    return torch.cuda.current_device() if device.index is None else device.index


def hand_back() -> None:
    """Gives freed memory that Python and the C library keep back to the system, as far as they can (glibc)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _limits() -> Iterator[float]:
    status = _fields(PROC / "status")
    for kind, used in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        limit = resource.getrlimit(kind)[0]
        if limit != resource.RLIM_INFINITY:
            yield limit - 1024 * status.get(used, 0.0)


def _control_groups(root: Path = CGROUPS, membership: Path = PROC / "cgroup") -> Iterator[float]:
    """What each control group above this process leaves, version 1 and 2. Page cache that can be dropped is free."""
    lines = membership.read_text().splitlines() if membership.exists() else []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controllers not in ("", "memory"):
            continue
        one = controllers == "memory"
        base = root / "memory" if one else root
        names = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if one
            else ("memory.max", "memory.current", "inactive_file")
        )
        folder = base / path.lstrip("/")
        for group in (folder, *folder.parents):
            yield from _group_left(group, *names)
            if group == base:
                break


def _group_left(group: Path, limit: str, usage: str, cache: str) -> Iterator[float]:
    try:
        allowed = (group / limit).read_text().strip()
        if allowed != "max":
            dropped = _fields(group / "memory.stat").get(cache, 0.0)
            yield float(allowed) - float((group / usage).read_text()) + dropped
    except (OSError, ValueError):
        return  # a group that does not say limits nothing that could be known


def _fields(path: Path) -> dict[str, float]:
    """The numbers of a file of lines ``name: 12 kB`` or ``name 12``."""
    try:
        rows = (line.replace(":", " ").split() for line in path.read_text().splitlines())
        return {row[0]: float(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}
    except OSError:
        return {}


class _Allocations(EagerMode):
    """Counts the bytes of all tensors that operations make, while they live."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        given = {_storage(t) for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor) and _storage(leaf) not in given:
                self._count(leaf)
        return made

    def _count(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return
        self._known.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


@contextmanager
def peak_memory(device: torch.device) -> Iterator[Callable[[], int]]:
    """Gives a function that tells the most bytes of tensors that came to life inside and lived at one time.

    What an operation uses inside itself is seen on CUDA only.
    """
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        yield lambda: torch.cuda.max_memory_allocated(device) - before
        return
    counter = _Allocations()
    watch: AbstractContextManager[Any] = counter if device.type == "cpu" else nullcontext()
    with watch:
        yield lambda: counter.peak
