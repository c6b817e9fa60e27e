"""Which settings run again on fresh seeds, and what each of them still lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

from luthier.records import Config, Slice, Status
from luthier.report.history import History, Trained
from luthier.training import repeated

Completer = Callable[[Config], Config]

NEW = -1  #: the number of a training that has none yet


def plan(history: History, top: int, seeds: int, ended: set[int], complete: Completer) -> Iterator[Slice]:
    """The slices that are missing, one seed of all candidates after the other, so that a stop leaves them even.

    ``ended`` holds the numbers of trainings that ended, some of which may have left nothing else; ``complete`` adds the
    hyperparameters that are newer than the study.
    """
    numbers = count(1 + max([*ended, *(t.number for t in history.trainings)]))
    queues = [list(missing(history, training, seeds, complete)) for training in candidates(history, top)]
    for rank in range(max(map(len, queues), default=0)):
        for cut in (queue[rank] for queue in queues if rank < len(queue)):
            yield cut if cut.training != NEW else replace(cut, training=next(numbers))


def candidates(history: History, top: int) -> list[Trained]:
    """The ``top`` best trainings of different settings, and the baseline if it is none of them."""
    sign = 1.0 if history.direction == "maximize" else -1.0
    scored = [(p, t) for t in history.competing if (p := history.best_point(t)) is not None]
    scored.sort(key=lambda entry: (-sign * entry[0].metric, entry[0].val_loss, entry[1].number))
    distinct: dict[Config, Trained] = {}
    for _, training in scored:
        distinct.setdefault(training.config, training)
    found = list(distinct.values())[:top]
    own = [t for _, t in scored if t.number == 0 and t.config not in [f.config for f in found]]
    return [*found, *own]


def rounds(history: History, top: int, seeds: int, complete: Completer) -> Iterator[list[Slice]]:
    """What is missing, in portions that are worth running only as a whole, the most important first.

    The study has a winner. Two seeds, which a spread needs, of the best and of the baseline, which say whether
    anything was gained; a third of these; three of each of the others; then one more of each in turn. Of two seeds
    alone nearly anything ties: Student's interval is three times as wide as that of three. New trainings are
    numbered NEW.
    """
    best, *others = candidates(history, top)
    chosen = [best, *sorted(others, key=lambda t: t.number != 0)]
    queues = [list(missing(history, training, seeds, complete)) for training in chosen]
    compared = [queue for queue, t in zip(queues, chosen, strict=True) if t is best or t.number == 0]
    yield from _until(2, compared, seeds)
    for goal in range(3, seeds + 1):
        yield from _until(goal, queues, seeds)


def _until(goal: int, queues: list[list[Slice]], seeds: int) -> Iterator[list[Slice]]:
    """Takes from each queue, which ends at ``seeds`` seeds, what comes before it has ``goal``."""
    for queue in queues:
        part = queue[: max(0, len(queue) - (seeds - goal))]
        del queue[: len(part)]
        if part:
            yield part


def missing(history: History, training: Trained, seeds: int, complete: Completer) -> Iterator[Slice]:
    """What a setting lacks: the rest of trainings that were cut short, then new ones, numbered NEW.

    One that raised is run again on another seed: that was no fault of its setting.
    """
    again = [t for t in history.trainings if t.confirms == training.number and not _raised(t)]
    for begun in again:
        if not begun.over:
            start = begun.curve.epoch or (begun.origin.stop if begun.origin else 0.0)
            length = float(begun.config.epochs)
            yield Slice(begun.number, begun.config, start, length, begun.seed, begun.note, begun.origin)
    used = {t.seed for t in history.trainings if t.config == training.config or t.confirms == training.number}
    fresh = (seed for seed in count(history.seed + 1) if seed not in used)
    config = complete(training.config)
    whole = Slice(training.number, config, 0.0, float(config.epochs), training.seed, {}, training.origin)
    for _ in range(seeds - len(again)):
        yield repeated(whole, NEW, next(fresh), {"confirms": training.number})


def _raised(training: Trained) -> bool:
    return training.outcome is not None and training.outcome.status is Status.FAILED
