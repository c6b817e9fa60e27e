import pytest
import torch

from luthier.errors import CheckpointError, TaskError
from luthier.records import Outcome, Status
from luthier.training import is_out_of_memory
from luthier.training._failures import Diverged, guarded


def raising(error: BaseException) -> Outcome:
    def run() -> Outcome:
        raise error

    return guarded(run)


def test_an_outcome_passes() -> None:
    assert guarded(lambda: Outcome(Status.DONE)) == Outcome(Status.DONE)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 800 bytes."),
        RuntimeError("MPS backend out of memory (MPS allocated: 17.6 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_lack_of_memory_is_recognised(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert raising(error).status is Status.OUT_OF_MEMORY


@pytest.mark.parametrize(
    "error",
    [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), KeyError("out of memory"), ValueError("shape")],
)
def test_other_errors_are_no_lack_of_memory(error: Exception) -> None:
    assert not is_out_of_memory(error)
    outcome = raising(error)
    assert outcome.status is Status.FAILED
    assert outcome.message.startswith(f"{type(error).__name__}: {error} (test_failures.py, line ")
    assert outcome.traceback.startswith("Traceback")


def test_divergence_is_told_without_a_traceback() -> None:
    assert raising(Diverged("the training loss is nan")) == Outcome(Status.DIVERGED, "the training loss is nan")


@pytest.mark.parametrize("error", [TaskError("no"), CheckpointError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_what_is_not_the_trainings_passes(error: BaseException) -> None:
    with pytest.raises(type(error)):
        raising(error)
