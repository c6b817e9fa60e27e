import itertools

import pytest
import torch
from torch import nn

from luthier import Options, Space, Task, choice, integer, log_uniform, uniform
from luthier.errors import ConfigError, SpaceError, TaskError
from luthier.tuning.setup import check_options, prepare


def test_an_unknown_name_of_the_baseline_comes_with_a_hint(task):
    with pytest.raises(ConfigError, match=r"unknown hyperparameter 'learning_rate'.*Did you mean 'lr'\?"):
        prepare(task, None, {"learning_rate": 0.1})


@pytest.mark.parametrize("what", [log_uniform(1e-3, 1), choice(0.1, 1), 0.1])
def test_an_unknown_name_of_the_space_comes_with_a_hint(task, what):
    with pytest.raises(ConfigError, match=r"unknown hyperparameter 'unit'.*reads units.*Did you mean 'units'\?"):
        prepare(task, {"unit": what}, None)


@pytest.mark.parametrize("range_", [integer(16, 200), choice(16, 161), choice("16", "161")])
@pytest.mark.parametrize("name", ["batch_size", "batch_size_end"])
def test_a_batch_may_not_be_larger_than_the_data(task, name, range_):
    with pytest.raises(ConfigError, match=rf"{name} may be up to (161|200), but there are 160 training samples"):
        prepare(task, {name: range_}, None)


@pytest.mark.parametrize("baseline", [None, {"batch_size": 16}])
def test_a_fixed_batch_may_not_be_larger_than_the_data(task, baseline):
    with pytest.raises(ConfigError, match="batch_size is 161, but there are 160 training samples"):
        prepare(task, {"batch_size": 161}, baseline)


@pytest.mark.parametrize("range_", [choice(None), choice(None, 160), integer(16, 160, log=True)])
def test_batches_up_to_all_data_are_allowed(task, range_):
    assert prepare(task, {"batch_size_end": range_}, None).space["batch_size_end"] == range_


def test_an_optimizer_that_torch_does_not_have(task):
    for space, baseline in [
        ({"optimizer": choice("SGD", "Adamm")}, None),
        ({"optimizer": "Adamm"}, {"optimizer": "SGD"}),
        (None, {"optimizer": "Adamm"}),
    ]:
        with pytest.raises(ConfigError, match=r"optimizer is 'Adamm'.*Did you mean 'Adam'"):
            prepare(task, space, baseline)


def test_a_loss_that_torch_does_not_have(task):
    with pytest.raises(TaskError, match="unknown loss 'crossentropi'"):
        prepare(task, {"loss": choice("CrossEntropyLoss", "crossentropi")}, None)


@pytest.mark.parametrize(
    ("range_", "middle"),
    [
        (uniform(1.0, 3.0), 2.0),
        (log_uniform(0.01, 1.0), 0.1),
        (integer(2, 9), 6),
        (integer(2, 32, log=True), 8),
        (choice("b", "a"), "b"),
    ],
)
def test_a_name_without_a_default_starts_in_the_middle_of_its_range(range_, middle):
    def model(config):
        return nn.Linear(8, 3 if config["size"] else 1)

    task = Task(model, (torch.zeros(100, 8), torch.arange(100) % 3))
    setup = prepare(task, {"size": range_}, None)
    assert setup.baseline["size"] == pytest.approx(middle)
    assert type(setup.baseline["size"]) is type(middle)
    assert prepare(task, {"size": range_}, {"size": 1}).baseline["size"] == 1


def test_without_default_or_range_the_builder_tells_what_is_missing():
    task = Task(lambda config: nn.Linear(8, config["size"]), (torch.zeros(100, 8), torch.arange(100) % 3))
    with pytest.raises(TaskError, match="the model builder asks for 'size', which has no value"):
        prepare(task, {}, None)


def test_a_default_is_the_start_though_the_space_varies_it(task):
    assert prepare(task, {"units": integer(2, 99), "lr": log_uniform(1e-3, 1)}, None).baseline.units == 8


def test_what_the_user_sets_holds_for_all_unless_the_space_names_it(task):
    setup = prepare(task, {"lr": log_uniform(1e-3, 1), "epochs": 5}, {"lr": 0.5, "momentum": 0.5, "epochs": 7})
    assert (setup.baseline.lr, setup.baseline.momentum, setup.baseline.epochs) == (0.5, 0.5, 7)
    other = setup.complete({"lr": 0.01})
    assert (other.lr, other.momentum, other.epochs) == (0.01, 0.5, 5)
    assert setup.max_epochs == 7


def test_what_the_user_sets_holds_against_the_default_space(task):
    setup = prepare(task, None, {"epochs": 4, "lr": 0.5})
    assert setup.space.fixed["epochs"] == 4
    assert (setup.complete({"lr": 0.1}).epochs, setup.complete({"lr": 0.1}).lr, setup.max_epochs) == (4, 0.1, 4)
    assert "lr" in setup.space.sources


def test_a_complete_config_is_the_same_completed_again(task, endless):
    setup = prepare(task, endless, {"momentum": 0.5})
    assert setup.complete(setup.baseline) == setup.baseline


def test_a_space_is_checked(task):
    with pytest.raises(SpaceError, match="the range of lr"):
        prepare(task, {"lr": uniform(-1, 1)}, None)
    assert prepare(task, Space(lr=0.1), None).baseline.lr == 0.1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(device="cuda:99"), "device is 'cuda:99', which cannot be used here"),
        (Options(precision="float8"), "precision is 'float8'; it must be one of float32, bfloat16"),  # type: ignore[arg-type]
    ],
)
def test_options_that_no_training_can_have(task, options, message):
    with pytest.raises(ConfigError, match=message):
        check_options(prepare(task, None, None), options, 0)


def test_values_that_the_optimizer_refuses(task):
    setup = prepare(task, None, {"optimizer": "Muon"})
    with pytest.raises(ConfigError, match=r"torch.optim.Muon refuses"):
        check_options(setup, Options(), 0)


@pytest.mark.parametrize("optimizer", [choice("SGD", "Muon"), "Muon"])
def test_an_optimizer_of_the_space_that_refuses_the_model(task, optimizer):
    with pytest.raises(ConfigError, match=r"torch.optim.Muon refuses this model .*2D parameters"):
        check_options(prepare(task, {"optimizer": optimizer}, {"optimizer": "SGD"}), Options(), 0)
    check_options(prepare(task, {"optimizer": choice("SGD", "RMSprop")}, None), Options(), 0)


def stacked(config):
    widths = [4, *(config[f"units{i}"] for i in range(config["layers"])), 3]
    return nn.Sequential(*(nn.Linear(a, b) for a, b in itertools.pairwise(widths)))


def test_names_that_only_some_settings_read_are_known():
    task = Task(stacked, (torch.randn(20, 4), torch.arange(20) % 3), 0.2)
    space = {"layers": integer(1, 3), **{f"units{i}": integer(4, 8) for i in range(3)}}
    assert prepare(task, space, None).baseline.layers == 2
    with pytest.raises(ConfigError, match="unknown hyperparameter 'units3'"):
        prepare(task, {**space, "units3": integer(4, 8)}, None)
