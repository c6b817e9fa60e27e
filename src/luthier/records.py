"""The values that all layers pass to each other. All of them are frozen; none of them does anything."""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any, Literal

from luthier.errors import ConfigError, UsageError

Value = float | int | str | bool | None
Direction = Literal["maximize", "minimize"]


class Config(Mapping[str, Value]):
    """One value for each hyperparameter, by name; immutable and hashable.

    Values are read as attributes or items: ``config.lr``, ``config["lr"]``. Raises ConfigError for a value that is
    not a number, text, truth value or None.
    """

    __slots__ = ("_hash", "_values")
    _values: dict[str, Value]
    _hash: int

    def __init__(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        merged = {**(values or {}), **more}
        object.__setattr__(self, "_values", {k: _plain(k, merged[k]) for k in sorted(merged)})
        object.__setattr__(self, "_hash", hash(tuple(self._values.items())))

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"the config has no {name!r}; it has {', '.join(self._values)}") from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Config does not change; use config.replace({name}=...)")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Config({', '.join(f'{k}={v!r}' for k, v in self._values.items())})"

    def __reduce__(self) -> tuple[type[Config], tuple[dict[str, Value]]]:
        return Config, (self._values,)

    def replace(self, **changes: Any) -> Config:
        """The same config with some values changed or added."""
        return Config(self._values, **changes)


def _plain(name: str, value: Any) -> Value:
    """``value`` as a plain Python scalar (numpy's are unpacked)."""
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return _plain(name, value.item())
    raise ConfigError(f"{name} is {value!r}; a hyperparameter is a number, text, true/false or nothing")


@dataclass(frozen=True)
class Options:
    """How trainings are run; the result of the search does not depend on what these mean to the user."""

    device: str = "auto"  #: "auto" (an accelerator if there is one), "cpu", "cuda", "cuda:1", "mps"
    precision: Literal["float32", "bfloat16"] = "float32"  #: bfloat16: torch.autocast around forward and loss
    compile: bool = False  #: torch.compile the model
    threads: int = 0  #: CPU threads inside an operation; 0: one for small models, else torch's own number


@dataclass(frozen=True)
class Slice:
    """Take training ``training`` from epoch ``start`` to epoch ``stop``.

    ``start`` 0 begins it; a larger start thaws it. Epochs may be fractions, in multiples of the task's evaluation
    interval. ``note`` is the search's own: small JSON values that it finds again after a restart.

    With an ``origin`` the training does not begin at epoch 0 but branches: it takes weights, optimizer and position
    from another training where ``origin`` stops (``origin.start`` is 0), and goes on under its own config and seed.
    Its ``start`` and its points lie beyond ``origin.stop``. An origin may have an origin.
    """

    training: int
    config: Config
    start: float
    stop: float
    seed: int = 0
    note: Mapping[str, Any] = field(default_factory=dict)
    origin: Slice | None = None


@dataclass(frozen=True)
class End:
    """The search's word that a training will not be continued."""

    training: int
    reason: str = ""


Decision = Slice | End


@dataclass(frozen=True)
class Point:
    """One evaluation of a training."""

    epoch: float  #: epochs done
    train_loss: float  #: mean loss per sample since the last evaluation, in training mode, without penalties
    val_loss: float  #: mean loss per sample on the validation data
    metric: float  #: the task's metric on the validation data
    lr: float  #: learning rate of the last step
    batch_size: int  #: batch size of the last full step
    seconds: float  #: training and evaluation since the last point

    def better(self, other: Point, direction: Direction) -> bool:
        """Whether this beats ``other``: by metric, equal metrics by validation loss."""
        sign = 1.0 if direction == "maximize" else -1.0
        return (sign * self.metric, -self.val_loss) > (sign * other.metric, -other.val_loss)


@dataclass(frozen=True)
class Curve:
    """What a training has shown so far."""

    points: tuple[Point, ...] = ()

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)

    def __add__(self, points: tuple[Point, ...]) -> Curve:
        return Curve(self.points + tuple(points))

    def column(self, name: str) -> list[float]:
        """One field of all points, in order."""
        return [float(getattr(p, name)) for p in self.points]

    def best(self, direction: Direction) -> Point | None:
        """The best point, None when there is none. Points whose metric is not finite never win."""
        best: Point | None = None
        for point in self.points:
            if math.isfinite(point.metric) and (best is None or point.better(best, direction)):
                best = point
        return best

    @property
    def epoch(self) -> float:
        """Epochs done."""
        return self.points[-1].epoch if self.points else 0.0

    @property
    def seconds(self) -> float:
        """Seconds of all points together."""
        return sum(p.seconds for p in self.points)

    @property
    def decayed(self) -> bool:
        """Whether the learning rate has come down to under a fifth of its highest."""
        rates = self.column("lr")
        return rates[-1:] < [0.2 * max(rates, default=0.0)]


class Status(str, Enum):
    """How a slice ended."""

    DONE = "done"  # reached the slice's stop
    PAUSED = "paused"  # budget or user ended the slice early; it can be thawed
    STOPPED = "stopped"  # early stopping ended the training
    DIVERGED = "diverged"  # loss not finite, or exploded
    OUT_OF_MEMORY = "out of memory"
    FAILED = "failed"  # an exception in the user's code

    @property
    def final(self) -> bool:
        """Whether the training is over."""
        return self not in (Status.DONE, Status.PAUSED)


@dataclass(frozen=True)
class Outcome:
    """How a slice ended, with its message, and the traceback of an exception."""

    status: Status
    message: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class SliceResult:
    """A slice that was run: the points it added, in order, and how it ended."""

    slice: Slice
    points: tuple[Point, ...]
    outcome: Outcome
    seconds: float = 0.0  #: wall-clock, thawing and freezing included

    @property
    def over(self) -> bool:
        """Whether the training is over: a final outcome, or the end of its config's epochs."""
        epochs = self.slice.config.get("epochs")
        reached = self.points[-1].epoch if self.points else self.slice.start
        at_end = isinstance(epochs, (int, float)) and reached >= epochs - 1e-9
        return self.outcome.status.final or at_end


@dataclass(frozen=True)
class Belief:
    """Where good values of a hyperparameter lie, as a probe measured or the user says; weaker than a range.

    About two in three good values lie between ``centre / factor`` and ``centre * factor`` (for momentum and other
    decays, such as beta1 and gamma: of one minus these). ``given`` names what it holds for, ``{"optimizer": "Adam"}``;
    nothing: for all configs. With ``follows={"batch_size": 0.5}, at={"batch_size": 64}`` the centre is
    ``centre * (batch_size / 64) ** 0.5``, and ``low`` and ``high`` move with it.
    """

    name: str
    centre: float
    factor: float  #: above 1
    source: str  #: one phrase for the user: "learning-rate range test, 3 repeats"
    low: float | None = None  #: nothing below was seen to work
    high: float | None = None  #: nothing above was seen to work, as the largest stable learning rate
    given: Mapping[str, Value] = field(default_factory=dict)
    follows: Mapping[str, float] = field(default_factory=dict)
    at: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.centre) and math.isfinite(self.factor) and self.factor > 1):
            raise UsageError(
                f"a belief about {self.name} has centre {self.centre} and factor {self.factor}; give a finite centre "
                "and a factor above 1"
            )
        if missing := [name for name in self.follows if name not in self.at]:
            raise UsageError(f"a belief about {self.name} follows {missing[0]}, but at does not say where it was made")


@dataclass(frozen=True)
class EpochCost:
    """Seconds of an epoch against batch size, as measured on one machine before a search.

    They are those of one model: where a search varies the model too, they say how batch sizes compare.
    """

    batch_sizes: tuple[int, ...]  #: those whose steps were timed, rising
    step_seconds: tuple[float, ...]  #: of a step at each of them
    samples: int  #: in an epoch
    evaluation_seconds: float = 0.0  #: of an epoch besides its steps, whatever the batch size

    def step(self, batch_size: int) -> float:
        """Seconds of a step: between the timed sizes on straight lines, beyond them on the outermost ones."""
        sizes, seconds = self.batch_sizes, self.step_seconds
        if len(sizes) == 1:
            return seconds[0] * max(1.0, batch_size / sizes[0])
        at = min(max(bisect_left(sizes, batch_size), 1), len(sizes) - 1)
        slope = (seconds[at] - seconds[at - 1]) / (sizes[at] - sizes[at - 1])
        found = seconds[at - 1] + slope * (batch_size - sizes[at - 1])
        return max(found, seconds[0] * batch_size / sizes[0] if batch_size < sizes[0] else 0.0)

    def seconds(self, batch_size: int) -> float:
        """Seconds of an epoch with its evaluation. A batch larger than the data is all of them."""
        size = max(1, min(int(batch_size), self.samples))
        full, rest = divmod(self.samples, size)
        # One sample that is left over is not trained on (training/training.py).
        return full * self.step(size) + (self.step(rest) if rest > 1 else 0.0) + self.evaluation_seconds


@dataclass(frozen=True)
class Forecast:
    """A predicted value with its 90 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Prospect:
    """What a search expects of going on, as a run of it ends."""

    unit: str  #: of the budget: seconds, epochs or trainings
    amount: float  #: of further budget
    rest: bool  #: that is what was left of the budget; else as much again
    gain: Forecast  #: of the best score by that, in the metric's unit, 0 or more
    enough: float | None = None  #: the run ended by itself, because less than this was expected
    training: int | None = None  #: what is recommended; None where no plateau is told
    epochs: float | None = None  #: it deserves: later ones are predicted to bring ``tolerance`` at most
    tolerance: float | None = None  #: what is luck: the spread of its scores between seeds, or their resolution

    @property
    def kind(self) -> Literal["again", "rest", "enough"]:
        """What the gain is of: as much budget again, the rest of it, or the rest that ended the run by itself."""
        return "again" if not self.rest else "rest" if self.enough is None else "enough"

    def deserves(self, training: int, curve: Curve) -> Literal["more", "all", "fewer", "fewer.decayed"] | None:
        """Epochs beside those of what is recommended; None where no plateau is told of this training.

        "fewer.decayed": of a schedule that goes by them, so that fewer would be another training.
        """
        if self.epochs is None or self.training != training:
            return None
        if self.epochs > 0.95 * curve.epoch:
            return "more" if self.epochs > curve.epoch else "all"
        return "fewer.decayed" if curve.decayed else "fewer"


@dataclass(frozen=True)
class Finding:
    """One sentence of explanation."""

    code: str
    sentence: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    confidence: float = 1.0  #: probability in [0, 1] that the sentence holds
    next_step: str = ""


def to_json(record: Any) -> Any:
    """A record as plain JSON values. Points become columns, so that a long curve stays small."""
    if isinstance(record, Config):
        return dict(record)
    if isinstance(record, Slice):
        origin = {} if record.origin is None else {"origin": to_json(record.origin)}
        plain = {f.name: getattr(record, f.name) for f in fields(record) if f.name != "origin"}
        return {**plain, "config": dict(record.config), "note": dict(record.note), **origin}
    if isinstance(record, SliceResult):
        return {
            "slice": to_json(record.slice),
            "points": {f.name: [getattr(p, f.name) for p in record.points] for f in fields(Point)},
            "outcome": asdict(record.outcome),
            "seconds": record.seconds,
        }
    return asdict(record)


def epoch_cost_from_json(document: Mapping[str, Any]) -> EpochCost:
    """The inverse of ``to_json`` for an EpochCost."""
    return EpochCost(
        **{**document, "batch_sizes": tuple(document["batch_sizes"]), "step_seconds": tuple(document["step_seconds"])}
    )


def prospect_from_json(document: Mapping[str, Any]) -> Prospect:
    """The inverse of ``to_json`` for a Prospect."""
    return Prospect(**{**document, "gain": Forecast(**document["gain"])})


def slice_result_from_json(document: Mapping[str, Any]) -> SliceResult:
    """The inverse of ``to_json`` for a SliceResult."""
    columns = document["points"]
    rows = zip(*(columns[f.name] for f in fields(Point)), strict=True)
    return SliceResult(
        slice=slice_from_json(document["slice"]),
        points=tuple(Point(*row) for row in rows),
        outcome=Outcome(**{**document["outcome"], "status": Status(document["outcome"]["status"])}),
        seconds=document["seconds"],
    )


def slice_from_json(document: Mapping[str, Any]) -> Slice:
    """The inverse of ``to_json`` for a Slice."""
    origin = document.get("origin")
    parts = {"config": Config(document["config"]), "origin": None if origin is None else slice_from_json(origin)}
    return Slice(**{**document, **parts})


def fingerprint(document: Any) -> str:
    """12 hexadecimal digits that change when a JSON value changes."""
    text = json.dumps(document, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
