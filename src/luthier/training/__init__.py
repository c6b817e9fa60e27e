"""HOW a task is trained: one slice = thaw, train, freeze."""

from luthier.training._failures import guarded as guarded
from luthier.training._failures import is_out_of_memory as is_out_of_memory
from luthier.training._store import Checkpoints as Checkpoints
from luthier.training._threads import fill_cores as fill_cores
from luthier.training._threads import threads as threads
from luthier.training.branching import branch as branch
from luthier.training.branching import repeated as repeated
from luthier.training.branching import straight as straight
from luthier.training.checkpoint import freeze as freeze
from luthier.training.checkpoint import thaw as thaw
from luthier.training.effects import without_effect as without_effect
from luthier.training.evaluation import evaluate as evaluate
from luthier.training.noise import estimates as estimates
from luthier.training.noise import gradient as gradient
from luthier.training.noise import kept_buffers as kept_buffers
from luthier.training.noise import square as square
from luthier.training.optimizers import batch_exponent as batch_exponent
from luthier.training.optimizers import make_optimizer as make_optimizer
from luthier.training.optimizers import optimizer_class as optimizer_class
from luthier.training.optimizers import optimizer_names as optimizer_names
from luthier.training.optimizers import unused as unused
from luthier.training.seeding import own_randomness as own_randomness
from luthier.training.training import Training as Training
from luthier.training.training import pick_device as pick_device
