"""The space that a search takes when the user gives none."""

from __future__ import annotations

from luthier.space import Space, choice, integer, log_uniform, uniform
from luthier.task.task import Task


def default_space(task: Task) -> Space:
    """Sensible ranges for a task, with the source of each bound in ``space.sources``; the model's own ones included.

    Epochs are fixed at the task's own: a training's best epoch says how many it needs.
    """
    samples = len(task.train)
    largest = max(2, min(512, samples // 8))
    return Space(
        {
            "lr": log_uniform(1e-4, 1.0),
            "batch_size": integer(min(16, largest - 1), largest, log=True) if samples > 1 else 1,
            "optimizer": choice("SGD", "AdamW"),
            "momentum": uniform(0.0, 0.99),
            "weight_decay": log_uniform(1e-6, 1e-1),
            "schedule": choice("constant", "exponential", "cosine"),
            **task.ranges,
            "epochs": task.config().epochs,
        },
        sources={
            "lr": "Bengio 2012 (arXiv 1206.5533, section 3.1.1): 1e-6 to 1 for inputs of about unit size; the lowest "
            "hundredth, which needs far more epochs than a search has, is left out",
            "batch_size": "lower: Masters & Luschi 2018 (arXiv 1804.07612) find the best accuracy at 32 or fewer; "
            f"upper: 512, or an eighth of the {samples} samples, so that an epoch has at least 8 steps",
            "optimizer": "Choi et al. 2019 (arXiv 1910.05446): tuned, one of each family (momentum, adaptive) suffices",
            "momentum": "Sutskever et al. 2013 (ICML, section 3): 0 to 0.99",
            "weight_decay": "Loshchilov & Hutter 2019 (arXiv 1711.05101, figures 1 to 3) vary it by such decades",
            "schedule": "no decay, the classical exponential decay, and cosine (arXiv 1608.03983)",
            **dict.fromkeys(task.ranges, f"the task {task.name}"),
            "epochs": f"the task {task.name}",
        },
    )
