"""What the literature says of hyperparameters: where good values usually lie, and how far around."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from luthier.records import Belief, EpochCost

Confidence = Literal["low", "medium", "high"]

REFERENCE_BATCH = 32  #: what literature's learning rates are for; PyTorch's examples and Bengio 2012 use about this

_LINEAR = "following batch size: Goyal et al. 2017 (arXiv 1706.02677)"
_ROOT = "following the root of batch size: Malladi et al. 2022 (arXiv 2205.10287)"


#: With momentum, a gradient moves the weights by lr / (1 - momentum) of itself in all: Smith & Le 2018 (arXiv
#: 1710.06451, section 5). So the best lr falls as 1 - momentum does.
MOMENTUM_EXPONENT = 1.0


def _rate(optimizer: str, centre: float, exponent: float, source: str) -> Belief:
    follows, at = ({"batch_size": exponent}, {"batch_size": float(REFERENCE_BATCH)}) if exponent else ({}, {})
    if optimizer == "SGD":
        follows, at = {**follows, "momentum": MOMENTUM_EXPONENT}, {**at, "momentum": 0.9}
    return Belief("lr", centre, 6, source, given={"optimizer": optimizer}, follows=follows, at=at)


#: Learning rates by optimizer, SGD's with momentum 0.9. Other optimizers have none.
LEARNING_RATES: Mapping[str, Belief] = {
    str(belief.given["optimizer"]): belief
    for belief in [
        _rate("SGD", 0.02, 1.0, "between 0.01, the default of Bengio 2012 (arXiv 1206.5533), and 0.1 at batch size 256 "
              f"of He et al. 2015 (arXiv 1512.03385); {_LINEAR}"),
        _rate("RMSprop", 1e-3, 0.5, f"Tieleman & Hinton 2012, lecture 6.5: 0.001; {_ROOT}"),
        *(_rate(name, 1e-3, 0.5, f"Kingma & Ba 2015 (arXiv 1412.6980): 0.001; {_ROOT}")
          for name in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax")),
        _rate("Adagrad", 1e-2, 0.5, f"torch's default; {_ROOT}"),
        _rate("Adadelta", 1.0, 0.0, "Zeiler 2012 (arXiv 1212.5701), whose rule has none; torch's default"),
    ]
}  # fmt: skip

#: The first that holds for a config counts.
LITERATURE: Sequence[Belief] = [
    *LEARNING_RATES.values(),
    Belief("batch_size", 32, 2.5, "Masters & Luschi 2018 (arXiv 1804.07612): 2 to 32; Bengio 2012: 32"),
    Belief("momentum", 0.9, 3, "Sutskever et al. 2013 (ICML): 0.9 to 0.99; 0.9 is usual"),
    Belief("beta1", 0.9, 3, "Kingma & Ba 2015: 0.9"),
    Belief("beta2", 0.999, 8, "Kingma & Ba 2015: 0.999; Vaswani et al. 2017 (arXiv 1706.03762): 0.98"),
    Belief("alpha", 0.97, 3, "between 0.9 (Tieleman & Hinton 2012, lecture 6.5) and 0.99, torch's default"),
    # Choi et al. 2019 (arXiv 1910.05446, section 4) tune it over ten decades; below the root of the second moments it
    # does not matter.
    Belief("eps", 1e-8, 100, "Kingma & Ba 2015: 1e-8; Choi et al. 2019: larger ones, too, where the lr follows"),
    Belief("l1", 1e-6, 20, "1e5 weights of 0.1 then cost 0.01, a hundredth of a usual loss"),
    Belief("clip_norm", 1.0, 5, "Pascanu et al. 2013 (arXiv 1211.5063): about the mean norm; 1 is usual"),
    Belief("weight_decay", 1e-2, 8, "torch's default of AdamW; Loshchilov & Hutter 2019 (arXiv 1711.05101)",
           given={"optimizer": "AdamW"}),
    Belief("weight_decay", 2e-4, 8, "between 5e-4 (Krizhevsky et al. 2012) and 1e-4 (He et al. 2015)"),
    Belief("gamma", 0.9, 3, "the lr falls by a factor of 20 in all: He et al. 2015 let it fall by 100, others hardly",
           given={"schedule": "exponential"}, follows={"epochs": -1.0}, at={"epochs": 30.0}),
]  # fmt: skip

#: The gradient noise scale, in samples, where it was not measured; that of digits and of MNIST lies between 50 and 300
#: along a training (``luthier probe noise-scale``).
USUAL_NOISE_SCALE = 100.0
#: Batch sizes whose expected time is at most this many times the least are about as good.
_ABOUT_AS_FAST = 1.25
#: Beliefs in a batch size are at least so wide: how well it generalises is left out of them.
_LEAST_FACTOR = 2.0

#: What other tools call them: spaces for a search driven by hand, and a user's own model, may have their names.
ALSO_CALLED: Mapping[str, Sequence[str]] = {
    "lr": ("learning_rate", "initial_lr", "lr_init"),
    "batch_size": ("batchsize", "bs", "train_batch_size"),
    "beta1": ("beta_1", "b1", "adam_beta1"),
    "beta2": ("beta_2", "b2", "adam_beta2"),
    "eps": ("epsilon", "adam_epsilon"),
    "l1": ("l1_reg", "l1_weight"),
    "weight_decay": ("wd", "l2", "l2_reg", "l2_weight"),
    "clip_norm": ("max_grad_norm", "grad_clip", "clipnorm"),
    "dropout": ("dropout_rate", "max_dropout"),
    "layers": ("num_layers", "n_layers", "depth"),
    "units": ("num_units", "n_units", "max_units", "hidden_units", "hidden_size", "hidden_dim", "width"),
    "channels": ("num_channels", "n_channels", "hidden_channels", "filters", "num_filters", "n_filters"),
    "d_model": ("embed_dim", "embedding_dim", "embedding_size", "model_dim"),
}  # fmt: skip

#: What averages over steps or multiplies in each: beliefs are about 1 minus these.
NEAR_ONE = ("momentum", "beta1", "beta2", "alpha", "gamma")

#: Centre, standard deviation and source, of what no factor tells.
DROPOUT = (0.3, 0.2, "Srivastava et al. 2014 (JMLR): 0.2 of inputs to 0.5 of hidden units")

#: The same, as positions in the range of how large a model is. Section 3.1.3 there: "larger than optimal values
#: typically do not hurt generalization performance much".
CAPACITY = (0.75, 0.3, "Bengio 2012 (arXiv 1206.5533): larger than optimal seldom hurts")
CAPACITIES = ("layers", "units", "channels", "d_model")

#: Choices that are usually better than the others, the best first; how many times as likely each is drawn; a source.
BETTER_CHOICES: Mapping[str, tuple[Sequence[str], float, str]] = {
    "schedule": (
        ("linear", "cosine", "polynomial", "one-cycle", "cooldown"),
        3.0,
        "Defazio et al. 2023 (arXiv 2310.07831): down to zero, linearly before all, does as well as any or better",
    ),
}

#: Factors that two in three good values lie within, for a user who says how sure they are.
CONFIDENCE: Mapping[Confidence, float] = {"low": 6.0, "medium": 3.0, "high": 1.5}


def quickest_batch(cost: EpochCost, scale: float, low: float, high: float, source: str) -> Belief:
    """The batch sizes in [low, high] that bring the loss down in the least time, at a gradient noise scale.

    A step takes the loss as far as 1 / (1 + noise scale / batch size) steps without noise (McCandlish et al. 2018,
    arXiv 1812.06162, equation 2.11 and appendix D), so that the time to a loss goes as
    (batch size + noise scale) * seconds of an epoch.
    """
    least, most = quick_batches(cost, scale, low, high)
    return Belief("batch_size", math.sqrt(least * most), max(_LEAST_FACTOR, math.sqrt(most / least)), source)


def quick_batches(cost: EpochCost, scale: float, low: float, high: float) -> tuple[float, float]:
    """The least and the largest batch size in [low, high] that are about as quick as the quickest."""
    sizes = np.unique(np.geomspace(low, high, 60).round())
    times = np.array([(size + scale) * cost.seconds(int(size)) for size in sizes])
    fast = sizes[times <= _ABOUT_AS_FAST * times.min()]
    return float(fast[0]), float(fast[-1])
