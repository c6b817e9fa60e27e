"""What is kept: the study in Optuna storage, and the checkpoints of its trainings."""

from luthier.study._database import without_password as without_password
from luthier.study._description import Description as Description
from luthier.study.checkpoints import CheckpointStore as CheckpointStore
from luthier.study.checkpoints import check_cap as check_cap
from luthier.study.study import Study as Study
