"""Cheap measurements of a task, made before a search: each answer has an interval, or says that it is not reliable."""

from luthier.probes._base import Interval as Interval
from luthier.probes._base import ProbeResult as ProbeResult
from luthier.probes._base import Progress as Progress
from luthier.probes.batch_size import BatchSizes as BatchSizes
from luthier.probes.batch_size import batch_size as batch_size
from luthier.probes.batch_size import memory_bound as memory_bound
from luthier.probes.critical_batch import CriticalBatch as CriticalBatch
from luthier.probes.critical_batch import critical_batch as critical_batch
from luthier.probes.epoch_cost import epoch_cost as epoch_cost
from luthier.probes.lr_range import LrRange as LrRange
from luthier.probes.lr_range import lr_range as lr_range
from luthier.probes.lr_range import range_tests_cost as range_tests_cost
from luthier.probes.noise_scale import NoiseScale as NoiseScale
from luthier.probes.noise_scale import noise_scale as noise_scale
from luthier.probes.scaling import Scaling as Scaling
from luthier.probes.scaling import scaling as scaling
from luthier.probes.scaling_rule import scale as scale
