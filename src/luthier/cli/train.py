"""``luthier train``: one training, with an option for every hyperparameter that Luthier knows."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from luthier.cli import words
from luthier.cli.errors import FAILED, OK
from luthier.cli.interrupt import Interrupt
from luthier.cli.options import (
    Compile,
    Data,
    Debug,
    Device,
    Json,
    Precision,
    Quiet,
    Seed,
    TaskName,
    Threads,
    err,
    file_values,
    out,
    print_json,
    run_options,
    settings,
    watching,
)
from luthier.hyperparameters import HYPERPARAMETERS, Hyperparameter, check_values
from luthier.records import Status

METAVARS = {float: "NUMBER", int: "N", str: "NAME", bool: ""}
PANEL = "Hyperparameters"


def train(
    task: TaskName,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hyperparameters (YAML or TOML); options win over it")
    ] = None,
    set_: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="A hyperparameter of the model; may be repeated")
    ] = [],  # noqa: B006  # typer copies it
    folder: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the best epoch's weights here")] = None,
    data: Data = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "float32",
    compile: Compile = False,
    threads: Threads = 0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **hyperparameters: Any,
) -> int:
    """Train once, with the hyperparameters given.

    The best epoch is that of the best metric; of equal ones, of the lowest validation loss. With --folder its weights
    are kept, whatever came after it. Early stopping (--patience) looks at the validation loss. Ctrl-C
    ends the training after the current step and prints what it has shown; the exit code is then 130.

    [bold]Examples[/bold]

      luthier train digits --lr 0.1 --batch-size 64
      luthier train digits --schedule exponential --gamma 0.95
      luthier train mnist --data ~/mnist --optimizer Adam
      luthier train my_file.py:task --set units=128
    """
    given = settings(set_) | {name: value for name, value in hyperparameters.items() if value is not None}
    values = {**file_values(config), **given}
    check_values(values)
    options = run_options(device, precision, compile, threads)

    from luthier import load_task
    from luthier import train as run
    from luthier.cli.documents import train_document
    from luthier.cli.result import training_report
    from luthier.cli.training_progress import TrainingProgress
    from luthier.training import without_effect

    loaded = load_task(task, str(data) if data else None)
    full = loaded.config(values)
    for name, reason in without_effect(full, given).items():
        told = f"warning: {name} is {words.value(full[name])}, which has no effect: {reason}"
        err().print(told, markup=False, soft_wrap=True)
    for caution in loaded.cautions:
        err().print(f"warning: {caution}", markup=False, soft_wrap=True)
    progress = TrainingProgress(f"training {task}", loaded.metric_name, float(full.epochs))
    with watching(progress, quiet=quiet) as watch, Interrupt(watch.note) as interrupt:
        result = run(loaded, values, seed=seed, options=options, on_point=watch, folder=folder, stop=interrupt.asked)
    if json:
        print_json(train_document(result, task))
    elif result.best:
        console = out()
        console.print(training_report(result, result.best, console.width))
    status, message = result.outcome.status, result.outcome.message
    if status.final and status is not Status.STOPPED:
        err().print(f"error: {message or f'the training ended: {status.value}'}", markup=False)
        if debug and result.outcome.traceback:
            err().print(result.outcome.traceback, markup=False)
        return FAILED
    if not result.best and not interrupt.exit_code:
        err().print(f"error: no epoch gave a {loaded.metric_name} that is a finite number", markup=False)
    return interrupt.exit_code or (OK if result.best else FAILED)


def _option(h: Hyperparameter) -> inspect.Parameter:
    """The option of a hyperparameter; its value stays text, so that one place checks it."""
    default = "" if not h.default else f" ({words.value(h.default)})"
    allowed = f"; {h.allowed}" if h.choices else ""
    info = typer.Option(
        None,
        f"--{h.name.replace('_', '-')}",
        metavar=METAVARS[h.kind],
        help=f"{h.help}{allowed}{default}",
        show_default=False,
        rich_help_panel=PANEL,
    )
    kind = (bool if h.kind is bool else str) | None
    return inspect.Parameter(h.name, inspect.Parameter.KEYWORD_ONLY, default=info, annotation=kind)


def _with_hyperparameters() -> inspect.Signature:
    """The signature of ``train`` with the table's names in place of ``**hyperparameters``."""
    own = inspect.signature(train, eval_str=True)
    parameters = [p for p in own.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    return own.replace(parameters=[*parameters, *map(_option, HYPERPARAMETERS.values())])


train.__dict__["__signature__"] = _with_hyperparameters()
