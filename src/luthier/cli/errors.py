"""What an error says on the command line, and the exit code."""

from __future__ import annotations

import errno
from difflib import get_close_matches
from typing import Protocol, runtime_checkable

from luthier.errors import ALIASES, RunError, UsageError
from luthier.hyperparameters import HYPERPARAMETERS
from luthier.user_code import told

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


@runtime_checkable
class _Complaint(Protocol):
    """What the command line's parser raises; its classes have moved between packages."""

    exit_code: int

    def format_message(self) -> str: ...


def explain(error: BaseException, *, debug: bool = False) -> tuple[str, int]:
    """One sentence about ``error``, and the exit code: 2 for what the user can mend, else 1."""
    if isinstance(error, UsageError):
        return str(error), USAGE
    if isinstance(error, RunError):
        return str(error), FAILED
    if isinstance(error, _Complaint) and error.exit_code == USAGE:
        return _usage(error), USAGE
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = f" ({error.filename})" if error.filename else ""
        return f"the disk is full{where}; free some space and run again", FAILED
    text = told(error)
    return text if debug else f"unexpected {text}; run again with --debug for the traceback", FAILED


def _usage(error: _Complaint) -> str:
    """The parser's own complaint, as one sentence that says where help is."""
    message = " ".join(error.format_message().split()).rstrip(".")
    if type(error).__name__ == "NoSuchOption":
        message = f"no such option {getattr(error, 'option_name', '')}{_meant(error)}"
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "luthier"
    return f"{message[:1].lower()}{message[1:]}{'' if message.endswith('?') else ';'} see '{path} --help'"


def _meant(error: _Complaint) -> str:
    """A hint at the option that was meant: one of the command's own, or ``--set`` for a hyperparameter."""
    option = str(getattr(error, "option_name", ""))
    parameters = getattr(getattr(getattr(error, "ctx", None), "command", None), "params", ())
    own = [opt for parameter in parameters for opt in parameter.opts if opt.startswith("--")]
    name = option.strip("-").replace("-", "_")
    meant = name if name in HYPERPARAMETERS else ALIASES.get(name, "")
    if meant:
        flag = f"--{meant.replace('_', '-')}"
        return (
            f", did you mean {flag}?" if flag in own else f"; give it as --set {meant}=VALUE" if "--set" in own else ""
        )
    near = get_close_matches(option, own, n=1)
    return f", did you mean {near[0]}?" if near else ""
