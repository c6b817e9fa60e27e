"""Studies that are no studies yet, or have holes: nothing finished, all diverged, many failed, no number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from luthier.records import Status, Value
from luthier.report.findings._view import Sign, View
from luthier.report.history import Trained

#: Of trainings that ended in an exception one is bad luck, and few among many cost little.
FEWEST_FAILURES, MANY_FAILURES = 2, 0.1


def odd(view: View) -> list[Sign]:
    """What keeps a study from telling more."""
    trainings = view.history.competing
    under_way = [t.number for t in trainings if not t.over]
    failed = [t for t in trainings if t.failed]
    if len(failed) < max(1, len(trainings)) and not any(len(t.curve) for t in trainings):
        return [_nothing(trainings, failed)]
    if len(failed) == len(trainings):
        diverged = sum(t.outcome is not None and t.outcome.status is Status.DIVERGED for t in failed)
        message = failed[-1].outcome.message if failed[-1].outcome is not None else ""
        slots = {"trainings": len(trainings), "diverged": diverged, "message": message}
        return [Sign("all-diverged", 1.0, 1.0, slots, "" if diverged == len(trainings) else "failed")]
    signs = failures(view)
    broken = [t.number for t in trainings if any(not math.isfinite(p.metric) for p in t.curve)]
    if broken:
        slots = {"metric": view.history.metric, "count": len(broken), "of": len(trainings), "trainings": broken}
        signs.append(Sign("not-a-number", 1.0, 0.9, slots))
    if len(trainings) == 1:
        slots = {"running": bool(under_way), "epochs": trainings[0].curve.epoch}
        signs.append(Sign("one-training", 1.0, 0.05, slots))
    return signs


def _nothing(trainings: Sequence[Trained], failed: Sequence[Trained]) -> Sign:
    """No training was evaluated; what the last failure said, where there is one."""
    if not failed:
        return Sign("nothing-finished", 1.0, 1.0, {"trainings": len(trainings)})
    outcome = failed[-1].outcome
    slots = {"trainings": len(trainings), "count": len(failed), "message": outcome.message if outcome else ""}
    return Sign("nothing-finished", 1.0, 1.0, slots, "failed")


def failures(view: View) -> list[Sign]:
    """Trainings that raised, or whose process ended, as a part of a search; and what they have in common."""
    over = [t for t in view.history.competing if t.outcome is not None]
    failed = [t for t in over if t.outcome is not None and t.outcome.status is Status.FAILED]
    if len(failed) < FEWEST_FAILURES or len(failed) < MANY_FAILURES * len(over):
        return []
    numbers = [t.number for t in failed]
    outcome = failed[-1].outcome
    slots = {"count": len(failed), "of": len(over), "message": outcome.message if outcome else "", "trainings": numbers}
    worked = [t for t in over if t.number not in numbers]
    for name in view.history.space["ranges"]:
        where = _where([t.config.get(name) for t in failed], [t.config.get(name) for t in worked])
        if where:
            return [Sign("failures", 1.0, 1.0, {**slots, "name": name, "where": where}, "where")]
    return [Sign("failures", 1.0, 1.0, slots)]


def _where(failed: Sequence[Value], worked: Sequence[Value]) -> str:
    """The values of a hyperparameter that failed, where none of the others is among them."""
    if not worked:
        return ""
    bad, good = _numbers(failed), _numbers(worked)
    if len(bad) == len(failed) and len(good) == len(worked):
        if min(bad) > max(good):
            return f">= {min(bad):g}"
        return f"<= {max(bad):g}" if max(bad) < min(good) else ""
    values = sorted({str(v) for v in failed})
    return f"= {', '.join(values)}" if not {str(v) for v in worked} & {*values} else ""


def _numbers(values: Sequence[Value]) -> list[float]:
    return [float(v) for v in values if isinstance(v, (int, float))]
