"""Results as JSON documents, for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from luthier.records import Curve, Point
from luthier.report.recommend import Recommendation
from luthier.tuning.result import Best, Result, TrainResult

JSON_FORMAT = 1  #: goes up when a name changes its meaning or goes away


def tune_document(result: Result, task: str) -> dict[str, Any]:
    """A result as JSON values."""
    return {
        "format": JSON_FORMAT,
        "task": task,
        "metric": result.metric,
        "direction": result.direction,
        "best": _trained(result.best),
        "baseline": _trained(result.baseline),
        "baseline_failed": None if result.baseline_failed is None else result.baseline_failed.value,
        "gain": plain(result.gain),
        "confirmations": [_point(p) for p in result.confirmations],
        "luck": result.luck,
        "recommendation": None if result.recommendation is None else recommendation(result.recommendation),
        "prospect": None if result.prospect is None else plain(asdict(result.prospect)),
        "exhausted": result.exhausted,
        "study_folder": str(result.study_folder),
        "trainings": result.trainings,
        "failed": result.failed,
        "repeated": result.repeated,
        "epochs": result.epochs,
        "seconds": result.seconds,
        "interrupted": result.interrupted,
        "budget": {"unit": result.budget.unit, "total": result.budget.total, "spent": result.budget.spent},
    }


def recommendation(found: Recommendation) -> dict[str, Any]:
    """What to use, and what fresh seeds say of each setting that was run on them."""
    interval = found.gain_interval
    candidates = [
        {
            "training": c.training.number,
            "config": plain(dict(c.training.config)),
            "scores": list(c.scores),
            **c.measured(),
        }
        for c in found.candidates
    ]
    return {
        "recommended": found.training.number,
        "config": plain(dict(found.training.config)),
        "candidates": plain(candidates),
        "gain": plain(found.gain),
        "gain_interval": None if interval is None else plain([interval.low, interval.high]),
    }


def train_document(result: TrainResult, task: str) -> dict[str, Any]:
    """One training as JSON values."""
    return {
        "format": JSON_FORMAT,
        "task": task,
        "metric": result.metric,
        "direction": result.direction,
        "config": plain(dict(result.config)),
        "best": _point(result.best),
        "curve": curve_columns(result.curve),
        "outcome": {"status": result.outcome.status.value, "message": result.outcome.message},
        "weights": str(result.weights) if result.weights else None,
    }


def _point(point: Point | None) -> dict[str, Any] | None:
    document: dict[str, Any] | None = plain(asdict(point)) if point else None
    return document


def _trained(trained: Best | None) -> dict[str, Any] | None:
    if trained is None:
        return None
    return {
        "training": trained.training,
        "seed": trained.seed,
        "config": plain(dict(trained.config)),
        "point": _point(trained.point),
        "curve": curve_columns(trained.curve),
        "weights": str(trained.weights) if trained.weights else None,
    }


def curve_columns(curve: Curve) -> dict[str, list[Any]]:
    """A curve as one list per field."""
    return {f.name: plain(curve.column(f.name)) for f in fields(Point)}


def plain(value: Any) -> Any:
    """JSON has no word for NaN and infinity: they become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value
