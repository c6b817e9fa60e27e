"""Text in lines that fit, also where the words of a language have no spaces between them."""

from __future__ import annotations

import re

from rich.cells import cell_len

#: A word with the space behind it, or one character of a language that is written without spaces.
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef\u3000-\u303f"
_PIECES = re.compile(rf"[{_WIDE}]\s*|[^\s{_WIDE}]+\s*|\s+")
_CLOSING, _OPENING = "，。；：！？、）」』》", "（「『《"  # what must not begin a line, and what must not end one


def wrapped(text: str, width: int, indent: int = 0, further: int | None = None) -> list[str]:
    """Lines of at most ``width`` cells, ``indent`` cells in, those after the first ``further``."""
    further = indent if further is None else further
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        room = width - (further if lines else indent)
        if line.strip() and cell_len(line + piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    return [" " * (further if i else indent) + part for i, part in enumerate(lines)]


def _pieces(text: str) -> list[str]:
    """What stays together on a line."""
    pieces: list[str] = []
    for piece in _PIECES.findall(text):
        if pieces and (piece[0] in _CLOSING or pieces[-1].rstrip()[-1:] in _OPENING):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces
