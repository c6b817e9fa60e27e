import copy
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from luthier.errors import UsageError
from luthier.probes import BatchSizes, batch_size
from luthier.probes._memory import _control_groups, memory_left, peak_memory
from luthier.probes._speed import Step, measure_memory
from luthier.probes.batch_size import _coarse_first
from luthier.records import Config, Options
from luthier.task import Task
from luthier.training import Training

MakeTask = Callable[..., Task]
CPU = Options(device="cpu")
QUICK = {"seconds": 0.1, "options": CPU}


def wide(config: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(8, 300), nn.Tanh(), nn.Linear(300, 300), nn.Tanh(), nn.Linear(300, 1))


def test_speed_and_memory_are_measured_between_powers_of_two_too(task: MakeTask) -> None:
    found = batch_size(task(wide), seconds=60.0, options=CPU)
    assert [s.batch_size for s in found.steps] == [8, 12, 16, 24, 32, 48, 64, 96, 128]
    assert all(min(s.seconds, s.forward, s.backward, s.peak_bytes) > 0 and s.update >= 0 for s in found.steps)
    assert all(s.forward + s.backward + s.update <= s.seconds * (1 + 1e-9) for s in found.steps)
    assert found.largest == found.samples == 205
    assert found.full_speed in [s.batch_size for s in found.steps]
    assert "Full speed begins at batch size" in found.sentences()[0]
    (belief,) = found.beliefs()
    assert (belief.name, belief.high) == ("batch_size", 205.0)


def test_a_timing_that_ended_at_small_sizes_is_not_relied_on(task: MakeTask) -> None:
    found = batch_size(task(wide), seconds=0.0, options=CPU)
    assert [s.batch_size for s in found.steps] == [8]
    assert not found.reliable
    assert found.beliefs() == ()
    assert "ended the timing at batch size 8 of up to 128" in found.sentences()[0]
    assert batch_size(task(wide), sizes=(16, 32), seconds=0.0, options=CPU).reliable


def test_where_time_is_short_sizes_far_apart_come_first() -> None:
    sizes = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192]
    assert _coarse_first(sizes) == [8, 32, 128, 16, 64, 12, 24, 48, 96, 192]


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_memory_is_predicted_at_batch_sizes_that_were_not_measured(task: MakeTask, optimizer: str) -> None:
    made = task(wide)
    found = batch_size(made, {"optimizer": optimizer}, sizes=(16, 32), **QUICK)
    for size in (24, 100, 205):
        training = Training(made, made.config({"optimizer": optimizer, "batch_size": size}), 0, CPU)
        assert found.peak_bytes(size) == pytest.approx(measure_memory(training), rel=0.05)


def test_the_peak_is_that_of_the_tensors_alive_at_one_time() -> None:
    with peak_memory(torch.device("cpu")) as peak:
        a = torch.zeros(1000)
        b = a + 1
        del a
        c = b.view(10, 100) * 2
        del b
        assert peak() == 8000
        d = torch.ones(3000)
    assert peak() == 16000
    assert len(c) + len(d) == 3010


def test_the_memory_left_obeys_control_groups_of_both_versions(tmp_path: Path) -> None:
    two, one = tmp_path / "a" / "b", tmp_path / "memory" / "c"
    two.mkdir(parents=True)
    one.mkdir(parents=True)
    (two / "memory.max").write_text("max\n")
    (two.parent / "memory.max").write_text("1000\n")
    (two.parent / "memory.current").write_text("700\n")
    (two.parent / "memory.stat").write_text("anon 500\ninactive_file 200\n")
    (one / "memory.limit_in_bytes").write_text("5000\n")
    (one / "memory.usage_in_bytes").write_text("1000\n")
    membership = tmp_path / "cgroup"
    membership.write_text("4:memory:/c\n3:cpu:/x\n0::/a/b\n")
    assert sorted(_control_groups(tmp_path, membership)) == [500.0, 4000.0]
    assert list(_control_groups(tmp_path, tmp_path / "missing")) == []
    assert 0 < memory_left(torch.device("cpu")) < 1e15


LIMITED = """
import resource, sys, torch
from torch import nn
from luthier import Options, Task
from luthier.probes import batch_size
torch.set_num_threads(1)
model = nn.Sequential(nn.Linear(64, 8192), nn.Tanh(), nn.Sigmoid(), nn.Tanh(), nn.Linear(8192, 2))
x = torch.zeros(200_000, 64)
task = Task(lambda config: model, (x, torch.zeros(len(x), dtype=torch.long)), (x[:9], torch.zeros(9, dtype=torch.long)))
batch_size(task, {"batch_size": 8}, sizes=(8, 64), seconds=0, options=Options("cpu"))  # what is loaded once, is there
used = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) << 10
resource.setrlimit(resource.RLIMIT_AS, (used + (250 << 20),) * 2)
sizes = (8, 64, 512, 65536, 200_000)
found = batch_size(task, {"batch_size": 8}, sizes=sizes, seconds=0, options=Options("cpu"))
print(found.largest, len(found.steps), found.peak_bytes(found.largest) <= 1.001 * found.memory_left)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="limits are read from /proc")
def test_a_process_with_little_memory_lives_and_finds_what_fits() -> None:
    """benchmarks/batch_size.py does it fifty times."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    largest, steps, fits = done.stdout.split()
    assert 8 <= int(largest) < 4000
    assert int(steps) >= 1
    assert fits == "True"


class Full(nn.Module):
    """Has memory for so many samples."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.inner, self.most = nn.Linear(8, 1), most

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        return self.inner(x)


def test_running_out_of_memory_ends_the_search_and_nothing_else(task: MakeTask) -> None:
    found = batch_size(task(lambda config: Full(50)), **QUICK)
    assert max(s.batch_size for s in found.steps) <= 50
    assert 48 <= found.largest <= 50
    assert "memory allows no more" in " ".join(found.sentences())  # which may also say that the clock was unsteady


def test_a_model_that_does_not_fit_at_all_is_told(task: MakeTask) -> None:
    with pytest.raises(UsageError, match="batch size 16 does not fit"):
        batch_size(task(lambda config: Full(8)), sizes=(16, 32), **QUICK)


def test_batch_norm_cannot_train_on_one_sample_and_says_so(task: MakeTask) -> None:
    model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    with pytest.raises(UsageError, match=r"batch size 1 fails .*Expected more than 1 value"):
        batch_size(task(lambda config: model), sizes=(1, 2), **QUICK)
    assert batch_size(task(lambda config: model), **QUICK).steps[0].batch_size == 8


@pytest.mark.parametrize("samples", [1, 2, 5, 31])
def test_tiny_data_has_small_batches(task: MakeTask, samples: int) -> None:
    x = torch.randn(samples, 8)
    rows = x, x[:, :1]
    found = batch_size(task(train=rows, validation=rows), {"batch_size": 1}, **QUICK)
    assert found.largest == samples
    assert found.epoch_seconds(1) > 0


@pytest.mark.parametrize("sizes", [(), (0, 8), (8, 999)])
def test_sizes_that_cannot_be_tried_are_told(task: MakeTask, sizes: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="sizes are"):
        batch_size(task(), sizes=sizes, **QUICK)


def test_the_model_handed_in_and_the_random_numbers_stay(task: MakeTask) -> None:
    model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    before, numbers = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    batch_size(task(lambda config: model), sizes=(8, 16), **QUICK)
    assert all(torch.equal(v, before[n]) for n, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), numbers)
    assert all(p.grad is None for p in model.parameters())


def sizes_with(fixed: float, each: float) -> BatchSizes:
    """A machine whose step takes ``fixed + each * batch`` seconds."""
    steps = tuple(Step(b, fixed + each * b, 0.0, 0.0, 0.0, 1000 + 10 * b) for b in (8, 16, 64, 256))
    return BatchSizes(
        seconds=1.0,
        config=Config(batch_size=8),
        steps=steps,
        samples=1000,
        evaluation_seconds=0.5,
        memory_left=1e6,
        largest=1000,
        full_speed=64,
        fixed_bytes=1000.0,
        bytes_per_sample=10.0,
    )


@given(st.integers(1, 1000), st.floats(1e-5, 1e-2), st.floats(1e-7, 1e-4))
def test_the_epoch_time_counts_full_steps_the_last_one_and_the_evaluation(size: int, fixed: float, each: float) -> None:
    found = sizes_with(fixed, each)
    full, rest = divmod(1000, size)
    expected = full * (fixed + each * size) + (fixed + each * rest if rest > 1 else 0) + 0.5
    assert found.epoch_seconds(size) == pytest.approx(expected)


def test_an_epoch_of_no_batch_is_told() -> None:
    with pytest.raises(UsageError, match="batch_size is 0"):
        sizes_with(1e-3, 1e-5).epoch_seconds(0)
