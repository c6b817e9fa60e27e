"""``luthier probe lr``: the learning rate of a task."""

from __future__ import annotations

from typing import Annotated

import typer

from luthier.cli.interrupt import Interrupt
from luthier.cli.log_plot import log_plot
from luthier.cli.options import (
    Data,
    Debug,
    Device,
    Json,
    Precision,
    Quiet,
    Seed,
    TaskName,
    Threads,
    out,
    run_options,
    watching,
)
from luthier.cli.probing import BatchSize, ConfigFile, Optimizer, Picture, Set, checked_picture, given_values, tell


def lr(
    task: TaskName,
    optimizer: Optimizer = None,
    batch_size: BatchSize = None,
    config: ConfigFile = None,
    set_: Set = [],  # noqa: B006  # typer copies it
    picture: Picture = None,
    repeats: Annotated[int, typer.Option(metavar="N", min=2, help="Range tests")] = 3,
    no_confirm: Annotated[
        bool, typer.Option("--no-confirm", metavar="", help="Range tests only: quicker, and less sure")
    ] = False,
    data: Data = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "float32",
    threads: Threads = 0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Find the learning rate for an optimizer and batch size.

    Range tests (the lr rises at every step) show where the loss falls fastest and where it explodes; short trainings at
    several lr between choose one. All of it takes as long as three or four trainings. The plot shows the range tests'
    loss against lr, ▲ the suggestion, ├─┤ where the best lr lies.

    [bold]Examples[/bold]

      luthier probe lr digits
      luthier probe lr digits --optimizer AdamW --batch-size 128 --picture lr.html
      luthier probe lr my_file.py:task --set schedule=cosine --set epochs=50
    """
    values = given_values(config, set_, optimizer=optimizer, batch_size=batch_size)
    options = run_options(device, precision, False, threads)
    path = checked_picture(picture)

    from luthier import load_task
    from luthier.cli.probe_progress import ProbeProgress
    from luthier.probes import lr_range
    from luthier.report.pictures import lr_range_figure

    loaded = load_task(task, str(data) if data else None)
    progress = ProbeProgress(f"learning rate of {task}")
    with watching(progress, quiet=quiet) as watch, Interrupt(watch.note) as interrupt:
        found = lr_range(
            loaded,
            values,
            repeats=repeats,
            confirm=not no_confirm,
            seed=seed,
            options=options,
            on_progress=watch,
            interrupted=interrupt.asked,
        )
    marked = (found.interval.low, found.lr, found.interval.high) if found.lr and found.interval else None
    lines = log_plot(found.lrs, found.smooth, marked=marked, width=min(out().width, 80))
    code = tell(found, lines, json=json, picture=path, figure=lambda: lr_range_figure(found))
    return interrupt.exit_code or code
