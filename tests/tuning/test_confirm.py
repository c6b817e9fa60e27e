"""The best few again on fresh seeds."""

import json
from collections import Counter

import pytest
import torch

from luthier import Options, Space, Task, choice, confirm, load_result, log_uniform, tune
from luthier.errors import StudyError, TooManyFailures, UsageError
from luthier.events import NewBest, StudyOpened, Warned
from luthier.report.history import read_history
from luthier.report.tested import read_tested


@pytest.fixture
def searched(task, tmp_path):
    """A study of eight trainings of three epochs, in the folder that is given."""
    space = Space(lr=log_uniform(1e-3, 1), batch_size=choice(16, 32), epochs=3)
    tune(task, space, budget="8 trainings", search="random", baseline={"epochs": 3}, folder=tmp_path / "study")
    return tmp_path / "study"


def confirming(folder):
    return [t for t in read_history(folder).trainings if t.confirms is not None]


def test_the_best_and_the_baseline_run_on_fresh_seeds_and_do_not_compete(searched):
    before = load_result(searched)
    result = confirm(searched, top=2, seeds=3)
    again = confirming(searched)
    counts = Counter(t.confirms for t in again)
    assert set(counts.values()) == {3}
    assert {before.best.training, 0} <= set(counts)
    assert len(counts) in (2, 3)
    assert all(t.seed not in {c.seed for c in read_history(searched).competing} for t in again)
    assert [t.confirms for t in again[: len(counts)]] == list(counts), "one seed of each after the other"
    after = load_result(searched)
    assert after.best.training == before.best.training
    assert result.recommendation.confirmed is not None
    assert result.weights == searched / "confirmed" / "best" / "model.pt"
    assert torch.load(result.weights, weights_only=True).keys() == before.best.load_model().state_dict().keys()
    assert result.tested is None


def test_the_same_call_trains_nothing_and_says_the_same_and_more_seeds_add(searched):
    first = confirm(searched, top=1, seeds=2)
    events = []
    second = confirm(searched, top=1, seeds=2, on_event=events.append)
    assert [type(e) for e in events] == [StudyOpened, NewBest]
    assert second.recommendation == first.recommendation
    assert len(confirming(searched)) == 4
    confirm(searched, top=1, seeds=3)
    assert Counter(Counter(t.confirms for t in confirming(searched)).values()) == {3: 2}


def test_other_threads_than_the_search_had_are_no_longer_one_number(task, tmp_path):
    space, one = Space(lr=log_uniform(1e-3, 1), epochs=1), Options(threads=1)
    tune(task, space, budget="2 trainings", search="random", options=one, folder=tmp_path)
    confirm(tmp_path, task, top=1, seeds=2, options=one)
    assert read_history(tmp_path).options["threads"] == 1
    heard = []
    confirm(
        tmp_path,
        task,
        top=1,
        seeds=3,
        options=Options(threads=2, precision="bfloat16"),
        workers=1,
        on_event=heard.append,
    )
    assert read_history(tmp_path).options == {"precision": None, "compile": False, "threads": None}
    [warned] = [e.message for e in heard if isinstance(e, Warned)]
    assert warned.startswith("the study was trained with precision float32 so far, and goes on with bfloat16")


def test_what_was_stopped_goes_on_to_the_same_result(searched, task, tmp_path):
    whole = tmp_path / "whole"
    space = Space(lr=log_uniform(1e-3, 1), batch_size=choice(16, 32), epochs=3)
    tune(task, space, budget="8 trainings", search="random", baseline={"epochs": 3}, folder=whole)
    asked = []
    stopped = confirm(searched, top=2, seeds=2, stop=lambda: asked.append(0) or len(asked) > 5)
    assert stopped.interrupted
    assert stopped.weights is None
    assert 0 < sum(len(t.curve) for t in confirming(searched)) < 18
    resumed, straight = confirm(searched, top=2, seeds=2), confirm(whole, top=2, seeds=2)
    scores = [{c.training.number: c.scores for c in r.recommendation.candidates} for r in (resumed, straight)]
    assert scores[0] == scores[1]


def test_test_data_is_looked_at_once(tmp_path):
    generator = torch.Generator().manual_seed(0)
    data = torch.randn(80, 4, generator=generator), torch.randint(0, 2, (80,), generator=generator)
    looked = []

    class Held(torch.utils.data.Dataset):
        def __len__(self):
            return 20

        def __getitem__(self, index):
            looked.append(index)
            return data[0][index], data[1][index]

    task = Task(lambda c: torch.nn.Linear(4, 2), data, test=Held(), name="held", defaults={"epochs": 2})
    tune(task, {"lr": log_uniform(1e-3, 1), "epochs": 2}, budget="3 trainings", folder=tmp_path)
    assert looked == []
    first = confirm(tmp_path, task, seeds=2)
    touched = len(looked)
    assert touched > 0
    assert (first.tested.samples, first.tested.looks) == (20, 1)
    again = confirm(tmp_path, task, seeds=2)
    assert again.tested == first.tested == read_tested(tmp_path)
    assert len(looked) == touched
    document = json.loads((tmp_path / "confirmed" / "test.json").read_text())
    (tmp_path / "confirmed" / "test.json").write_text(json.dumps({**document, "repetition": 99}))
    assert confirm(tmp_path, task, seeds=2).tested.looks == 2, "another setting was tested before: it is told"


def test_a_task_that_cannot_be_trained_any_more_ends_it_and_leaves_no_verdict(searched, tasks, monkeypatch):
    def broken(self, inputs):
        raise ValueError("the disk was unplugged")

    monkeypatch.setattr(tasks.Counted, "act", broken)
    monkeypatch.setattr("luthier.tuning.source.load_task", lambda *_: tasks.small())
    with pytest.raises(TooManyFailures, match="the disk was unplugged"):
        confirm(searched, seeds=2)
    monkeypatch.undo()
    result = confirm(searched, top=1, seeds=2)
    assert all(c.failed == 0 for c in result.recommendation.candidates)
    assert result.recommendation.confirmed is not None


@pytest.mark.parametrize(("more", "told"), [({"seeds": 1}, "seeds from 2"), ({"top": 0}, "top must be 1 or more")])
def test_numbers_out_of_range_are_one_sentence(searched, more, told):
    with pytest.raises(UsageError, match=told):
        confirm(searched, **more)


def test_without_a_study_or_its_task_it_says_so(tmp_path, task):
    with pytest.raises(StudyError, match="there is no study"):
        confirm(tmp_path)
    plain = Task(task.model, *task.given, name="object", defaults=task.defaults)
    tune(plain, {"lr": log_uniform(1e-3, 1), "epochs": 1}, budget="1 trainings", folder=tmp_path)
    with pytest.raises(StudyError, match=r"give it: luthier.confirm\(folder, task\)"):
        confirm(tmp_path)
