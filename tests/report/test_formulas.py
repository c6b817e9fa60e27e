"""The formulas in a script agree with those of the training in every bit."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from luthier.hyperparameters import BATCH_SCHEDULES, SCHEDULES, complete
from luthier.records import Config
from luthier.report._formulas import Formula, batch_size, learning_rate, optimizer
from luthier.training.optimizers import make_optimizer, optimizer_names
from luthier.training.schedules import batch_size_at, lr_at

share = st.floats(0, 1)
configs = st.builds(
    complete,
    st.fixed_dictionaries(
        {
            "lr": st.floats(1e-6, 10),
            "epochs": st.integers(1, 60),
            "schedule": st.sampled_from(SCHEDULES),
            "warmup": share,
            "gamma": st.none() | st.floats(0.01, 1),
            "lr_end": share,
            "step_size": st.floats(0.01, 1),
            "power": st.floats(0.1, 5),
            "cooldown": share,
            "batch_size": st.integers(1, 512),
            "batch_schedule": st.sampled_from([name for name in BATCH_SCHEDULES if name != "noise"]),
            "batch_size_end": st.integers(1, 512),
            "batch_stages": st.integers(2, 6),
        }
    ),
)


def function(formula: Formula, arguments: str, config: Config) -> Callable[..., Any]:
    """The formula as a script defines it."""
    constants = {"math": math, "LR": config.lr, "EPOCHS": config.epochs, "BATCH_SIZE": config.batch_size}
    for name, value, _ in formula.constants:
        constants[name] = eval(value, constants)
    exec(f"def formula({arguments}):\n" + "\n".join(f"    {line}" for line in formula.lines), constants)
    made: Callable[..., Any] = constants["formula"]
    return made


@given(configs, st.floats(0, 1, exclude_max=True), st.integers(0, 3))
def test_the_learning_rate_agrees(config: Config, done: float, drops: int) -> None:
    epoch = done * config.epochs
    formula = learning_rate(config)
    if formula is None:
        assert lr_at(config, epoch) == config.lr
    elif config.schedule == "plateau":
        assert function(formula, "epoch, drops", config)(epoch, drops) == lr_at(config, epoch, drops)
    else:
        assert function(formula, "epoch", config)(epoch) == lr_at(config, epoch)


@given(configs, share)
def test_the_batch_size_agrees(config: Config, done: float) -> None:
    epoch = round(done * (config.epochs - 1))
    formula = batch_size(config)
    if formula is None:
        assert batch_size_at(config, epoch) == config.batch_size
    else:
        assert function(formula, "epoch", config)(epoch) == batch_size_at(config, epoch)


@given(configs)
def test_only_what_is_used_is_written(config: Config) -> None:
    elsewhere = {"PLATEAU_PATIENCE"}  # read by the loop, which counts the drops
    for formula in (learning_rate(config), batch_size(config)):
        if formula is not None:
            names = {name for name, _, _ in formula.constants} - elsewhere
            assert [name for name in names if name not in "\n".join(formula.lines)] == []


@pytest.mark.parametrize("name", optimizer_names())
@pytest.mark.parametrize("more", [{}, {"weight_decay": 0.1, "momentum": 0.5, "beta1": 0.7, "eps": 1e-5, "alpha": 0.9}])
def test_the_optimizer_has_the_same_settings(name: str, more: dict[str, Any]) -> None:
    config = complete({"optimizer": name.lower(), "lr": 0.02, **more})
    parameters = [torch.nn.Parameter(torch.ones(2, 2))]
    class_name, arguments, constants = optimizer(config, "cpu")
    values = {"LR": config.lr, **{c.name: eval(c.value) for c in constants}}
    made = eval(f"torch.optim.{class_name}(parameters, {', '.join(arguments)})", {**values, **globals(), **locals()})
    assert type(made).__name__ == name
    assert made.defaults == make_optimizer(config, parameters, "cpu").defaults
