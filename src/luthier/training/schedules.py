"""Learning rate and batch size along a training.

All of them are functions of the fraction of the training that is done, so that another number of epochs stretches a
schedule and never changes it silently. The one exception is ``exponential`` with an explicit ``gamma``, which is
``lr_t = lr_0 * gamma^t`` with t in whole epochs, as it is commonly written.
"""

from __future__ import annotations

import math

from luthier.records import Config

# Smith & Topin 2018 (arXiv 1708.07120) begin an order of magnitude or more below the highest lr and end far
# below that; the two divisors are those of torch.optim.lr_scheduler.OneCycleLR.
ONE_CYCLE_START = 25.0
ONE_CYCLE_END = 25.0 * 1e4


def lr_at(config: Config, epoch: float, plateau_drops: int = 0) -> float:
    """The learning rate of a step that begins when ``epoch`` epochs are done, 0 <= epoch < config.epochs.

    ``plateau_drops``: how often the schedule "plateau" has dropped so far.
    """
    done = epoch / config.epochs
    if config.schedule == "one-cycle":
        return float(config.lr * _one_cycle(done, config.warmup))
    if done < config.warmup:
        return float(config.lr * min(1.0, max(done, 1e-3) / config.warmup))  # not 0: the first step would be wasted
    if config.schedule == "plateau":
        return float(config.lr * _gamma(config) ** plateau_drops)
    return float(config.lr * _factor(config, epoch, done))


def _factor(config: Config, epoch: float, done: float) -> float:
    """Lr as a fraction of its highest value, after the warmup."""
    schedule, end = config.schedule, config.lr_end
    if schedule == "constant":
        return 1.0
    if schedule == "exponential":
        if config.gamma is None:
            return float(max(end, 1e-12) ** done)
        return float(config.gamma ** math.floor(epoch + 1e-9))
    if schedule == "step":
        return float(_gamma(config) ** math.floor(done / config.step_size + 1e-9))
    if schedule == "cooldown":
        return _cooldown(done, config.cooldown)
    after = (done - config.warmup) / (1 - config.warmup)  # the decay begins where the warmup ends
    if schedule == "cosine":  # Loshchilov & Hutter 2017 (arXiv 1608.03983), equation 5, without restarts
        return float(end + (1 - end) * (1 + math.cos(math.pi * after)) / 2)
    power = 1.0 if schedule == "linear" else config.power
    return float(end + (1 - end) * (1 - after) ** power)


def _gamma(config: Config) -> float:
    """Factor of a drop; the usual tenth when not given."""
    return 0.1 if config.gamma is None else float(config.gamma)


def _cooldown(done: float, share: float) -> float:
    """Constant, then 1 - sqrt to zero over the last ``share`` (Hägele et al. 2024, arXiv 2405.18392, equation 1)."""
    if done < 1 - share or share == 0:
        return 1.0
    return 1 - math.sqrt(min(1.0, (done - (1 - share)) / share))


def _one_cycle(done: float, rise: float) -> float:
    """Cosine up over ``rise``, cosine down after it."""
    if done < rise:
        return _cosine(1 / ONE_CYCLE_START, 1.0, done / rise)
    return _cosine(1.0, 1 / ONE_CYCLE_END, (done - rise) / (1 - rise) if rise < 1 else 1.0)


def _cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2


def batch_size_at(config: Config, epoch: int, doublings: int = 0) -> int:
    """The batch size in epoch ``epoch`` (0-based): from batch_size to batch_size_end, in equal ratios.

    ``doublings``: how often the schedule "noise" has doubled the batch so far.
    """
    first, last = config.batch_size, config.batch_size_end
    if config.batch_schedule == "noise":
        return int(min(first * 2**doublings, max(first, last)))
    if config.batch_schedule == "constant" or last is None or config.epochs == 1:
        return int(first)
    if config.batch_schedule == "steps":
        stages = min(config.batch_stages, config.epochs)
        done = (epoch * stages // config.epochs) / (stages - 1)
    else:
        done = epoch / (config.epochs - 1)
    return max(1, round(float(first * (last / first) ** done)))


def batch_factor(config: Config, size: int, exponent: float) -> float:
    """What the schedule "noise" multiplies lr by at batch size ``size``: lr follows the batch to the ``exponent``.

    Momentum and betas stay. Torch's SGD multiplies lr into the step and not into its momentum buffer, so the buffer
    needs none of the correction that Goyal et al. 2017 (arXiv 1706.02677, section 3) describe for the other form.
    """
    if config.batch_schedule != "noise":
        return 1.0
    return float((size / config.batch_size) ** exponent)
