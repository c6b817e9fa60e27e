"""One training: a config under way, that can be frozen after any interval and thawed bit for bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from luthier.errors import ConfigError
from luthier.records import Config, Curve, Options, Outcome, Point, Status
from luthier.task import Task, make_loss, metric_under
from luthier.training._failures import Diverged, guarded, is_out_of_memory
from luthier.training._threads import choose_threads, threads
from luthier.training.dense import DenseStep, suits
from luthier.training.evaluation import EVALUATION_BATCH, evaluate
from luthier.training.noise import Growth, measure
from luthier.training.optimizers import batch_exponent, make_optimizer
from luthier.training.schedules import batch_factor, batch_size_at, lr_at
from luthier.training.seeding import derive, own_randomness, sample_order, seed_everything
from luthier.training.step import AutogradStep, Step
from luthier.training.stopping import Stopping

PRECISIONS = ("float32", "bfloat16")
#: A batch loss this many times the first ones (of FIRST_SAMPLES samples) is an explosion, not noise.
EXPLOSION = 1e3
#: The first loss is the largest until so many samples were seen: that of one lucky sample can be next to nothing.
FIRST_SAMPLES = 32
#: On an accelerator the loss is read only every so many steps, since reading waits for the device.
READ_EVERY = 32


class Training:
    """A task under one config and seed.

    The six steps of mini-batch gradient descent: __init__ initialises; ``_interval`` splits the data into batches and
    passes each to a Step, which goes forward, backward and updates; ``advance`` repeats until the epochs are done or
    the validation loss stops falling. Every random number depends on (seed, place) alone, never on what ran before.

    Raises what the user's model builder raises; ConfigError for values that torch refuses.
    """

    def __init__(self, task: Task, config: Config, seed: int = 0, options: Options | None = None) -> None:
        self.task, self.config, self.seed = task, config, seed
        self.options = options or Options()
        if self.options.precision not in PRECISIONS:
            raise ConfigError(f"precision is {self.options.precision!r}; it must be one of {', '.join(PRECISIONS)}")
        self.device = pick_device(self.options.device)
        self._train = task.train.source(self.device)
        self._validation = task.validation.source(self.device)
        with own_randomness(derive(seed, "init")):
            self.model = task.build(config).to(self.device)
            self.threads = self.options.threads or choose_threads(
                self.model, task.train.sample(self.device, 1)[0], config.batch_size, len(task.train)
            )
        self.optimizer = make_optimizer(config, self.model.parameters(), self.device.type)
        loss = make_loss(config.loss or task.loss)
        self.loss = loss.to(self.device) if isinstance(loss, nn.Module) else loss
        self.metric = metric_under(task.metric, loss)
        self.step: Step
        if suits(self.model, self.loss, self._train, config, self.options):
            self.step = DenseStep(self.model, self.optimizer, config)
        else:
            self.step = AutogradStep(self.model, self.loss, self.optimizer, config, self.options)
        self._evaluation_batch = EVALUATION_BATCH
        self.stopping = Stopping.of(config)
        self.growth = Growth()
        self.curve = Curve()
        self.branched: Point | None = None  #: the last point of the training that this one branched from
        self.position = 0  #: samples of the current epoch that are done
        self.first_loss: float | None = None
        self.best: Point | None = None
        self.best_weights: dict[str, Tensor] = {}

    @property
    def intervals(self) -> int:
        """Evaluation intervals done, those before it branched included."""
        before = 0 if self.branched is None else round(self.branched.epoch * self.task.evaluations_per_epoch)
        return before + len(self.curve)

    @property
    def epoch(self) -> float:
        """Epochs done."""
        return self.intervals / self.task.evaluations_per_epoch

    def advance(
        self,
        stop: float,
        on_point: Callable[[Point], None] | None = None,
        interrupted: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Trains until epoch ``stop``, or to the config's last.

        ``on_point`` gets each new point. When ``interrupted`` turns true the slice ends after the interval under way.
        Divergence, lack of memory and exceptions of the user's code end it too; they are told in the Outcome, not
        raised. What the two callbacks raise passes through: it says nothing about the training.
        """
        last = round(min(stop, self.config.epochs) * self.task.evaluations_per_epoch)
        with own_randomness(), threads(self.threads):
            while self.intervals < last and not self.stopping.over:
                if interrupted is not None and interrupted():
                    return Outcome(Status.PAUSED, f"paused at epoch {self.epoch:g}")
                outcome = guarded(self._next)
                if outcome.status is not Status.DONE:
                    return outcome
                if on_point is not None:
                    on_point(self.curve.points[-1])  # everything is counted: the training may be frozen here
        if self.stopping.over:
            since = self.stopping.early.since
            return Outcome(Status.STOPPED, f"the validation loss has not fallen since epoch {since:g}")
        return Outcome(Status.DONE)

    def _next(self) -> Outcome:
        """Adds a point to the curve."""
        point = self._interval()
        self._record(point)
        self.stopping.see(self.config, point)
        return Outcome(Status.DONE)

    def _interval(self) -> Point:
        """Trains to the next evaluation, and evaluates."""
        start = time.perf_counter()
        self.model.train()
        per_epoch = self.task.evaluations_per_epoch
        epoch, part = divmod(self.intervals, per_epoch)
        if part == 0:
            self.position = 0
            self._grow(epoch)
        seed_everything(derive(self.seed, "interval", self.intervals))
        size = min(batch_size_at(self.config, epoch, self.growth.doublings), len(self._train))
        factor = batch_factor(self.config, size, batch_exponent(self.config))
        order = sample_order(self.seed, epoch, len(self._train))
        target = -(-len(self._train) * (part + 1) // per_epoch)
        sizes = _batch_sizes(self.position, target, len(self._train), size)
        order = order[self.position : self.position + sum(sizes)]
        watch = _LossWatch(self.device, self.first_loss)
        lr = self.config.lr
        for inputs, targets in self._train.batches(order, sizes, derive(self.seed, "data", self.intervals)):
            lr = factor * lr_at(self.config, epoch + self.position / len(self._train), self.stopping.drops)
            watch.see(self.step(inputs, targets, lr), len(targets))
            self.position += len(targets)
        train_loss = watch.mean()
        if not sizes:  # the batch before reached beyond this interval
            last = self.curve.points[-1] if self.curve else self.branched
            assert last is not None
            train_loss, lr = last.train_loss, last.lr
        self.first_loss = watch.first
        val_loss, metric = self._evaluate()
        if not math.isfinite(val_loss):
            raise Diverged(f"the validation loss is {val_loss} after epoch {(self.intervals + 1) / per_epoch:g}")
        seconds = time.perf_counter() - start
        return Point((self.intervals + 1) / per_epoch, train_loss, val_loss, metric, lr, size, seconds)

    def _grow(self, epoch: int) -> None:
        """Measures the noise scale, where the batch follows it."""
        if self.growth.waits(self.config):
            seed = derive(self.seed, "noise", epoch)
            seed_everything(seed)
            size = batch_size_at(self.config, epoch, self.growth.doublings)
            self.growth.see(self.config, *measure(self.model, self.loss, self._train, self.options, size, seed))

    def _evaluate(self) -> tuple[float, float]:
        """Validation loss and metric, in smaller batches when the memory does not suffice."""
        while True:
            try:
                return evaluate(
                    self.model, self._validation, self.loss, self.metric, self.options, self._evaluation_batch
                )
            except Exception as error:
                if not is_out_of_memory(error) or self._evaluation_batch == 1:
                    raise
                self._evaluation_batch = max(1, self._evaluation_batch // 4)

    def _record(self, point: Point) -> None:
        self.curve += (point,)
        if math.isfinite(point.metric) and (self.best is None or point.better(self.best, self.task.direction)):
            self.best = point
            self.best_weights = {n: t.detach().clone() for n, t in self.model.state_dict().items()}


class _LossWatch:
    """The mean loss of an interval; raises Diverged as soon as a loss is not finite or explodes."""

    def __init__(self, device: torch.device, first: float | None) -> None:
        self.first = first
        self._start = FIRST_SAMPLES if first is None else 0  # samples still to come that set the first loss
        self._begin: float | None = None  # the loss of the first batch, if this has seen it
        self._read_every = 1 if device.type == "cpu" else READ_EVERY
        self._waiting: list[tuple[Tensor, int]] = []
        self._total, self._samples = 0.0, 0

    def see(self, loss: Tensor, samples: int) -> None:
        """Takes the mean loss of a batch of ``samples``."""
        self._waiting.append((loss, samples))
        if len(self._waiting) >= self._read_every:
            self._read()

    def mean(self) -> float:
        """Mean loss per sample."""
        self._read()
        return self._total / self._samples if self._samples else math.nan

    def _read(self) -> None:
        if not self._waiting:
            return
        values = [w[0].item() for w in self._waiting] if self._read_every == 1 else _read_all(self._waiting)
        for value, (_, samples) in zip(values, self._waiting, strict=True):
            self._check(value, samples)
            self._total += value * samples
            self._samples += samples
        self._waiting.clear()

    def _check(self, value: float, samples: int) -> None:
        if not math.isfinite(value):
            raise Diverged(f"the training loss is {value}{self._began()}")
        if self.first is None:
            self._begin = abs(value)
        if self._start > 0:
            self.first = max(self.first or 0.0, abs(value))
            self._start -= samples
        elif self.first is not None and abs(value) > EXPLOSION * max(self.first, 1e-3):
            raise Diverged(
                f"the training loss is {value:.3g}, more than {EXPLOSION:g} times the first ones, {self.first:.3g}"
                f"{self._began()}"
            )

    def _began(self) -> str:
        """The very first loss, where that is known and not told as the first ones."""
        if self._begin is None or (self._begin == self.first and self._start <= 0):
            return ""
        return f"; it began at {self._begin:.3g}"


def _read_all(waiting: list[tuple[Tensor, int]]) -> list[Any]:
    return torch.stack([loss.float() for loss, _ in waiting]).tolist()


def _batch_sizes(position: int, target: int, samples: int, size: int) -> list[int]:
    """Sizes of the batches from ``position`` to the first batch end at or after ``target``.

    A last batch of one sample is left out, since batch norm cannot train on it; unless batches are of one sample.
    """
    count = -(-(target - position) // size)
    sizes = [min(size, samples - position - i * size) for i in range(count)]
    if size > 1 and samples > 1 and sizes[-1:] == [1]:
        sizes.pop()
    return sizes


def pick_device(name: str) -> torch.device:
    """The torch device of an option; "auto" takes an accelerator where there is one.

    Raises ConfigError for a device that is not there.
    """
    if name != "auto":
        try:
            return torch.empty(0, device=name).device
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(
                f"device is {name!r}, which cannot be used here ({reason}); take 'auto' or 'cpu'"
            ) from None
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator() or torch.device("cpu")
    return torch.device("cpu")
