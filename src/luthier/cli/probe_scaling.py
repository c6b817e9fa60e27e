"""``luthier probe scaling``: how the learning rate and the epochs follow the batch size."""

from __future__ import annotations

from typing import Annotated

import typer

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


def scaling(
    task: TaskName,
    optimizer: Optimizer = None,
    batch_size: BatchSize = None,
    config: ConfigFile = None,
    set_: Set = [],  # noqa: B006  # typer copies it
    picture: Picture = None,
    repeats: Annotated[int, typer.Option(metavar="N", min=2, help="Trainings at each setting")] = 3,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Of each training; not given: an eighth of the config's")
    ] = None,
    data: Data = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "float32",
    threads: Threads = 0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Find what to multiply lr by when the batch doubles.

    Short trainings at four batch sizes, each at learning rates in ratios of 2 until the best lies between two worse
    ones. The plot shows the best lr against batch size.

    [bold]Examples[/bold]

      luthier probe scaling digits
      luthier probe scaling digits --optimizer Adam --epochs 10 --repeats 5
      luthier probe scaling my_file.py:task --batch-size 128 --picture scaling.html
    """
    values = given_values(config, set_, optimizer=optimizer, batch_size=batch_size)
    options = run_options(device, precision, False, threads)
    path = checked_picture(picture)

    from luthier import load_task
    from luthier.cli.probe_progress import ProbeProgress
    from luthier.probes import scaling as measure
    from luthier.report.pictures import scaling_figure

    loaded = load_task(task, str(data) if data else None)
    with watching(ProbeProgress(f"scaling of {task}"), quiet=quiet) as watch:
        found = measure(loaded, values, epochs=epochs, repeats=repeats, seed=seed, options=options, on_progress=watch)
    lines = log_plot([float(size) for size, _ in found.best], [lr for _, lr in found.best], width=min(out().width, 80))
    return tell(found, lines, json=json, picture=path, figure=lambda: scaling_figure(found))
