from luthier.cli.log_plot import log_plot

XS = [10.0**k for k in range(-4, 1)]


def test_the_answer_stands_where_its_logarithm_lies() -> None:
    lines = log_plot(XS, [4, 3, 2, 1, 5], marked=(1e-3, 1e-2, 1e-1), width=60)
    axis, row, labels = lines[-3:]
    start, columns = axis.index("└") + 1, axis.count("─")
    shares = [(row.index(mark) - start) / (columns - 1) for mark in "├▲┤"]
    assert [round(4 * share, 1) for share in shares] == [1.0, 2.0, 3.0]
    assert labels.split() == ["0.0001", "1"]


def test_an_answer_beyond_the_axis_stands_at_its_end() -> None:
    row = log_plot(XS, [4, 3, 2, 1, 5], marked=(0.5, 2, 9), width=60)[-2]
    assert row.endswith("▲")


def test_nothing_to_show_is_no_line() -> None:
    assert log_plot(XS, [float("nan")] * 5) == []
