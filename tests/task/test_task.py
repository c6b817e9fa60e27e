import copy
import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from luthier.errors import ConfigError, DataError, TaskError
from luthier.records import Config
from luthier.task import Task
from luthier.task.task import INTERVAL_SAMPLES

X = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
Y = torch.arange(50) % 3


def linear(config: Any) -> nn.Module:
    return nn.Linear(4, 3)


def make(model: Callable[[Any], Any] = linear, train: Any = (X, Y), validation: Any = 0.2, **more: Any) -> Task:
    more["defaults"] = {"batch_size": 8, **more.get("defaults", {})}
    return Task(model, train, validation, **more)


def test_a_config_is_completed_by_the_tasks_defaults_then_luthiers() -> None:
    task = make(lambda config: nn.Linear(4, config["units"]), defaults={"lr": 0.5, "units": 3})
    config = task.check({"epochs": 4})
    assert (config.lr, config.units, config.epochs, config.batch_size, config.optimizer) == (0.5, 3, 4, 8, "SGD")
    assert task.config({"units": 9}).units == 9
    assert task.model_defaults == {"units": 3}


def test_the_parameters_that_learn_are_counted_without_making_them() -> None:
    def half_frozen(config: Any) -> nn.Module:
        model = nn.Sequential(nn.Linear(4, 10**6), nn.Linear(10**6, 3))
        model[0].requires_grad_(False)
        return model

    task = make(half_frozen)
    assert task.parameters(task.config()) == 3 * 10**6 + 3
    lazy = make(lambda config: nn.LazyLinear(3))
    assert lazy.parameters(lazy.config()) is lazy.outline(lazy.config()) is None


def test_classification_and_regression_have_metrics_of_their_own() -> None:
    assert (make().metric_name, make().direction) == ("accuracy", "maximize")
    regression = make(lambda config: nn.Linear(4, 1), (X, X[:, :1]), loss="mse")
    assert (regression.metric_name, regression.direction) == ("loss", "minimize")
    regression.check({})


def test_a_fraction_of_the_training_data_validates() -> None:
    task = make()
    assert (len(task.train), len(task.validation)) == (40, 10)
    assert len(task.train) == 40, "it is taken off once"


@pytest.mark.parametrize("fraction", [np.float32(0.2), np.float64(0.2), Fraction(1, 5)])
def test_a_fraction_may_be_any_real_number(fraction: Any) -> None:
    task = make(validation=fraction)
    assert (len(task.train), len(task.validation)) == (40, 10)
    assert type(task.given[1]) is float


@pytest.mark.parametrize(("samples", "fraction", "told"), [(1, 0.2, "0.2 of 1 sample "), (3, 0.9, "0.9 of 3 samples ")])
def test_validation_that_leaves_nothing_to_train_on_is_told(samples: int, fraction: float, told: str) -> None:
    with pytest.raises(DataError, match=f"validation is {told}.* leaves none to train on; give more"):
        make(train=(X[:samples], Y[:samples]), validation=fraction).check({})


class Noisy(torch.utils.data.Dataset[Any]):
    def __len__(self) -> int:
        return 50

    def __getitem__(self, i: int) -> Any:
        return X[i] + torch.randn(4), Y[i]


def test_a_share_of_random_samples_is_warned_of() -> None:
    [caution] = make(train=Noisy()).cautions
    assert caution.startswith("validation is 0.2 of a Dataset that gives other samples each time it is read")
    assert make(train=Noisy(), validation=(X, Y)).cautions == make().cautions == []


@pytest.mark.parametrize(("samples", "expected"), [(50, 1), (INTERVAL_SAMPLES, 1), (INTERVAL_SAMPLES + 1, 2)])
def test_large_data_are_evaluated_within_the_epoch(samples: int, expected: int) -> None:
    rows = torch.zeros(1, 1).expand(samples, 1)
    task = make(train=(rows, torch.zeros(samples, dtype=torch.uint8)), validation=(X[:, :1], Y))
    assert task.evaluations_per_epoch == expected
    assert make(evaluations_per_epoch=4).evaluations_per_epoch == 4


# --- Building ---


@pytest.mark.parametrize(
    "builder",
    [
        lambda config: nn.Linear(4, config["units"]),
        lambda config: nn.Linear(4, config.units),
        lambda config: nn.Linear(4, config.get("units")),
        lambda config: nn.Linear(4, config.get("units", 3)),
        lambda config: nn.Linear(4, dict(config)["units"]),
        lambda config: nn.Linear(4, {**config}["units"]),
        lambda config: nn.Linear(4, config["units"] if "units" in config else 3),  # noqa: SIM401
    ],
)
def test_a_builder_may_read_its_values_in_any_way(builder: Callable[[Any], nn.Module]) -> None:
    task = make(builder)
    assert task.build(task.check({"units": 5})).out_features == 5


def test_a_builder_gets_a_mapping() -> None:
    seen: list[Any] = []

    def builder(config: Any) -> nn.Module:
        seen.append((len(config), sorted(config), config == dict(config)))
        return linear(config)

    task = make(builder)
    config = task.config()
    task.build(config)
    assert seen == [(len(config), sorted(config), True)]


@pytest.mark.parametrize("builder", [lambda config: config["units"], lambda config: config.units])
def test_a_value_that_is_missing_is_told(builder: Callable[[Any], Any]) -> None:
    with pytest.raises(TaskError, match=r"the model builder asks for 'units', which has no value; give it .*defaults"):
        make(builder).check({})


def look_up(config: Any) -> nn.Module:
    _ = "units" in config
    kinds: dict[str, nn.Module] = {}
    return kinds["cnn"]


def wrong_attribute(config: Any) -> nn.Module:
    _ = config.get("units")
    return nn.Linearr(4, 3)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("builder", "error"), [(look_up, KeyError), (wrong_attribute, AttributeError)])
def test_an_error_of_the_builders_own_is_told_as_its_own(builder: Callable[[Any], Any], error: type[Exception]) -> None:
    task = make(builder)
    with pytest.raises(error):
        task.build(task.config())
    with pytest.raises(TaskError, match=f"the model builder fails with the first setting, {error.__name__}: ") as told:
        task.check({})
    assert type(told.value.__cause__) is error


@pytest.mark.parametrize("made", [None, 3, nn.Linear])
def test_a_builder_must_make_a_module(made: Any) -> None:
    with pytest.raises(TaskError, match=r"the model builder gives \w+; it must return a torch.nn.Module"):
        make(lambda config: made).check({})


# --- What check finds ---


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": 0.1}, "unknown hyperparameter 'learning_rate'.*Did you mean 'lr'"),
        ({"unit": 3}, "unknown hyperparameter 'unit'.*reads units.*Did you mean 'units'"),
        ({"lr": -1}, "lr is -1; it must be a number, above 0"),
        ({"batch_size": 41}, "batch_size is 41, but there are 40 training samples; take fewer"),
        ({"batch_size_end": 100}, "batch_size_end is 100, but there are 40 training samples"),
        ({"optimizer": 3}, "optimizer is 3; it must be a name"),
    ],
)
def test_a_wrong_config_is_told(values: dict[str, Any], message: str) -> None:
    task = make(lambda config: nn.Linear(4, config["units"]), defaults={"units": 3})
    with pytest.raises(ConfigError, match=message):
        task.check(values)


def test_a_name_that_only_the_builder_reads_is_known() -> None:
    assert make(lambda config: nn.Linear(4, config.get("units", 3))).check({"units": 4}).units == 4


def stacked(config: Any) -> nn.Module:
    widths = [4, *(config[f"units{i}"] for i in range(config["layers"])), 3]
    return nn.Sequential(*(nn.Linear(a, b) for a, b in itertools.pairwise(widths)))


STACK = {"layers": 1, "units0": 5, "units1": 6}


def test_a_name_that_the_builders_code_can_make_is_known() -> None:
    assert make(stacked).check(STACK).units1 == 6


@pytest.mark.parametrize("name", ["unit1", "lerning_rate", "momentun", "widths", "layers2"])
def test_a_name_that_it_cannot_make_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown hyperparameter '{name}'"):
        make(stacked).check({**STACK, name: 3})


NAMES = ["units0", "units1"]  # a list's names are no part of the code


def listed(config: Any) -> nn.Module:
    return stacked({"layers": config["layers"], **{n: config[n] for n in NAMES[: config["layers"]]}})


def test_a_name_that_is_read_with_another_setting_is_known_from_then_on() -> None:
    with pytest.raises(ConfigError, match="unknown hyperparameter 'units1'"):
        make(listed).check(STACK, others=[{}])
    task = make(listed)
    task.check(STACK, others=[{"layers": 2}, {"layers": "never built"}])
    task.check(STACK)


def test_what_builds_show_comes_before_what_the_code_could_make() -> None:
    with pytest.raises(ConfigError, match="unknown hyperparameter 'units1'"):
        make(stacked).check(STACK, others=[{"units0": 2}])
    make(stacked).check(STACK, others=[{"layers": "fails"}])


def test_a_wrong_loss_in_the_config_is_told() -> None:
    with pytest.raises(TaskError, match="unknown loss 'nonsense'"):
        make().check({"loss": "nonsense"})


def test_labels_of_all_samples_are_checked_in_both_parts() -> None:
    late = Y.clone()
    late[-1] = 3
    for train, validation in (((X, late), (X, Y)), ((X, Y), (X, late))):
        with pytest.raises(TaskError, match="labels up to 3, so it needs 4 outputs or more, not 3"):
            make(train=train, validation=validation).check({})


def test_a_loss_that_nothing_can_be_learned_from_is_told() -> None:
    task = make(loss=lambda outputs, targets: nn.functional.cross_entropy(outputs.detach(), targets), metric="accuracy")
    with pytest.raises(TaskError, match="does not depend on the model's parameters"):
        task.check({})


def test_validation_data_of_another_shape_are_told() -> None:
    with pytest.raises(TaskError, match=r"cannot take inputs of shape \(8, 5\)"):
        make(validation=(torch.randn(20, 5), Y[:20])).check({})


def test_a_metric_that_does_not_fit_is_told() -> None:
    with pytest.raises(TaskError, match="does not fit the metric mse"):
        make(metric="mse").check({})
    make(metric="loss").check({})


def test_shares_of_classes_have_an_accuracy() -> None:
    make(train=(X, torch.softmax(torch.randn(50, 3), 1))).check({})


def test_a_check_gives_the_same_answer_each_time() -> None:
    """A model that begins badly now and then must not be accepted now and then."""
    answers = []
    for seed in range(4):
        torch.manual_seed(seed)
        weights: list[Tensor] = []

        def builder(config: Any, weights: list[Tensor] = weights) -> nn.Module:
            model = linear(config)
            weights.append(model.weight.detach().clone())
            return model

        make(builder).check({})
        answers.append(torch.stack(weights))
    assert all(torch.equal(answer, answers[0]) for answer in answers)


def test_bad_data_are_told() -> None:
    with pytest.raises(DataError, match="the training data has 50 inputs but 3 targets"):
        make(train=(X, Y[:3])).check({})
    with pytest.raises(DataError, match="the validation data is empty"):
        make(validation=(X[:0], Y[:0])).check({})
    with pytest.raises(DataError, match="the validation data is NoneType"):
        make(validation=None).check({})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": nn.Linear(4, 3)}, "model is Linear; give a function that builds it from a config"),
        ({"model": "resnet"}, "model is str; give a function"),
        ({"validation": 0.0}, "validation is 0.0; a fraction must lie between 0 and 1"),
        ({"validation": 1.0}, "validation is 1.0"),
        ({"validation": float("nan")}, "validation is nan"),
        ({"validation": 1}, "validation is 1; a fraction must lie between 0 and 1"),
        ({"evaluations_per_epoch": 0}, "evaluations_per_epoch is 0; it must be a whole number, 1 or more"),
        ({"evaluations_per_epoch": 2.5}, "evaluations_per_epoch is 2.5; it must be a whole number"),
        ({"metric": "kappa"}, "unknown metric 'kappa'"),
        ({"loss": "nonsense"}, "unknown loss 'nonsense'"),
    ],
)
def test_a_wrong_task_is_told_at_once(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        make(**arguments)


def test_a_wrong_default_is_told_at_once() -> None:
    with pytest.raises(ConfigError, match="lr is 'fast'"):
        make(defaults={"lr": "fast"})


# --- Description ---


def test_a_description_tells_tasks_apart() -> None:
    tasks = [make(), make(name="other"), make(train=(X + 1, Y)), make(metric="error"), make(loss=nn.MultiMarginLoss())]
    assert make().describe() == make().describe()
    assert len({str(task.describe()) for task in tasks}) == len(tasks)
    description = make().describe()
    assert (description["train"][0], description["validation"][0]) == (40, 10)


def test_a_config_of_any_mapping_is_checked() -> None:
    assert make().check(Config(lr=0.3)).lr == 0.3


def test_the_default_batch_is_no_larger_than_the_data() -> None:
    few = Task(lambda config: nn.Linear(2, 2), (torch.randn(10, 2), torch.arange(10) % 2), 0.2)
    assert few.check({}).batch_size == 8
    with pytest.raises(ConfigError, match="batch_size is 9"):
        few.check({"batch_size": 9})


SHARED = nn.Linear(4, 3)


@pytest.mark.parametrize("builder", [lambda config: SHARED, (lambda model: lambda config: model)(nn.Linear(4, 3))])
def test_a_builder_that_gives_the_same_model_each_time_is_told(builder: Callable[[Any], nn.Module]) -> None:
    with pytest.raises(TaskError, match="returns the same model each time"):
        make(builder).check({}, to_train=True)
    make(builder).check({})
    make(lambda config: copy.deepcopy(builder(config))).check({}, to_train=True)


def test_a_data_loader_is_told_where_its_data_are() -> None:
    loader = DataLoader(TensorDataset(X, Y))
    with pytest.raises(DataError, match=r"holds its Dataset in \.dataset"):
        make(train=loader).check({})


@pytest.mark.parametrize(
    ("name", "meant"),
    [("learning_rate", "lr"), ("batchsize", "batch_size"), ("epoch", "epochs"), ("momentun", "momentum")],
)
def test_a_misspelt_default_is_refused(name: str, meant: str) -> None:
    task = make(defaults={name: 3})
    with pytest.raises(ConfigError, match=f"defaults has '{name}', .* did you mean '{meant}'"):
        task.check({})


@pytest.mark.parametrize("name", ["dropout2", "temperature"])
def test_a_default_of_the_builders_own_is_not(name: str) -> None:
    def build(config: Any) -> nn.Module:
        layers = [linear(config)] if config["lr"] < 1 else [nn.Dropout(config["dropout2"]), linear(config)]
        return nn.Sequential(*layers)

    make(build, defaults={name: 0.5}).check({"lr": 0.1})
