"""Fresh: faults that a search shows, by someone who had not seen the rules.

Each label was proven by reference trainings (fresh_truth_b.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from diagnosis.blind_tasks import dense
from diagnosis.fresh_settings import (
    Scaled,
    beats,
    cleaned,
    demand,
    flowers,
    genres,
    hastie,
    lineage,
    patches,
    pendulum,
    pointer,
    strokes,
    targets,
    tens,
    topics,
)
from diagnosis.plan import Plan, Run, each, fresh, replicates, spread
from luthier import choice, integer, log_uniform, uniform

ADAM = {"lr": log_uniform(1e-3, 0.3)}
BOTH = {"lr": log_uniform(1e-3, 0.3), "batch_size": integer(2, 128, log=True)}
BETA = {"lr": log_uniform(1e-3, 0.1), "beta2": uniform(0.9985, 0.9995)}
LEAK = {"lr": log_uniform(1e-3, 0.1), "leak": log_uniform(1e-7, 1e-4)}
END = {"lr": log_uniform(3e-3, 0.5), "lr_end": log_uniform(1e-7, 1e-4)}
CLIP = {"lr": log_uniform(3e-4, 0.03), "clip_norm": log_uniform(100.0, 1e4)}
DROP = {"lr": log_uniform(2e-3, 0.1), "dropout": uniform(0.0, 0.5)}
KINDS = {"lr": log_uniform(1e-3, 3.0), "optimizer": choice("SGD", "Adam")}
STEPS = {"lr": log_uniform(1e-3, 0.3), "batch_size": integer(2, 256, log=True)}
HEAVY = {"lr": log_uniform(3e-3, 3.0), "momentum": uniform(0.0, 0.98)}
FACTOR = {"lr": log_uniform(1e-3, 3.0), "factor": log_uniform(0.2, 8.0)}
SMALL = "small-budget early-stop time-wasted seed-noise unimportant joint range-edge"
NOISE = "unimportant early-stop time-wasted overfitting small-budget"


def leaky(config: Mapping[str, Any]) -> nn.Module:
    """A network whose units let through ``leak`` times what is negative."""
    units, leak = config["units"], config["leak"]
    hidden = [nn.Linear(4, units), nn.LeakyReLU(leak), nn.Linear(units, units), nn.LeakyReLU(leak)]
    return nn.Sequential(*hidden, nn.Linear(units, 1))


def louder(config: Mapping[str, Any]) -> nn.Module:
    """A network whose answers are multiplied by ``factor``."""
    return Scaled(dense(64, 10)(config), config["factor"])


def pairs(*values: tuple[int, float]) -> list[Run]:
    """A training for each batch size with a learning rate."""
    return [Run({"batch_size": size, "lr": lr}) for size, lr in values]


CASES = [
    *fresh(
        "range-edge",
        (
            lambda: Plan(
                demand(epochs=12, units=16, batch_size=32),
                {"optimizer": "Adam", "lr": 2e-4},
                {"lr": log_uniform(5e-5, 1e-3)},
                search="freeze-thaw",
                budget="110 epochs",
            ),
            "small-budget lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                tens(1200, epochs=12, metric="loss"),
                {"optimizer": "Adam", "lr": 0.4},
                {"lr": log_uniform(0.15, 1.5)},
                search="random",
                budget="10 trainings",
            ),
            "small-budget lr-too-high early-stop time-wasted underfitting still-improving overfitting exploding-start",
        ),
        (
            lambda: Plan(
                cleaned(epochs=25),
                {"optimizer": "AdamW", "lr": 0.01, "code": 2, "schedule": "cosine"},
                {"code": integer(1, 5)},
                each("code", [1, 3, 4, 5]),
            ),
            "small-budget underfitting still-improving",
        ),
        (
            lambda: Plan(
                pendulum(epochs=15, act="gelu"),
                {"optimizer": "Adam", "lr": 0.01, "weight_decay": 0.1, "schedule": "cosine"},
                {"weight_decay": log_uniform(0.03, 1.0)},
                search="qmc",
                budget="10 trainings",
            ),
            "small-budget underfitting early-stop time-wasted",
        ),
        (
            lambda: Plan(
                strokes(epochs=12),
                {"optimizer": "NAdam", "lr": 0.02, "channels": 2, "schedule": "cosine"},
                {"channels": integer(1, 4), "lr": log_uniform(3e-3, 0.1)},
                spread({"channels": integer(1, 4), "lr": log_uniform(3e-3, 0.1)}, 18, 31),
            ),
            "small-budget underfitting still-improving joint",
        ),
    ),
    *fresh(
        "batch-too-large",
        (
            lambda: Plan(
                pendulum(epochs=20, act="tanh"),
                {"optimizer": "Adam", "lr": 0.02, "batch_size": 900},
                {"lr": log_uniform(5e-3, 0.2)},
                each("lr", [6e-3, 0.04, 0.08, 0.16]),
            ),
            "small-budget still-improving lr-too-low lr-too-high underfitting range-edge",
        ),
        (
            lambda: Plan(
                pointer(1600, 4, 4, epochs=10),
                {"optimizer": "AdamW", "lr": 0.01, "batch_size": 600},
                {"lr": log_uniform(3e-3, 0.1)},
                search="random",
                budget="8 trainings",
            ),
            "small-budget still-improving lr-too-low lr-too-high underfitting range-edge",
        ),
        (
            lambda: Plan(
                strokes(epochs=10),
                {"lr": 0.1, "momentum": 0.9, "batch_size": 450, "schedule": "cosine"},
                {"batch_size": integer(24, 450, log=True)},
                each("batch_size", [24, 48, 96, 200]),
            ),
            "small-budget still-improving lr-too-low lr-too-high underfitting range-edge early-stop overfitting",
        ),
        (
            lambda: Plan(
                topics(1200, mix=0.3, epochs=6, metric="loss"),
                {"lr": 1.0, "momentum": 0.9, "batch_size": 900},
                {"lr": log_uniform(0.1, 3.0)},
                each("lr", [0.2, 0.5, 2.0, 3.0]),
            ),
            "small-budget still-improving lr-too-low underfitting range-edge",
        ),
        (
            lambda: Plan(
                cleaned(epochs=8, act="silu"),
                {"optimizer": "RMSprop", "lr": 5e-3, "batch_size": 675},
                {"lr": log_uniform(1e-3, 0.02), "units": integer(32, 64)},
                search="random",
                budget="10 trainings",
            ),
            "small-budget still-improving lr-too-low lr-too-high underfitting range-edge unimportant joint",
        ),
    ),
    *fresh(
        "batch-too-small",
        (
            lambda: Plan(
                patches(epochs=10, spread=2.0, layers=1, units=16, metric="loss"),
                {"optimizer": "Adagrad", "lr": 0.03, "batch_size": 3, "schedule": "cosine"},
                {"lr": log_uniform(0.01, 0.3), "batch_size": integer(3, 64, log=True)},
                pairs((8, 0.05), (16, 0.07), (32, 0.1), (64, 0.15)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                genres(epochs=10, units=16, layers=1),
                {"lr": 0.03, "momentum": 0.5, "batch_size": 2, "schedule": "cosine"},
                {"lr": log_uniform(0.01, 1.0), "batch_size": integer(2, 64, log=True)},
                pairs((4, 0.06), (16, 0.25), (32, 0.5)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                lineage(epochs=14, loss="L1Loss", metric="mae"),
                {"lr": 2e-3, "batch_size": 4, "schedule": "linear"},
                {"lr": log_uniform(1e-3, 0.1), "batch_size": integer(4, 48, log=True)},
                pairs((8, 4e-3), (16, 8e-3), (24, 0.012), (48, 0.024)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                topics(1600, epochs=7, units=8, metric="loss"),
                {"optimizer": "Adam", "lr": 0.015, "batch_size": 4, "schedule": "cosine"},
                {"lr": log_uniform(5e-3, 0.1), "batch_size": integer(4, 64, log=True)},
                pairs((8, 0.02), (16, 0.03), (32, 0.04), (48, 0.05), (4, 0.03)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                hastie(1000, 0.15, epochs=10, units=12, act="relu", metric="loss"),
                {"optimizer": "AdamW", "lr": 3e-3, "batch_size": 2, "schedule": "cosine"},
                BOTH,
                pairs((2, 1.5e-3), (6, 5e-3), (12, 8e-3), (24, 0.012), (48, 0.02)),
            ),
            SMALL,
        ),
    ),
    *fresh(
        "seed-noise",
        (
            lambda: Plan(
                flowers(epochs=40, share=0.5, batch_size=16, units=12),
                {"optimizer": "AdamW", "lr": 0.017, "schedule": "cosine"},
                {"lr": log_uniform(0.01, 0.03)},
                replicates("lr", [0.011, 0.014, 0.02, 0.025], 3),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                patches(600, spread=2.0, epochs=12, act="relu"),
                {"optimizer": "Adam", "lr": 0.01, "dropout": 0.1, "schedule": "cosine"},
                {"dropout": uniform(0.05, 0.2)},
                replicates("dropout", [0.06, 0.12, 0.15, 0.19], 3),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                topics(700, epochs=10),
                {"optimizer": "Adam", "lr": 0.03, "units": 24, "schedule": "cosine"},
                {"units": integer(16, 48)},
                replicates("units", [16, 30, 38, 46], 3),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                targets(500, 0.25, epochs=20, units=16, act="relu"),
                {"optimizer": "RMSprop", "lr": 0.01, "batch_size": 32, "schedule": "linear"},
                {"batch_size": integer(24, 44)},
                replicates("batch_size", [25, 28, 36, 42], 4),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                beats(700, noise=0.5, epochs=12),
                {"lr": 0.05, "momentum": 0.88, "schedule": "cosine"},
                {"momentum": uniform(0.84, 0.92)},
                replicates("momentum", [0.84, 0.86, 0.9, 0.92], 3),
            ),
            NOISE,
        ),
    ),
    *fresh(
        "unimportant",
        (
            lambda: Plan(
                demand(800, epochs=8, batch_size=32),
                {"optimizer": "Adam", "lr": 0.01, "schedule": "cosine"},
                BETA,
                search="random",
                budget="18 trainings",
            ),
            "seed-noise small-budget still-improving range-edge",
        ),
        (
            lambda: Plan(
                pendulum(epochs=12, model=leaky, leak=1e-5),
                {"optimizer": "AdamW", "lr": 0.01, "schedule": "cosine"},
                LEAK,
                spread(LEAK, 16, 32),
            ),
            "seed-noise small-budget still-improving",
        ),
        (
            lambda: Plan(
                tens(1400, epochs=10, act="relu", metric="loss"),
                {"lr": 0.05, "momentum": 0.9, "schedule": "cosine"},
                END,
                spread(END, 16, 33),
            ),
            "seed-noise small-budget still-improving overfitting range-edge",
        ),
        (
            lambda: Plan(
                pointer(1600, 4, 4, wrong=0.1, epochs=8, metric="loss"),
                {"optimizer": "AdamW", "lr": 5e-3},
                CLIP,
                search="qmc",
                budget="18 trainings",
            ),
            "seed-noise small-budget still-improving",
        ),
        (
            lambda: Plan(
                topics(1200, epochs=8, metric="loss"), {"optimizer": "RMSprop", "lr": 0.01}, DROP, spread(DROP, 18, 34)
            ),
            "seed-noise small-budget still-improving",
        ),
    ),
    *fresh(
        "joint",
        (
            lambda: Plan(
                tens(1400, epochs=8, act="relu", metric="loss"),
                {"lr": 0.3, "optimizer": "SGD"},
                KINDS,
                spread(KINDS, 24, 35),
            ),
            "small-budget still-improving lr-too-low lr-too-high overfitting early-stop",
        ),
        (
            lambda: Plan(
                lineage(800, epochs=8, noise=0.1), {"lr": 0.03, "batch_size": 16}, STEPS, spread(STEPS, 22, 36)
            ),
            "small-budget early-stop time-wasted seed-noise batch-too-small batch-too-large range-edge lr-too-low "
            "still-improving",
        ),
        (
            lambda: Plan(
                genres(1000, blur=0.3, epochs=6),
                {"lr": 0.3, "momentum": 0.5},
                HEAVY,
                search="random",
                budget="22 trainings",
            ),
            "small-budget still-improving lr-too-low seed-noise overfitting early-stop",
        ),
        (
            lambda: Plan(
                tens(1400, model=louder, factor=1.0, epochs=8, metric="loss"),
                {"lr": 0.1},
                FACTOR,
                spread(FACTOR, 22, 37),
            ),
            "small-budget still-improving lr-too-low seed-noise",
        ),
        (
            lambda: Plan(
                demand(1000, noise=0.2, epochs=10, batch_size=32),
                {"lr": 0.1, "momentum": 0.5},
                HEAVY,
                spread(HEAVY, 22, 38),
            ),
            "small-budget still-improving lr-too-low seed-noise range-edge",
        ),
    ),
]
