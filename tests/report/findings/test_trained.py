"""Faults that are planted in real trainings are named, and a good one is left in peace."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from luthier import Options, Space, Task, explain, log_uniform, tune
from luthier.errors import StudyError, UsageError
from luthier.records import Finding, Slice
from luthier.report.history import read_history
from luthier.study import Study
from luthier.task.digits import digits_train, digits_validation

Pair = tuple[Tensor, Tensor]
DEFAULTS = {"units": 32, "scale": 1.0, "epochs": 15, "lr": 0.1, "momentum": 0.9, "batch_size": 32}


def network(config: Mapping[str, Any]) -> nn.Module:
    model = nn.Sequential(nn.Linear(64, config["units"]), nn.ReLU(), nn.Linear(config["units"], 10))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(config["scale"])
    return model


def task(train: Pair | None = None, validation: Pair | None = None, **more: Any) -> Task:
    """The digits, 600 of them."""
    inputs, labels = digits_train()
    given = {"defaults": DEFAULTS, **more}
    return Task(network, train or (inputs[:600], labels[:600]), validation or digits_validation(), **given)


def study(folder: Path, made: Task, own: Mapping[str, Any], space: Space | None = None, trainings: int = 1) -> Path:
    options = Options(device="cpu", threads=1)
    budget = f"{trainings} trainings"
    tune(made, space or Space(), baseline=own, budget=budget, search="random", folder=folder, options=options)
    return folder


def found(folder: Path) -> dict[str, Finding]:
    return {finding.code: finding for finding in explain(folder)}


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"lr": 20.0, "momentum": 0.0}, "lr-too-high"),
        ({"lr": 0.0005, "momentum": 0.0}, "lr-too-low"),
        ({"scale": 0.0}, "dead-start"),
        ({"scale": 100.0, "lr": 1e-4, "momentum": 0.0}, "exploding-start"),
        ({"l1": 0.02, "momentum": 0.8, "epochs": 25}, "underfitting"),
        ({"lr": 0.05, "epochs": 5, "momentum": 0.8}, "still-improving"),
        ({"epochs": 60, "weight_decay": 0.005}, "early-stop"),
        ({"epochs": 60, "schedule": "cosine", "patience": 1}, "schedule-cut-short"),
        ({"batch_size": 600, "momentum": 0.5}, "batch-too-large"),
    ],
)
def test_a_fault_of_the_setting(tmp_path: Path, own: Mapping[str, Any], code: str) -> None:
    codes = found(study(tmp_path, task(), own))
    assert code in codes
    assert codes[code].evidence["training"] == 0


def test_a_study_notes_how_large_the_model_and_the_data_are(tmp_path: Path) -> None:
    noted = read_history(study(tmp_path, task(), {"epochs": 1}))
    assert (noted.parameters, noted.targets) == (64 * 32 + 32 + 32 * 10 + 10, 600)


def test_labels_in_another_order(tmp_path: Path) -> None:
    inputs, labels = digits_train()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    codes = found(study(tmp_path, task((inputs, labels[order])), {"epochs": 20}))
    assert "shuffled-labels" in codes
    assert codes["shuffled-labels"].evidence["chance"] == pytest.approx(0.1, abs=0.02)


def test_validation_that_was_scaled_otherwise(tmp_path: Path) -> None:
    inputs, labels = digits_validation()
    assert "data-mismatch" in found(study(tmp_path, task(validation=(1 - inputs, labels)), {}))


def test_wrong_labels_that_are_learned_by_heart(tmp_path: Path) -> None:
    inputs, labels = (part[:300].clone() for part in digits_train())
    labels[::3] = (labels[::3] + 3) % 10
    codes = found(study(tmp_path, task((inputs, labels)), {"epochs": 40, "units": 128}))
    assert "overfitting" in codes


def test_a_range_that_ends_too_low(tmp_path: Path) -> None:
    space = Space(lr=log_uniform(1e-3, 3e-2))
    codes = found(study(tmp_path, task(), {"lr": 5e-3, "epochs": 6}, space, 9))
    assert codes["range-edge"].evidence["to"] > 3e-2


@pytest.mark.parametrize("own", [{"schedule": "cosine"}, {"lr": 0.01, "optimizer": "AdamW", "schedule": "linear"}])
def test_a_good_setting_is_left_in_peace(tmp_path: Path, own: Mapping[str, Any]) -> None:
    assert set(found(study(tmp_path, task(), own))) <= {"one-training", "early-stop"}


def test_result_study_history_and_folder_give_the_same_findings(tmp_path: Path) -> None:
    made = task()
    result = tune(made, Space(), baseline={"lr": 0.0005, "momentum": 0.0}, budget="1 trainings", folder=tmp_path)
    told = explain(tmp_path)
    assert explain(result) == told
    assert explain(read_history(tmp_path)) == told
    assert [f.code for f in explain(Study.load(tmp_path))] == [f.code for f in told]  # without the chance level


def test_chinese_has_the_same_findings_in_its_own_words(tmp_path: Path) -> None:
    study(tmp_path, task(), {"lr": 20.0, "momentum": 0.0})
    english, chinese = explain(tmp_path), explain(tmp_path, lang="zh")
    assert [(f.code, f.evidence) for f in english] == [(f.code, f.evidence) for f in chinese]
    assert all("。" in f.sentence and "。" in f.next_step for f in chinese)


def test_a_study_that_another_process_begins_is_told_to_be_waited_for(tmp_path: Path) -> None:
    made = task()
    about = {"name": "t", "task": made.describe(), "space": Space().to_json()}
    with Study.open(tmp_path, **about, direction="maximize", metric="accuracy", seed=0, search="random") as writing:
        writing.begin(Slice(0, made.config(), 0, 15))
        writing.flush()
        assert [f.code for f in explain(tmp_path)] == ["nothing-finished"]


def test_no_study_and_no_such_language_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StudyError):
        explain(tmp_path / "none")
    with pytest.raises(UsageError, match="one of en, zh"):
        explain(tmp_path, lang="fr")
