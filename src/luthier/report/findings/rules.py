"""All rules on one study."""

from __future__ import annotations

from collections.abc import Callable

from luthier.report.findings._batch import batch_too_large, batch_too_small
from luthier.report.findings._data import data_mismatch, same_targets, shuffled_labels
from luthier.report.findings._design import Design
from luthier.report.findings._edge import range_edge
from luthier.report.findings._fit import overfitting, underfitting
from luthier.report.findings._length import early_stop, schedule_cut_short, still_improving
from luthier.report.findings._lr import lr_too_high, lr_too_low
from luthier.report.findings._noise import seed_noise, small_budget
from luthier.report.findings._odd import odd
from luthier.report.findings._ranges import joint, unimportant
from luthier.report.findings._start import dead_start, exploding_start, lr_blows_up
from luthier.report.findings._view import Series, Sign, View
from luthier.report.findings._waste import memory_wasted, time_wasted
from luthier.report.history import History, Trained

CurveRule = Callable[[View, Series], Sign | None]
TrainingRule = Callable[[View, Trained], Sign | None]

#: On the curve of the winner, and of the user's own setting.
ON_CURVES: tuple[CurveRule, ...] = (
    lr_too_high,
    lr_too_low,
    dead_start,
    overfitting,
    underfitting,
    still_improving,
    early_stop,
    schedule_cut_short,
    data_mismatch,
)
#: On the same trainings, whether they have a curve or not.
ON_TRAININGS: tuple[TrainingRule, ...] = (exploding_start, lr_blows_up, batch_too_large, batch_too_small)
#: A code that another one explains: where both are about the same training, the first is left out.
EXPLAINED = {
    "lr-too-high": ("schedule-cut-short", "data-mismatch"),
    "lr-too-low": ("dead-start", "exploding-start", "shuffled-labels"),
    "still-improving": ("exploding-start", "lr-too-low", "underfitting"),
    "underfitting": (
        "dead-start",
        "shuffled-labels",
        "lr-too-high",
        "exploding-start",
        "data-mismatch",
        "batch-too-large",
    ),
    "overfitting": ("shuffled-labels",),
    "data-mismatch": ("shuffled-labels",),
    "early-stop": ("dead-start", "shuffled-labels", "schedule-cut-short", "batch-too-large"),
    "time-wasted": ("dead-start", "shuffled-labels"),
    "unimportant": ("dead-start", "shuffled-labels"),
    "seed-noise": ("dead-start", "shuffled-labels"),
}
#: Where these are told there is nothing for the other rules to see.
NO_MORE = ("nothing-finished", "same-targets")
#: A finding less sure than this is not told.
TOLD = 0.5
EXPLAINS = 0.7  #: one less sure than this leaves room for other explanations


def signs_of(history: History) -> list[Sign]:
    """What the rules see in a study, the most important first (confidence times effect)."""
    view = View(history)
    signs = odd(view) + same_targets(view)
    if not any(s.code in NO_MORE for s in signs):
        design = Design.of(view)
        signs += _on_subjects(view)
        signs += shuffled_labels(view) + range_edge(view, design, signs) + unimportant(design) + joint(design)
        signs += seed_noise(view) + small_budget(view) + time_wasted(view) + memory_wasted(view)
    best = view.winner.number if view.winner is not None else None
    dead = any(s.code == "dead-start" and s.training == best for s in signs)
    # Where the best of a study is dead, none of them moves, and no rate is to blame.
    signs = [s for s in signs if not (dead and s.code == "lr-too-low")]
    signs = [s for s in signs if not (s.code == "lr-too-high" and s.training == best and _higher_is_better(signs))]
    kept = [s for s in signs if s.confidence >= TOLD and not any(_explains(other, s) for other in signs)]
    return sorted(kept, key=lambda s: -s.confidence * s.effect)


def _higher_is_better(signs: list[Sign]) -> bool:
    """Whether scores rise towards the upper end of lr's range: then the best one's is not too high."""
    return any(s.code == "range-edge" and s.slots["name"] == "lr" and s.text in ("", "beyond") for s in signs)


def _on_subjects(view: View) -> list[Sign]:
    """One sign of each code: on the winner, else on the user's own setting."""
    signs: dict[str, Sign] = {}
    for training in view.subjects or view.history.trainings[:1]:
        series = view.series.get(training.number)
        found = [rule(view, series) for rule in ON_CURVES] if series is not None else []
        found += [rule(view, training) for rule in ON_TRAININGS]
        told = [sign for sign in found if sign is not None]
        for sign in told:
            if not any(_explains(other, sign) for other in told):  # before another training's sign takes its place
                signs.setdefault(sign.code, sign)
    return list(signs.values())


def _explains(other: Sign, sign: Sign) -> bool:
    """Whether another sign makes this one superfluous: it is the cause, and about the same training or the study."""
    together = other.training is None or sign.training is None or other.training == sign.training
    return together and other.confidence >= EXPLAINS and other.code in EXPLAINED.get(sign.code, ())
