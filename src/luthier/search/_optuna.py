"""Any of Optuna's samplers with any of its pruners, as a search."""

from __future__ import annotations

import math
from typing import Any

from luthier.records import Config, Decision, Direction, End, Slice, SliceResult
from luthier.search._base import check_given
from luthier.search._proposals import WALKS, Complete, Proposals
from luthier.search._sampling import Sampling, derived
from luthier.search._trainings import Training, Trainings
from luthier.space import Space

#: In the note of every training that this search began.
_OWN = "optuna"


class OptunaSearch:
    """One training after the other; each runs to its end unless the pruner stops it.

    Without a pruner a training is one slice. With one it is slices of one ``interval`` (epochs), and the pruner decides
    after each. The user's own setting is never pruned. A training that failed counts as infinitely bad. ``grid`` takes
    """

    def __init__(
        self,
        space: Space,
        *,
        max_epochs: float,
        direction: Direction,
        complete: Complete,
        seed: int = 0,
        sampler: str = "tpe",
        pruner: str = "none",
        interval: float = 1.0,
        baseline: Config | None = None,
    ):
        check_given(direction, max_epochs, interval)
        steps = max(1, math.ceil(max_epochs / interval - 1e-9))
        walks = sampler in WALKS
        self._walks = walks
        self._sampling = Sampling(
            space, sampler="random" if walks else sampler, pruner=pruner, direction=direction, seed=seed, steps=steps
        )
        self._proposals = Proposals(
            space, complete, max_epochs, seed=seed, baseline=baseline, walk=sampler if walks else None
        )
        self._trainings = Trainings(direction, seed)
        self._seed = seed
        self._interval = interval
        self._prunes = pruner != "none"
        self._waiting: set[int] = set()  # trainings that can go on
        self._ends: list[End] = []

    def ask(self, n: int = 1) -> list[Decision]:
        """Goes on with what is begun, then begins anew."""
        ends, self._ends = self._ends, []
        slices: list[Slice] = []
        while len(slices) < n:
            training = self._trainings[min(self._waiting)] if self._waiting else self._begin()
            if training is None:
                break
            self._waiting.discard(training.number)
            slices.append(self._trainings.slice(training, self._stop(training)))
        return [*ends, *slices]

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order."""
        number = result.slice.training
        known = number in self._trainings
        settled = known and (self._trainings[number].over or self._trainings[number].ended)
        training = self._trainings.tell(result)
        self._proposals.learn(result)
        if not known:
            self._sampling.place(number, self._proposals.params(training.config), training.note)
        if not settled:
            self._judge(training, result)

    @property
    def finished(self) -> bool:
        """Whether the space is used up and every training is over."""
        return self._proposals.exhausted and not (self._waiting or self._trainings.pending)

    def _begin(self) -> Training | None:
        """A new training: the user's own setting first, then what the sampler draws; None when there is nothing new."""
        number = self._trainings.next_number()
        config = self._proposals.baseline()
        note: dict[str, Any] = {}
        if config is None and not self._proposals.exhausted:
            config, note = self._draw(number)
        if config is None:
            return None
        self._sampling.place(number, self._proposals.params(config))
        return self._trainings.begin(config, note)

    def _draw(self, number: int) -> tuple[Config | None, dict[str, Any]]:
        if self._walks:
            return self._proposals.fresh(None), {_OWN: True}
        drawn = self._sampling.draw(derived(self._seed, number))
        config = self._proposals.fresh(drawn.params)
        if config is None:
            self._sampling.discard(number)
        return config, {_OWN: True, **drawn.state}

    def _stop(self, training: Training) -> float:
        whole = not self._prunes or self._proposals.is_baseline(training.config)
        return training.epochs if whole else training.reached + self._interval

    def _judge(self, training: Training, result: SliceResult) -> None:
        """Shows a result to the pruner and, at the end, to the sampler."""
        number = training.number
        if self._prunes:
            for point in result.points:
                self._sampling.report(number, max(1, round(point.epoch / self._interval)), point.metric)
        foreign = bool(training.note) and _OWN not in training.note
        spared = not self._prunes or self._proposals.is_baseline(training.config)
        self._waiting.discard(number)
        if training.over:
            self._sampling.finish(number, training.score())
        elif foreign or (not spared and self._sampling.should_prune(number)):
            training.ended = True
            self._sampling.finish(number, training.score(), pruned=True)
            self._ends += [] if foreign else [End(number, "pruned")]
        else:
            self._waiting.add(number)
