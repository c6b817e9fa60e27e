import errno

import pytest

from luthier.cli.errors import explain
from luthier.errors import BudgetError, CheckpointError, LuthierError


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (BudgetError("budget is 'x'; write 60s"), "budget is 'x'; write 60s", 2),
        (CheckpointError("best.pt is damaged"), "best.pt is damaged", 1),
        (
            OSError(errno.ENOSPC, "No space left on device", "best.pt"),
            "the disk is full (best.pt); free some space and run again",
            1,
        ),
        (
            ZeroDivisionError("division\nby zero"),
            "unexpected ZeroDivisionError: division by zero; run again with --debug for the traceback",
            1,
        ),
        (KeyError(), "unexpected KeyError; run again with --debug for the traceback", 1),
        (LuthierError("odd"), "unexpected LuthierError: odd; run again with --debug for the traceback", 1),
    ],
)
def test_an_error_is_one_sentence_and_a_code(error: Exception, sentence: str, code: int) -> None:
    assert explain(error) == (sentence, code)


def test_while_debugging_there_is_no_hint_at_debugging() -> None:
    assert explain(ValueError("x"), debug=True) == ("ValueError: x", 1)
