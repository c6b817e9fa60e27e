"""Studies that are no studies yet: nothing finished, one training, all diverged, a metric that is not a number."""

from __future__ import annotations

import math

from luthier.records import Status
from luthier.report.findings._view import Sign, View


def odd(view: View) -> list[Sign]:
    """What keeps a study from telling more."""
    trainings = view.history.competing
    under_way = [t.number for t in trainings if not t.over]
    if not trainings or all(t.outcome is None for t in trainings):
        return [Sign("nothing-finished", 1.0, 1.0, {"trainings": len(trainings)})]
    failed = [t for t in trainings if t.failed]
    if len(failed) == len(trainings):
        diverged = sum(t.outcome is not None and t.outcome.status is Status.DIVERGED for t in failed)
        message = failed[-1].outcome.message if failed[-1].outcome is not None else ""
        slots = {"trainings": len(trainings), "diverged": diverged, "message": message}
        return [Sign("all-diverged", 1.0, 1.0, slots, "" if diverged == len(trainings) else "failed")]
    signs = []
    broken = [t.number for t in trainings if any(not math.isfinite(p.metric) for p in t.curve)]
    if broken:
        slots = {"metric": view.history.metric, "count": len(broken), "of": len(trainings), "trainings": broken}
        signs.append(Sign("not-a-number", 1.0, 0.9, slots))
    if len(trainings) == 1:
        slots = {"running": bool(under_way), "epochs": trainings[0].curve.epoch}
        signs.append(Sign("one-training", 1.0, 0.05, slots))
    return signs
