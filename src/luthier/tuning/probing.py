"""The probes that run before a search, and what the search is told of their answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

from optuna.distributions import FloatDistribution

from luthier.errors import RunError
from luthier.events import Listener, Probed, Warned
from luthier.probes import lr_range, range_tests_cost
from luthier.records import Belief, Curve, EpochCost, Options, Outcome, Slice, SliceResult, Status
from luthier.tuning.batch_sizes import BatchSizeProbe, noise_loading, timed_sizes
from luthier.tuning.setup import Setup

T = TypeVar("T")
#: Probes run when they cost less than this share of the budget.
SHARE = 0.1
#: What the learning-rate probe costs at most, in trainings of the user's own setting: short trainings at several lr,
#: and range tests. What the batch-size probe costs besides its timing: a part of one, to measure the noise scale in.
LR_TRAININGS, NOISE_TRAININGS = 4.25, 0.5
#: The share of a budget of time that steps are timed for, and the most seconds; besides, the validation data are
#: evaluated, which takes at most so many epochs.
TIMING_SHARE, TIMING, EVALUATIONS = 0.02, 1.0, 2.0
#: The note of a probe's slices; a search may go on from them.
NOTE = {"probe": "lr"}


@dataclass(frozen=True)
class Found:
    """What the probes say."""

    beliefs: tuple[Belief, ...] = ()
    cost: EpochCost | None = None  #: of the user's own setting, by batch size


@dataclass(frozen=True)
class Plan:
    """Which probes run: together they cost less than ``SHARE`` of the budget."""

    lr: tuple[str, ...] = ()  #: optimizers whose learning rate range tests look for, the user's own first
    confirm: tuple[str, ...] = ()  #: those of them for which short trainings confirm what the range tests say
    timing: float = 0.0  #: seconds for which steps of several batch sizes are timed; 0: they are not
    noise: bool = False  #: whether the gradient noise scale is measured too

    def __bool__(self) -> bool:
        return bool(self.lr) or self.timing > 0


def plan(
    setup: Setup,
    cost: float,
    total: float,
    unit: Literal["seconds", "epochs", "trainings"],
    options: Options | None = None,
) -> Plan:
    """The probes that pay, when a training of the user's own setting costs ``cost`` of a budget of ``total``.

    None where trainings are counted, since each short one would be one. What the clock says counts only where time is
    what is spent, so that searches of so many epochs decide alike every time. Range tests of every optimizer come
    before the short trainings of any: a search that varies the optimizer needs an lr for each. So does the timing of
    steps, which costs little and tells which batch sizes make every training quick.
    """
    left = SHARE * total
    if unit == "trainings":
        return Plan()
    tests = min(range_tests_cost(setup.task, setup.baseline), LR_TRAININGS) * cost
    tested = _affordable(_optimizers(setup), tests, left) if setup.lr_bounds is not None else ()
    left -= len(tested) * tests
    timing = min(TIMING, TIMING_SHARE * total) if unit == "seconds" and timed_sizes(setup) else 0.0
    timed = timing + EVALUATIONS * cost / float(setup.baseline.epochs)
    timing, left = (timing, left - timed) if timing and timed < left else (0.0, left)
    more = LR_TRAININGS * cost - tests
    confirmed = _affordable(tested, more, left)
    left -= len(confirmed) * more
    left -= NOISE_TRAININGS * cost
    noise = timing > 0 and left > 0 and noise_loading(setup, options or Options()) < left
    return Plan(tested, confirmed, timing, noise)


def _affordable(names: tuple[str, ...], each: float, left: float) -> tuple[str, ...]:
    """The first of ``names`` that together cost less than what is left."""
    return names[: max(0, math.ceil(left / each) - 1)] if each > 0 else names


def _optimizers(setup: Setup) -> tuple[str, ...]:
    """The user's own, then the others of the space."""
    own = str(setup.baseline.optimizer)
    choices = getattr(setup.space.get("optimizer"), "choices", ())
    return (own, *(str(name) for name in choices if name != own))


def probe(
    setup: Setup,
    planned: Plan,
    *,
    seed: int,
    options: Options,
    known: Iterable[SliceResult],
    run: Callable[[list[Slice]], list[SliceResult]],
    interrupted: Callable[[], bool],
    emit: Listener,
) -> Found | None:
    """What the probes found, told to ``emit``; None when they were interrupted and are to be run again.

    The slices of the learning-rate probes are trainings of the study, begun at number 1 by ``run``. Of ``known``
    results, those of an interrupted probe are taken instead of running them again. A probe that fails is left out.
    """
    known = list(known)
    beliefs: list[Belief] = []
    cost = None
    rates = _LearningRates(setup, seed, options, _Known(known, run), interrupted, emit)
    for name in planned.lr:
        if not interrupted():
            ask = partial(rates.probe, name, confirm=name in planned.confirm)
            beliefs += _guarded("learning-rate", emit, ask) or ()
    if planned.timing and not interrupted():
        own = [p for r in known if r.slice.training == 0 for p in r.points]
        name = setup.baseline.optimizer
        lr = next((b.centre for b in beliefs if b.given.get("optimizer") == name), None)
        measure = BatchSizeProbe(setup, seed, options, own, lr)
        cost = _guarded("batch-size", emit, lambda: measure.timed(planned.timing))
        if cost is not None:
            beliefs += _guarded("noise-scale", emit, lambda: _advised(measure, cost, planned.noise, emit)) or ()
    decay = decay_belief(setup)
    if decay is not None:
        beliefs.append(decay)
    return None if interrupted() else Found(tuple(beliefs), cost)


def decay_belief(setup: Setup) -> Belief | None:
    """AdamW's weight decay for data of this size; None where the space has none of it, or all of it lies outside.

    The weights are a moving average of the updates over 1 / (lr * weight_decay) steps, which should be neither much
    less than one epoch nor much more than all of them (Wang & Aitchison 2024, arXiv 2405.13698, abstract of version 1).
    """
    range_ = setup.space.get("weight_decay")
    if not isinstance(range_, FloatDistribution):
        return None
    own = setup.baseline
    size, epochs = min(int(own.batch_size), len(setup.task.train)), float(own.epochs)
    longest = float(own.lr) * (len(setup.task.train) / size) * epochs
    low, high = 1 / longest, epochs / longest
    if low > range_.high or high < range_.low:
        return None
    return Belief(
        "weight_decay",
        math.sqrt(low * high),
        max(2.0, math.sqrt(epochs)),
        f"an average over 1 to {epochs:g} epochs: Wang & Aitchison 2024 (arXiv 2405.13698)",
        given={"optimizer": "AdamW"},
        follows={"lr": -1.0, "batch_size": 1.0},
        at={"lr": float(own.lr), "batch_size": float(size)},
    )


def _guarded(name: str, emit: Listener, measure: Callable[[], T]) -> T | None:
    """What ``measure`` gives; None, and a warning, when the task fails in it. A full disk still ends the run."""
    try:
        return measure()
    except RunError:
        raise
    except Exception as error:  # whatever a user's model or data raise: the search will learn from it
        emit(Warned(f"the {name} probe was given up: {' '.join(str(error).split()) or type(error).__name__}"))
        return None


def _advised(measure: BatchSizeProbe, cost: EpochCost, noise: bool, emit: Listener) -> Sequence[Belief]:
    advice = measure.advised(cost, noise=noise)
    emit(Probed("batch size", advice.sentences))
    return advice.beliefs


class _LearningRates:
    """Probes of the learning rate, one optimizer after the other; the trainings of all count on from number 1."""

    def __init__(
        self,
        setup: Setup,
        seed: int,
        options: Options,
        run: _Known,
        interrupted: Callable[[], bool],
        emit: Listener,
    ) -> None:
        self._setup, self._seed, self._options = setup, seed, options
        self._run, self._interrupted, self._emit = run, interrupted, emit

    def probe(self, optimizer: str, *, confirm: bool) -> Sequence[Belief]:
        """The lr of the user's own setting under ``optimizer``."""
        found = lr_range(
            self._setup.task,
            self._setup.baseline.replace(optimizer=optimizer),
            confirm=confirm,
            seed=self._seed,
            options=self._options,
            run=self._run,
            first=self._run.next,
            bounds=self._setup.lr_bounds or (0.0, math.inf),
            interrupted=self._interrupted,
        )
        if not self._interrupted():
            self._emit(Probed("learning rate", tuple(found.sentences())))
        return found.beliefs()


class _Known:
    """Runs slices that the study does not hold yet."""

    def __init__(self, known: Iterable[SliceResult], run: Callable[[list[Slice]], list[SliceResult]]) -> None:
        self._curves: dict[int, Curve] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._run = run
        self.next = 1  #: the smallest number that no probe has given a training
        for result in known:
            number = result.slice.training
            self._curves[number] = self._curves.get(number, Curve()) + result.points
            self._outcomes[number] = result.outcome

    def __call__(self, cuts: Sequence[Slice]) -> list[SliceResult]:
        """The results of ``cuts``."""
        self.next = max([self.next, *(cut.training + 1 for cut in cuts)])
        results = [self._recall(cut) for cut in cuts]
        new = [replace(cut, note=NOTE) for cut, result in zip(cuts, results, strict=True) if result is None]
        return [result for result in results if result is not None] + self._run(new)

    def _recall(self, cut: Slice) -> SliceResult | None:
        curve = self._curves.get(cut.training, Curve())
        outcome = self._outcomes.get(cut.training, Outcome(Status.DONE))
        if not outcome.status.final and curve.epoch < cut.stop - 1e-9:
            return None
        points = tuple(p for p in curve if cut.start < p.epoch <= cut.stop + 1e-9)
        over = outcome.status.final and curve.epoch <= cut.stop
        return SliceResult(cut, points, outcome if over else Outcome(Status.DONE))
