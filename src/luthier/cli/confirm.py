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
    Workers,
    out,
    print_json,
    run_options,
    watching,
    worker_count,
)
from luthier.cli.reporting import Language, check_language, chosen_study, typed
from luthier.cli.show import Folder, Storage

if TYPE_CHECKING:
    from rich.table import Table

    from luthier.report.page import Words
    from luthier.tuning.confirm import Confirmation


def confirm(
    folder: Folder = None,
    top: Annotated[int, typer.Option(metavar="N", help="How many of the best settings run again")] = 3,
    seeds: Annotated[int, typer.Option(metavar="N", help="On how many fresh seeds each")] = 5,
    language: Language = "en",
    storage: Storage = None,
    device: Device = "auto",
    precision: Precision = "float32",
    compile: Compile = False,
    threads: Threads = 0,
    workers: Workers = "auto",
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Run the best settings of a study, and your own, again on fresh seeds, and say which to use.

    The best of many trainings is partly luck. Fresh seeds tell how much: each setting gets a mean and a spread.
    Settings that cannot be told apart are called tied. Of the tied ones that take at most 1.25 times as long as the
    fastest, the one that the search found best is recommended. Test data, if the task has any, is looked at once, at
    the end. Ctrl-C leaves the rest to the same command.

    [bold]Examples[/bold]

      luthier confirm
      luthier confirm luthier-studies/digits --top 5 --seeds 10
    """
    options = run_options(device, precision, compile, threads)
    check_language(language)
    chosen = chosen_study(folder, storage)

    from luthier import confirm as run
    from luthier.cli.progress import Progress

    with watching(Progress(f"confirming {chosen}"), quiet=quiet) as watch, Interrupt(watch.note) as interrupt:
        result = run(
            chosen,
            storage=storage,
            top=top,
            seeds=seeds,
            workers=worker_count(workers),
            options=options,
            on_event=watch,
            stop=interrupt.asked,
        )
    if json:
        print_json(_document(result))
    else:
        _tell(result, language, typed(chosen, storage))
    return interrupt.exit_code or OK


def _tell(result: Confirmation, language: str, folder: str) -> None:
    from rich.text import Text

    from luthier.cli.wrapping import wrapped
    from luthier.report.page import Words, sentences

    console, say = out(), Words(language)
    story = sentences(result.history, result.recommendation, folder, result.tested, language)
    for line in wrapped(f"{story.title}{say('confirm.colon')}{story.sentences[0]}", console.width):
        console.print(Text(line, style="bold"), soft_wrap=True)
    notes = [
        f"{f.label}{say('confirm.colon')}{f.value}{say('confirm.note', note=f.note) if f.note else ''}"
        for f in story.figures
    ]
    for sentence in [*story.sentences[1:], *notes, *story.sure]:
        for line in wrapped(sentence, console.width):
            console.print(Text(line), soft_wrap=True)
    if result.recommendation.candidates:
        console.print()
        console.print(_table(result, say))
    if result.weights:
        console.print(Text(f"{say('confirm.weights')}{result.weights}"), soft_wrap=True)
    if result.interrupted:
        console.print(Text(say("confirm.stopped")))


def _table(result: Confirmation, say: Words) -> Table:
    from rich.table import Table
    from rich.text import Text

    from luthier.cli import words

    found = result.recommendation
    table = Table.grid(padding=(0, 2))
    headings = ("", say.name(result.history.metric), say("confirm.interval"), "±", say("confirm.seeds"))
    for heading in (*headings, say("confirm.time"), say("values")):
        table.add_column(Text(heading, style="dim"), no_wrap=heading != say("values"))
    table.show_header = True
    for candidate in found.candidates:
        mean, number = candidate.mean, candidate.training.number
        verdict = "use" if candidate is found.confirmed else "tied" if candidate.tied else ""
        row = say("confirmed.own") if number == 0 else f"#{number}"
        failed = say("confirm.failed", n=candidate.failed) if candidate.failed else ""
        table.add_row(
            Text(f"{row} {say(f'confirm.{verdict}')}" if verdict else row, style="bold" if verdict == "use" else ""),
            words.number(mean.value),
            f"{words.number(mean.low)} – {words.number(mean.high)}",
            f"{candidate.spread:.2g}",
            f"{len(candidate.scores)}{failed}",
            say.duration(candidate.seconds),
            Text(words.brief(candidate.training.config, 2)),
        )
    return table


def _document(result: Confirmation) -> dict[str, object]:
    from dataclasses import asdict

    from luthier.cli.documents import plain, recommendation

    return {
        "format": 1,
        "metric": result.history.metric,
        "direction": result.history.direction,
        **recommendation(result.recommendation),
        "tested": None if result.tested is None else plain(asdict(result.tested)),
        "weights": str(result.weights) if result.weights else None,
        "interrupted": result.interrupted,
    }
