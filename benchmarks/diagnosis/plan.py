"""What a case is, and how its study is trained: listed trainings or a search, through ``luthier.tune`` as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from optuna.distributions import CategoricalDistribution, IntDistribution
from scipy.stats import qmc

from luthier import Options, Space, Task, tune
from luthier.records import Decision, End, Slice, SliceResult

Part = Literal["dev", "held_out", "blind", "unseen", "fresh", "last", "late", "later", "latest"]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One training of a plan."""

    values: Values = field(default_factory=dict)
    stop: float | None = None  #: epoch at which it is given up; None: its last
    seed: int = 0
    confirms: int | None = None


@dataclass(frozen=True)
class Plan:
    """A study: its task, what varies, the user's own setting (training 0), the other trainings."""

    task: Task
    own: Values
    space: Mapping[str, Any] = field(default_factory=dict)  #: ranges
    runs: Sequence[Run] = ()
    budget: str | None = None  #: None: as many trainings as there are
    search: str | None = None  #: by name, in place of the list ``runs``
    seed: int = 0


@dataclass(frozen=True)
class Case:
    """A plan with what is to be found in it."""

    name: str
    expected: frozenset[str]  #: empty: healthy
    allowed: frozenset[str]  #: true as well, or no harm; anything else is a false alarm
    part: Part
    plan: Callable[[], Plan]


class Listed:
    """A search that asks for listed slices, one after the other."""

    def __init__(self, cuts: Sequence[Slice]) -> None:
        self._cuts = {cut.training: cut for cut in cuts}
        self._told: set[int] = set()
        self._ended: set[int] = {n for n, cut in self._cuts.items() if cut.stop >= cut.config.epochs}

    def ask(self, n: int = 1) -> list[Decision]:
        given_up: list[Decision] = [End(k, "given up") for k in sorted(self._told - self._ended) if k in self._cuts]
        self._ended |= self._told
        return given_up + [self._cuts[k] for k in sorted(self._cuts) if k not in self._told][:1]

    def tell(self, result: SliceResult) -> None:
        self._told.add(result.slice.training)

    @property
    def finished(self) -> bool:
        return self._told >= set(self._cuts) and self._ended >= set(self._cuts)


def run_plan(plan: Plan, folder: Path) -> None:
    """Trains the study of ``plan`` into ``folder``; again does nothing."""
    cuts = []
    for number, run in enumerate(plan.runs, 1):
        config = plan.task.config({**plan.own, **run.values})
        note = {} if run.confirms is None else {"confirms": run.confirms}
        cuts.append(Slice(number, config, 0.0, float(run.stop or config.epochs), run.seed, note))
    budget = plan.budget or f"{len(cuts) + 1} trainings"
    space, options = Space(dict(plan.space)), Options(device="cpu", threads=1)
    search = plan.search or Listed(cuts)
    tune(
        plan.task,
        space,
        baseline=plan.own,
        search=search,
        folder=folder,
        budget=budget,
        seed=plan.seed,
        options=options,
    )


def spread(space: Mapping[str, Any], n: int, seed: int = 0, **run: Any) -> list[Run]:
    """``n`` trainings spread evenly over ``space`` (Latin hypercube)."""
    names = list(space)
    rows = qmc.LatinHypercube(len(names), rng=seed).random(n)
    return [Run({name: _at(space[name], u) for name, u in zip(names, row, strict=True)}, **run) for row in rows]


def _at(range_: Any, u: float) -> Any:
    """The value at share ``u`` in [0, 1) of a range."""
    if isinstance(range_, CategoricalDistribution):
        return range_.choices[int(u * len(range_.choices))]
    low, high = range_.low, range_.high
    value = low * (high / low) ** u if range_.log else low + (high - low) * u
    return round(value) if isinstance(range_, IntDistribution) else float(value)


def each(name: str, values: Sequence[Any], **run: Any) -> list[Run]:
    """A training for each value of one hyperparameter."""
    return [Run({name: value}, **run) for value in values]


def replicates(names: str, values: Sequence[Any], seeds: int) -> list[Run]:
    """Every value, then every value again on other seeds; training 0 is another setting."""
    runs = each(names, values)
    return runs + [Run(r.values, seed=s, confirms=n) for n, r in enumerate(runs, 1) for s in range(1, seeds)]


def cases(code: str, *variants: tuple[Callable[[], Plan], str], part: Part = "dev", first: int = 1) -> list[Case]:
    """The variants of one fault, numbered from ``first``; each with the codes it may have too."""
    return [
        Case(
            f"{code}-{number}",
            frozenset(() if code == "healthy" else (code,)),
            frozenset(allowed.split()),
            part,
            plan,
        )
        for number, (plan, allowed) in enumerate(variants, first)
    ]


def held_out(code: str, *variants: tuple[Callable[[], Plan], str]) -> list[Case]:
    """Variants that no rule was made on; numbered after those for tuning."""
    return cases(code, *variants, part="held_out", first=21 if code == "healthy" else 5)


def blind(code: str, *variants: tuple[Callable[[], Plan], str]) -> list[Case]:
    """Variants by someone who had not seen the rules, on tasks of their own, with labels proven by trainings."""
    return cases(code, *variants, part="blind", first=51 if code == "healthy" else 11)


def unseen(code: str, *variants: tuple[Callable[[], Plan], str]) -> list[Case]:
    """Further variants by someone who had not seen the rules; numbered after the blind ones."""
    return cases(code, *variants, part="unseen", first=81 if code == "healthy" else 21)


def fresh(code: str, *variants: tuple[Callable[[], Plan], str]) -> list[Case]:
    """Five variants of a fault by someone who had not seen the rules; numbered after the unseen ones."""
    return cases(code, *variants, part="fresh", first=121 if code == "healthy" else 31)


def last(code: str, *variants: tuple[Callable[[], Plan], str]) -> list[Case]:
    """Five more variants by someone who had not seen the rules; numbered after the fresh ones."""
    return cases(code, *variants, part="last", first=151 if code == "healthy" else 61)
