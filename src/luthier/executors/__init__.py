"""WHERE slices run."""

from luthier.executors._base import Executor as Executor
from luthier.executors._base import OnPoint as OnPoint
from luthier.executors._fork import can_fork as can_fork
from luthier.executors._fork import fork as fork
from luthier.executors._workers import Workers as Workers
from luthier.executors.inline import Inline as Inline
from luthier.executors.processes import Processes as Processes
