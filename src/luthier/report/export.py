"""A winner as a script in plain PyTorch, to read, edit and run."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import torch

from luthier.errors import ConfigError, TaskError
from luthier.files import written_whole
from luthier.records import Config, Options, Point
from luthier.report._data import Part, agrees, parts_of, saved_parts
from luthier.report._script import Script, Winner, script_text
from luthier.task import Task, derive, own_randomness


def export_script(
    task: Task,
    config: Config,
    seed: int,
    path: Path,
    *,
    expected: Point | None = None,
    epochs: float | None = None,
    options: Options | None = None,
    alike: bool = True,
) -> list[Path]:
    """Writes a script that trains ``config`` from scratch without Luthier; the files written.

    ``expected`` is the best point of the training, which the script prints beside its own. ``epochs``: how far that
    training went, where it ended before the config's epochs. ``alike``: whether it had these ``options`` all along.
    Functions and classes of the user are copied with what they need; data that no function makes again is saved beside
    the script, as ``<stem>_data.pt``.

    On the CPU the script repeats the training bit for bit, except where ``training.dense`` sped it up, or it is not
    ``alike``: then to rounding. Raises TaskError for a model, metric, loss or Dataset whose source is not in a file,
    ConfigError for the batch schedule "noise", whose sizes are measured and not computed.
    """
    if config.batch_schedule == "noise":
        raise ConfigError(
            "batch_schedule 'noise' measures its batch sizes while it trains, and a plain script does not; export "
            "another setting, or this one as --format yaml and train it with 'luthier train --config'"
        )
    winner = Winner(task, config, seed, expected, epochs, options or Options(), alike)
    data_file = path.with_name(f"{path.stem}_data.pt")
    parts = parts_of(task)
    text = _checked(winner, path, data_file, parts)
    if text is None:  # its functions make other data now than they did: numbers without a seed, say
        parts = _filed(task, parts)
        text = _checked(winner, path, data_file, parts)
    if text is None:
        raise TaskError("the data is another one each time it is read; give tensors, or a function that seeds itself")
    with written_whole(path) as file:
        file.write(text.encode())
    return [path, data_file] if _is_saved(parts) else [path]


def _checked(winner: Winner, path: Path, data_file: Path, parts: tuple[Part, Part | None]) -> str | None:
    """The script, with its data file written; None when it makes other data than that of the task."""
    script = script_text(winner, path.name, parts, data_file.name if _is_saved(parts) else None)
    if _is_saved(parts):
        with written_whole(data_file) as file:
            torch.save(saved_parts(winner.task, *parts), file)
    try:
        same_data, same_model = _try(script, winner, path)
    except Exception as error:
        raise TaskError(
            f"the model or the data of the task cannot be made by a script of their own ({type(error).__name__}: "
            f"{error}); define them in a file, with everything that they use"
        ) from error
    if not same_model:
        raise TaskError("the model builder makes another model when it is called again; let it use nothing but config")
    return script.text if same_data else None


def _try(script: Script, winner: Winner, path: Path) -> tuple[bool, bool]:
    """Whether the script, run up to the training, has the task's data, and the weights that the training began with."""
    module = ModuleType(f"{path.stem} as exported")
    module.__file__ = str(path.resolve())
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    try:
        with own_randomness():
            exec(compile(script.text, str(path), "exec", dont_inherit=True), vars(module))
            train, validation = module.training_and_validation()
        with own_randomness(derive(winner.seed, "init")):
            model = eval(script.model, vars(module))
    finally:
        del sys.modules[module.__name__]
    same_data = agrees(train, winner.task.train) and agrees(validation, winner.task.validation)
    first, again = winner.training.model.state_dict(), model.state_dict()
    same_model = first.keys() == again.keys() and all(torch.equal(first[n].cpu(), again[n].cpu()) for n in first)
    return same_data, same_model


def _is_saved(parts: tuple[Part, Part | None]) -> bool:
    return any(part is not None and part.from_file for part in parts)


def _filed(task: Task, parts: tuple[Part, Part | None]) -> tuple[Part, Part | None]:
    """The parts, read from a file where they are tensors."""
    train, validation = parts
    if not train.streamed:
        train, validation = Part("train", from_file=True), validation or Part("validation", from_file=True)
    if validation is not None and not validation.streamed:
        validation = Part("validation", from_file=True)
    return train, validation
