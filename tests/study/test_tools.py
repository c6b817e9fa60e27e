"""Optuna's own tools read a study while it is written."""

import io
import json

import optuna
import pytest
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from luthier.records import Config, Outcome, Point, Slice, SliceResult, Status


@pytest.fixture
def study(opened):
    return filled(opened())


def filled(made):
    """Seven trainings: one with values outside the ranges, one given up, one diverged without a value, one live."""
    for number in range(7):
        config = Config(lr=0.01 * 2**number, batch_size=16 + number, optimizer=("SGD", "Adam")[number % 2], epochs=3)
        if number == 0:
            config = config.replace(lr=5.0, optimizer="RMSprop")
        cut = Slice(number, config, 0, 3)
        made.begin(cut)
        metrics = [] if number == 5 else [0.1 * number + 0.1 * i for i in range(3)]
        points = tuple(Point(i + 1, 0.6, 0.5, metric, 0.1, 16, 0.01) for i, metric in enumerate(metrics))
        status = Status.DIVERGED if number == 5 else Status.DONE
        if number < 6:
            made.add_result(SliceResult(cut, points, Outcome(status), 0.1), number)
            made.end(number, None if number == 4 else status)
        else:
            made.add_point(number, 1, points[0])
    made.flush()
    return made


PLOTS = optuna.visualization
#: Optuna leaves a trial with a range of its own out of that parameter's importance, and says so.
FEW = pytest.mark.filterwarnings("ignore:Some regimes for parameter")


@pytest.mark.parametrize(
    "plot",
    [
        PLOTS.plot_contour,
        PLOTS.plot_edf,
        PLOTS.plot_intermediate_values,
        PLOTS.plot_optimization_history,
        PLOTS.plot_parallel_coordinate,
        PLOTS.plot_rank,
        PLOTS.plot_slice,
        PLOTS.plot_timeline,
    ],
)
def test_plots(study, plot):
    assert plot(study.optuna_study).data


def test_what_the_plots_show(study):
    lines = PLOTS.plot_intermediate_values(study.optuna_study).data
    assert {line.name: tuple(line.x) for line in lines} == {f"Trial{n}": (1, 2, 3) for n in range(5)} | {"Trial6": (1,)}
    history = PLOTS.plot_optimization_history(study.optuna_study).data[0]
    assert tuple(history.x) == (0, 1, 2, 3)
    assert tuple(history.y) == pytest.approx((0.2, 0.3, 0.4, 0.5))


@FEW
def test_importances(study):
    bars = PLOTS.plot_param_importances(study.optuna_study).data[0]
    assert set(bars.y) == {"lr", "batch_size", "optimizer"}


@FEW
def test_the_dashboard_shows_it(opened_anywhere):
    optuna_dashboard = pytest.importorskip("optuna_dashboard")
    filled(opened_anywhere())
    storage = optuna_storage(opened_anywhere.where)
    app = optuna_dashboard.wsgi(storage)
    summary = get(app, "/api/studies")["study_summaries"][0]
    assert summary["study_name"] == "digits"
    detail = get(app, f"/api/studies/{summary['study_id']}")
    assert [t["state"] for t in detail["trials"]] == ["Complete"] * 4 + ["Pruned", "Fail", "Running"]
    assert detail["trials"][6]["intermediate_values"] == [{"step": 1, "value": pytest.approx(0.6)}]
    importances = get(app, f"/api/studies/{summary['study_id']}/param_importances")["param_importances"][0]
    assert {entry["name"] for entry in importances} == {"lr", "batch_size", "optimizer"}
    if isinstance(storage, RDBStorage):
        storage.engine.dispose()


def optuna_storage(where):
    """Optuna's own storage for a URL or a study's folder."""
    if "://" in where:
        return RDBStorage(where.replace("postgresql:", "postgresql+psycopg:"))
    return JournalStorage(JournalFileBackend(f"{where}/study.journal"))


def get(app, path):
    """What a WSGI app answers to GET, read as JSON."""
    answered = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }
    body = b"".join(app(environ, lambda status, headers, error=None: answered.append(status)))
    assert answered == ["200 OK"], body
    return json.loads(body)
