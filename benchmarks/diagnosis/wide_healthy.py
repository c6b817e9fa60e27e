"""Studies without a fault on the wide tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from diagnosis.plan import Plan, Run, cases, spread
from diagnosis.wide_tasks import fraud, income, line, majority, ranks, shapes, squeeze, swing, tags, tide
from luthier import Task, integer, log_uniform, uniform

#: Trivial or welcome where true: a plateau under a falling lr, a knob without effect, a tie, knobs that go together.
HARMLESS = "early-stop unimportant seed-noise joint"
ADAM = {"optimizer": "Adam"}
COSINE = {"schedule": "cosine"}
WIDE = {"lr": log_uniform(3e-4, 0.3)}
SGD = {"lr": log_uniform(0.01, 3.0)}
SEEDS = [Run(seed=1), Run(seed=2)]


def study(
    make: Callable[[], Task],
    own: dict[str, Any],
    space: dict[str, Any] | None = None,
    search: str | None = "random",
    budget: str = "12 trainings",
    seed: int = 0,
    runs: Sequence[Run] = (),
) -> tuple[Callable[[], Plan], str]:
    """A case: ``own`` first, then what the search asks for, or else ``runs``."""
    named = None if runs else search
    return (lambda: Plan(make(), own, space or {}, runs, budget if named else None, named, seed)), HARMLESS


CASES = cases(
    "healthy",
    study(lambda: majority(2000, 3, 7, wrong=0.3, epochs=8, metric="loss"), {**ADAM, "lr": 5e-3, **COSINE}, WIDE),
    study(lambda: tide(1500, 0.6, epochs=15, units=12), {**ADAM, "lr": 0.02, **COSINE}, WIDE, "tpe", seed=1),
    study(
        lambda: tide(1500, 0.6, epochs=15, units=12, kind=nn.LSTM, metric="mae"),
        {"lr": 0.3, "momentum": 0.9, **COSINE},
        SGD,
        seed=2,
    ),
    study(
        lambda: shapes(2000, 1.4, epochs=10, units=4, batch_size=64),
        {**ADAM, "lr": 0.015, **COSINE},
        WIDE,
        "qmc",
        seed=3,
    ),
    study(lambda: shapes(1500, 0.3, epochs=15, units=6, norm=True), {"lr": 0.1, **COSINE}, SGD, seed=4),
    study(
        lambda: tags(3000, flipped=0.15, epochs=15, units=12, layers=1),
        {**ADAM, "lr": 0.01, **COSINE},
        WIDE,
        "asha",
        "130 epochs",
        5,
    ),
    study(
        lambda: tags(3000, flipped=0.2, epochs=15, units=12, layers=1, act=nn.Tanh),
        {"lr": 1.0, **COSINE},
        {"lr": log_uniform(0.03, 30.0)},
        seed=6,
    ),
    study(
        lambda: fraud(4000, epochs=10, units=6, layers=1, batch_size=128, metric="loss"),
        {**ADAM, "lr": 0.01, **COSINE},
        WIDE,
        "freeze-thaw",
        "100 epochs",
        7,
    ),
    study(
        lambda: fraud(3000, 0.2, 1.2, epochs=10, units=6, layers=1, batch_size=64), {"lr": 0.2, **COSINE}, SGD, seed=8
    ),
    study(
        lambda: fraud(5000, 0.3, epochs=10, units=8, layers=2, norm=True, batch_size=128),
        {"optimizer": "AdamW", "lr": 0.01, **COSINE},
        WIDE,
        "tpe",
        seed=9,
    ),
    study(lambda: squeeze(1500, 3, 0.5, epochs=30, units=6, schedule="linear"), {**ADAM, "lr": 0.02}, WIDE, seed=10),
    study(
        lambda: squeeze(1500, 3, 0.5, epochs=30, units=8),
        {"optimizer": "RMSprop", "lr": 0.01, **COSINE},
        WIDE,
        "asha",
        "260 epochs",
        11,
    ),
    study(
        lambda: income(2500, 0.8, epochs=15, units=12, layers=1, loss="HuberLoss", metric="mae"),
        {**ADAM, "lr": 0.02, **COSINE},
        WIDE,
        seed=12,
    ),
    study(
        lambda: income(3000, 1.0, epochs=12, units=8, layers=1, metric="r2", batch_size=128),
        {"optimizer": "NAdam", "lr": 0.02, **COSINE},
        WIDE,
        "qmc",
        seed=13,
    ),
    study(
        lambda: swing(2000, 0.4, epochs=20, units=16),
        {**ADAM, "lr": 0.02, **COSINE},
        {**WIDE, "units": integer(8, 48, log=True)},
        "random",
        "20 trainings",
        14,
    ),
    study(
        lambda: swing(2000, 0.6, epochs=20, units=16, norm=True, batch_size=64),
        {"lr": 0.1, "momentum": 0.9, **COSINE},
        {"lr": log_uniform(3e-3, 1.0)},
        "tpe",
        seed=15,
    ),
    study(
        lambda: ranks(2500, 4, 1.5, epochs=15, units=10, layers=1, metric="loss"),
        {**ADAM, "lr": 0.02, **COSINE},
        WIDE,
        "freeze-thaw",
        "150 epochs",
        16,
    ),
    study(
        lambda: ranks(2500, 3, 1.5, epochs=15, units=10, layers=1),
        {"lr": 0.5, **COSINE},
        {"lr": log_uniform(0.03, 5.0), "momentum": uniform(0.0, 0.9)},
        "random",
        "18 trainings",
        17,
    ),
    study(
        lambda: ranks(2500, 5, 1.5, epochs=15, units=10, layers=1, metric="error"),
        {**ADAM, "lr": 0.02, **COSINE},
        runs=SEEDS,
    ),
    study(
        lambda: line(1500, epochs=10, batch_size=64),
        {"lr": 0.05, **COSINE},
        {"lr": log_uniform(1e-3, 0.5)},
        "asha",
        "90 epochs",
        18,
    ),
    study(lambda: line(600, 2.0, epochs=12, metric="mae"), {**ADAM, "lr": 0.02, **COSINE}, WIDE, seed=19),
    study(
        lambda: line(3000, 0.5, epochs=6, layers=1, units=8, batch_size=128, metric="r2"),
        {"lr": 0.1, "momentum": 0.5, **COSINE},
        {"lr": log_uniform(3e-3, 1.0)},
        "hyperband",
        "80 epochs",
        20,
    ),
    study(
        lambda: majority(3000, 3, 7, epochs=12, batch_size=64, units=16),
        {**ADAM, "lr": 5e-3, **COSINE},
        WIDE,
        "random",
        "10 trainings",
        21,
    ),
    study(
        lambda: swing(1500, 0.5, epochs=15, units=12, loss="L1Loss", metric="mae"),
        {"optimizer": "AdamW", "lr": 0.02, "schedule": "one-cycle"},
        WIDE,
        runs=[
            *spread(WIDE, 10, 22),
            Run({"lr": 0.03}),
            Run({"lr": 0.03}, seed=1, confirms=11),
            Run({"lr": 0.03}, seed=2, confirms=11),
        ],
    ),
    first=201,
)
