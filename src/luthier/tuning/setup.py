"""Everything that can be checked before the first training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import FloatDistribution

from luthier.errors import ConfigError
from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config, Options, Outcome, Status
from luthier.space import Space
from luthier.task import Task, default_space, make_loss
from luthier.training import Training, fill_cores, guarded, make_optimizer, optimizer_class
from luthier.tuning.settings import middle, settings


@dataclass(frozen=True)
class Setup:
    """A task, a space and a baseline that fit each other."""

    task: Task
    space: Space
    baseline: Config  #: complete
    given: Mapping[str, Any]  #: what holds for all trainings unless the space varies it

    @property
    def max_epochs(self) -> int:
        """The most epochs that any training has."""
        return max(self.space.max_epochs(self.baseline.epochs), int(self.baseline.epochs))

    @property
    def lr_bounds(self) -> tuple[float, float] | None:
        """The range of lr; None when the space does not vary it within one."""
        range_ = self.space.get("lr")
        return (range_.low, range_.high) if isinstance(range_, FloatDistribution) else None

    @property
    def complete(self) -> Callable[[Mapping[str, Any]], Config]:
        """From values of the space to a complete config."""
        return lambda values: self.task.config({**self.given, **self.space.fixed, **values})


def prepare(task: Task, space: Space | Mapping[str, Any] | None, baseline: Mapping[str, Any] | None) -> Setup:
    """Checks the three together. Raises a UsageError for whatever does not fit."""
    given = dict(baseline or {})
    if space is None:
        space = _default_space(task, given)
    elif not isinstance(space, Space):
        space = Space(space)
    # A name that has no default starts in the middle of its range.
    middles = {n: middle(r) for n, r in space.items() if n not in {**HYPERPARAMETERS, **task.defaults}}
    complete = _check({**middles, **space.fixed, **given}, task, space)
    if any(given.get(name, value) != value for name, value in space.fixed.items()):
        _check({**middles, **given, **space.fixed}, task, space)
    _check_choices(space)
    for name in ("batch_size", "batch_size_end"):
        _check_batch(space.get(name), name, len(task.train))
    return Setup(task, space, complete, given)


def check_options(setup: Setup, options: Options, seed: int) -> bool | None:
    """Whether the baseline's training fills the cores; None where it cannot be built.

    Raises ConfigError for a device or precision that is not there, values that the baseline's optimizer refuses, and
    an optimizer of the space that refuses the baseline's model. Whatever else a training may meet is left to the
    training.
    """
    _check_optimizers(setup)
    return fills_cores(setup.task, setup.baseline, options, seed)


def fills_cores(task: Task, config: Config, options: Options, seed: int) -> bool | None:
    """Whether the threads of one training use the cores about as well as several trainings would.

    None where it cannot be built. Raises ConfigError as ``check_options`` does.
    """
    found: list[bool] = []

    def make() -> Outcome:
        training = Training(task, config, seed, options)
        one = task.train.sample(training.device, 1)[0]
        found.append(fill_cores(training.model, one, config.batch_size, len(task.train)))
        return Outcome(Status.DONE)

    guarded(make)
    return found[0] if found else None


def _default_space(task: Task, given: Mapping[str, Any]) -> Space:
    """The default space, with ``given`` in place of what it would fix."""
    space = default_space(task)
    kept = {name: given.get(name, value) for name, value in space.fixed.items()}
    return Space({**space, **kept}, sources=space.sources)


def _check(values: Mapping[str, Any], task: Task, space: Space) -> Config:
    complete = task.check(values, to_train=True, others=settings(space))
    optimizer_class(complete.optimizer)
    return complete


def _check_choices(space: Space) -> None:
    """Raises for an optimizer or a loss that torch does not have."""
    for name, check in (("optimizer", optimizer_class), ("loss", make_loss)):
        choices = getattr(space.get(name), "choices", ())
        for value in choices:
            check(value)


def _check_optimizers(setup: Setup) -> None:
    """Raises ConfigError for an optimizer of the space that cannot step the baseline's model."""
    fixed = setup.space.fixed.get("optimizer", setup.baseline.optimizer)
    others = {*getattr(setup.space.get("optimizer"), "choices", (fixed,))} - {setup.baseline.optimizer}
    model = setup.task.outline(setup.baseline) if others else None
    if model is not None:
        for name in sorted(others):
            make_optimizer(setup.baseline.replace(optimizer=name), model.parameters(), "meta")


def _check_batch(distribution: Any, name: str, samples: int) -> None:
    if distribution is None:
        return
    ends = getattr(distribution, "choices", None) or (distribution.high,)
    high = max((int(end) for end in ends if end is not None), default=0)
    if high > samples:
        raise ConfigError(
            f"{name} may be up to {high}, but there are {samples} training samples; give {samples} at most"
        )
