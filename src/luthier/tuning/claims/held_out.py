"""The task once more, evaluated on data that no decision looked at."""

from __future__ import annotations

from luthier.task import Task


def held_out_task(task: Task) -> tuple[Task, float] | None:
    """The same training, evaluated on the test data, or where there is none on half of the validation data.

    With the share of the validation samples that it is; 0 for test data. None when data does not lie in memory, or
    there is a single validation sample.
    """
    if task.train.tensors is None or task.validation.tensors is None:
        return None
    data, share = task.test, 0.0
    if data is None:
        if len(task.validation) < 2:
            return None
        data = task.validation.split(0.5, "held-out half")[1]
        share = len(data) / len(task.validation)
    if data.tensors is None:
        return None
    other = Task(
        task.model,
        task.train.tensors,
        data.tensors,
        loss=task.loss,
        metric=task.metric if task.metric is not None else "loss",
        direction=task.direction if task.metric is not None else None,
        defaults=task.defaults,
        name=task.name,
        evaluations_per_epoch=task.evaluations_per_epoch,
    )
    return other, share
