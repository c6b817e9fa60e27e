import io

from rich.console import Console

from luthier.cli.training_progress import TrainingProgress
from luthier.cli.watch import LINE_EVERY, Silent, Watch
from luthier.records import Point


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Warning(TrainingProgress):
    def notices(self, point: Point) -> list[str]:
        return ["warning: hot"] if point.metric == 0 else []


def point(epoch: float, metric: float = 0.5) -> Point:
    return Point(epoch, 0.5, 0.6, metric, 0.1, 64, 2.0)


def console(**settings: bool) -> Console:
    return Console(file=io.StringIO(), width=80, **settings)  # type: ignore[arg-type]


def written(to: Console) -> str:
    return to.file.getvalue()  # type: ignore[attr-defined]


def test_lines_come_at_once_and_then_rarely() -> None:
    clock, to = Clock(), console()
    with Watch(TrainingProgress("t", "accuracy", 50.0), to, live=False, clock=clock) as watch:
        for epoch in range(1, 31):
            watch(point(epoch))
            clock.now += 1
    lines = written(to).splitlines()
    assert len(lines) == 30 / LINE_EVERY
    assert [line.split()[1] for line in lines] == ["1", "6", "11", "16", "21", "26"]
    assert "\x1b" not in written(to)


def test_a_notice_is_printed_at_once_and_whole() -> None:
    clock, to = Clock(), console()
    with Watch(Warning("t", "accuracy", 50.0), to, live=False, clock=clock) as watch:
        watch(point(1))
        watch(point(2, metric=0))
    assert written(to).splitlines()[1:] == ["warning: hot"]


def test_a_terminal_gets_one_display_that_goes_away() -> None:
    to = console(force_terminal=True)
    with Watch(TrainingProgress("training t", "accuracy", 50.0), to, live=True, clock=Clock()) as watch:
        watch(point(3))
        watch.note("stopping after this step")
    shown = written(to)
    assert "training t, about" in shown
    assert "stopping after this step" in shown
    assert "\x1b[2K" in shown, "the display was not erased"


def test_silence() -> None:
    with Silent() as watch:
        watch(point(1))
