"""The probes that run before a search, and what the search is told of their answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from luthier.errors import UsageError
from luthier.events import Listener, Probed, Warned
from luthier.probes import lr_range
from luthier.records import Belief, Curve, Options, Outcome, Slice, SliceResult, Status
from luthier.tuning.setup import Setup

#: Probes run when they cost less than this share of the budget.
SHARE = 0.1
#: What they cost at most, in trainings of the user's own setting: short trainings at several lr, and range tests.
WHOLE_TRAININGS = 4.0
#: The note of a probe's slices; a search may go on from them.
NOTE = {"probe": "lr"}


def worth_it(cost: float, total: float) -> bool:
    """Whether to probe, when a training of the user's own setting costs ``cost`` of a budget of ``total``."""
    return WHOLE_TRAININGS * cost < SHARE * total


def probe(
    setup: Setup,
    *,
    seed: int,
    options: Options,
    known: Iterable[SliceResult],
    run: Callable[[list[Slice]], list[SliceResult]],
    interrupted: Callable[[], bool],
    emit: Listener,
) -> tuple[Belief, ...] | None:
    """What the probes found, told to ``emit``; None when they were interrupted and are to be run again.

    Their slices are trainings of the study, begun at number 1 by ``run``. Of ``known`` results, those of an interrupted
    probe are taken instead of running them again.
    """
    shortcut = _Known(known, run)
    try:
        found = lr_range(
            setup.task,
            setup.baseline,
            seed=seed,
            options=options,
            run=shortcut,
            first=1,
            bounds=setup.lr_bounds or (0.0, math.inf),
            interrupted=interrupted,
        )
    except UsageError as error:  # a training failed: the search will learn from it
        emit(Warned(f"the learning-rate probe was given up: {error}"))
        return ()
    if interrupted():
        return None
    emit(Probed("learning rate", tuple(found.sentences())))
    return found.beliefs()


class _Known:
    """Runs slices that the study does not hold yet."""

    def __init__(self, known: Iterable[SliceResult], run: Callable[[list[Slice]], list[SliceResult]]) -> None:
        self._curves: dict[int, Curve] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._run = run
        for result in known:
            number = result.slice.training
            self._curves[number] = self._curves.get(number, Curve()) + result.points
            self._outcomes[number] = result.outcome

    def __call__(self, cuts: Sequence[Slice]) -> list[SliceResult]:
        """The results of ``cuts``."""
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
