"""Epoch time and peak memory that the batch-size probe predicts, against what trainings take; life under a limit.

    python benchmarks/batch_size.py time      # epochs at batch sizes that were not probed; --cpu on a busy machine
    python benchmarks/batch_size.py memory    # resident memory of fresh processes (Linux)
    python benchmarks/batch_size.py limit     # 50 probes under limits of the address space that large batches break

Time is the fastest epoch of many: what other programs take from the machine is no fault of the prediction. With --cpu
trainings too read the clock of the process, as the probe does where one thread does all the work. What is predicted of
memory is what live blocks take; glibc keeps freed blocks below 32 MB besides, so resident memory is measured with those
given back at once, and without: the latter differs from run to run of the same program by half.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import torch
from _machine import machine
from torch import nn

from luthier import Task, digits
from luthier.probes import batch_size
from luthier.probes._memory import memory_left
from luthier.records import Options
from luthier.training import Training

UNPROBED = (10, 20, 40, 80, 160, 320, 640, 1200)
EPOCHS = 15
RUNS = 5  #: of a process whose resident memory is measured with what the C library keeps


def wide(samples: int = 20_000, width: int = 4096) -> Task:
    """Few weights, many activations."""
    model = lambda config: nn.Sequential(nn.Linear(64, width), nn.Tanh(), nn.Sigmoid(), nn.Tanh(), nn.Linear(width, 10))  # noqa: E731
    rows = torch.randn(samples, 64), torch.randint(10, (samples,))
    return Task(model, rows, (rows[0][:200], rows[1][:200]), name="wide")


def times(task: Task, rounds: int) -> None:
    """The table of epoch times: medians over rounds, in each of which the prediction stands beside its trainings."""
    told: dict[int, list[tuple[float, float]]] = {size: [] for size in UNPROBED}
    for number in range(rounds):
        found = batch_size(task, options=Options("cpu"), seconds=60, seed=number)
        for size in UNPROBED:
            config = task.config({"batch_size": size, "epochs": EPOCHS, "lr": 1e-6})
            training = Training(task, config, number, Options("cpu"))
            training.advance(EPOCHS)
            told[size].append((min(training.curve.column("seconds")), found.epoch_seconds(size)))
    print(f"{task.name}: {len(found.steps)} batch sizes probed in {found.seconds:.0f} s, {rounds} rounds")
    errors = []
    for size, pairs in told.items():
        ratios = sorted(said / took - 1 for took, said in pairs)
        errors.append(statistics.median(ratios))
        took, said = (statistics.median(column) for column in zip(*pairs, strict=True))
        spread = f"{ratios[0]:+.1%} to {ratios[-1]:+.1%}"
        print(
            f"  batch {size:>5}: epoch {took:.4f} s, predicted {said:.4f} s, {errors[-1]:+.1%} ({spread})", flush=True
        )
    print(f"  median error {statistics.median(map(abs, errors)):.1%}, largest {max(map(abs, errors)):.1%}")


def rss() -> int:
    """Bytes of the most memory that this process has had resident."""
    return status("VmHWM")


def status(name: str) -> int:
    """Bytes of one line of /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def resident(size: int) -> None:
    """Prints how much a few steps at ``size`` raise the resident memory of this process."""
    task = wide()
    training = Training(task, task.config({"batch_size": 4, "epochs": 1}), 0, Options("cpu"))
    training.step(*next(training.task.train.source(training.device).in_order(4)), 0.0)
    before = rss()
    training = Training(task, task.config({"batch_size": size, "epochs": 1}), 0, Options("cpu"))
    data = training.task.train.source(training.device)
    for inputs, targets in data.batches(torch.randperm(2 * size), [size, size], 0):
        training.step(inputs, targets, 0.0)
    print(rss() - before)


def memory() -> None:
    """The table of peak memory: what the blocks take, and with what glibc keeps of freed ones, which varies by run."""
    found = batch_size(wide(), sizes=(16, 64, 256), seconds=0, options=Options("cpu"))
    for size in (500, 1000, 2000, 4000, 8000):
        said, blocks = found.peak_bytes(size), fresh(size, {"MALLOC_MMAP_THRESHOLD_": "65536"})
        kept = sorted(fresh(size, {}) for _ in range(RUNS))
        told = f"{blocks / 1e6:.0f} MB ({said / blocks - 1:+.1%})"
        spread = f"{kept[0] / 1e6:.0f} to {kept[-1] / 1e6:.0f} MB"
        print(
            f"  batch {size:>5}: predicted {said / 1e6:.0f} MB; blocks {told}, with freed ones kept {spread}",
            flush=True,
        )


def fresh(size: int, environment: dict[str, str]) -> float:
    """Bytes that steps at ``size`` add to the resident memory of a process of their own."""
    command = [sys.executable, __file__, "resident", str(size)]
    environment = {**os.environ, **environment}
    return float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def limited(seed: int) -> None:
    """Probes one random model under a random limit, in this process."""
    import resource

    draw = random.Random(seed)
    task = wide(50_000, draw.choice((1024, 4096, 16384)))
    len(task.train), len(task.validation)
    resource.setrlimit(resource.RLIMIT_AS, (status("VmSize") + (draw.randint(300, 2000) << 20),) * 2)
    found = batch_size(task, sizes=(8, 64, 512, 4096, 16384, 50_000), seconds=0, seed=seed, options=Options("cpu"))
    training = Training(task, task.config({"batch_size": min(found.largest, 30_000)}), 0, Options("cpu"))
    data = training.task.train.source(training.device)
    training.step(*next(data.in_order(training.config.batch_size)), 0.0)  # what it says fits does fit
    print(found.largest, f"{memory_left(training.device) / 1e6:.0f}")


def limits(runs: int) -> None:
    """How many processes lived: forks of this one, which has trained nothing, so that none loads torch anew."""
    lived, largest = 0, []
    for seed in range(runs):
        with tempfile.TemporaryFile("w+") as said:
            child = os.fork()
            if child == 0:
                _in_child(seed, said.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said.seek(0)
            text = said.read()
        lived += code == 0
        if code:
            print(f"run {seed} ended with {code}: {text[-300:]}", flush=True)
        else:
            largest.append(int(text.split()[0]))
    print(
        f"{lived} of {runs} lived; the largest batch that fits: {min(largest)} to {max(largest)}, "
        f"below the 50,000 samples in {sum(size < 50_000 for size in largest)}"
    )


def _in_child(seed: int, file: int) -> NoReturn:
    """Runs ``limited`` with its output in a file, and ends the process; a signal ends it otherwise."""
    os.dup2(file, 1)
    os.dup2(file, 2)
    try:
        limited(seed)
        sys.stdout.flush()
        os._exit(0)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}".encode())
        os._exit(1)


def main() -> None:
    """Runs the part that the argument names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("part", choices=("time", "memory", "limit", "resident", "limited"))
    parser.add_argument("number", nargs="?", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5, help="of time")
    parser.add_argument("--cpu", action="store_true")
    arguments = parser.parse_args()
    if arguments.cpu:
        time.perf_counter = time.process_time
    torch.set_num_threads(1)
    if arguments.part in ("resident", "limited"):
        (resident if arguments.part == "resident" else limited)(arguments.number)
        return
    print(machine())
    if arguments.part == "time":
        times(digits(), arguments.rounds)
        times(wide(4000, 512), arguments.rounds)
    elif arguments.part == "memory":
        memory()
    else:
        limits(arguments.number)


if __name__ == "__main__":
    main()
