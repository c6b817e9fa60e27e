"""Regression on NumPy arrays, and the winner's model put to use."""

import numpy as np
from torch import nn

from luthier import Space, Task, integer, log_uniform, tune

random = np.random.default_rng(0)
inputs = random.uniform(-3, 3, (400, 1)).astype(np.float32)
targets = (np.sin(2 * inputs) + 0.1 * random.normal(size=inputs.shape)).astype(np.float32)

task = Task(
    lambda config: nn.Sequential(nn.Linear(1, config["units"]), nn.Tanh(), nn.Linear(config["units"], 1)),
    train=(inputs[:300], targets[:300]),
    validation=(inputs[300:], targets[300:]),
    loss="MSELoss",
    metric="r2",
    name="sine",
)
space = Space(
    lr=log_uniform(1e-4, 0.1), batch_size=integer(8, 64, log=True), units=integer(8, 128, log=True), epochs=40
)
result = tune(task, space, budget="10s", baseline={"optimizer": "Adam", "lr": 1e-3, "units": 32})

print(f"r2 {result.best.point.metric:.3f} with {dict(result.best.config)}")
print(f"{result.gain:.3f} more than with the baseline. {result.luck}")
network = result.best.load_model()
