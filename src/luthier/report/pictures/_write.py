"""A plotly figure as a file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from luthier.errors import UsageError
from luthier.files import written_whole

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def check_picture(path: str | Path) -> Path:
    """The path of a picture that ``write_picture`` can write. Raises UsageError, before anything was measured."""
    path = Path(path)
    if path.suffix not in (".html", ".png"):
        raise UsageError(f"the picture {path} ends in {path.suffix!r}; it must be an .html or a .png file")
    if path.suffix == ".png" and find_spec("kaleido") is None:
        raise UsageError(f"{path} needs the package kaleido (pip install kaleido); or name an .html file")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} for the picture {path.name}; make it first")
    return path


def write_picture(figure: Figure, path: str | Path) -> Path:
    """Writes ``figure`` as one .html file that needs no network, or as .png where kaleido is installed.

    Raises UsageError for another suffix, a missing folder, or a .png without kaleido or without the browser it needs.
    """
    path = check_picture(path)
    if path.suffix == ".html":
        content = figure.to_html(include_plotlyjs=True, full_html=True).encode()
    else:
        content = _png(figure, path)
    try:
        with written_whole(path) as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"the picture {path} cannot be written: {error.strerror}; choose another file") from error
    return path


def _png(figure: Figure, path: Path) -> bytes:
    try:
        content: bytes = figure.to_image("png", width=900, height=500, scale=2)
    except Exception as error:  # kaleido's own and the browser's, of several packages
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        html = path.with_suffix(".html")
        raise UsageError(
            f"kaleido cannot draw {path} ({reason}); it needs Chrome or Chromium on this machine; or name {html}"
        ) from error
    return content
