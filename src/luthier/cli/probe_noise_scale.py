"""``luthier probe noise-scale``: up to which batch size a larger batch still pays."""

from __future__ import annotations

import math
from typing import Annotated

import typer

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
from luthier.cli.plot import plot
from luthier.cli.probing import BatchSize, ConfigFile, Optimizer, Picture, Set, checked_picture, given_values, tell


def noise_scale(
    task: TaskName,
    optimizer: Optimizer = None,
    batch_size: BatchSize = None,
    config: ConfigFile = None,
    set_: Set = [],  # noqa: B006  # typer copies it
    picture: Picture = None,
    samples: Annotated[int, typer.Option(metavar="N", min=16, help="Samples of each measurement")] = 2000,
    branches: Annotated[
        bool, typer.Option("--branches", metavar="", help="Measure the critical batch size directly too: minutes")
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
    """Find up to which batch size a larger batch still saves steps.

    The gradient noise scale is measured before a training and after 1, 2, 4 and 8 epochs of it. With --branches,
    trainings with growing batches branch from the first epoch, and the answer is where their loss leaves. The plot
    shows the noise scale by epoch.

    [bold]Examples[/bold]

      luthier probe noise-scale digits
      luthier probe noise-scale digits --set lr=0.1 --batch-size 16 --branches
      luthier probe noise-scale my_file.py:task --samples 5000 --picture noise.html
    """
    values = given_values(config, set_, optimizer=optimizer, batch_size=batch_size)
    options = run_options(device, precision, False, threads)
    path = checked_picture(picture)

    from luthier import load_task
    from luthier.cli.probe_progress import ProbeProgress
    from luthier.probes import noise_scale as measure
    from luthier.report.pictures import noise_scale_figure

    loaded = load_task(task, str(data) if data else None)
    with watching(ProbeProgress(f"noise scale of {task}"), quiet=quiet) as watch:
        found = measure(
            loaded, values, samples=samples, critical=branches, seed=seed, options=options, on_progress=watch
        )
    known = [p for p in found.points if math.isfinite(p.value)]
    lines = plot([p.epoch for p in known], [p.value for p in known], width=min(out().width, 80))
    return tell(
        found, lines if len(known) > 1 else [], json=json, picture=path, figure=lambda: noise_scale_figure(found)
    )
