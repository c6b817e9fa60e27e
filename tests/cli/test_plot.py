import math

from hypothesis import given
from hypothesis import strategies as st

from luthier.cli.plot import plot

ys = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan), st.just(math.inf)), min_size=1, max_size=30)


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right() -> None:
    lines = plot([1, 2, 3, 4], [0.0, 1.0, 2.0, 3.0], width=20, height=4)
    assert lines[0].startswith("3 ┤ ")
    assert lines[3].startswith("0 ┤⣀")
    assert [len(line) for line in lines[:4]] == sorted((len(line) for line in lines[:4]), reverse=True)
    assert lines[-1].split() == ["1", "4"]


def test_a_falling_line_is_its_mirror() -> None:
    up = plot([1, 2, 3], [1, 2, 3], width=30)
    down = plot([1, 2, 3], [3, 2, 1], width=30)
    assert up != down
    assert [line.count("┤") for line in up] == [line.count("┤") for line in down]
    assert down[0].startswith("3 ┤⠉") or down[0][3] != " "


def test_a_flat_curve_and_a_single_point_are_drawn_at_the_bottom() -> None:
    for xs in ([1.0], [1.0, 2.0, 3.0]):
        lines = plot(xs, [0.5] * len(xs), width=20, height=3)
        assert [line.strip() for line in lines[:2]] == ["┤", "┤"]
        assert lines[2].startswith("0.5 ┤")
        assert len(lines[2]) > len("0.5 ┤")


def test_values_that_are_no_numbers_are_left_out() -> None:
    assert plot([1, 2, 3], [1.0, math.nan, 2.0]) == plot([1, 3], [1.0, 2.0])
    assert plot([1, 2], [math.nan, math.inf]) == []
    assert plot([], []) == []


@given(ys, st.integers(30, 100), st.integers(2, 12))
def test_it_fits_and_never_fails(values: list[float], width: int, height: int) -> None:
    lines = plot(range(len(values)), values, width=width, height=height)
    assert len(lines) == (height + 2 if any(map(math.isfinite, values)) else 0)
    assert all(len(line) <= width for line in lines)
