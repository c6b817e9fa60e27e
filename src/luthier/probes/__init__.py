"""Cheap measurements of a task, made before a search: each answer has an interval, or says that it is not reliable."""

from luthier.probes._base import Interval as Interval
from luthier.probes._base import ProbeResult as ProbeResult
