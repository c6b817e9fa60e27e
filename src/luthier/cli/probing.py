"""What the probes' commands share: their options, and how a result is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from luthier.cli.errors import OK
from luthier.cli.options import file_values, out, print_json, settings
from luthier.hyperparameters import check_values

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from luthier.probes import ProbeResult

Optimizer = Annotated[str | None, typer.Option(metavar="NAME", help="Any torch.optim class")]
BatchSize = Annotated[int | None, typer.Option(metavar="N", min=1, help="Samples per step")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Hyperparameters (YAML or TOML); options win over it")
]
Set = Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="Any hyperparameter; may be repeated")]
Picture = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it: .html, or .png where kaleido is there")]


def given_values(config: Path | None, pairs: Sequence[str], **options: Any) -> dict[str, Any]:
    """The hyperparameters given by file, ``--set`` and options, of which the later win. Raises ConfigError."""
    values = {**file_values(config), **settings(pairs), **{n: v for n, v in options.items() if v is not None}}
    check_values(values)
    return values


def checked_picture(path: Path | None) -> Path | None:
    """The picture's path. Raises UsageError before anything was measured when it could not be written."""
    if path is None:
        return None
    from luthier.report.pictures import check_picture

    return check_picture(path)


def tell(
    result: ProbeResult,
    lines: Sequence[str],
    *,
    json: bool,
    picture: Path | None,
    figure: Callable[[], Figure],
) -> int:
    """Prints a probe's result, ``lines`` (a plot) above its sentences or all as JSON, and writes its picture.

    A result that is not reliable is a result: the exit code is 0.
    """
    if picture is not None:
        from luthier.report.pictures import write_picture

        write_picture(figure(), picture)
    if json:
        print_json(result.to_json())
        return OK
    console = out()
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    if lines:
        console.print()
    for sentence in result.sentences():
        console.print(Text(sentence))
    if picture is not None:
        console.print(Text(f"picture: {picture}"), soft_wrap=True)
    return OK
