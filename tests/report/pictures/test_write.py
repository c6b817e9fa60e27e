import re
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest
from plotly.graph_objects import Figure, Scatter

from luthier.errors import UsageError
from luthier.report.pictures import write_picture

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


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


@pytest.mark.skipif(
    find_spec("kaleido") is None or not any(map(which, BROWSERS)), reason="kaleido or its browser is not installed"
)
def test_png_is_a_picture(figure: Figure, tmp_path: Path) -> None:
    content = write_picture(figure, tmp_path / "curve.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)] == [1800, 1000]


def test_a_browser_that_is_not_there_is_told(figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_browser(*args: object, **more: object) -> bytes:
        raise RuntimeError("Kaleido requires Google Chrome to be installed.\nAnd more.")

    monkeypatch.setattr("luthier.report.pictures._write.find_spec", lambda name: name)
    monkeypatch.setattr(Figure, "to_image", no_browser)
    with pytest.raises(UsageError, match=r"requires Google Chrome to be installed\.\); .*curve\.html$"):
        write_picture(figure, tmp_path / "curve.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "words"), [("curve.pdf", ".html or a .png"), ("none/curve.html", "no folder")])
def test_a_path_that_cannot_be_written_is_told(figure: Figure, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        write_picture(figure, tmp_path / name)
