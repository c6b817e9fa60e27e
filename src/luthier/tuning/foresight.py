"""What a run's search expects of going on, and whether it has enough."""

from __future__ import annotations

import math
from dataclasses import replace

from luthier.errors import UsageError
from luthier.events import BudgetState
from luthier.records import Forecast, Prospect
from luthier.report.recommend import Recommendation
from luthier.search import Forecasting, Search


def check_enough(enough: float | None, *, forecasts: bool) -> None:
    """Raises UsageError for a gain that no search can stop at, and where this one does not forecast."""
    if enough is None:
        return
    if not (math.isfinite(enough) and enough > 0):
        raise UsageError(f"enough is {enough}; it must be a gain above 0, in the metric's unit")
    if not forecasts:
        raise UsageError(
            f"enough is {enough}, but this search does not say what it expects; take freeze-thaw, or leave enough out"
        )


class Foresight:
    """Asks a search for its forecasts, budgets being told in their own unit.

    Further budget is taken to be as many epochs as it was since the search began, or was continued.
    """

    def __init__(self, enough: float | None) -> None:
        self._least = enough
        self._search: Forecasting | None = None
        self._begun: tuple[float, float] | None = None  # budget and epochs before this run's search
        self._prospect: Prospect | None = None
        self._room = math.inf
        self.enough = False  #: the rest of the budget is expected to bring less than is asked for

    def begin(self, search: Search, state: BudgetState, epochs: float) -> None:
        """The search begins, or goes on, where ``epochs`` of all trainings were run."""
        self._search = search if isinstance(search, Forecasting) else None
        self._begun = self._begun or (state.spent, epochs)

    @property
    def may_end(self) -> bool:
        """Whether it is for this to say when the search ends."""
        return self._least is not None and self._search is not None

    def look(self, state: BudgetState, epochs: float, share: float) -> None:
        """Finds out whether it is enough; worth it as a training ends. ``share`` of the budget is for the search."""
        assert self._search is not None
        assert self._least is not None
        left = max(0.0, share * state.total - state.spent)
        self.enough = self._search.is_enough(self._epochs(left, state, epochs), self._least)

    def end(self, state: BudgetState, epochs: float, share: float, *, stopped: bool, room: float = math.inf) -> None:
        """The search ends: by itself, because the user stopped it (``stopped``), or with its share of the budget.

        No score can be better than the best by more than ``room``.
        """
        self._room = room
        if self._search is None or self._search.finished:
            return
        left = state.total - state.spent
        rest = (self.enough or stopped) and left > 0
        amount = left if rest else state.total
        try:
            gain = self._search.gain(self._epochs(share * amount, state, epochs))
        except UsageError:  # it was told nothing
            return
        if gain.high > room:  # the whole of it shrinks: a mean at the very end would promise what is perfect
            gain = Forecast(*(value * room / gain.high for value in (gain.mean, gain.low, gain.high)))
        self._prospect = Prospect(state.unit, amount, rest, gain, self._least if self.enough and rest else None)

    def prospect(self, found: Recommendation | None) -> Prospect | None:
        """What going on is expected to bring, and how many epochs the recommended setting deserves."""
        if self._prospect is None or self._search is None or found is None or found.confirmed is None:
            return self._prospect
        luck = max(found.confirmed.spread, found.confirmed.scale.least)
        if not luck > 0:
            return self._prospect
        number = found.training.number
        try:
            epochs = self._search.plateau(number, tolerance=luck)
        except UsageError:  # it lies outside of the space
            return self._prospect
        if self._room <= luck:  # nothing better than luck is left to gain
            epochs = min(epochs, found.training.curve.epoch)
        return replace(self._prospect, training=number, epochs=epochs, tolerance=luck)

    def _epochs(self, amount: float, state: BudgetState, epochs: float) -> float:
        """What so much of the budget is in epochs."""
        spent, before = self._begun or (0.0, 0.0)
        if epochs <= before or state.spent <= spent:  # nothing came back yet
            spent = before = 0.0
        return amount * (epochs - before) / (state.spent - spent) if state.spent > spent else 0.0
