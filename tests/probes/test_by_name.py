"""A task may be named, as on the command line."""

from collections.abc import Callable

import pytest

from luthier.errors import TaskError
from luthier.probes import batch_size, critical_batch, lr_range, noise_scale, scaling


@pytest.mark.parametrize("probe", [batch_size, critical_batch, lr_range, noise_scale, scaling])
def test_a_name_is_loaded(probe: Callable[..., object]) -> None:
    with pytest.raises(TaskError, match="nothing"):
        probe("nothing.py:task")


def test_a_built_in_task_is_probed_by_name() -> None:
    found = noise_scale("digits", {"epochs": 1}, samples=64)
    assert found.points
