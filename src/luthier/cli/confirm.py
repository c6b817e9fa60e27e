"""``luthier confirm``: the best of a study again on fresh seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from luthier.cli.errors import OK
from luthier.cli.interrupt import Interrupt
from luthier.cli.options import (
    Compile,
    Debug,
    Device,
    Json,
    Precision,
    Quiet,
    Threads,
    out,
    print_json,
    run_options,
    watching,
)
from luthier.cli.reporting import chosen_study
from luthier.cli.show import Folder, Storage

if TYPE_CHECKING:
    from luthier.tuning.confirm import Confirmation


def confirm(
    folder: Folder = None,
    top: Annotated[int, typer.Option(metavar="N", help="How many of the best settings run again")] = 3,
    seeds: Annotated[int, typer.Option(metavar="N", help="On how many fresh seeds each")] = 5,
    storage: Storage = None,
    device: Device = "auto",
    precision: Precision = "float32",
    compile: Compile = False,
    threads: Threads = 0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Run the best settings of a study, and your own, again on fresh seeds, and say which to use.

    The best of many trainings is partly luck. Fresh seeds tell how much: each setting gets a mean and a spread,
    settings that cannot be told apart are called tied, and the fastest of those is recommended. Test data, if the task
    has any, is looked at once, at the end. Ctrl-C leaves the rest to the same command.

    [bold]Examples[/bold]

      luthier confirm
      luthier confirm luthier-studies/digits --top 5 --seeds 10
    """
    options = run_options(device, precision, compile, threads)
    chosen = chosen_study(folder)

    from luthier import confirm as run
    from luthier.cli.progress import Progress

    with watching(Progress(f"confirming {chosen}"), quiet=quiet) as watch, Interrupt(watch.note) as interrupt:
        result = run(
            chosen, storage=storage, top=top, seeds=seeds, options=options, on_event=watch, stop=interrupt.asked
        )
    if json:
        print_json(_document(result))
    else:
        _tell(result)
    return interrupt.exit_code or OK


def _tell(result: Confirmation) -> None:
    from rich.table import Table
    from rich.text import Text

    from luthier.cli import words
    from luthier.report.page import sentences

    console = out()
    story = sentences(result.history, result.recommendation, str(result.folder), result.tested)
    console.print(Text(f"{story.title}: {story.sentences[0]}", style="bold"))
    for sentence in [*story.sentences[1:], *(f"{f.label}: {f.value} ({f.note})" for f in story.figures), *story.sure]:
        console.print(Text(sentence))
    table = Table.grid(padding=(0, 2))
    for heading in ("", result.history.metric, "95 % interval", "±", "seeds", "time", "setting"):
        table.add_column(Text(heading, style="dim"), no_wrap=heading != "setting")
    console.print()
    table.show_header = True
    for candidate in result.recommendation.candidates:
        mean, number = candidate.mean, candidate.training.number
        table.add_row(
            Text("your own" if number == 0 else f"#{number}"),
            words.number(mean.value),
            f"{words.number(mean.low)} to {words.number(mean.high)}",
            f"{candidate.spread:.2g}",
            f"{len(candidate.scores)}" + (f", {candidate.failed} failed" if candidate.failed else ""),
            words.duration(candidate.seconds),
            words.brief(candidate.training.config, 2),
        )
    if result.recommendation.candidates:
        console.print(table)
    if result.weights:
        console.print(Text(f"weights: {result.weights}"), soft_wrap=True)
    if result.interrupted:
        console.print(Text("stopped early: the same command runs the rest"))


def _document(result: Confirmation) -> dict[str, object]:
    from dataclasses import asdict

    from luthier.cli.documents import plain

    found = result.recommendation
    interval = found.gain_interval
    candidates = [
        {
            "training": c.training.number,
            "config": plain(dict(c.training.config)),
            "scores": list(c.scores),
            "failed": c.failed,
            "mean": c.mean.value,
            "low": c.mean.low,
            "high": c.mean.high,
            "spread": c.spread,
            "seconds": c.seconds,
            "tied": c.tied,
        }
        for c in found.candidates
    ]
    return {
        "format": 1,
        "metric": result.history.metric,
        "direction": result.history.direction,
        "recommended": found.training.number,
        "config": plain(dict(found.training.config)),
        "candidates": plain(candidates),
        "gain": plain(found.gain),
        "gain_interval": None if interval is None else plain([interval.low, interval.high]),
        "tested": None if result.tested is None else plain(asdict(result.tested)),
        "weights": str(result.weights) if result.weights else None,
        "interrupted": result.interrupted,
    }
