"""The command ``luthier``: its subcommands, and what an error looks like."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from luthier import __version__
from luthier.cli import errors
from luthier.cli.confirm import confirm
from luthier.cli.explain import explain
from luthier.cli.export import export
from luthier.cli.options import teach
from luthier.cli.probe import probe
from luthier.cli.report import report
from luthier.cli.show import show
from luthier.cli.study import study
from luthier.cli.train import train
from luthier.cli.tune import tune
from luthier.cli.ui import ui
from luthier.user_code import line_of


class Commands(TyperGroup):
    """The subcommands. A subcommand's return value is the exit code; an error becomes one sentence."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Runs the command line ``args`` and exits."""
        given = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(
                given,
                "luthier",
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                obj=given,
                **extra,
            )
        except (KeyboardInterrupt, typer.Abort):
            code = errors.INTERRUPTED
        except SystemExit as error:
            if not line_of(error):
                raise  # the parser's, as where nobody reads what is printed
            code = _tell(error, debug="--debug" in given)
        except Exception as error:
            code = _tell(error, debug="--debug" in given)
        sys.exit(code if isinstance(code, int) else errors.OK)


def _tell(error: BaseException, *, debug: bool) -> int:
    """Prints one sentence about ``error`` to stderr, after its traceback when debugging; gives the exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return errors.USAGE  # typer has printed the help
    if debug:
        traceback.print_exception(error)
    sentence, code = errors.explain(error, debug=debug)
    typer.secho(f"error: {sentence}", err=True, fg=None)
    return code


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"luthier {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(help=teach(tune.__doc__ or ""))(tune)
app.command(help=teach(train.__doc__ or ""))(train)
app.command(help=teach(show.__doc__ or ""))(show)
app.command(help=teach(explain.__doc__ or ""))(explain)
app.command(help=teach(confirm.__doc__ or ""))(confirm)
app.command(help=teach(report.__doc__ or ""))(report)
app.command(help=teach(ui.__doc__ or ""))(ui)
app.command(help=teach(export.__doc__ or ""))(export)
app.command(help=teach(study.__doc__ or ""))(study)
app.add_typer(probe, name="probe")


@app.callback(
    help=teach("""Find the learning rate, batch size and number of epochs of a PyTorch training, and say why.

    [bold]Examples[/bold]

      luthier tune digits --budget 60s
      luthier tune my_file.py:task --space space.yaml
      luthier train digits --lr 0.1 --batch-size 64
      luthier explain
      luthier report
      luthier confirm
      luthier export --out winner.py
      luthier probe lr digits
      luthier study digits
    """),
    epilog=(
        "[bold]Exit codes[/bold]\n\n"
        "  0    done\n"
        "  1    something failed on the way\n"
        "  2    the command, or a file it reads, needs mending\n"
        "  130  interrupted (what was found is printed)"
    ),
)
def luthier(
    _: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and exit")
    ] = False,
) -> None:
    """Find the learning rate, batch size and number of epochs of a PyTorch training, and say why."""


def main() -> NoReturn:
    """The entry point of the command ``luthier``."""
    app()
    raise AssertionError("the app exits by itself")
