"""The search of a study: made when it is known what to tell it beforehand."""

from __future__ import annotations

from collections.abc import Sequence

from luthier.records import Belief, EpochCost
from luthier.search import INFORMED, Forecasting, Search, first_look, make_search
from luthier.search.cooldown import applies
from luthier.tuning.setup import Setup


class Searches:
    """Makes a study's search, by name; a Search that the user made himself is taken as it is."""

    def __init__(
        self,
        search: str | Search,
        setup: Setup,
        seed: int,
        beliefs: Sequence[Belief],
        *,
        probes: bool,
        in_seconds: bool,
    ) -> None:
        self._search, self._setup, self._seed, self._beliefs = search, setup, seed, tuple(beliefs)
        self.informed = isinstance(search, str) and search in INFORMED  #: whether it is told anything beforehand
        self.name = search if isinstance(search, str) else type(search).__name__
        self.probes = probes  #: whether the user wants them
        self._in_seconds = in_seconds  #: whether that is what the budget counts
        made = self.make(beliefs)  # a wrong name is found out before anything is trained
        self.forecasts = isinstance(made, Forecasting)  #: whether it says what it expects

    def look(self) -> float:
        """Epochs of the user's own setting before anything else: all, unless the search itself races it with others."""
        setup, whole = self._setup, float(self._setup.baseline.epochs)
        if not self.informed or applies(setup.space, setup.baseline):
            return whole
        return min(whole, first_look(setup.max_epochs, 1 / setup.task.evaluations_per_epoch))

    def beliefs(self, measured: Sequence[Belief]) -> tuple[Belief, ...]:
        """What the search is told: what was measured, and the user's beliefs on what was not."""
        return (*measured, *(own for own in self._beliefs if not any(_replaces(m, own) for m in measured)))

    def make(self, beliefs: Sequence[Belief], cost: EpochCost | None = None) -> Search:
        """The search. Raises UsageError for a wrong name, or a space that it cannot walk through."""
        if not isinstance(self._search, str):
            return self._search
        setup = self._setup
        return make_search(
            self._search,
            setup.space,
            max_epochs=setup.max_epochs,
            direction=setup.task.direction,
            seed=self._seed,
            baseline=setup.baseline,
            interval=1 / setup.task.evaluations_per_epoch,
            complete=setup.complete,
            beliefs=beliefs,
            in_seconds=self._in_seconds,
            cost=cost,
        )


def _replaces(measured: Belief, own: Belief) -> bool:
    """Whether what was measured stands in for the user's belief: on the same hyperparameter, for the same configs."""
    return measured.name == own.name and (not own.given or measured.given == own.given)
