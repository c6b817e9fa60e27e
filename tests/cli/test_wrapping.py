"""Lines that fit, in languages with spaces between words and without."""

import pytest
from rich.cells import cell_len

from luthier.cli.wrapping import wrapped

ENGLISH = "With lr 0.01 your own setting was still falling steeply; the learning rate is too low."
CHINESE = "lr 为 0.01 时，您自己的设置（第 0 号训练）结束时损失仍在快速下降：最终为 1.56；学习率过小。"


@pytest.mark.parametrize("width", [24, 40, 80])
@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_lines_fit_and_hold_the_whole_text(text: str, width: int) -> None:
    lines = wrapped(text, width, 2, 4)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert lines[0].startswith("  ")
    assert all(line.startswith("    ") for line in lines[1:])
    assert not any(line.endswith(" ") for line in lines)
    assert not any(line.strip()[0] in "，。；：）" for line in lines)


def test_chinese_fills_the_line() -> None:
    lines = wrapped(CHINESE, 40)
    assert all(cell_len(line) >= 32 for line in lines[:-1])


def test_a_word_longer_than_the_line_stands_alone() -> None:
    assert wrapped("a luthier-studies/digits b", 10) == ["a", "luthier-studies/digits", "b"]
