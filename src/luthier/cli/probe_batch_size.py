"""``luthier probe batch-size``: speed and memory against batch size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from luthier.probes import BatchSizes


def batch_size(
    task: TaskName,
    optimizer: Optimizer = None,
    batch_size: BatchSize = None,
    config: ConfigFile = None,
    set_: Set = [],  # noqa: B006  # typer copies it
    picture: Picture = None,
    seconds: Annotated[float, typer.Option(metavar="S", min=0.1, help="Timing ends after about so long")] = 20.0,
    data: Data = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "float32",
    threads: Threads = 0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Find which batch sizes are fast, which fit in memory, and how long an epoch takes.

    Memory is predicted from small batches before a larger one is tried, so that nothing runs out of it. The plot shows
    samples per second against batch size, ▲ where full speed begins.

    [bold]Examples[/bold]

      luthier probe batch-size digits
      luthier probe batch-size digits --optimizer AdamW --picture speed.html
      luthier probe batch-size my_file.py:task --set units=512 --json
    """
    values = given_values(config, set_, optimizer=optimizer, batch_size=batch_size)
    options = run_options(device, precision, False, threads)
    path = checked_picture(picture)

    from luthier import load_task
    from luthier.cli.probe_progress import ProbeProgress
    from luthier.probes import batch_size as measure
    from luthier.report.pictures import batch_size_figure

    loaded = load_task(task, str(data) if data else None)
    with watching(ProbeProgress(f"batch sizes of {task}"), quiet=quiet) as watch:
        found = measure(loaded, values, seconds=seconds, seed=seed, options=options, on_progress=watch)
    return tell(found, _lines(found), json=json, picture=path, figure=lambda: batch_size_figure(found))


def _lines(found: BatchSizes) -> list[str]:
    """Samples per second against batch size; nothing for a single size."""
    sizes = [float(s.batch_size) for s in found.steps]
    if len(sizes) < 2:
        return []
    fast = float(found.full_speed)
    speed = [s.samples_per_second for s in found.steps]
    return log_plot(sizes, speed, marked=(fast, fast, max(sizes)), width=min(out().width, 80))
