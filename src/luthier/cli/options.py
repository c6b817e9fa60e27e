"""Options that several commands share, and how their values are read. Imports no torch: ``--help`` is instant."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from luthier.cli.watch import Shown, Silent, Watch
from luthier.errors import ConfigError, UsageError, nearest
from luthier.records import Options, Value

E = TypeVar("E")

TaskName = Annotated[
    str,
    typer.Argument(show_default=False, help="digits, mnist (with --data), or my_file.py:task"),
]
Data = Annotated[Path | None, typer.Option(metavar="PATH", help="Where the data of a built-in task lies")]
Seed = Annotated[int, typer.Option(metavar="N", help="All randomness comes from it")]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1, mps")]
Precision = Annotated[str, typer.Option(metavar="NAME", help="float32 or bfloat16")]
Compile = Annotated[bool, typer.Option("--compile", metavar="", help="Compile the model with torch.compile")]
Threads = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, help="CPU threads; 1 is best where others use the cores too. 0: by the model's size"
    ),
]
Workers = Annotated[
    str, typer.Option(metavar="N", help="Trainings that run at the same time, each on one core; auto: by the cores")
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON document in place of text")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Show no progress")]
Debug = Annotated[bool, typer.Option("--debug", metavar="", help="Show the traceback of an error")]


def teach(text: str) -> str:
    """A command's help: paragraphs flow, indented lines stay as they are."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(p if p.startswith(" ") else " ".join(p.split()) for p in paragraphs)


def run_options(device: str, precision: str, compile: bool, threads: int = 0) -> Options:
    """The options of a run. Raises UsageError for an unknown precision."""
    if precision == "float32":
        return Options(device, "float32", compile, threads)
    if precision == "bfloat16":
        return Options(device, "bfloat16", compile, threads)
    hint = nearest(precision, ("float32", "bfloat16"))
    raise UsageError(f"precision is {precision!r}; it must be float32 or bfloat16.{hint}")


def worker_count(text: str) -> int | str:
    """Digits as a number; all else is for ``luthier.tune`` to judge."""
    return int(text) if text.isdecimal() else text


def settings(pairs: Sequence[str]) -> dict[str, Value]:
    """``["units=128"]`` as ``{"units": 128}``. Raises ConfigError for text that is no NAME=VALUE."""
    values: dict[str, Value] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not (name and sign):
            raise ConfigError(f"--set was given {pair!r}; it takes NAME=VALUE, such as --set units=128")
        values[name.strip().replace("-", "_")] = value(text.strip())
    return values


def value(text: str) -> Value:
    """Text as a number, true, false or none where it reads as one."""
    words: Mapping[str, Value] = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def file_values(path: Path | None) -> dict[str, Any]:
    """The hyperparameters in a YAML or TOML file; none without a file. Raises ConfigError."""
    if path is None:
        return {}
    from luthier.space import load_config

    return load_config(path)


def out() -> Console:
    """The console for results."""
    return Console(highlight=False, emoji=False)


def err() -> Console:
    """The console for everything else."""
    return Console(stderr=True, highlight=False, emoji=False)


def watching(progress: Shown[E], *, quiet: bool) -> Watch[E] | Silent:
    """Shows ``progress`` on stderr, or nothing."""
    console = err()
    return Silent() if quiet else Watch(progress, console, live=sys.stderr.isatty() and console.is_interactive)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
