import pytest
import torch
from torch import nn

from luthier.errors import ConfigError
from luthier.hyperparameters import complete
from luthier.training import optimizer_names
from luthier.training.optimizers import make_optimizer, optimizer_arguments, optimizer_class


def made(model: nn.Module | None = None, **values: object) -> torch.optim.Optimizer:
    return make_optimizer(complete(values), (model or nn.Linear(3, 2)).parameters(), "cpu")


def test_the_names_are_torchs() -> None:
    names = optimizer_names()
    assert {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam"} <= set(names)
    assert not {"LBFGS", "SparseAdam", "Optimizer"} & set(names)
    assert names == sorted(names)


@pytest.mark.parametrize("name", optimizer_names())
def test_every_optimizer_takes_the_hyperparameters_that_it_has(name: str) -> None:
    model = nn.Linear(3, 2, bias=False)
    values = {"lr": 0.2, "weight_decay": 0.1, "momentum": 0.5, "eps": 1e-3, "alpha": 0.7, "beta1": 0.6, "beta2": 0.8}
    group = made(model, optimizer=name, **values).param_groups[0]
    assert group["lr"] == 0.2
    expected = {"weight_decay": 0.1, "momentum": 0.5, "alpha": 0.7, "betas": (0.6, 0.8), "eps": 1e-3}
    pairs = {k: v for k, v in expected.items() if k in group and isinstance(v, tuple) == isinstance(group[k], tuple)}
    assert {k: group[k] for k in pairs} == pairs


def test_one_beta_leaves_the_other_at_torchs() -> None:
    assert made(optimizer="Adam", beta2=0.5).param_groups[0]["betas"] == (0.9, 0.5)
    assert made(optimizer="Adam").param_groups[0]["betas"] == (0.9, 0.999)


def test_adafactors_pair_of_eps_is_left_alone() -> None:
    assert made(optimizer="Adafactor", eps=1e-3).param_groups[0]["eps"] == (None, 1e-3)


def test_decoupled_decay_is_off_unless_asked_for() -> None:
    assert made(optimizer="AdamW").param_groups[0]["weight_decay"] == 0


@pytest.mark.parametrize("spelling", ["adamw", "ADAMW", "AdamW"])
def test_names_are_found_whatever_their_case(spelling: str) -> None:
    assert optimizer_class(spelling) is torch.optim.AdamW


@pytest.mark.parametrize("name", ["Adan", "LBFGS", "SparseAdam", "lr_scheduler", ""])
def test_an_unknown_name_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ConfigError, match=r"optimizer is .*it must be one of ASGD, Adadelta, .*SGD"):
        optimizer_class(name)


def test_what_an_optimizer_asks_of_a_model_is_told_with_its_name() -> None:
    with pytest.raises(ConfigError, match=r"Adamax, Muon \(where all parameters are matrices\), NAdam"):
        optimizer_class("nonsense")


def test_a_near_name_is_hinted_at() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'Adam'"):
        optimizer_class("Adan")


def test_muon_refuses_a_bias_in_words() -> None:
    with pytest.raises(ConfigError, match=r"torch.optim.Muon refuses this model .*2D parameters"):
        made(optimizer="Muon")


@pytest.mark.parametrize("values", [{"optimizer": "Adam", "beta1": 1.0}, {"optimizer": "NAdam", "beta2": 1.0}])
def test_a_value_that_torch_refuses_is_a_config_error(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="refuses"):
        make_optimizer(complete({}).replace(**values), nn.Linear(3, 2).parameters(), "cpu")


@pytest.mark.parametrize("model", [nn.ReLU(), nn.Linear(3, 2).requires_grad_(False)])
def test_a_model_with_nothing_to_train_is_told(model: nn.Module) -> None:
    with pytest.raises(ConfigError, match="no parameters to train"):
        made(model)


def test_the_fastest_implementation_is_chosen_where_there_is_one() -> None:
    assert optimizer_arguments(complete({"optimizer": "Adam"}))["fused"]
    assert optimizer_arguments(complete({"optimizer": "RMSprop"}))["foreach"]
