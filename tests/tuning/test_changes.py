"""What a continued study says of what is not as it was begun."""

import sys

import pytest
import torch
from torch import nn

from luthier import Options, Task, log_uniform, tune
from luthier.events import StudyOpened, Warned


@pytest.fixture
def warnings(run):
    """Begins a study, goes on as it was, then with changes; the warnings of the last run."""

    def go_on(**changes):
        heard = []
        begun = {"baseline": {"lr": 0.01}, "on_event": heard.append}
        run(budget="20 epochs", **begun)
        run(budget="30 epochs", **begun)
        assert not [e for e in heard if isinstance(e, Warned)]
        heard.clear()
        run(**{"budget": "40 epochs", **begun, **changes})
        assert isinstance(heard[0], StudyOpened)
        return [e.message for e in heard if isinstance(e, Warned)]

    return go_on


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"baseline": {"lr": 0.3}}, "your own setting is another one than when the study was begun"),
        (
            {"options": Options(precision="bfloat16")},
            "the study was trained with precision float32 so far, and goes on with bfloat16: scores of before",
        ),
        ({"seed": 3}, "the study was begun with seed 0; trainings that begin now have seed 3"),
        ({"search": "asha"}, "the study was begun with the search freeze-thaw, and goes on with asha"),
    ],
)
def test_what_is_not_as_it_was_begun_is_told(warnings, change, told):
    [message] = warnings(**change)
    assert told in message


@pytest.mark.parametrize(
    ("part", "edited"),
    [
        ("model", lambda config: sys.modules["small_tasks"].Counted(config)),
        ("metric", lambda outputs, targets: float(outputs.argmax(1).eq(targets).double().mean()) ** 2),
        ("loss", nn.CrossEntropyLoss(label_smoothing=0.1)),
    ],
)
def test_edited_code_is_told_once(load, endless, tmp_path, part, edited):
    def go_on(task, total):
        heard = []
        tune(task, endless, folder=tmp_path, budget=f"{total} epochs", on_event=heard.append)
        return [e.message for e in heard if isinstance(e, Warned)]

    def other():
        task = load("small")
        setattr(task, part, edited)
        return task

    assert go_on(load("small"), 10) == go_on(load("small"), 20) == []
    [message] = go_on(other(), 30)
    assert message.startswith("the code of the model, loss or metric was edited since the last run of this study")
    assert go_on(other(), 40) == []


class Noisy(torch.utils.data.Dataset):
    def __len__(self):
        return 40

    def __getitem__(self, i):
        return torch.randn(4), i % 2


def test_a_share_of_random_samples_is_told_once(tmp_path):
    heard = []
    task = Task(lambda config: nn.Linear(4, 2), Noisy(), 0.2, defaults={"epochs": 2, "batch_size": 8})
    tune(task, {"lr": log_uniform(1e-3, 1)}, folder=tmp_path, budget="4 epochs", on_event=heard.append)
    [message] = [e.message for e in heard if isinstance(e, Warned)]
    assert message.startswith("validation is 0.2 of a Dataset that gives other samples each time it is read")
