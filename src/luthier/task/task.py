"""What is trained: a model, data, a loss, a metric. How it is trained stands in the config."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from numbers import Real
from typing import Any

import torch
from optuna.distributions import BaseDistribution
from torch import nn
from torch.nn.parameter import is_lazy

from luthier.errors import ConfigError, LuthierError, TaskError
from luthier.hyperparameters import HYPERPARAMETERS, check_names, check_values, complete, misspelt
from luthier.records import Config, Direction
from luthier.task._code import can_make, digest_of_code, mentions
from luthier.task._randomness import derive, own_randomness
from luthier.task._sources import Collate
from luthier.task.data import Data
from luthier.task.fit import check_fit, check_gradient
from luthier.task.metrics import (
    LossFunction,
    MetricFunction,
    best_possible,
    loss_name,
    make_loss,
    make_metric,
)
from luthier.user_code import told

ModelBuilder = Callable[[Any], nn.Module]

#: Samples per evaluation interval above which an epoch is evaluated more than once, so that a search
#: on large data need not wait for a whole pass. About a minute of a small model on one GPU.
INTERVAL_SAMPLES = 1_000_000


class Task:
    """What is trained.

    ``model`` builds the network from a config: ``lambda config: nn.Linear(64, config["units"])``. ``train``,
    ``validation`` and ``test`` are (inputs, targets) as tensors or arrays, a map-style Dataset of such pairs, or a
    function that makes one; ``validation`` may be a fraction of the training data, in (0, 1). ``test`` is never
    looked at by a search. ``loss`` is a torch loss by name, a module or a function (outputs, targets) -> mean over
    the batch. ``metric`` is "accuracy", "error", "balanced_accuracy", "f1", "auc", "mse", "mae", "r2", "loss" (of the
    validation data) or a function (outputs, targets) -> float with its ``direction``. ``defaults`` are the values of
    hyperparameters that this task starts from, the model builder's own ones among them, and ``ranges`` what a search
    may vary besides the usual when it gets no space. ``evaluations_per_epoch`` is 1 for data of up to a million
    samples. ``workers`` and ``collate`` are the DataLoader's, for a Dataset that does not fit in memory, or whose
    samples do not stack: ``collate`` makes the pair of inputs and targets from a list of samples.

    Raises TaskError, DataError or ConfigError, some of them only when the data is first used.
    """

    def __init__(
        self,
        model: ModelBuilder,
        train: Any,
        validation: Any = 0.2,
        *,
        loss: str | LossFunction = "CrossEntropyLoss",
        metric: str | MetricFunction | None = None,
        direction: Direction | None = None,
        test: Any = None,
        defaults: Mapping[str, Any] | None = None,
        ranges: Mapping[str, BaseDistribution] | None = None,
        name: str = "task",
        evaluations_per_epoch: int | None = None,
        workers: int = 0,
        collate: Collate | None = None,
    ) -> None:
        if not callable(model) or isinstance(model, nn.Module):
            raise TaskError(f"model is {type(model).__name__}; give a function that builds it from a config")
        if evaluations_per_epoch is not None and not (
            isinstance(evaluations_per_epoch, int) and evaluations_per_epoch > 0
        ):
            raise TaskError(f"evaluations_per_epoch is {evaluations_per_epoch}; it must be a whole number, 1 or more")
        self.name = name
        self.model = model
        self.loss = loss
        self.metric_name, self.metric, self.direction = make_metric(metric, direction, make_loss(loss))
        self.defaults = dict(defaults or {})
        check_values(self.defaults)
        self.ranges = dict(ranges or {})
        self.source: tuple[str, str | None] | None = None  #: what load_task made it from
        if isinstance(validation, Real):
            validation = _fraction(validation)
        self.given, self.workers = (train, validation), workers  #: as they came, for a script that makes them again
        self.collate = collate
        self._train, self._validation = Data(train, "training", workers, collate), validation
        if not isinstance(validation, float):
            self._validation = Data(validation, "validation", workers, collate)
        self.test = None if test is None else Data(test, "test", workers, collate)
        self._evaluations = evaluations_per_epoch
        self._read: set[str] = set()  #: names that the builder read in any build: another setting may read others

    @property
    def train(self) -> Data:
        """The training data."""
        self._split()
        return self._train

    @property
    def validation(self) -> Data:
        """The validation data."""
        self._split()
        validation: Data = self._validation
        return validation

    def _split(self) -> None:
        if isinstance(self._validation, float):
            self._train, self._validation = self._train.split(self._validation, "validation")

    @property
    def evaluations_per_epoch(self) -> int:
        """Evaluation intervals in an epoch, 1 or more."""
        return self._evaluations or -(-len(self.train) // INTERVAL_SAMPLES)

    @property
    def best_possible(self) -> float | None:
        """What no score can be better than; None where that is not known."""
        return best_possible(self.metric, self.direction, make_loss(self.loss))

    @property
    def model_defaults(self) -> dict[str, Any]:
        """The defaults of names that only the model builder knows."""
        return {n: v for n, v in self.defaults.items() if n not in HYPERPARAMETERS}

    @property
    def cautions(self) -> list[str]:
        """Sentences on what is allowed in the data but should be known."""
        share = self.given[1]
        if not isinstance(share, float) or not self.validation.is_random:
            return []
        return [
            f"validation is {share:g} of a Dataset that gives other samples each time it is read, such as augmented "
            "ones, and these validate too; give validation data of their own, without what is random"
        ]

    def config(self, values: Mapping[str, Any] | None = None) -> Config:
        """``values`` completed by this task's and Luthier's defaults. Raises ConfigError.

        The default batch is no larger than the training data.
        """
        given = {**self.defaults, **(values or {})}
        usual = HYPERPARAMETERS["batch_size"].default
        assert isinstance(usual, int)
        return complete({"batch_size": min(usual, len(self.train)), **given})

    def build(self, config: Config) -> nn.Module:
        """A model for ``config``. Raises TaskError when the builder gives none or asks for a missing name."""
        return self._build(_Reader(config))

    def _build(self, reader: _Reader) -> nn.Module:
        try:
            model = self.model(reader)
        except (KeyError, AttributeError) as error:
            if reader.missing is None or error.args[:1] != (reader.missing,):
                raise
            raise TaskError(
                f"the model builder asks for {reader.missing!r}, which has no value; give it in the config, the space, "
                f"or as Task(defaults={{{reader.missing!r}: ...}})"
            ) from error
        finally:
            self._read |= reader.read
        if not isinstance(model, nn.Module):
            raise TaskError(f"the model builder gives {type(model).__name__}; it must return a torch.nn.Module")
        return model

    def check(
        self, values: Mapping[str, Any], *, to_train: bool = False, others: Iterable[Mapping[str, Any]] | None = None
    ) -> Config:
        """The complete config of ``values``, after everything that can be checked without training was checked.

        Raises ConfigError for an unknown name or a batch larger than the data, DataError, and TaskError when the model
        builder raises or the model's output does not fit the loss. Models that are ``to_train`` must be new ones each
        time: TaskError, where the builder is seen to return one that it has at hand. A name is known that the builder
        reads with this setting or one of the ``others``; without any, one that its code can make is trusted.
        """
        config = self.config(values)
        for name in ("batch_size", "batch_size_end"):
            size = config[name]
            if isinstance(size, int) and size > len(self.train):
                raise ConfigError(f"{name} is {size}, but there are {len(self.train)} training samples; take fewer")
        reader = _Reader(config)
        with own_randomness(derive(0, "check")):
            model = self._tried(reader)
            if to_train:
                self._check_new(model)
            self._check_names(config, others)
            self._check_defaults(reader.read)
            loss = make_loss(config.loss or self.loss)
            for data in (self.train, self.validation):
                inputs, targets = data.sample(torch.device("cpu"))
                check_fit(model, loss, inputs, targets, labels=data.targets, metric=self.metric)
            check_gradient(model, loss, *self.train.sample(torch.device("cpu"), 2))  # few: it keeps all activations
        return config

    def _check_names(self, config: Config, others: Iterable[Mapping[str, Any]] | None) -> None:
        """Raises ConfigError for a name that neither Luthier nor the builder knows, whatever the setting."""
        built = others is not None
        for other in others or ():
            if not self._unread(config):
                break
            built &= self.outline(config.replace(**other)) is not None
        # What a build shows is certain, what the code says is a guess: for a config on its own, and failing builds.
        trusted = set() if built else {n for n in self._unread(config) if can_make(self.model, n, self._read)}
        check_names([n for n in config if n not in trusted], {*self._read, *self.defaults})

    def _unread(self, config: Config) -> set[str]:
        return {*config} - {*HYPERPARAMETERS, *self._read, *self.defaults}

    def _check_defaults(self, read: set[str]) -> None:
        """Raises ConfigError for a default that nothing reads, where it looks like a hyperparameter misspelt.

        One that the builder's code mentions may be read with another setting.
        """
        for name in self.model_defaults.keys() - read:
            meant = misspelt(name)
            if meant and not mentions(self.model, name):
                raise ConfigError(
                    f"defaults has {name!r}, which neither Luthier nor the model builder reads; "
                    f"did you mean {meant!r}? Else leave it out"
                )

    def _check_new(self, model: nn.Module) -> None:
        """Raises TaskError for a model that the builder has at hand: trainings would share its weights."""
        function = getattr(self.model, "__func__", self.model)
        at_hand = [*getattr(function, "__globals__", {}).values()]
        for cell in getattr(function, "__closure__", None) or ():
            with contextlib.suppress(ValueError):  # of a name that has no value yet
                at_hand.append(cell.cell_contents)
        if any(value is model for value in at_hand):
            raise TaskError(
                "the model builder returns the same model each time, so that trainings would go on with each other's "
                "weights; build it inside of the builder, or return copy.deepcopy of it"
            )

    def _tried(self, reader: _Reader) -> nn.Module:
        try:
            return self._build(reader)
        except LuthierError:
            raise
        except Exception as error:
            raise TaskError(
                f"the model builder fails with the first setting, {told(error)}; mend it or the setting"
            ) from error

    def parameters(self, config: Config) -> int | None:
        """How many numbers the model of ``config`` can learn; None where that takes building it in earnest."""
        outline = self.outline(config)
        return None if outline is None else sum(p.numel() for p in outline.parameters() if p.requires_grad)

    def outline(self, config: Config) -> nn.Module | None:
        """The model of ``config`` with shapes but no numbers; None where that takes building it in earnest."""
        try:
            with torch.device("meta"), own_randomness(derive(0, "check")):
                model = self.build(config)
            return None if any(map(is_lazy, (*model.parameters(), *model.buffers()))) else model
        except Exception:  # the user's builder may do anything, and an outline is no reason to stop a study
            return None

    @property
    def code(self) -> str:
        """Changes when the user's own code of the model, loss, metric or collate does."""
        return digest_of_code(self.model, self.loss, self.metric, self.collate)

    def describe(self) -> dict[str, Any]:
        """What tells this task from others, as JSON values; but for its code, which may change in what is harmless."""
        return {
            "name": self.name,
            "train": [len(self.train), self.train.fingerprint()],
            "validation": [len(self.validation), self.validation.fingerprint()],
            "loss": loss_name(self.loss),
            "metric": self.metric_name,
            "direction": self.direction,
        }


def _fraction(given: Any) -> float:
    """``given`` as a share of the training data. Raises TaskError."""
    if not 0 < given < 1:
        raise TaskError(f"validation is {given}; a fraction must lie between 0 and 1")
    return float(given)


class _Reader(Mapping[str, Any]):
    """A config that remembers which names were read, and which were missing."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.read: set[str] = set()
        self.missing: str | None = None

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        if name not in self.config:
            self.missing = name
        return self.config[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return self.config.get(name, default)

    def __iter__(self) -> Iterator[str]:
        self.read.update(self.config)  # a builder that takes everything reads everything
        return iter(self.config)

    def __len__(self) -> int:
        return len(self.config)
