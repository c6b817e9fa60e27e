"""What ends a training before its time, as an Outcome."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import torch

from luthier.errors import LuthierError
from luthier.records import Outcome, Status
from luthier.user_code import told

#: How torch says in a RuntimeError that memory ran out: CPU (Linux, Windows), CUDA and MPS, cuBLAS.
MEMORY_WORDS = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


class Diverged(Exception):
    """The loss is not finite, or exploded."""


def guarded(run: Callable[[], Outcome]) -> Outcome:
    """The outcome of ``run``, whatever it raises. Only Luthier's own errors and Ctrl-C pass through."""
    try:
        return run()
    except Diverged as error:
        return Outcome(Status.DIVERGED, str(error))
    except LuthierError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            return Outcome(Status.OUT_OF_MEMORY, " ".join(str(error).split())[:300])
        return Outcome(Status.FAILED, told(error), traceback.format_exc())


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, on an accelerator or the CPU."""
    text = str(error)
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and any(words in text for words in MEMORY_WORDS)
    )
