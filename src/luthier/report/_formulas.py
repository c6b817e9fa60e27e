"""The schedules and the optimizer of one config as lines of Python, without what it does not use.

The arithmetic is that of ``luthier.training.schedules``, operation by operation, so that no bit differs.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import NamedTuple

from luthier.records import Config
from luthier.training.optimizers import optimizer_arguments, optimizer_class


class Constant(NamedTuple):
    """A line ``name = value  # comment``."""

    name: str
    value: str
    comment: str = ""


@dataclass(frozen=True)
class Formula:
    """The body of a function, with the constants it reads."""

    words: str
    lines: list[str]
    constants: list[Constant]


def learning_rate(config: Config) -> Formula | None:
    """The body of ``learning_rate(epoch)``; None for a constant one."""
    if config.schedule == "one-cycle":
        return _one_cycle(config)
    warms = config.warmup > 0
    if config.schedule == "constant" and not warms:
        return None
    words, lines, constants = _after_warmup(config, "after" if warms else "done")
    if warms:
        words = f"Linear warmup; then {words}"
        constants.append(Constant("WARMUP", repr(config.warmup), "share of the training"))
        warmup = ["if done < WARMUP:", "    return LR * min(1.0, max(done, 1e-3) / WARMUP)"]
        after = ["after = (done - WARMUP) / (1 - WARMUP)"] if any("after" in line for line in lines) else []
        lines = [*warmup, *after, *lines]
    if any("done" in line for line in lines):
        lines = ["done = epoch / EPOCHS", *lines]
    return Formula(f"{words[0].upper()}{words[1:]}.", lines, constants)


def _after_warmup(config: Config, done: str) -> tuple[str, list[str], list[Constant]]:
    end = Constant("LR_END", repr(config.lr_end), "share of LR at the end")
    gamma = Constant("GAMMA", repr(0.1 if config.gamma is None else config.gamma), "factor of each drop")
    match config.schedule:
        case "constant":
            return "constant", ["return LR"], []
        case "exponential":
            if config.gamma is None:
                end = end._replace(value=repr(max(config.lr_end, 1e-12)))
                return "exponential decay to LR * LR_END", ["return LR * LR_END**done"], [end]
            per_epoch = gamma._replace(comment="factor per epoch")
            return "exponential decay, epoch by epoch", ["return LR * GAMMA ** int(epoch)"], [per_epoch]
        case "step":
            size = Constant("STEP_SIZE", repr(config.step_size), "share of the training between drops")
            lines = ["return LR * GAMMA ** math.floor(done / STEP_SIZE + 1e-9)"]
            return "drops at equal distances", lines, [gamma, size]
        case "plateau":
            wait = Constant("PLATEAU_PATIENCE", repr(config.plateau_patience), "share of the training before a drop")
            words = "a drop whenever the validation loss has stopped falling"
            return words, ["return LR * GAMMA**drops"], [gamma, wait]
        case "cooldown":
            return _cooldown(config)
        case "cosine":
            lines = [f"return LR * (LR_END + (1 - LR_END) * (1 + math.cos(math.pi * {done})) / 2)"]
            return "half a cosine from LR to LR * LR_END", lines, [end]
        case "linear":
            return "straight from LR to LR * LR_END", [f"return LR * (LR_END + (1 - LR_END) * (1 - {done}))"], [end]
        case _:
            power = Constant("POWER", repr(config.power))
            lines = [f"return LR * (LR_END + (1 - LR_END) * (1 - {done}) ** POWER)"]
            return "polynomial from LR to LR * LR_END", lines, [end, power]


def _cooldown(config: Config) -> tuple[str, list[str], list[Constant]]:
    if config.cooldown == 0:
        return "constant", ["return LR"], []
    lines = [
        "if done < 1 - COOLDOWN:",
        "    return LR",
        "return LR * (1 - math.sqrt(min(1.0, (done - (1 - COOLDOWN)) / COOLDOWN)))",
    ]
    share = Constant("COOLDOWN", repr(config.cooldown), "last share of the training, in which the lr falls to 0")
    return "constant, then 1 - sqrt down to 0", lines, [share]


def _one_cycle(config: Config) -> Formula:
    lines = [
        "done = epoch / EPOCHS",
        "if done < RISE:",
        "    start, end, part = 1 / 25, 1, done / RISE",
        "else:",
        "    start, end, part = 1, 1 / 250_000, (done - RISE) / (1 - RISE)",
        "return LR * (end + (start - end) * (1 + math.cos(math.pi * part)) / 2)",
    ]
    rise = Constant("RISE", repr(config.warmup), "share of the training in which the lr rises")
    return Formula("One cycle: half a cosine up to LR, and half a cosine down.", lines, [rise])


def batch_size(config: Config) -> Formula | None:
    """The body of ``batch_size(epoch)``; None for a constant one."""
    if config.batch_schedule == "constant" or config.batch_size_end is None or config.epochs == 1:
        return None
    constants = [Constant("BATCH_SIZE_END", repr(config.batch_size_end))]
    done, words = "epoch / (EPOCHS - 1)", "From BATCH_SIZE to BATCH_SIZE_END in equal ratios."
    if config.batch_schedule == "steps":
        stages = min(config.batch_stages, config.epochs)
        constants.append(Constant("BATCH_STAGES", repr(stages)))
        done = "(epoch * BATCH_STAGES // EPOCHS) / (BATCH_STAGES - 1)"
        words = "From BATCH_SIZE to BATCH_SIZE_END in BATCH_STAGES steps of equal ratio."
    lines = [f"done = {done}", "return max(1, round(BATCH_SIZE * (BATCH_SIZE_END / BATCH_SIZE) ** done))"]
    return Formula(words, lines, constants)


def optimizer(config: Config, device_type: str) -> tuple[str, list[str], list[Constant]]:
    """Class name, arguments, and the constants that they read. What equals torch's default is left out."""
    cls = optimizer_class(config.optimizer)
    takes = inspect.signature(cls).parameters
    arguments, constants = ["lr=LR"], []
    for name, value in optimizer_arguments(config, device_type).items():
        if name == "lr" or value == takes[name].default:
            continue
        if isinstance(value, bool):
            arguments.append(f"{name}={value}")
        else:
            arguments.append(f"{name}={name.upper()}")
            constants.append(Constant(name.upper(), repr(value)))
    return cls.__name__, arguments, constants
