"""A study that is continued with a wider space."""

import pytest

from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.space import Space, choice, integer, log_uniform, uniform
from luthier.study._wider import wider

BEFORE = Space(lr=log_uniform(1e-3, 1), units=integer(16, 64), momentum=0.9, optimizer=choice("SGD", "Adam"), epochs=8)
BOTH = {**BEFORE, **BEFORE.fixed}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, set()),
        ({"lr": log_uniform(1e-3, 3)}, {"lr"}),
        ({"lr": log_uniform(1e-4, 1), "units": integer(8, 64)}, {"lr", "units"}),
        ({"momentum": uniform(0.5, 0.99)}, {"momentum"}),
        ({"weight_decay": log_uniform(1e-6, 1e-2)}, {"weight_decay"}),
        ({"epochs": integer(4, 16)}, {"epochs"}),
        ({"lr": log_uniform(1e-2, 3)}, set()),
        ({"lr": log_uniform(1e-4, 0.5)}, set()),
        ({"lr": uniform(1e-4, 3)}, set()),
        ({"units": integer(8, 64, log=True)}, set()),
        ({"momentum": uniform(0.0, 0.5)}, set()),
        ({"momentum": 0.8, "weight_decay": 0.1}, set()),
        ({"optimizer": choice("Adam", "SGD", "AdamW")}, {"optimizer"}),
        ({"optimizer": choice("SGD", "AdamW")}, set()),
        ({"optimizer": "SGD"}, set()),
    ],
)
def test_what_holds_all_that_was_there_is_wider(change, names):
    assert wider(BEFORE.to_json(), Space({**BOTH, **change}).to_json()) == names


def test_a_study_goes_on_with_a_wider_range_and_keeps_what_it_has(opened_anywhere):
    study = opened_anywhere(space=BEFORE.to_json())
    study.add_sources({"lr": "a book", "units": "a paper"})
    old = SliceResult(_cut(0, lr=0.5), (Point(1, 1, 1, 0.5, 0.5, 32, 1.0),), Outcome(Status.DONE))
    study.begin(old.slice)
    study.add_result(old, 1.0)
    study.close()
    space = Space({**BOTH, "lr": log_uniform(1e-3, 3)}).to_json()
    again = opened_anywhere(space=space)
    assert again.results() == [old]
    assert again.description.space == space
    again.add_sources({"lr": "another book", "units": "another paper"})
    assert again.sources == {"lr": "another book", "units": "a paper"}
    again.begin(_cut(1, lr=2.5))
    again.close()
    assert [t.params["lr"] for t in opened_anywhere(space=space).optuna_study.trials] == [0.5, 2.5]


def test_a_study_goes_on_with_more_choices(opened_anywhere):
    opened_anywhere(space=BEFORE.to_json()).close()
    for number, names in enumerate([("SGD", "Adam"), ("SGD", "Adam", "AdamW"), ("SGD", "Adam", "AdamW", "RMSprop")]):
        space = Space({**BOTH, "optimizer": choice(*names)}).to_json()
        study = opened_anywhere(space=space)
        study.begin(_cut(number, 0.1, names[number]))
        study.begin(_cut(number, 0.1, names[number]))
        study.close()
    last = opened_anywhere(space=space)
    assert [cut.config.optimizer for cut in last.pending()] == ["SGD", "Adam", "AdamW"]
    assert [t.params.get("optimizer") for t in last.optuna_study.trials] == ["SGD", "Adam", None]


def _cut(number, lr, optimizer="SGD"):
    return Slice(number, Config(lr=lr, units=32, momentum=0.9, optimizer=optimizer, epochs=8), 0, 1)
