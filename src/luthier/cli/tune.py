"""``luthier tune``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

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
    Workers,
    file_values,
    out,
    print_json,
    run_options,
    settings,
    watching,
    worker_count,
)


def tune(
    context: typer.Context,
    task: TaskName,
    space: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Ranges to search (YAML or TOML); without it Luthier chooses them"),
    ] = None,
    budget: Annotated[
        str, typer.Option(metavar="AMOUNT", help="How much to spend: 60s, 5m, 1h, 200epochs or 30trainings")
    ] = "5m",
    search: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="How to search, in place of Luthier's own way: random, tpe, gp, tpe+median, asha, ..."
        ),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own setting (YAML or TOML), tried too")
    ] = None,
    set_: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="One value of your own setting; may be repeated")
    ] = [],  # noqa: B006  # typer copies it
    confidence: Annotated[
        Literal["low", "medium", "high"] | None,
        typer.Option(help="How near to your own setting to look first"),
    ] = None,
    no_probes: Annotated[
        bool, typer.Option("--no-probes", metavar="", help="Search at once, without measuring the task first")
    ] = False,
    enough: Annotated[
        float | None,
        typer.Option(
            metavar="GAIN",
            help="Stop once the rest of the budget is expected to improve the metric by less than this, such as 0.001",
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the study lies; an old one is continued")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="An Optuna storage that several share, such as postgresql://...")
    ] = None,
    disk: Annotated[
        float, typer.Option(metavar="GB", help="What checkpoints may take of the disk, in 1e9 bytes")
    ] = 2.0,
    data: Data = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "float32",
    compile: Compile = False,
    threads: Threads = 0,
    workers: Workers = "auto",
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Search for the best training of a task within a budget.

    Your own setting runs first, and the result is told as a gain over it. Where the budget allows, the learning rate
    and what a batch size costs are measured next; trainings for that count. The same command, run again with a larger
    budget, continues where the study was left. Ctrl-C ends the search after the current step and prints what was
    found; the exit code is then 130.

    [bold]Examples[/bold]

      luthier tune digits --budget 60s
      luthier tune digits --set lr=0.1 --set batch_size=32 --confidence high
      luthier tune mnist --data ~/mnist --budget 10m
      luthier tune my_file.py:task --space space.yaml
      luthier tune digits --budget 200epochs --workers 4 --json
      luthier tune digits --budget 1h --enough 0.001

    [bold]A space file[/bold]

      lr: {low: 1e-4, high: 1, log: true}
      batch_size: {low: 16, high: 256, log: true}
      optimizer: [SGD, Adam]
      epochs: 20
    """
    options = run_options(device, precision, compile, threads)
    own = {**file_values(baseline), **settings(set_)}

    from luthier import load_task
    from luthier import tune as run
    from luthier.cli.documents import tune_document
    from luthier.cli.progress import Progress
    from luthier.cli.result import report
    from luthier.search import DEFAULT_SEARCH
    from luthier.space import load_space

    ranges = load_space(space) if space else None
    loaded = load_task(task, str(data) if data else None)
    with watching(Progress(f"tuning {task}"), quiet=quiet) as watch, Interrupt(watch.note) as interrupt:
        result = run(
            loaded,
            ranges,
            budget=budget,
            search=search or DEFAULT_SEARCH,
            baseline=own or None,
            confidence=confidence,
            probes=not no_probes,
            enough=enough,
            workers=worker_count(workers),
            folder=folder,
            storage=storage,
            checkpoint_gb=disk,
            seed=seed,
            options=options,
            on_event=watch,
            stop=interrupt.asked,
        )
    if json:
        print_json(tune_document(result, task))
    else:
        console = out()
        console.print(report(result, context.obj, console.width, storage))
    return interrupt.exit_code or (OK if result.best else FAILED)
