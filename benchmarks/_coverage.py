"""How often the curve model's 90 % intervals of final values hold, on recorded trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from _recorded import Simulation, Table

from luthier.hyperparameters import complete
from luthier.records import Slice
from luthier.search import FreezeThaw

SHARES = (0.1, 0.3, 0.5)  #: of a training that were seen
ASKED = 12  #: trainings that are predicted, in each of the situations
KNOWN = (8, 24, 72)  #: trainings beside them, in three situations


def situation(table: Table, seed: int, known: int, share: float) -> list[tuple[float, float, float, float]]:
    """Mean, low, high and truth of the final best value of ASKED trainings, of which only a share was seen.

    Beside them the search saw ``known`` others, one in four to its end, the rest up to an epoch drawn evenly in the
    logarithm. Trainings that diverged are known to have ended: they are not asked for.
    """
    rng = np.random.default_rng([seed, known, round(100 * share)])
    whole = Simulation(table, trainings=1e9)
    search = FreezeThaw(table.space, max_epochs=table.epochs, direction=table.direction, seed=seed)
    order = rng.permutation(len(table.value))
    asked = [i for i in order if np.isfinite(table.value[i]).all()][:ASKED]
    others = [i for i in order if i not in set(asked)][:known]
    stops = [table.epochs if k % 4 == 0 else round(table.epochs ** rng.random()) for k in range(len(others))]
    stops += [max(1, round(share * table.epochs))] * len(asked)
    for number, (index, stop) in enumerate(zip([*others, *asked], stops, strict=True)):
        config = complete({**table.fixed, **table.config(index)})
        search.tell(whole.train(Slice(number, config, 0, stop, 0, {"freeze-thaw": 1})))
    rows = []
    for number, index in enumerate(asked, len(others)):
        forecast = search.predict(number, table.epochs)
        truth = float(table.sign * (table.sign * table.value[index]).max())
        rows.append((forecast.mean, forecast.low, forecast.high, truth))
    return rows


def print_coverage(tables: Mapping[str, Table], seeds: Sequence[int]) -> None:
    """A line for each task and share seen; width and error in units of best minus median."""
    print("\n90 % intervals of the best value of a full training: how many hold, mean width, mean absolute error")
    totals: dict[float, list[bool]] = {share: [] for share in SHARES}
    for table in tables.values():
        scale = abs(table.best - table.median)
        for share in SHARES:
            rows = [r for seed in seeds for known in KNOWN for r in situation(table, seed, known, share)]
            mean, low, high, truth = np.array(rows).T
            inside = (low <= truth) & (truth <= high)
            totals[share] += list(inside)
            width, error = np.mean(high - low) / scale, np.mean(np.abs(mean - truth)) / scale
            print(f"{table.name:20} {share:4.0%} seen: {inside.mean():.3f} of {len(rows)}, {width:.3f}, {error:.3f}")
    for share, held in totals.items():
        print(f"{'all':20} {share:4.0%} seen: {np.mean(held):.3f} of {len(held)}")
