"""Processes that are forked from this one, with all that it has in memory."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Callable
from multiprocessing.context import ForkProcess
from typing import Any

import torch


def can_fork() -> bool:
    """Whether processes can be forked safely: macOS has libraries that do not survive it, Windows has no fork.

    A daemonic process, such as those of a ``multiprocessing.Pool``, may have none of its own.
    """
    return sys.platform == "linux" and not multiprocessing.current_process().daemon


def fork(work: Callable[..., None], *arguments: Any, name: str, daemon: bool = False) -> ForkProcess:
    """Begins ``work(*arguments)`` in a process with one thread; a ``daemon`` ends with this one at the latest."""
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(work, *arguments), name=name, daemon=daemon
    )
    with warnings.catch_warnings():
        # Python 3.12 and later warn of the locks that other threads may hold. None is taken over there.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    return process


def _run(work: Callable[..., None], *arguments: Any) -> None:
    torch.set_num_threads(1)  # the threads of the other process were not forked
    gc.freeze()  # what belongs to the other process is never closed here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; who asked decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    work(*arguments)
