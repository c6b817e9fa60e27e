import math
import shutil
from pathlib import Path

import optuna
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from luthier.errors import StudyError
from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status
from luthier.space import Space, choice, integer, log_uniform
from luthier.study import Study
from luthier.study._trials import holding

CONFIG = Config(lr=0.1, batch_size=32, optimizer="SGD", epochs=8, momentum=0.9)


def point(epoch, metric, val_loss=0.5):
    return Point(epoch, 0.6, val_loss, metric, 0.1, 32, 0.01)


def cut(training, start=0.0, stop=2.0, config=CONFIG, **more):
    return Slice(training, config, start, stop, **more)


def result(slice_, *metrics, status=Status.DONE, message=""):
    points = tuple(point(slice_.start + i, m) for i, m in enumerate(metrics, 1))
    return SliceResult(slice_, points, Outcome(status, message), 0.25)


def run(study, slice_, *metrics, **more):
    study.begin(slice_)
    came_back = result(slice_, *metrics, **more)
    study.add_result(came_back, len(study.results()) + 1.0)
    return came_back


GIVEN_TASK = {"name": "digits", "data": "0123", "classes": [0, 1]}


def space(**changes):
    given = {"lr": log_uniform(1e-3, 1), "batch_size": integer(16, 256, log=True), "optimizer": choice("SGD", "Adam")}
    return Space({**given, "epochs": 8, **changes}).to_json()


def trial(study, number):
    return study.optuna_study.get_trials()[number]


def test_a_training_is_a_trial_with_its_values_and_config(opened_anywhere):
    study = opened_anywhere()
    study.begin(cut(0, seed=7, note={"rung": 1}))
    study.add_point(0, 1, point(1, 0.5))
    found = trial(study, 0)
    assert found.state == TrialState.RUNNING
    assert found.params == {"lr": 0.1, "batch_size": 32, "optimizer": "SGD"}
    assert found.distributions["lr"] == FloatDistribution(1e-3, 1, log=True)
    assert found.user_attrs["config"] == dict(CONFIG)
    assert (found.user_attrs["seed"], found.user_attrs["note"]) == (7, {"rung": 1})
    assert found.intermediate_values == {1: 0.5}
    assert study.optuna_study.metric_names == ["accuracy"]


def test_a_continued_study_gives_back_its_results_in_their_order(opened_anywhere):
    study = opened_anywhere()
    expected = [
        run(study, cut(0), 0.5, 0.6),
        run(study, cut(1, note={"bracket": [1, 2]}, seed=3), 0.7, math.inf),
        run(study, cut(0, 2, 4), 0.65, 0.7),
    ]
    study.close()
    again = opened_anywhere()
    assert again.results() == expected
    assert again.spent_seconds == 3.0
    assert (again.pending(), again.ended()) == ([], set())
    expected.append(run(again, cut(1, 2, 4), 0.8, 0.9))
    again.close()
    assert opened_anywhere.load().results() == expected
    assert trial(opened_anywhere(), 1).intermediate_values == {1: 0.7, 3: 0.8, 4: 0.9}


@pytest.mark.parametrize(
    ("status", "metrics", "state", "value"),
    [
        (Status.DONE, (0.5, 0.9, 0.8), TrialState.COMPLETE, 0.9),
        (Status.STOPPED, (0.5, math.nan), TrialState.COMPLETE, 0.5),
        (Status.DONE, (math.nan,), TrialState.FAIL, None),
        (None, (0.5, 0.4), TrialState.PRUNED, 0.4),
        (Status.DIVERGED, (0.5, math.nan), TrialState.PRUNED, 0.5),
        (Status.DIVERGED, (math.nan,), TrialState.FAIL, None),
        (Status.DIVERGED, (), TrialState.FAIL, None),
        (Status.FAILED, (0.5,), TrialState.FAIL, None),
        (Status.OUT_OF_MEMORY, (), TrialState.FAIL, None),
    ],
)
def test_how_a_training_ends(opened_anywhere, status, metrics, state, value):
    study = opened_anywhere()
    run(study, cut(0), *metrics, status=status or Status.DONE)
    study.end(0, status, "why")
    study.end(0, Status.FAILED, "again")
    found = trial(study, 0)
    assert (found.state, found.value, found.user_attrs["message"]) == (state, value, "why")
    assert study.ended() == {0}


def test_the_best_metric_is_the_smallest_when_it_is_minimized(opened):
    study = opened(direction="minimize", metric="loss")
    run(study, cut(0), 0.5, 0.2, 0.3)
    study.end(0, Status.DONE)
    assert study.optuna_study.best_value == 0.2


def test_values_of_a_lost_slice_stay_and_are_not_doubled(opened):
    study = opened()
    run(study, cut(0), 0.5, 0.6)
    study.begin(cut(0, 2, 4))
    study.add_point(0, 3, point(3, 0.7))
    study.close()
    again = opened()
    assert again.pending() == [cut(0, 2, 4)]
    assert len(again.results()) == 1
    again.begin(cut(0, 2, 4))
    again.add_point(0, 3, point(3, 0.7))
    again.add_point(0, 4, point(4, 0.8))
    again.add_result(result(cut(0, 2, 4), 0.7, 0.8), 2.0)
    assert again.pending() == []
    assert trial(again, 0).intermediate_values == {1: 0.5, 2: 0.6, 3: 0.7, 4: 0.8}


def test_a_training_that_was_over_when_the_process_died_ends_when_it_is_continued(opened):
    study = opened()
    run(study, cut(0, 0, 8), *[0.1 * i for i in range(1, 9)])
    run(study, cut(1), 0.1, status=Status.FAILED, message="no such layer")
    run(study, cut(2), 0.1)
    study.close()
    assert opened.load().ended() == {0, 1}
    again = opened()
    assert again.ended() == {0, 1}
    states = [t.state for t in again.optuna_study.get_trials()]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.RUNNING]
    assert trial(again, 1).user_attrs["message"] == "no such layer"


def test_calls_that_make_no_sense(opened):
    study = opened()
    with pytest.raises(ValueError, match="training 1 cannot begin before training 0"):
        study.begin(cut(1))
    study.begin(cut(0))
    with pytest.raises(ValueError, match=r"training 0 was begun as .*lr=0.1"):
        study.begin(cut(0, config=CONFIG.replace(lr=0.2)))
    study.end(0)
    with pytest.raises(ValueError, match="training 0 has ended"):
        study.add_point(0, 1, point(1, 0.5))
    study.close()
    study.close()
    with pytest.raises(StudyError, match="this study is closed, or was opened to be read"):
        study.begin(cut(1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": {"name": "mnist", "classes": [0, 1]}}, "the task's data is not given, in the study it is 0123"),
        ({"task": {**GIVEN_TASK, "name": "mnist"}}, "the task's name is mnist, in the study it is digits"),
        ({"space": space(batch_size=32)}, "batch_size is 32, in the study it is 16 to 256 \\(log\\)"),
        ({"space": space(lr=log_uniform(0.01, 1))}, r"lr is 0.01 to 1 \(log\), in the study it is 0.001 to 1 \(log\)"),
        ({"space": space(epochs=9)}, "epochs is 9, in the study it is 8"),
        ({"space": space(momentum=0.9)}, "momentum is 0.9, in the study it is not given"),
        ({"space": space(lr=FloatDistribution(1e-3, 1))}, r"lr is 0.001 to 1, in the study it is 0.001 to 1 \(log\)"),
        ({"metric": "f1"}, "the metric is f1, in the study it is accuracy"),
        ({"direction": "minimize"}, "the direction is minimize, in the study it is maximize"),
    ],
)
def test_another_study_cannot_be_continued_and_the_message_says_why(opened, change, words):
    opened().close()
    with pytest.raises(
        StudyError, match=f"^study 'digits' in .* cannot be continued: {words}; give what it was begun with"
    ):
        opened(**change)
    opened()  # and nothing was left locked


def test_search_and_seed_may_change_and_the_first_are_kept(opened):
    opened().close()
    assert opened(search="tpe", seed=5).description.seed == 0


def test_a_newer_format_is_refused(opened):
    study = opened()
    study.optuna_study.set_user_attr("luthier:format", 2)
    study.close()
    with pytest.raises(StudyError, match="has format 2, this Luthier reads up to 1; upgrade it with: pip"):
        opened()
    with pytest.raises(StudyError, match="format 2"):
        opened.load()


def test_a_folder_holds_one_study(opened):
    opened().close()
    with pytest.raises(StudyError, match="holds study 'digits', not 'other'; give that name or another folder"):
        opened(name="other")


def test_a_study_of_another_tool_is_refused(opened, tmp_path):
    url = f"sqlite:///{tmp_path}/o.db"
    optuna.create_study(storage=url, study_name="digits").add_trial(optuna.create_trial(value=1.0))
    with pytest.raises(StudyError, match=r"study 'digits' in .*o.db was not made by Luthier; choose another"):
        opened(storage=url)


def test_a_trial_of_another_tool_is_refused(opened):
    study = opened()
    study.optuna_study.enqueue_trial({"lr": 0.1})
    study.close()
    with pytest.raises(StudyError, match="trial 0 was not made by Luthier"):
        opened()


def test_two_processes_cannot_write_to_one_folder(opened):
    opened()
    with pytest.raises(StudyError, match="is in use by another process; wait until it ends"):
        opened()
    assert opened.load().results() == []


def test_nothing_to_load(tmp_path):
    with pytest.raises(
        StudyError, match=r"there is no study in .*: it holds no study.journal; .* with --storage the URL"
    ):
        Study.load(tmp_path / "none")
    (tmp_path / "task.json").write_text('{"storage": "sqlite:///p.db"}')
    with pytest.raises(
        StudyError, match=r"the study in .* is kept in sqlite:///p.db; give its URL, too: --storage URL"
    ):
        Study.load(tmp_path)


def test_load_picks_by_name(opened, tmp_path):
    url = f"sqlite:///{tmp_path}/two.db"
    opened(storage=url).close()
    opened(storage=url, name="second", metric="f1").close()
    assert Study.load(url, "second").description.metric == "f1"
    with pytest.raises(
        StudyError, match=r"no study was named in .*; it holds 'digits', 'second'; give the folder of the one"
    ):
        Study.load(url)
    with pytest.raises(StudyError, match=r"there is no study 'third' in .*; it holds 'digits', 'second'"):
        Study.load(url, "third")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "storage nonsense cannot be opened: .*; give an Optuna URL such as sqlite:///study.db"),
        ("oracle://me:secret@host/db", "storage oracle://host/db needs a driver that is not installed"),
        ("sqlite:////proc/none/study.db", "storage sqlite:////proc/none/study.db cannot be opened: .*unable to open"),
    ],
)
def test_a_bad_url(opened, url, words):
    with pytest.raises(StudyError, match=words) as caught:
        opened(storage=url)
    assert "secret" not in str(caught.value)


def test_an_unusable_folder(opened, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match=r"nothing can be written in folder .*file/study \(Not a directory\); choose"):
        opened(folder=tmp_path / "file" / "study")


def test_a_file_that_is_no_journal(opened, tmp_path):
    (tmp_path / "study.journal").write_text("1\n2\n")
    with pytest.raises(StudyError, match=r"the study in .* cannot be opened: "):
        opened()


def test_optuna_stays_as_it_was(opened, capfd):
    level = optuna.logging.get_verbosity()
    opened()
    assert optuna.logging.get_verbosity() == level
    assert capfd.readouterr() == ("", "")


def test_a_value_outside_its_range_is_kept(opened):
    study = opened()
    outside = CONFIG.replace(lr=3.0, batch_size=8, optimizer="RMSprop")
    run(study, cut(0, config=outside), 0.5)
    found = trial(study, 0)
    assert found.params == {"lr": 3.0, "batch_size": 8}
    assert (found.distributions["lr"].low, found.distributions["lr"].high) == (1e-3, 3.0)
    assert found.user_attrs["config"] == dict(outside)
    study.close()
    assert opened.load().results()[0].slice.config == outside


RANGES = st.sampled_from([log_uniform(1e-3, 1), FloatDistribution(-1, 1), FloatDistribution(0, 1, step=0.25)]) | (
    st.sampled_from([integer(2, 8), integer(1, 64, log=True), choice("SGD", None, True, 2)])
)
VALUES = st.floats(width=32) | st.integers(-100, 100) | st.sampled_from(["SGD", "x", None, True, False])


@examples(RANGES, VALUES)
def test_optuna_takes_any_value_in_the_range_found_for_it(range_, value):
    found = holding(range_, value)
    if found is not None:
        made = optuna.create_trial(state=TrialState.RUNNING, params={"x": value}, distributions={"x": found})
        assert made.params["x"] == value


@pytest.mark.parametrize(("range_", "value"), [(log_uniform(1e-3, 1), 0.0), (integer(2, 8), 2.5), (choice(1, 2), 3)])
def test_what_no_range_can_hold(range_, value):
    assert holding(range_, value) is None


FINITE = st.floats(allow_nan=False)


@examples(
    st.lists(st.tuples(st.integers(0, 3), st.lists(FINITE, max_size=3), st.sampled_from(Status)), max_size=8),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.lists(FINITE), max_size=2),
)
def test_any_results_come_back(tmp_path_factory, rows, note):
    folder = tmp_path_factory.mktemp("study")
    about = {
        "name": "n",
        "task": {},
        "space": space(),
        "direction": "maximize",
        "metric": "m",
        "seed": 0,
        "search": "s",
    }
    trainings = {}
    expected = []
    with Study.open(folder, **about) as study:
        for training, metrics, status in rows:
            number = trainings.setdefault(training, len(trainings))
            if number not in study.ended():
                expected.append(run(study, cut(number, note=note), *metrics, status=status, message="m"))
                if status.final:
                    study.end(number, status)
    assert Study.load(folder).results() == expected


def test_a_study_of_format_1_can_be_continued(opened, tmp_path):
    shutil.copy(Path(__file__).parent / "format-1" / "study.journal", tmp_path)
    assert opened.load().description.task == {"name": "digits", "data": "0123", "classes": [0, 1]}
    study = opened()
    done, failed = cut(0, note={"rung": 1}), cut(1, seed=5)
    assert study.results() == [result(done, 0.5, 0.6), result(failed, math.inf, status=Status.FAILED, message="no")]
    assert (study.ended(), study.pending(), study.spent_seconds) == ({1}, [cut(0, 2, 4)], 2.0)


def test_a_branch_counts_its_evaluations_from_where_it_began(opened):
    study = opened()
    origin = cut(0, stop=1.5)
    run(study, origin, 0.1)
    branch = cut(1, start=1.5, stop=3.0, config=CONFIG.replace(lr=0.2), origin=origin)
    study.begin(branch)
    study.add_point(1, 4, point(2.0, 0.2))  # two evaluations in each epoch
    points = tuple(point(epoch, 0.1 * epoch) for epoch in (2.0, 2.5, 3.0))
    study.add_result(SliceResult(branch, points, Outcome(Status.DONE)), 1.0)
    rest = cut(1, start=3.0, stop=4.0, config=branch.config, origin=origin)
    study.begin(rest)
    study.add_result(SliceResult(rest, (point(3.5, 0.3), point(4.0, 0.4)), Outcome(Status.DONE)), 2.0)
    assert sorted(trial(study, 1).intermediate_values) == [4, 5, 6, 7, 8]
    assert opened.load().results()[-1].slice == rest
