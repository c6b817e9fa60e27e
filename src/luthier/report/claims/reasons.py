"""Why a claim was not measured."""

from __future__ import annotations

from luthier.report.claims.evidence import Evidence

#: Reasons that neither more budget nor longer trainings remove.
LASTING = ("sizes", "held-out", "pilot", "coarse")

_OF_SIZES = ("small-batch", "lr-with-batch", "epochs-with-batch", "batch-schedule")
_OF_LRS = ("large-lr", "small-lr", "epochs-with-lr")


def why(e: Evidence, code: str) -> str:
    """The name of the sentence that says why there is no effect of the claim ``code``."""
    if e.pilot_failed:
        return "pilot"
    if code in _OF_SIZES and not e.varies_size:
        return "sizes"
    if code in _OF_LRS and _at_edge(e, code):
        return "edge"
    if code == "early-stop" and e.complete and not e.role("held-out"):
        return "held-out"
    return "diverged" if e.complete else "budget"


def _at_edge(e: Evidence, code: str) -> bool:
    """Whether the best learning rate has no neighbour to compare with, though all were tried at the user's batch."""
    best = e.best_lr(e.batch_size)
    if best is None or not (len(e.batch_sizes) > 1 or e.role("cooldown")):  # the other batches come later
        return False
    return e.lower(best, 1) is None or (code == "large-lr" and e.higher(best, 1) is None)
