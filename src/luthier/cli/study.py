"""``luthier study``: common claims, tested on the user's task."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from luthier.cli.errors import OK
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
    file_values,
    out,
    print_json,
    run_options,
    settings,
    watching,
)


def study(
    task: TaskName,
    budget: Annotated[
        str, typer.Option(metavar="AMOUNT", help="How much to spend: 60s, 5m, 1h, 2000epochs or 200trainings")
    ] = "5m",
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own setting (YAML or TOML), around which claims are tested"),
    ] = None,
    set_: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="One value of your own setting; may be repeated")
    ] = [],  # noqa: B006  # typer copies it
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the study lies; an old one is continued")
    ] = None,
    lang: Annotated[str, typer.Option(metavar="NAME", help="Language of the result: en or zh")] = "en",
    data: Data = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "float32",
    compile: Compile = False,
    threads: Threads = 0,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Test what is commonly said about learning rate, batch size and epochs, on your task.

    Eleven claims, such as "a larger batch wants a larger learning rate", each with a verdict (holds, does not hold,
    undecided), the size of the effect and its interval. The experiment varies learning rate and
    batch size around your own setting, on several seeds. The same command, run again with a larger budget, goes on.

    [bold]Examples[/bold]

      luthier study digits
      luthier study digits --budget 1m --lang zh
      luthier study mnist --data ~/mnist --budget 30m
      luthier study my_file.py:task --set optimizer=Adam --set batch_size=128
    """
    options = run_options(device, precision, compile, threads)
    own = {**file_values(baseline), **settings(set_)}

    from luthier import load_task
    from luthier.cli.claims import check_language, claims_document, claims_report
    from luthier.cli.progress import Progress
    from luthier.tuning.claims import claims

    check_language(lang)
    loaded = load_task(task, str(data) if data else None)
    with watching(Progress(f"studying {task}"), quiet=quiet) as watch, Interrupt(watch.note) as interrupt:
        result = claims(
            loaded,
            budget=budget,
            baseline=own or None,
            folder=folder,
            seed=seed,
            options=options,
            on_event=watch,
            stop=interrupt.asked,
        )
    if json:
        print_json(claims_document(result, task, lang))
    else:
        console = out()
        console.print(claims_report(result, task, lang))
    return interrupt.exit_code or OK
