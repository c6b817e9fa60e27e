"""Cheap measurements of a task, made before a search: each answer has an interval, or says that it is not reliable."""

from luthier.probes._base import Interval as Interval
from luthier.probes._base import ProbeResult as ProbeResult
from luthier.probes._base import Progress as Progress
from luthier.probes.lr_range import LrRange as LrRange
from luthier.probes.lr_range import lr_range as lr_range
