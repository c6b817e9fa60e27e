"""``luthier ui``: the page of a study, following it."""

from __future__ import annotations

from typing import Annotated

import typer

from luthier.cli.errors import OK
from luthier.cli.options import Debug
from luthier.cli.reporting import Language, chosen_study
from luthier.cli.show import Folder, Storage


def ui(
    folder: Folder = None,
    port: Annotated[int, typer.Option(metavar="N", help="Where to listen; 0 takes any free port")] = 8320,
    language: Language = "en",
    storage: Storage = None,
    debug: Debug = False,
) -> int:
    """Show the page of a study in the browser, following the study while it runs. Ctrl-C ends it.

    Only this machine can see the page.

    [bold]Examples[/bold]

      luthier ui
      luthier ui luthier-studies/digits --port 9000
    """
    chosen = chosen_study(folder, storage)

    from luthier.report.document import study_page
    from luthier.report.live import LiveServer, study_fingerprint

    study_page(chosen, storage, language)  # what is wrong with the study or the language is told before anyone looks
    server = LiveServer(
        lambda now: study_page(chosen, storage, language, now), lambda: study_fingerprint(chosen, storage), port
    )
    typer.echo(f"{chosen} at {server.address} (Ctrl-C ends it)")
    try:
        server.serve()
    except KeyboardInterrupt:
        typer.echo("")
    finally:
        server.close()
    return OK
