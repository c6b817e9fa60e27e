"""The gradient noise scale at the present weights of a training."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from luthier.probes._base import Interval
from luthier.probes._gradients import CHECKED, Model, Stack, batch_blocks, example_blocks
from luthier.probes._ratio import estimate
from luthier.task import derive, seed_everything
from luthier.training import Training
from luthier.training.dense import DenseStep

#: Samples of a measurement; sd of the ratio is then about 2 * sqrt(noise scale / (2000 * directions)).
SAMPLES = 2000
#: Fewer samples leave no blocks to take an interval from.
MIN_SAMPLES = 16
#: Where per-example gradients are refused: samples of a small batch.
SMALL = 16


@dataclass(frozen=True)
class NoiseAt:
    """The noise scale at one place of a training."""

    epoch: float
    value: float  #: in samples; infinite where |G|^2 came out 0 or less
    interval: Interval
    signal: float  #: |G|^2
    noise: float  #: tr(Sigma)


class NoiseProbe:
    """Measurements of one training, by per-example gradients or by batches. Sets the global random numbers."""

    def __init__(self, training: Training, samples: int, level: float, seed: int) -> None:
        self._training, self._level, self._seed = training, level, seed
        self._data = training.task.train.source(training.device)
        self.samples = min(samples, len(self._data))
        kind = Stack if isinstance(training.step, DenseStep) else Model
        self._model = kind(training.model.train(), training.loss)
        inputs, targets = training.task.train.sample(training.device, CHECKED)
        seed_everything(derive(seed, "noise scale"))
        self.fallback = self._model.refusal(inputs, targets)  #: why per-example gradients cannot be had
        self._size = max(2, min(SMALL, self.samples // MIN_SAMPLES))

    def measure(self, epoch: float) -> NoiseAt:
        """At the training's present weights, which are those after ``epoch``."""
        seed = derive(self._seed, "noise scale", self._training.intervals)
        seed_everything(seed)
        rows = torch.randperm(len(self._data), generator=torch.Generator().manual_seed(seed))[: self.samples]
        self._training.model.train()
        if self.fallback:
            blocks = batch_blocks(self._model, self._data, rows, seed, self._size)
        else:
            blocks = example_blocks(self._model, self._data, rows, seed)
        found = estimate(blocks, self._level)
        return NoiseAt(epoch, found.value, found.interval, found.signal, found.noise)
