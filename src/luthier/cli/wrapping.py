"""Text in lines that fit, also where the words of a language have no spaces between them."""

from __future__ import annotations

import re

from rich.cells import cell_len

#: A word with the space behind it; or one wide character with the marks that must not begin a line.
_PIECES = re.compile(r"[⺀-鿿가-힯＀-￯　-〿](?:[，。；：！？、）」』》]|\s+)*|[^\s⺀-鿿가-힯＀-￯　-〿]+\s*|\s+")
_OPENING = "（「『《"


def wrapped(text: str, width: int, indent: int = 0, further: int | None = None) -> list[str]:
    """Lines of at most ``width`` cells, ``indent`` cells in, those after the first ``further``."""
    further = indent if further is None else further
    lines, line = [], ""
    room = width - indent
    pieces = _PIECES.findall(text)
    for i, piece in enumerate(pieces):
        needed = piece.rstrip()
        if piece[:1] in _OPENING and i + 1 < len(pieces):
            needed = piece + pieces[i + 1].rstrip()  # what opens must not end a line
        if line.strip() and cell_len(line + needed) > room:
            lines.append(line.rstrip())
            line, room = "", width - further
        line += piece
    lines.append(line.rstrip())
    return [" " * (further if i else indent) + part for i, part in enumerate(lines)]
