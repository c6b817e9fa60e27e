"""A task made of formulas: curves that follow from the config, without any training."""

import math
import random
from collections.abc import Callable, Iterator

import pytest
import torch

from luthier.hyperparameters import complete
from luthier.records import Config, Decision, Direction, End, Outcome, Point, Slice, SliceResult, Status
from luthier.search import Search, make_search
from luthier.space import Space, choice, integer, log_uniform

EPOCHS = 9


def quality(config: Config, epoch: float) -> float:
    """Accuracy: best at lr 0.1 and batch size 64; small learning rates learn slowly."""
    off = math.log10(config.lr) + 1
    top = 0.95 * math.exp(-0.1 * off**2) - 0.01 * abs(math.log2(config.batch_size / 64))
    return top * (1 - math.exp(-((epoch * 10 ** min(0.0, 0.5 * off)) ** 0.7)))


def run(cut: Slice, direction: Direction = "maximize", memory: int = 10**9, stop: float = math.inf) -> SliceResult:
    """Runs a slice: diverges above lr 3, out of memory from batch size ``memory``, paused at epoch ``stop``."""
    if cut.config.batch_size >= memory:
        return SliceResult(cut, (), Outcome(Status.OUT_OF_MEMORY))
    if cut.config.lr > 3:
        return SliceResult(cut, (), Outcome(Status.DIVERGED))
    points, epoch, last = [], cut.start, min(cut.stop, stop)
    while epoch < last:
        epoch = min(epoch + 1, last)
        metric = quality(cut.config, epoch)
        signed = metric if direction == "maximize" else 1 - metric
        points.append(Point(epoch, 1 - metric, 1 - metric, signed, cut.config.lr, cut.config.batch_size, 1.0))
    return SliceResult(cut, tuple(points), Outcome(Status.DONE if last == cut.stop else Status.PAUSED))


def slices(decisions: list[Decision]) -> list[Slice]:
    return [d for d in decisions if isinstance(d, Slice)]


def ends(decisions: list[Decision]) -> list[End]:
    return [d for d in decisions if isinstance(d, End)]


def drive(
    search: Search,
    rounds: int,
    *,
    workers: int = 1,
    order: int = 0,
    execute: Callable[[Slice], SliceResult] = run,
) -> list[SliceResult]:
    """Keeps ``workers`` slices out, tells one of them in each round (which: seeded by ``order``), all in the end."""
    pick, out, log = random.Random(order), [], []
    for _ in range(rounds):
        out += slices(search.ask(workers - len(out)))
        if not out:
            break
        log.append(execute(out.pop(pick.randrange(len(out)))))
        search.tell(log[-1])
    for cut in out:
        log.append(execute(cut))
        search.tell(log[-1])
    return log


SPACE = Space(
    lr=log_uniform(1e-4, 10), batch_size=integer(16, 256, log=True), optimizer=choice("SGD", "Adam"), epochs=EPOCHS
)
COUNTABLE = Space(lr=choice(1e-3, 1e-2, 0.1, 1.0, 10.0), batch_size=integer(16, 256), epochs=EPOCHS)
FINITE = Space(lr=choice(0.001, 0.01, 0.1), batch_size=choice(16, 32, 64, 128), epochs=EPOCHS)


class Bench:
    """What the tests of this folder share."""

    space = SPACE
    finite = FINITE
    epochs = EPOCHS
    baseline = complete({"epochs": EPOCHS})
    run = staticmethod(run)
    drive = staticmethod(drive)
    slices = staticmethod(slices)
    ends = staticmethod(ends)
    quality = staticmethod(quality)

    def search(self, name: str, **changes: object) -> Search:
        arguments = {
            "space": COUNTABLE if name.startswith("brute-force") else SPACE,
            "max_epochs": EPOCHS,
            "direction": "maximize",
            "complete": complete,
            "seed": 3,
            "baseline": self.baseline,
            **changes,
        }
        return make_search(name, **arguments)

    def replay(self, name: str, log: list[SliceResult], **changes: object) -> Search:
        search = self.search(name, **changes)
        for result in log:
            search.tell(result)
        return search


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Optuna's Gaussian process is several times faster without torch's threads, and shares the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
