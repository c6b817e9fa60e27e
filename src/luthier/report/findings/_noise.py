"""How much a study can tell at all: noise between seeds, too small a budget."""

from __future__ import annotations

import math

import numpy as np
from optuna.distributions import CategoricalDistribution, IntDistribution, json_to_distribution
from scipy.special import fdtrc

from luthier.records import Config, Status
from luthier.report.findings._statistics import ramp
from luthier.report.findings._view import Sign, View

UNLIKELY = 0.05  #: a lesser chance to have missed what is good is not worth a word


def seed_noise(view: View) -> list[Sign]:
    """Settings that ran with several seeds differ among themselves less than their seeds do."""
    groups: dict[Config, list[float]] = {}
    for training in view.history.trainings:
        series = view.series.get(training.number)
        if series is not None and not training.failed and series.complete:
            groups.setdefault(training.config, []).append(float(series.score.max()))
    again = {c: g for c, g in groups.items() if len(g) >= 2}
    free = sum(len(g) - 1 for g in again.values())
    if free < 2:
        return []
    within = sum(float(np.var(g, ddof=1)) * (len(g) - 1) for g in again.values()) / free
    if view.history.metric in ("accuracy", "error") and view.validation:
        within = max(within, 1 / 12 / view.validation**2)  # ties: a share counts whole samples
    spread = math.sqrt(within)
    if spread <= 0 or len(groups) < 2:
        return []
    sizes = np.array([len(g) for g in groups.values()])
    means = np.array([np.mean(g) for g in groups.values()])
    keep = means >= np.median(means) - 1e-12 if len(means) >= 6 and len(again) < 3 else np.ones(len(means), bool)
    if len(again) >= 3:
        keep = sizes >= 2
    means, sizes = means[keep], sizes[keep]  # the bad half of a search differs for sure; among the good one chooses
    if len(means) < 2:
        return []
    centre = float(sizes @ means / sizes.sum())
    between = float(sizes @ (means - centre) ** 2) / (len(means) - 1)
    ratio = between / within
    own = view.own
    gain = (max(means) - np.mean(groups[own.config])) if own is not None and own.config in groups else 0.0
    p = float(fdtrc(len(means) - 1, free, ratio))
    if (p < 0.1 and spread > 0) or gain > 3 * max(spread, view.luck):
        return []
    differ = float(np.ptp(means))
    confidence = 0.55 + 0.4 * ramp(p, 0.1, 0.5) * ramp(free, 1, 6)
    slots = {"spread": spread, "differ": differ, "settings": len(means), "p": p, "metric": view.history.metric}
    seeds = {"seeds": max(3, min(20, math.ceil(8 * within / max(differ / 2, 0.5 * spread) ** 2)))}
    return [Sign("seed-noise", confidence, 0.6, {**slots, **seeds, "replicates": free + len(again)})]


def _settings(view: View) -> float:
    """How many settings the space has; infinitely many where a range is of no whole numbers."""
    ranges = [json_to_distribution(text) for text in view.history.space["ranges"].values()]
    sizes = [
        len(r.choices)
        if isinstance(r, CategoricalDistribution)
        else (r.high - r.low) // r.step + 1
        if isinstance(r, IntDistribution)
        else math.inf
        for r in ranges
    ]
    return math.prod(sizes)


def small_budget(view: View) -> list[Sign]:
    """Too few trainings for as many ranges, or trainings so short that none shows where it goes."""
    ranges = len(view.history.space["ranges"])
    tried = [view.series[t.number] for t in view.history.competing if t.number in view.series]
    if not tried:
        return []
    needed = 4 + 2 * ranges
    outcomes = [t.outcome for t in view.history.competing if t.outcome is not None]
    count = sum(outcome.status is not Status.FAILED for outcome in outcomes)
    if ranges and count < min(needed, _settings(view)):
        missed = 0.75**count  # the chance that none of so many random settings is among the best quarter
        if missed < UNLIKELY:
            return []
        confidence = 0.7 + 0.28 * ramp(needed - count, 0, needed / 2)
        slots = {"trainings": count, "ranges": ranges, "needed": needed, "missed": missed}
        return [Sign("small-budget", confidence, 0.6, slots)]
    asked = [float(s.training.config.get("epochs") or s.epoch[-1]) for s in tried]
    done = [float(s.epoch[-1]) / e for s, e in zip(tried, asked, strict=True)]
    longest = max(len(s) for s in tried)
    full = sum(d >= 0.5 for d in done)
    if longest < 3 or (len(tried) > 1 and full < 2):
        slots = {"trainings": len(tried), "epochs": float(np.median([s.epoch[-1] for s in tried])), "asked": max(asked)}
        return [Sign("small-budget", 0.8, 0.6, slots, "short")]
    return []
