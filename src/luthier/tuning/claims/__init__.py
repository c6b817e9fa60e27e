"""The common claims about learning rate, batch size and epochs, tested on a task by a designed experiment."""

from luthier.tuning.claims.run import Claims as Claims
from luthier.tuning.claims.run import claims as claims
