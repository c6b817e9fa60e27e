"""WHERE slices run."""

from luthier.executors._base import Executor as Executor
from luthier.executors.inline import Inline as Inline
