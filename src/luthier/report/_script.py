"""The text of an exported script: what the templates are filled with."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config, Options, Point
from luthier.report._bundle import Bundle
from luthier.report._data import Part, equal
from luthier.report._formulas import Constant, batch_size, learning_rate, optimizer
from luthier.report._imports import WIDTH, Import
from luthier.report._literals import text
from luthier.task import Task, call, derive, make_loss, own_randomness, tree_map
from luthier.training import Training
from luthier.training.dense import DenseStep

TEMPLATES = Path(__file__).parent / "script"
#: What the templates may use, by name.
IMPORTS = {
    one.name: one
    for one in (
        Import("hashlib"),
        Import("math"),
        Import("random"),
        Import("pathlib", "Path"),
        Import("numpy", None, "np"),
        Import("torch"),
        Import("torch", "Tensor"),
        Import("torch", "nn"),
        Import("torch.utils.data", "DataLoader"),
        Import("torch.utils.data", "Subset"),
        Import("torch.utils.data", "default_collate"),
    )
}
SAME = "On the CPU it repeats the training it was made from bit for bit"
ROUNDED = "It repeats the training it was made from up to rounding, which may turn a few samples"


@dataclass(frozen=True)
class Winner:
    """A training to write a script of."""

    task: Task
    config: Config
    seed: int
    expected: Point | None
    epochs: float | None
    options: Options
    alike: bool = True  #: the training had these options all along

    @cached_property
    def training(self) -> Training:
        """The training before its first step."""
        return Training(self.task, self.config, self.seed, self.options)

    @property
    def device(self) -> str:
        """The torch device, by the name that was given."""
        return str(self.training.device) if self.options.device == "auto" else self.options.device

    @cached_property
    def read(self) -> _Recorder:
        """What the model builder reads of the config."""
        recorder = _Recorder(self.config)
        with own_randomness(derive(self.seed, "init")):
            self.task.model(recorder)
        return recorder

    @property
    def stops_before(self) -> bool:
        """Whether the training ended before its config's epochs."""
        return self.epochs is not None and self.epochs < self.config.epochs


class _Recorder(Mapping[str, Any]):
    """A config that notes what a model builder reads, and how."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.names = {name for name in config if name not in HYPERPARAMETERS}
        self.attributes = False

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self._config[name]

    def __getattr__(self, name: str) -> Any:
        self.attributes |= not name.startswith("__")
        if name not in self._config:
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        self.names.update(self._config)
        return iter(self._config)

    def __len__(self) -> int:
        return len(self._config)


@dataclass(frozen=True)
class Script:
    """A script, and the expression in it that makes the model."""

    text: str
    model: str


def script_text(winner: Winner, file: str, parts: tuple[Part, Part | None], data_file: str | None) -> Script:
    """The script. Raises TaskError for what has no source."""
    train, valid = parts[0], parts[1] or parts[0]
    values = _values(winner, train, valid, fraction=parts[1] is None)
    values.file, values.data_file = file, data_file
    _write_users(values, winner, train, valid, None)
    own = ast.parse(_render(values))
    names = {n.id for n in ast.walk(own) if isinstance(n, ast.Name)}
    names |= {n.arg for n in ast.walk(own) if isinstance(n, ast.arg)}
    names |= {n.name for n in ast.walk(own) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    bundle = Bundle(names - IMPORTS.keys(), [IMPORTS[n] for n in sorted(names & IMPORTS.keys())])
    _write_users(values, winner, train, valid, bundle)
    values.definitions, values.import_lines = bundle.definitions, bundle.imports
    return Script(_render(values), values.model)


def _render(values: SimpleNamespace) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("script.py.j2").render(s=values).rstrip() + "\n"


def _values(winner: Winner, train: Part, valid: Part, *, fraction: bool) -> SimpleNamespace:
    """What the templates read, but for the parts that name functions of the user."""
    task, config = winner.task, winner.config
    inputs, _ = task.train.sample(winner.training.device)
    before = tree_map(Tensor.clone, inputs)
    model = winner.training.model.eval()
    with torch.no_grad(), own_randomness():
        joins = isinstance(call(model, inputs), Tensor)
    model.train()
    schedule, batches = learning_rate(config), batch_size(config)
    values = SimpleNamespace(
        schedule=schedule,
        plateau=config.schedule == "plateau",
        batch_schedule=batches,
        clamps=max(config.batch_size, config.batch_size_end or 1) > len(task.train),
        patience=config.patience,
        min_delta=config.min_delta,
        l1=config.l1,
        clip_norm=config.clip_norm,
        evaluations=task.evaluations_per_epoch,
        stops_before=winner.stops_before,
        fraction=fraction,
        tree=not isinstance(inputs, Tensor),
        inputs="tensor" if isinstance(inputs, Tensor) else type(inputs).__name__,
        joins=joins,
        reads_items=train.reads_items or valid.reads_items,
        draws=[p.seed for p in (train, valid)],
        converts=train.converts or valid.converts,
        device=winner.device,
        device_type=text(torch.device(winner.device).type),
        bfloat16=winner.options.precision == "bfloat16",
        compile=winner.options.compile,
        attributes=winner.read.attributes,
        in_place=not equal(before, inputs),
        metric_name=metric_name(task),
        maximize=task.direction == "maximize",
        expected=winner.expected is not None,
        title=f"Trains what is recommended for {task.name}, in plain PyTorch; the best weights go to model.pt.",
        promise=_promise(winner),
        import_lines="",
        definitions="",
    )
    values.constants = _constants(winner, values)
    return values


def _promise(winner: Winner) -> str:
    versions = (
        f"torch {torch.__version__}, {winner.training.threads} thread{'s' if winner.training.threads > 1 else ''}"
    )
    rounded = isinstance(winner.training.step, DenseStep) and winner.training.step.rounds
    if (
        rounded
        or not winner.alike
        or winner.device != "cpu"
        or winner.options.compile
        or winner.options.precision != "float32"
    ):
        return f"{ROUNDED}\nto another class ({versions})."
    return f"{SAME} ({versions});\nanother machine, version or number of threads may round differently."


def _constants(winner: Winner, values: SimpleNamespace) -> list[Constant]:
    config, task, expected = winner.config, winner.task, winner.expected
    size = min(config.batch_size, len(task.train)) if values.batch_schedule is None else config.batch_size
    found = [
        Constant("LR", repr(config.lr)),
        Constant("BATCH_SIZE", repr(size)),
        Constant("EPOCHS", repr(config.epochs)),
    ]
    if winner.stops_before:
        found.append(Constant("STOP", f"{winner.epochs:g}", "epochs to train, of a schedule made for EPOCHS"))
    for formula in (values.schedule, values.batch_schedule):
        found += formula.constants if formula else []
    found += optimizer(config, torch.device(winner.device).type)[2]
    if config.l1:
        found.append(Constant("L1", repr(config.l1), "L1 penalty"))
    if config.clip_norm is not None:
        found.append(Constant("CLIP_NORM", repr(config.clip_norm), "largest norm of the gradient"))
    if config.patience is not None:
        found.append(Constant("PATIENCE", repr(config.patience), "epochs without a lower validation loss"))
        found += [Constant("MIN_DELTA", repr(config.min_delta), "how much lower counts")] if config.min_delta else []
    if task.evaluations_per_epoch > 1:
        found.append(Constant("EVALUATIONS", repr(task.evaluations_per_epoch), "in each epoch"))
    if values.fraction:
        found.append(Constant("VALIDATION", repr(task.given[1]), "share of the samples that validates"))
    found.append(_model_constant(winner))
    found.append(Constant("SEED", repr(winner.seed)))
    found += [Constant("DEVICE", text(winner.device))] if winner.device != "cpu" else []
    found.append(Constant("THREADS", repr(winner.training.threads), "another number may round differently"))
    if expected is not None:
        found.append(Constant("EXPECTED", repr(expected.metric), f"best {metric_name(task)} of the search"))
        found.append(Constant("EXPECTED_EPOCH", repr(expected.epoch)))
    return found


def _model_constant(winner: Winner) -> Constant:
    """The hyperparameters that the model builder is given."""
    items = [f"{text(n)}: {_value(v)}" for n, v in winner.config.items() if n in winner.read.names]
    return Constant("MODEL", fitted("MODEL = ", "{", items, "}", 0).removeprefix("MODEL = "))


def _value(value: Any) -> str:
    return text(value) if isinstance(value, str) else repr(value)


def _write_users(values: SimpleNamespace, winner: Winner, train: Part, valid: Part, bundle: Bundle | None) -> None:
    """Fills in what names functions and classes of the user; without a bundle, something of the same shape."""
    task = winner.task
    class_name, arguments, _ = optimizer(winner.config, torch.device(winner.device).type)
    head = f"optimizer = torch.optim.{class_name}"
    values.optimizer = fitted(head, "(", ["net.parameters()", *arguments], ")", 4)
    values.train = _part_values(train, bundle)
    values.valid = values.train if values.fraction else _part_values(valid, bundle)
    both = [values.train.make, values.valid.make]
    values.both = fitted("return ", "", both, "", 4)
    given = "Hyperparameters(MODEL)" if values.attributes else "MODEL"
    values.loader = _loader(task, bundle)
    values.model = f"None({given})" if bundle is None else bundle.call(task.model, "model_builder", given)
    values.loss = "loss_function = None" if bundle is None else _loss(bundle, winner)
    values.metric = None if task.metric is None else _metric(values, winner, bundle)


def _loader(task: Task, bundle: Bundle | None) -> str:
    """The return of a DataLoader in ``read``."""
    arguments = ["dataset", "batch_sampler=batches", f"num_workers={task.workers}"]
    if task.collate is not None:
        collate = "None" if bundle is None else bundle.expression(task.collate, "collate")
        arguments.append(f"collate_fn={collate}")
    return fitted("return DataLoader", "(", [*arguments, "generator=generator"], ")", 4)


def _part_values(part: Part, bundle: Bundle | None) -> SimpleNamespace:
    make = "None" if bundle is None else part.make(bundle)
    return SimpleNamespace(streamed=part.streamed, converts=part.converts, make=make)


def metric_name(task: Task) -> str:
    """The metric's name; lambdas have none."""
    name = task.metric.func.__name__ if isinstance(task.metric, partial) else task.metric_name
    return name if name.isidentifier() else "metric"


def _loss(bundle: Bundle, winner: Winner) -> str:
    loss = make_loss(winner.config.loss or winner.task.loss)
    written = bundle.expression(loss, "loss")
    if winner.device != "cpu" and isinstance(loss, nn.Module):
        written = f"{written}.to(DEVICE)"
    head, opening, rest = written.partition("(")
    return (
        fitted(f"loss_function = {head}", opening, [rest[:-1]], rest[-1:], 0) if opening else f"loss_function = {head}"
    )


def _metric(values: SimpleNamespace, winner: Winner, bundle: Bundle | None) -> str:
    """The call of the metric in ``evaluate``."""
    metric = winner.training.metric
    outputs = "torch.cat(outputs)" if values.joins else "outputs[0]"
    targets = "torch.cat(targets)" if values.valid.streamed else "targets"
    targets += ".to(DEVICE)" if winner.device != "cpu" and not values.valid.streamed else ""
    assert metric is not None
    if bundle is None:
        return f"float({outputs}, {targets})"
    written = bundle.call(metric, "metric", outputs, targets)
    built_in = getattr(winner.task.metric, "__module__", "").startswith("luthier.")
    return written if built_in else f"float({written})"


def fitted(head: str, opening: str, items: list[str], closing: str, indent: int) -> str:
    """``head(items)`` on one line when it fits, otherwise broken as ruff and black do."""
    line = f"{head}{opening}{', '.join(items)}{closing}"
    margin = " " * indent
    if indent + len(line) <= WIDTH:
        return line
    inner = f"{margin}    {', '.join(items)}"
    if opening == "(" and len(inner) <= WIDTH:
        return f"{head}(\n{inner}\n{margin})"
    lines = "".join(f"{margin}    {item},\n" for item in items)
    return f"{head}{opening or '('}\n{lines}{margin}{closing or ')'}"
