"""A small task, every executor by its name, and what their tests look at."""

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import nn

from luthier import Options, Task
from luthier.executors import Inline, Processes, Workers
from luthier.training import Training


def processes(task: Task, options: Options, *more: Any, exact: bool = False) -> Processes:
    return Processes(task, options, *more, Workers(task, options, 2, exact=exact))


EXECUTORS: dict[str, Callable[..., Any]] = {
    "inline": Inline,
    "processes": processes,
    "exact processes": partial(processes, exact=True),
}
GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(60, 4, generator=GENERATOR)
DATA = INPUTS, (INPUTS[:, 0] + 0.5 * torch.randn(60, generator=GENERATOR) > 0).long()
EPOCHS = 6


broken: list[str] = []  #: what the next training batches raise, one after the other; set it before a start
batches = multiprocessing.get_context("fork").RawValue("i")  #: trained on, in all processes


class Breaking(nn.Identity):
    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        batches.value += self.training
        if broken and self.training:
            raise ValueError(broken.pop())
        return inputs


def network(config: Any) -> nn.Module:
    if config["dropout"] > 1:
        raise ValueError("dropout above 1")
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(config["dropout"]), Breaking(), nn.Linear(6, 2))


def intervals():
    """How many epochs of eight batches were trained since this was asked last."""
    done, batches.value = batches.value / 8, 0
    return done


def ran(executor, *cuts):
    """The results of slices that are handed over together, in their order."""
    for cut in cuts:
        executor.submit(cut)
    results = {result.slice.training: result for result in [executor.wait() for _ in cuts]}
    return [results[cut.training] for cut in cuts]


def plain(points):
    return [replace(p, seconds=0) for p in points]


def straight(task, cut):
    """The curve and the best weights of a training that was never frozen."""
    training = Training(task, cut.config, cut.seed)
    training.advance(cut.stop)
    return plain(training.curve), training.best_weights


def check_exact(task, executor, results):
    last = results[-1].slice
    points, weights = straight(task, last)
    assert plain(chain.from_iterable(r.points for r in results)) == points
    found = executor.best_weights(replace(last, start=0.0, stop=points[-1].epoch))
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], weights[name]) for name in weights)
