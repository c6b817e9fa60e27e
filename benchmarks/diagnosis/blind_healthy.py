"""Blind: studies that a fair expert would leave as they are, by someone who had not seen the rules.

Each was proven by reference trainings of its best setting (blind_truth.py), without Luthier's findings: longer, with
other learning rates, batch sizes and model sizes; nothing was clearly better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diagnosis.blind_tasks import (
    adding,
    arm,
    checkers,
    grammar,
    levels,
    mixture,
    ripples,
    signals,
    sparse,
    spirals,
)
from diagnosis.plan import Plan, Run, blind, spread
from luthier import Task, integer, log_uniform, uniform

#: Trivial or welcome where true: a plateau under a falling lr, a knob without effect, a tie, knobs that go together.
HARMLESS = "early-stop unimportant seed-noise joint"
SEEDS = [Run(seed=1), Run(seed=2), Run(seed=3)]
ADAM = {"optimizer": "Adam"}
COSINE = {"schedule": "cosine"}
ONE = {"schedule": "one-cycle"}
WIDE = {"lr": log_uniform(3e-4, 0.3)}
SGD = {"lr": log_uniform(0.01, 3.0)}


def study(
    make: Callable[[], Task],
    own: dict[str, Any],
    space: dict[str, Any] | None = None,
    search: str | None = None,
    budget: str = "13 trainings",
    seed: int = 0,
    runs: Sequence[Run] = (),
) -> tuple[Callable[[], Plan], str]:
    """A case: ``own`` first, then what the search asks for, or else ``runs``."""
    given = budget if search else None
    return (lambda: Plan(make(), own, space or {}, runs, given, search, seed)), HARMLESS


def repeated(space: dict[str, Any], n: int, best: dict[str, Any], seed: int) -> list[Run]:
    """``n`` settings spread over a space, then one more and the same again on three fresh seeds."""
    first = [*spread(space, n, seed), Run(best)]
    return first + [Run(best, seed=s, confirms=len(first)) for s in (1, 2, 3)]


CASES = blind(
    "healthy",
    study(
        lambda: mixture(1000, 3, 6, 1.5, epochs=10, batch_size=128, metric="loss", units=8, layers=1),
        {"lr": 0.3, **COSINE},
        SGD,
        "random",
    ),
    study(
        lambda: sparse(1000, 10, epochs=16, batch_size=128, layers=0),
        {"lr": 0.05, **COSINE},
        {"lr": log_uniform(1e-3, 3.0)},
        "tpe",
        seed=1,
    ),
    study(
        lambda: arm(2000, noise=0.5, epochs=24, batch_size=128, units=16),
        {"lr": 0.02, **ADAM, **COSINE},
        WIDE,
        "random",
        seed=2,
    ),
    study(
        lambda: ripples(1000, noise=0.5, epochs=30, metric="r2", units=16),
        {"optimizer": "AdamW", "lr": 0.02, "weight_decay": 0.1, **ONE},
        WIDE,
        "qmc",
        seed=3,
    ),
    study(
        lambda: levels(1600, 3, 2.0, epochs=20, metric="loss", units=12, layers=1),
        {"lr": 0.02, **ADAM, **COSINE},
        {"lr": log_uniform(3e-4, 1.0)},
        runs=repeated({"lr": log_uniform(3e-4, 1.0)}, 11, {"lr": 0.03}, 4),
    ),
    study(
        lambda: grammar(1600, 5, 5, 0.7, epochs=8, units=8, metric="loss"),
        {"optimizer": "AdamW", "lr": 0.03, **COSINE},
        {"lr": log_uniform(1e-3, 1.0)},
        "random",
        seed=8,
    ),
    study(
        lambda: adding(1000, 5, 0.3, epochs=14, units=12),
        {"lr": 0.05, **ADAM, **COSINE},
        {"lr": log_uniform(3e-3, 1.0)},
        "random",
        "10 trainings",
        7,
    ),
    study(
        lambda: spirals(1500, 2, noise=0.9, epochs=25, metric="loss", units=12),
        {"lr": 0.03, **ADAM, **COSINE},
        {"lr": log_uniform(1e-3, 1.0)},
        "qmc",
        seed=9,
    ),
    study(
        lambda: checkers(1600, 2, 0.2, epochs=25, metric="loss", units=32),
        {"lr": 0.05, **ADAM, **COSINE},
        {"lr": log_uniform(1e-3, 3.0)},
        runs=spread({"lr": log_uniform(1e-3, 3.0)}, 13, 10),
    ),
    study(
        lambda: mixture(1600, 3, 8, 1.5, 0.15, epochs=10, batch_size=128, metric="loss", units=8, layers=1),
        {"lr": 0.1, "momentum": 0.8, **COSINE},
        {"lr": log_uniform(3e-3, 1.0)},
        "tpe",
        seed=11,
    ),
    study(
        lambda: sparse(1200, 12, epochs=15, batch_size=128, units=8, layers=1, loss="HuberLoss", metric="mae"),
        {"lr": 0.1, "momentum": 0.5, **COSINE},
        {"lr": log_uniform(3e-3, 1.0)},
        "random",
        seed=12,
    ),
    study(lambda: arm(1500, 2, 0.6, epochs=20, batch_size=128, units=16), {"lr": 0.03, **ADAM, **COSINE}, runs=SEEDS),
    study(
        lambda: mixture(1500, 4, 8, 1.5, epochs=10, batch_size=128, metric="loss", units=8, layers=1),
        {"lr": 0.5, **COSINE},
        runs=SEEDS,
    ),
    study(
        lambda: levels(1500, 2, 2.0, epochs=15, metric="loss", units=8, layers=1),
        {"optimizer": "AdamW", "lr": 0.03, "weight_decay": 0.1, "schedule": "linear"},
        {"lr": log_uniform(1e-3, 1.0), "weight_decay": log_uniform(1e-3, 3.0)},
        "random",
        "20 trainings",
        13,
    ),
    study(
        lambda: ripples(1200, noise=0.5, epochs=25, units=32),
        {"lr": 0.02, "batch_size": 64, **ADAM, **COSINE},
        {"lr": log_uniform(1e-3, 0.5), "batch_size": integer(16, 256, log=True)},
        runs=spread({"lr": log_uniform(1e-3, 0.5), "batch_size": integer(16, 256, log=True)}, 20, 14),
    ),
    study(
        lambda: mixture(1200, 3, 6, 1.8, epochs=12, batch_size=128, metric="loss", units=8, layers=1),
        {"lr": 0.3, **COSINE},
        SGD,
        "asha",
        "130 epochs",
        15,
    ),
    study(
        lambda: arm(1200, noise=0.6, epochs=27, units=16),
        {"lr": 0.02, **ADAM, **COSINE},
        WIDE,
        "freeze-thaw",
        "270 epochs",
        16,
    ),
    study(
        lambda: sparse(1200, 8, epochs=9, batch_size=128, layers=0, metric="r2"),
        {"lr": 0.05, **COSINE},
        {"lr": log_uniform(1e-3, 1.0)},
        "asha",
        "100 epochs",
        17,
    ),
    study(
        lambda: arm(1200, 4, 0.9, epochs=25, units=16, loss="SmoothL1Loss", metric="mae"),
        {"optimizer": "NAdam", "lr": 0.02, **COSINE},
        WIDE,
        runs=repeated(WIDE, 11, {"lr": 0.02}, 18),
    ),
    study(
        lambda: signals(800, 2, 1.2, epochs=15, metric="loss", channels=6),
        {"lr": 0.03, **ADAM, **COSINE},
        {"lr": log_uniform(1e-3, 1.0)},
        "random",
        "10 trainings",
        19,
    ),
    study(
        lambda: adding(1000, 4, 0.4, epochs=22, units=12, metric="r2"),
        {"optimizer": "RMSprop", "lr": 0.02, **COSINE},
        {"lr": log_uniform(1e-3, 0.5)},
        "tpe",
        "10 trainings",
        20,
    ),
    study(
        lambda: ripples(1200, 0.7, 0.6, epochs=20, batch_size=128, units=16, loss="L1Loss", metric="mae"),
        {"optimizer": "AdamW", "lr": 0.02, "weight_decay": 0.1, **ONE},
        {"lr": log_uniform(1e-3, 3.0)},
        "tpe",
        seed=21,
    ),
    study(
        lambda: arm(1200, 2, 0.7, epochs=20, batch_size=128, units=16),
        {"lr": 0.1, "momentum": 0.9, **COSINE},
        {"lr": log_uniform(3e-3, 1.0)},
        "random",
        seed=22,
    ),
    study(
        lambda: spirals(1500, 2, 0.9, epochs=25, metric="loss", units=12, act="gelu"),
        {"optimizer": "AdamW", "lr": 0.03, "weight_decay": 0.01, "schedule": "linear"},
        {"lr": log_uniform(1e-3, 1.0)},
        "freeze-thaw",
        "250 epochs",
        23,
    ),
    study(
        lambda: mixture(
            1500, 5, 10, 2.0, epochs=6, batch_size=128, metric="loss", units=16, layers=1, dropout=0.1, act="relu"
        ),
        {"lr": 0.02, **ADAM, **COSINE},
        {"lr": log_uniform(1e-3, 1.0)},
        "random",
        seed=24,
    ),
    study(lambda: checkers(1600, 2, 0.2, epochs=25, units=32), {"lr": 0.1, **ADAM, **COSINE}, runs=SEEDS),
    study(
        lambda: sparse(1500, 20, 1.5, epochs=6, batch_size=128, layers=0, loss="L1Loss", metric="mae"),
        {"optimizer": "Adagrad", "lr": 0.2, **COSINE},
        {"lr": log_uniform(0.01, 3.0)},
        "qmc",
        seed=25,
    ),
    study(
        lambda: grammar(1600, 4, 6, 0.6, epochs=6, batch_size=128, units=8, metric="loss"),
        {"lr": 0.03, **ADAM, **COSINE},
        {"lr": log_uniform(1e-3, 1.0)},
        "asha",
        "65 epochs",
        26,
    ),
    study(
        lambda: ripples(1500, 0.7, 0.6, epochs=20, units=16),
        {"lr": 0.1, "momentum": 0.8, **COSINE},
        {"lr": log_uniform(3e-3, 1.0), "momentum": uniform(0.3, 0.95)},
        runs=repeated({"lr": log_uniform(3e-3, 1.0), "momentum": uniform(0.3, 0.95)}, 18, {}, 27),
    ),
    study(
        lambda: levels(1600, 3, 2.0, epochs=18, metric="loss", units=10, layers=1, act="silu"),
        {"lr": 0.02, **ADAM, **ONE},
        {"lr": log_uniform(1e-3, 1.0)},
        "asha",
        "180 epochs",
        28,
    ),
)
