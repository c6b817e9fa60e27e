import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from plotly.graph_objects import Figure, Scatter

from luthier.errors import UsageError
from luthier.report.pictures import write_picture


@pytest.fixture
def figure() -> Figure:
    return Figure(Scatter(x=[1, 2], y=[3, 4], name="a curve"))


def test_html_is_one_file_that_needs_no_network(figure: Figure, tmp_path: Path) -> None:
    path = write_picture(figure, tmp_path / "curve.html")
    text = path.read_text()
    assert "a curve" in text
    assert not re.search(r"<(script|link)[^>]+(src|href)=", text)


@pytest.mark.skipif(find_spec("kaleido") is not None, reason="kaleido is there")
def test_png_needs_kaleido(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"kaleido.*\.html"):
        write_picture(figure, tmp_path / "curve.png")


@pytest.mark.parametrize(("name", "words"), [("curve.pdf", ".html or a .png"), ("none/curve.html", "no folder")])
def test_a_path_that_cannot_be_written_is_told(figure: Figure, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        write_picture(figure, tmp_path / name)
