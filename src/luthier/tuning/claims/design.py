"""The experiment: which learning rates, batch sizes and lengths, and what one replicate costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from luthier.records import Config, Slice
from luthier.report.claims import LEAST_REPLICATES, NOTE, Role
from luthier.tuning.budget import Budget, Unit

#: The pilot's learning rates, half a decade apart, for optimizers that scale their steps and for the others.
ADAPTIVE = ("adam", "nadam", "radam", "adamax", "adamw", "adagrad", "adadelta", "rmsprop", "rprop", "adafactor")
PILOT_LOW, PILOT_LOW_ADAPTIVE, PILOT_LEVELS = 1e-4, 1e-5, 10
#: The grid's learning rates are the pilot's best times 3 to these powers: the lowest crawls, the highest oscillates.
POWERS = (-3, -2, -1, 0, 1, 2)
LR_STEP = 3.0
BATCH_STEP = 4
#: One training of the grid goes on, so many times its length: the validation loss has to rise to be seen rising.
LONG = 3
PACE_EPOCHS = 2
COOLDOWN = 0.2  # last share of a training, in which lr falls to 0
FEWEST_EPOCHS = 5
#: With fewer replicates nearly all intervals are too wide.
WANTED_REPLICATES = 5
#: Of the time, what trainings take; the rest is overhead.
TRAINING_SHARE = 0.9


@dataclass(frozen=True)
class Step:
    """A training of the experiment, to be taken to epoch ``stop``."""

    role: Role
    replicate: int
    config: Config
    stop: float
    seed: int
    origin: Slice | None = None

    @property
    def key(self) -> tuple[str, int, float, int]:
        """What tells the training from the others of the experiment."""
        return key(self.role, self.replicate, self.config)


def key(role: str, replicate: int, config: Config) -> tuple[str, int, float, int]:
    """What tells a training from the others of the experiment."""
    return role, replicate, float(config.lr), int(config.batch_size)


def key_of(cut: Slice) -> tuple[str, int, float, int] | None:
    """The same of a slice; None when it is of no such experiment."""
    about = cut.note.get(NOTE)
    return None if about is None else key(about["role"], about["replicate"], cut.config)


def constant(baseline: Config) -> Config:
    """The user's setting without whatever changes lr, batch size or length on the way: claims compare those."""
    return baseline.replace(
        schedule="constant", warmup=0.0, patience=None, batch_schedule="constant", batch_size_end=None
    )


def batch_sizes(own: int, samples: int) -> list[int]:
    """The user's own and a quarter and four times of it; an epoch has four steps or more."""
    largest = max(1, samples // 4)
    return sorted({min(size, largest) for size in (max(1, own // BATCH_STEP), own, own * BATCH_STEP)})


def pilot_lrs(optimizer: str) -> list[float]:
    """Learning rates over four and a half decades."""
    low = PILOT_LOW_ADAPTIVE if optimizer.lower() in ADAPTIVE else PILOT_LOW
    return [_rounded(low * 10 ** (k / 2)) for k in range(PILOT_LEVELS)]


def grid_lrs(best: float) -> list[float]:
    """Learning rates around the pilot's best, in equal ratios."""
    return [_rounded(best * LR_STEP**power) for power in POWERS]


def pilot_epochs(epochs: int) -> int:
    """Epochs of a training of the pilot."""
    return max(3, epochs // 4)


def replicate_epochs(batches: int, epochs: float) -> float:
    """Epochs that one replicate takes, its parts being ``epochs`` long."""
    grid = len(POWERS) * batches
    return epochs * (grid + (LONG - 1) + LONG + COOLDOWN + 2)


def affordable_epochs(own: int, batches: int, total: float) -> int:
    """Length of the trainings: the task's own, or what lets the wanted replicates fit into ``total`` epochs."""
    pilot = PILOT_LEVELS / 4
    most = total / (WANTED_REPLICATES * replicate_epochs(batches, 1.0) + pilot)
    return max(FEWEST_EPOCHS, min(own, math.floor(most)))


def needed(unit: Unit, own: float, epochs: int, batches: int, seconds: float) -> Budget:
    """The budget of as many replicates as a verdict takes, ``own`` being the epochs of the user's setting.

    ``seconds`` are those of an epoch. Two digits, rounded up; minutes from two of them on.
    """
    pilot, pace = PILOT_LEVELS * pilot_epochs(epochs), PACE_EPOCHS * batches
    if unit == "trainings":
        return Budget(unit, 1.0 + PILOT_LEVELS + LEAST_REPLICATES * (len(POWERS) * batches + 4))
    total = own + pilot + LEAST_REPLICATES * replicate_epochs(batches, epochs)
    if unit == "seconds":
        total = (total + pace) * seconds / TRAINING_SHARE
    size = 60.0 if unit == "seconds" and total > 120 else 1.0
    step = size * max(1.0, 10.0 ** (math.floor(math.log10(max(1.0, total / size))) - 1))
    return Budget(unit, math.ceil(total / step) * step)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
