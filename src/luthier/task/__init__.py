"""WHAT is trained: the task, its data, and the tasks that come with Luthier."""

from luthier.task._randomness import derive as derive
from luthier.task._randomness import own_randomness as own_randomness
from luthier.task._randomness import seed_everything as seed_everything
from luthier.task._sources import Resident as Resident
from luthier.task._sources import Source as Source
from luthier.task._sources import tree_map as tree_map
from luthier.task.chance import Chance as Chance
from luthier.task.chance import chance_of as chance_of
from luthier.task.data import Data as Data
from luthier.task.data import free_memory as free_memory
from luthier.task.defaults import default_space as default_space
from luthier.task.digits import digits as digits
from luthier.task.load import load_task as load_task
from luthier.task.metrics import LossFunction as LossFunction
from luthier.task.metrics import MetricFunction as MetricFunction
from luthier.task.metrics import call as call
from luthier.task.metrics import make_loss as make_loss
from luthier.task.metrics import metric_under as metric_under
from luthier.task.mnist import mnist as mnist
from luthier.task.reference import reference_of as reference_of
from luthier.task.task import Task as Task
