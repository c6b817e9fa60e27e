"""Branches from one checkpoint: each batch size at several learning rates, its loss followed sample by sample."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from luthier.probes._needed import Course
from luthier.records import Config, Options
from luthier.task import Resident, derive, seed_everything, tree_map
from luthier.training import Training, branch, evaluate, freeze

#: Training samples on which the loss is followed, and how often within the small batches' way.
EVALUATED, EVALUATIONS = 2048, 24
#: A branch ends when its last losses are this share of the target, or after this many times the samples of the best lr.
BELOW, SLOWER = 0.93, 1.3
LAST = 4  # losses that tell that a branch has passed the target
#: A loss so many times the first one has left for good.
GONE = 5.0
MOST_LRS = 8  # tried for a batch size


class Branches:
    """Courses from where ``trunk`` stands."""

    def __init__(self, trunk: Training, length: float, repeats: int, seed: int, options: Options | None) -> None:
        self._task, self._options, self._seed = trunk.task, options, seed
        self._config = trunk.config
        self._parts = copy.deepcopy(freeze(trunk))
        self._repeats = repeats
        self._every = length / EVALUATIONS
        self._data = trunk.task.train.source(trunk.device)
        rows = torch.randperm(len(self._data), generator=torch.Generator().manual_seed(derive(seed, "loss")))
        inputs, targets = next(iter(self._data.batches(rows[:EVALUATED], [min(EVALUATED, len(rows))], seed)))
        self._seen = Resident(tree_map(lambda t: t.clone(), inputs), targets.clone())
        self.start_loss = self._loss(trunk)

    def training(self, size: int, lr: float, repeat: int) -> Training:
        """A fresh branch that has not moved yet."""
        config: Config = self._config.replace(batch_size=size, lr=lr)
        return branch(self._task, config, derive(self._seed, "branch", repeat), self._options, self._parts)

    def tried(self, size: int, lr: float, most: float, target: float | None) -> list[Course]:
        """Courses of ``most`` samples at lr, and at more of them in ratios of 2 until the best lies inside.

        The best needs the fewest samples to ``target``; without one, its loss is the lowest at the end.
        """
        found: dict[int, Course] = {}

        def cost(power: int) -> tuple[float, float]:
            course = found[power]
            return (0.0 if target is None else course.needed(target)), end(course)

        def go(power: int) -> None:
            cap = most if target is None else min([most, *(SLOWER * cost(p)[0] for p in found)])
            found[power] = self._course(size, lr * 2.0**power, cap, target)

        for power in (0, 1, -1):
            go(power)
        best = min(found, key=cost)
        while best in (min(found), max(found)) and len(found) < MOST_LRS:
            go(best - 1 if best == min(found) else best + 1)
            best = min(found, key=cost)
        return [found[power] for power in sorted(found, key=cost)]

    def _course(self, size: int, lr: float, most: float, target: float | None) -> Course:
        """All repeats, as long as the shortest of them."""
        runs = [list(self._followed(size, lr, repeat, most, target)) for repeat in range(self._repeats)]
        count = min(map(len, runs))
        losses = tuple(tuple(loss for _, loss in run[:count]) for run in runs)
        return Course(size, lr, tuple(float(done) for done, _ in runs[0][:count]), losses)

    def _followed(
        self, size: int, lr: float, repeat: int, most: float, target: float | None
    ) -> Iterator[tuple[int, float]]:
        """(samples, loss) along one branch, the beginning included."""
        training = self.training(size, lr, repeat)
        steps, last = max(1, round(self._every / size)), [self.start_loss] * LAST
        yield 0, self.start_loss
        for done in self.walk(training, repeat, steps):
            loss = self._loss(training)
            if not loss < GONE * self.start_loss:  # not a number, either
                yield done, GONE * self.start_loss
                return
            yield done, loss
            last = [*last[1:], loss]
            if done >= most or (target is not None and sum(last) / LAST < BELOW * target):
                return

    def walk(self, training: Training, repeat: int, steps: int) -> Iterator[int]:
        """Trains, and tells the samples done after each ``steps`` steps, without end. Sets global random numbers."""
        seed, size, lr = derive(self._seed, "order", repeat), training.config.batch_size, float(training.config.lr)
        batches = self._batches(size, seed)
        for number in itertools.count(1):
            training.model.train()
            seed_everything(derive(seed, "step", number))
            for inputs, targets in itertools.islice(batches, steps):
                training.step(inputs, targets, lr)
            yield number * steps * size

    def _batches(self, size: int, seed: int) -> Iterator[tuple[Any, Tensor]]:
        for epoch in itertools.count():
            order = torch.randperm(
                len(self._data), generator=torch.Generator().manual_seed(derive(seed, "order", epoch))
            )
            count = len(order) // size
            yield from self._data.batches(order[: count * size], [size] * count, derive(seed, "data", epoch))

    def _loss(self, training: Training) -> float:
        return evaluate(training.model, self._seen, training.loss, None, training.options, EVALUATED)[0]


def end(course: Course) -> float:
    """The geometric mean loss of the last quarter: the last one alone is luck."""
    losses = [math.log(loss) for run in course.losses for loss in run[-max(1, len(run) // 4) :]]
    return math.exp(sum(losses) / len(losses))
