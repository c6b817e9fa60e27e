"""Last: faults that a search shows, by someone who had not seen the rules.

Each label was proven by reference trainings (last_truth_b.py), without Luthier's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from diagnosis.blind_tasks import dense
from diagnosis.fresh_search import pairs
from diagnosis.last_settings import (
    Residual,
    board,
    brackets,
    larger,
    loans,
    medians,
    signs,
    spectra,
    temple,
    throws,
    tone,
    walks,
    weather,
)
from diagnosis.plan import Plan, each, last, replicates, spread
from luthier import choice, integer, log_uniform, uniform

SIZES = {"lr": log_uniform(3e-3, 0.5), "batch_size": integer(2, 128, log=True)}
IDLE = {"lr": log_uniform(1e-3, 0.1), "momentum": uniform(0.0, 0.95)}
FAINT = {"lr": log_uniform(1e-3, 0.2), "l1": log_uniform(1e-9, 1e-7)}
EPS = {"lr": log_uniform(1e-3, 0.1), "eps": log_uniform(1e-12, 1e-9)}
AHEAD = {"lr": log_uniform(3e-3, 1.0), "nesterov": choice(True, False)}
START = {"lr": log_uniform(1e-3, 0.2), "start": uniform(0.0, 0.01)}
KINDS = {"lr": log_uniform(1e-3, 3.0), "optimizer": choice("SGD", "NAdam")}
CLIP = {"lr": log_uniform(0.03, 30.0), "clip_norm": log_uniform(3e-3, 0.3)}
DAMPED = {"lr": log_uniform(1e-3, 10.0), "eps": log_uniform(1e-6, 3.0)}
ROLLING = {"lr": log_uniform(1e-4, 0.1), "momentum": uniform(0.0, 0.98)}
STEPS = {"lr": log_uniform(3e-3, 1.0), "batch_size": integer(4, 400, log=True)}
SMALL = "small-budget early-stop time-wasted seed-noise unimportant joint range-edge"
NOISE = "unimportant early-stop time-wasted overfitting small-budget"
LARGE = "small-budget still-improving lr-too-low lr-too-high underfitting range-edge"


def started(config: Mapping[str, Any]) -> nn.Module:
    """A network of one hidden layer whose last biases begin ``start`` higher."""
    model = dense(24, 3)({**config, "layers": 1})
    assert isinstance(model, nn.Sequential)
    last_layer = model[-1]
    assert isinstance(last_layer, nn.Linear)
    with torch.no_grad():
        last_layer.bias += config["start"]
    return model


CASES = [
    *last(
        "range-edge",
        (
            lambda: Plan(
                weather(epochs=12, units=24, act="silu"),
                {"optimizer": "Adam", "lr": 1e-3, "schedule": "cosine"},
                {"lr": log_uniform(1e-4, 4e-3)},
                search="tpe",
                budget="12 trainings",
            ),
            "small-budget lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                tone(epochs=12),
                {"lr": 0.01, "momentum": 0.2},
                {"momentum": uniform(0.0, 0.6)},
                each("momentum", [0.0, 0.1, 0.3, 0.4, 0.5, 0.6]),
            ),
            "small-budget lr-too-low still-improving underfitting",
        ),
        (
            lambda: Plan(
                throws(noise=0.1, epochs=16, act="gelu", units=24),
                {"optimizer": "Adam", "lr": 0.02, "l1": 0.02, "schedule": "linear"},
                {"l1": log_uniform(5e-3, 0.1)},
                search="qmc",
                budget="10 trainings",
            ),
            "small-budget underfitting early-stop time-wasted",
        ),
        (
            lambda: Plan(
                weather(noise=0.1, epochs=25),
                {"optimizer": "NAdam", "lr": 0.03, "units": 3, "schedule": "cosine"},
                {"units": integer(2, 6)},
                each("units", [2, 4, 5, 6]),
            ),
            "small-budget underfitting still-improving",
        ),
        (
            lambda: Plan(
                larger(epochs=16, units=24, metric="loss"),
                {"lr": 0.3, "clip_norm": 0.01, "schedule": "cosine"},
                {"clip_norm": log_uniform(3e-3, 0.1)},
                search="random",
                budget="10 trainings",
            ),
            "small-budget lr-too-low still-improving underfitting",
        ),
    ),
    *last(
        "batch-too-large",
        (
            lambda: Plan(
                throws(noise=0.2, epochs=12, model=Residual.of(5, 2), units=16, layers=1, act="silu"),
                {"optimizer": "Adam", "lr": 0.01, "batch_size": 1000},
                {"lr": log_uniform(3e-3, 0.1)},
                each("lr", [4e-3, 0.02, 0.04, 0.08]),
            ),
            LARGE,
        ),
        (
            lambda: Plan(
                board(epochs=8, act="relu", metric="loss"),
                {"optimizer": "NAdam", "lr": 0.01, "batch_size": 1350},
                {"lr": log_uniform(3e-3, 0.1)},
                search="random",
                budget="9 trainings",
            ),
            LARGE,
        ),
        (
            lambda: Plan(
                tone(epochs=14),
                {"lr": 0.1, "momentum": 0.9, "batch_size": 800, "schedule": "linear"},
                {"lr": log_uniform(0.01, 0.3)},
                search="tpe",
                budget="8 trainings",
            ),
            LARGE,
        ),
        (
            lambda: Plan(
                brackets(epochs=10, metric="loss"),
                {"optimizer": "AdamW", "lr": 0.01, "batch_size": 1200},
                {"lr": log_uniform(3e-3, 0.1)},
                each("lr", [5e-3, 0.02, 0.04, 0.08]),
            ),
            LARGE,
        ),
        (
            lambda: Plan(
                weather(epochs=15, units=24, act="gelu"),
                {"optimizer": "RMSprop", "lr": 5e-3, "batch_size": 900},
                {"lr": log_uniform(2e-3, 0.05), "batch_size": integer(600, 1200)},
                spread({"lr": log_uniform(2e-3, 0.05), "batch_size": integer(600, 1200)}, 10, 41),
            ),
            LARGE + " unimportant joint seed-noise",
        ),
    ),
    *last(
        "batch-too-small",
        (
            lambda: Plan(
                temple(epochs=10, units=16, layers=1),
                {"optimizer": "Adagrad", "lr": 0.02, "batch_size": 2, "schedule": "cosine"},
                SIZES,
                pairs((4, 0.03), (16, 0.06), (32, 0.08), (64, 0.1)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                spectra(epochs=10, layers=0),
                {"optimizer": "Adam", "lr": 5e-3, "batch_size": 3, "schedule": "cosine"},
                SIZES,
                pairs((6, 0.01), (12, 0.015), (24, 0.02), (48, 0.03)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                loans(epochs=5, units=12, layers=1, metric="loss"),
                {"lr": 0.03, "momentum": 0.5, "batch_size": 4, "schedule": "linear"},
                SIZES,
                pairs((4, 0.015), (8, 0.06), (32, 0.2), (48, 0.3)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                medians(wrong=0.2, epochs=9, act="gelu", metric="loss"),
                {"optimizer": "AdamW", "lr": 5e-3, "batch_size": 4, "warmup": 0.1, "schedule": "cosine"},
                SIZES,
                pairs((8, 8e-3), (16, 0.012), (32, 0.02)),
            ),
            SMALL,
        ),
        (
            lambda: Plan(
                throws(noise=0.4, epochs=6, model=Residual.of(5, 2), units=16, layers=1, act="gelu"),
                {"optimizer": "NAdam", "lr": 4e-3, "batch_size": 2, "schedule": "polynomial"},
                SIZES,
                pairs((4, 6e-3), (8, 0.01), (24, 0.015), (40, 0.02), (64, 0.025)),
            ),
            SMALL,
        ),
    ),
    *last(
        "seed-noise",
        (
            lambda: Plan(
                loans(700, epochs=8, units=12, layers=1),
                {"lr": 0.1, "momentum": 0.8, "schedule": "linear"},
                {"lr": log_uniform(0.06, 0.18)},
                replicates("lr", [0.07, 0.085, 0.12, 0.16], 4),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                walks(600, epochs=10),
                {"optimizer": "RMSprop", "lr": 6e-3, "channels": 11, "schedule": "cosine"},
                {"channels": integer(9, 14)},
                replicates("channels", [9, 10, 12, 14], 3),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                signs(600, wrong=0.15, epochs=20, units=24),
                {"optimizer": "Adam", "lr": 0.05, "beta1": 0.9, "schedule": "exponential"},
                {"beta1": uniform(0.85, 0.94)},
                replicates("beta1", [0.86, 0.88, 0.92, 0.94], 3),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                medians(700, wrong=0.2, epochs=14, act="gelu"),
                {"optimizer": "AdamW", "lr": 0.02, "warmup": 0.12, "schedule": "cosine"},
                {"warmup": uniform(0.08, 0.2)},
                replicates("warmup", [0.08, 0.1, 0.15, 0.19], 3),
            ),
            NOISE,
        ),
        (
            lambda: Plan(
                larger(800, wrong=0.2, epochs=12, units=24),
                {"lr": 0.2, "momentum": 0.9, "power": 1.5, "schedule": "polynomial"},
                {"power": uniform(1.2, 2.0)},
                replicates("power", [1.2, 1.4, 1.7, 1.9], 3),
            ),
            NOISE,
        ),
    ),
    *last(
        "unimportant",
        (
            lambda: Plan(
                throws(epochs=10, model=Residual.of(5, 2), units=16, layers=1, act="gelu"),
                {"optimizer": "AdamW", "lr": 0.02, "schedule": "cosine"},
                IDLE,
                spread(IDLE, 16, 42),
            ),
            "seed-noise small-budget still-improving",
        ),
        (
            lambda: Plan(
                weather(1200, epochs=14, units=24, act="silu"),
                {"optimizer": "Adam", "lr": 0.04, "l1": 1e-8, "schedule": "cosine"},
                FAINT,
                search="random",
                budget="18 trainings",
            ),
            "seed-noise small-budget still-improving",
        ),
        (
            lambda: Plan(
                tone(epochs=10),
                {"optimizer": "NAdam", "lr": 0.02, "eps": 1e-10, "schedule": "cosine"},
                EPS,
                search="qmc",
                budget="18 trainings",
            ),
            "seed-noise small-budget still-improving",
        ),
        (
            lambda: Plan(
                larger(wrong=0.2, epochs=8, units=24, metric="loss"),
                {"lr": 0.3, "nesterov": False, "schedule": "cosine"},
                AHEAD,
                spread(AHEAD, 18, 43),
            ),
            "seed-noise small-budget still-improving range-edge lr-too-low",
        ),
        (
            lambda: Plan(
                spectra(epochs=10, model=started, units=16, start=0.0),
                {"optimizer": "Adam", "lr": 0.03, "schedule": "linear"},
                START,
                spread(START, 16, 44),
            ),
            "seed-noise small-budget still-improving",
        ),
    ),
    *last(
        "joint",
        (
            lambda: Plan(
                board(epochs=8, units=24, act="relu", metric="loss"),
                {"lr": 0.3, "optimizer": "SGD"},
                KINDS,
                spread(KINDS, 24, 45),
            ),
            "small-budget still-improving lr-too-low lr-too-high range-edge early-stop overfitting seed-noise",
        ),
        (
            lambda: Plan(
                throws(epochs=8, act="silu"),
                {"lr": 1.0, "clip_norm": 0.03, "schedule": "cosine"},
                CLIP,
                spread(CLIP, 24, 46),
            ),
            "small-budget still-improving lr-too-low seed-noise",
        ),
        (
            lambda: Plan(
                spectra(epochs=8, layers=1, units=16),
                {"optimizer": "Adam", "lr": 0.03, "eps": 1e-3},
                DAMPED,
                search="random",
                budget="24 trainings",
            ),
            "small-budget still-improving seed-noise early-stop",
        ),
        (
            lambda: Plan(
                tone(epochs=8),
                {"optimizer": "RMSprop", "lr": 3e-3, "momentum": 0.5, "schedule": "cosine"},
                ROLLING,
                spread(ROLLING, 24, 47),
            ),
            "small-budget still-improving lr-too-low lr-too-high seed-noise range-edge",
        ),
        (
            lambda: Plan(
                weather(epochs=8, units=24, act="silu"),
                {"lr": 0.05, "batch_size": 32},
                STEPS,
                search="random",
                budget="24 trainings",
            ),
            "small-budget still-improving lr-too-low batch-too-small batch-too-large range-edge seed-noise",
        ),
    ),
]
