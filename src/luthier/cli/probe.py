"""``luthier probe``: the measurements, each a command of its own."""

from __future__ import annotations

import typer

from luthier.cli.options import teach
from luthier.cli.probe_batch_size import batch_size
from luthier.cli.probe_lr import lr
from luthier.cli.probe_noise_scale import noise_scale
from luthier.cli.probe_scaling import scaling

probe = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@probe.callback(
    help=teach("""Measure a task before searching: minutes that replace hours.

    Nothing is changed: not the model, not the random numbers, not the order of the data. Each answer comes with an
    interval, or says that it is not reliable here.
    """)
)
def _probe() -> None:
    """Measure a task before searching."""


probe.command("lr", help=teach(lr.__doc__ or ""))(lr)
probe.command("batch-size", help=teach(batch_size.__doc__ or ""))(batch_size)
probe.command("noise-scale", help=teach(noise_scale.__doc__ or ""))(noise_scale)
probe.command("scaling", help=teach(scaling.__doc__ or ""))(scaling)
