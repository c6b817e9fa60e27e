import pytest

from luthier.hyperparameters import complete
from luthier.probes import Interval, LrRange
from luthier.probes._range_test import RangeCurve
from luthier.probes._short import Shown
from luthier.report.pictures import lr_range_figure


@pytest.fixture
def found() -> LrRange:
    lrs, losses = (0.001, 0.01, 0.1, 1.0), (2.0, 1.5, 1.2, 9.0)
    return LrRange(
        seconds=1.0,
        config=complete({"lr": 0.03}),
        lr=0.03,
        interval=Interval(0.01, 0.1),
        steepest=0.01,
        steepest_interval=Interval(0.005, 0.02),
        largest_stable=0.1,
        curves=(RangeCurve(1, lrs, losses, False), RangeCurve(2, lrs[:3], losses[:3], True)),
        lrs=lrs,
        smooth=losses,
        shown=(Shown(0.03, 2.0, 0.5), Shown(1.0, 0.0, float("inf"), over=True)),
        results=(),
        trainings=1.5,
    )


def test_the_figure_shows_the_curves_the_trainings_and_the_answer(found: LrRange) -> None:
    figure = lr_range_figure(found)
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["their smoothed mean"].x) == list(found.lrs)
    assert list(by_name["short trainings, validation loss"].x) == [0.03]
    assert sum(trace.legendgroup == "tests" for trace in figure.data) == 2
    box, line = figure.layout.shapes
    assert (box.x0, box.x1) == (0.01, 0.1)
    assert line.x0 == 0.03
    assert figure.layout.xaxis.type == "log"


def test_an_explosion_does_not_squeeze_the_picture(found: LrRange) -> None:
    assert lr_range_figure(found).layout.yaxis.range[1] < 9
