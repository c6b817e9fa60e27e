"""Checks of FreezeThaw on simulated trainings: do its intervals hold, and what does a wrong belief cost."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import _gains
import numpy as np

from luthier.hyperparameters import complete
from luthier.records import Belief, Slice
from luthier.search import FreezeThaw, beliefs_around
from luthier.search._axes import Axes
from luthier.search._priors import Knowledge

SEEN = (0, 5, 15, 26)  #: epochs of 51 after which the final value is predicted
BUDGETS = (2, 6)  #: full trainings' worth that the search has run before
ASKED = (8, 4)  #: trainings that are predicted: drawn from the priors, and from everywhere

Train = Callable[[Any, Slice], Any]


def drive(search: FreezeThaw, simulation: Any, protocol: Any, train: Train) -> None:
    """Until the budget is spent."""
    with contextlib.suppress(protocol.BudgetSpent):
        while not search.finished:
            for cut in [d for d in search.ask() if isinstance(d, Slice)]:
                search.tell(train(simulation, cut))


def coverage(protocol: Any, instances: Sequence[str], seeds: Sequence[int], space_of: Any, train: Train) -> str:
    """Share of final values within the 90 % intervals of ``predict``, by epochs seen."""
    inside: dict[int, list[bool]] = {seen: [] for seen in SEEN}
    for instance in instances:
        for seed in seeds:
            for budget in BUDGETS:
                simulation = protocol.Simulation(instance, budget, seconds_too=False)
                space = space_of(simulation)
                search = FreezeThaw(space, max_epochs=simulation.max_epochs, seed=seed)
                drive(search, simulation, protocol, train)
                axes, rng = Axes(space), np.random.default_rng(seed)
                drawn = Knowledge(axes, space.fixed).draw(rng, ASKED[0])
                free = protocol.Simulation(instance, 1000, seconds_too=False)
                for number, point in enumerate(np.concatenate([drawn, axes.uniform(rng, ASKED[1])]), 10_000):
                    config = complete({**space.fixed, **axes.params(point)})
                    whole = train(free, Slice(number, config, 0, simulation.max_epochs))
                    final = max(p.metric for p in whole.points)
                    for start, stop in zip((0, *SEEN), SEEN, strict=False):
                        if stop:
                            search.tell(train(free, Slice(number, config, start, stop, 0, {"freeze-thaw": 1})))
                        forecast = search.predict(number if stop else config, simulation.max_epochs)
                        inside[stop].append(forecast.low <= final <= forecast.high)
    shares = ", ".join(f"{np.mean(held):.3f} from epoch {seen}" for seen, held in inside.items())
    return f"90 % intervals of final values cover {shares} ({len(inside[0])} trainings each)"


def gains(protocol: Any, instances: Sequence[str], seeds: Sequence[int], space_of: Any, train: Train) -> str:
    """Whether ``gain`` says what more epochs bring."""
    found = []
    for instance in instances:
        for seed in seeds:
            simulation = protocol.Simulation(instance, _gains.LONGEST, seconds_too=False)
            search = FreezeThaw(space_of(simulation), max_epochs=simulation.max_epochs, seed=seed)

            def step(cut: Slice, simulation: Any = simulation) -> Any:
                with contextlib.suppress(protocol.BudgetSpent):
                    return train(simulation, cut)

            found += _gains.gains(search, step, simulation.max_epochs, 1.0)
    return _gains.table(found)


def worst(protocol: Any, instance: str, space: Any, train: Train) -> Any:
    """The worst of 200 random configs, trained in full."""
    axes, free = Axes(space), protocol.Simulation(instance, 1000, seconds_too=False)
    points = axes.uniform(np.random.default_rng(0), 200)
    configs = [complete({**space.fixed, **axes.params(p)}) for p in points]
    results = [train(free, Slice(k, config, 0, free.max_epochs)) for k, config in enumerate(configs)]
    finals = [max(p.metric for p in result.points) for result in results]
    return configs[int(np.argmin(finals))]


def wrong_belief(protocol: Any, instances: Sequence[str], seeds: Sequence[int], space_of: Any, train: Train) -> str:
    """How many times the epochs a search needs whose beliefs lie around the worst config, for the same mean regret."""

    def regrets(trainings: float, confidence: Any) -> np.ndarray:
        curves = []
        for instance in instances:
            for seed in seeds:
                simulation = protocol.Simulation(instance, trainings, seconds_too=False)
                space = space_of(simulation)
                beliefs: list[Belief] = []
                if confidence:
                    beliefs = beliefs_around(worst(protocol, instance, space, train), space, confidence)
                search = FreezeThaw(space, max_epochs=simulation.max_epochs, seed=seed, beliefs=beliefs)
                drive(search, simulation, protocol, train)
                curves.append([protocol.regret(instance, best) for best in simulation.log().best])
        return np.array(curves).mean(0)

    without, lines = regrets(4, None), []
    for confidence in ("medium", "high"):
        misled = regrets(8, confidence)
        for trainings in (1, 2, 4):
            epochs = trainings * protocol.MAX_EPOCHS
            reached = np.flatnonzero(misled <= without[epochs - 1])
            times = f"{(reached[0] + 1) / epochs:.2f}" if len(reached) else "more than 2"
            lines.append(f"wrong beliefs, confidence {confidence}: {times} times the {epochs} epochs without")
    return "\n".join(lines)
