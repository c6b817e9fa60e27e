from typing import Any

import pytest

from luthier.hyperparameters import HYPERPARAMETERS, complete
from luthier.training import without_effect


@pytest.mark.parametrize(
    ("values", "name", "reason"),
    [
        ({"gamma": 0.9}, "gamma", "it acts with schedule exponential, step or plateau, but schedule is constant"),
        ({"power": 3, "schedule": "linear"}, "power", "it acts with schedule polynomial, but schedule is linear"),
        (
            {"lr_end": 0.1, "schedule": "exponential", "gamma": 0.9},
            "lr_end",
            "with schedule exponential it acts without gamma, but gamma is 0.9",
        ),
        (
            {"batch_size_end": 256},
            "batch_size_end",
            "it acts with batch_schedule steps, geometric or noise, but batch_schedule is constant",
        ),
        ({"nesterov": True}, "nesterov", "it acts with a momentum above 0, but momentum is 0"),
        (
            {"momentum": 0.9, "optimizer": "Adam"},
            "momentum",
            "it acts with optimizer Muon, RMSprop or SGD, but optimizer is Adam",
        ),
        (
            {"alpha": 0.9, "optimizer": "Adam"},
            "alpha",
            "it acts with optimizer ASGD or RMSprop, but optimizer is Adam",
        ),
        ({"min_delta": 0.1}, "min_delta", "it acts with patience, which is not given"),
    ],
)
def test_what_changes_nothing_is_told_with_what_it_acts_with(values: dict[str, Any], name: str, reason: str) -> None:
    assert without_effect(complete(values), values) == {name: reason}


@pytest.mark.parametrize(
    "values",
    [
        {"gamma": 0.9, "schedule": "plateau", "plateau_patience": 0.2},
        {"lr_end": 0.1, "schedule": "exponential"},
        {"batch_size_end": 256, "batch_schedule": "steps", "batch_stages": 4},
        {"batch_size_end": 256, "batch_schedule": "noise", "lr_exponent": 0.0},
        {"nesterov": True, "momentum": 0.9},
        {"momentum": 0.9, "alpha": 0.9, "eps": 1e-6, "optimizer": "RMSprop"},
        {"beta1": 0.8, "beta2": 0.9, "eps": 1e-6, "weight_decay": 0.1, "optimizer": "AdamW"},
        {"min_delta": 0.1, "patience": 3},
        {"warmup": 0.1, "cooldown": 0.4, "schedule": "cooldown"},
        {"momentum": 0.0, "gamma": None, "min_delta": 0.0, "optimizer": "Adam"},  # given, and off
        {"units": 3, "l1": 0.1, "clip_norm": 1.0, "loss": "mse"},
    ],
)
def test_what_acts_is_not_told(values: dict[str, Any]) -> None:
    assert without_effect(complete(values), values) == {}


def test_only_what_is_asked_for_is_told() -> None:
    config = complete({"gamma": 0.9, "power": 3})
    assert set(without_effect(config, HYPERPARAMETERS)) == {"gamma", "power"}
    assert set(without_effect(config, ["power"])) == {"power"}


def test_adafactors_pair_of_eps_is_not_this_eps() -> None:
    values = {"eps": 1e-6, "optimizer": "Adafactor"}
    assert set(without_effect(complete(values), values)) == {"eps"}
