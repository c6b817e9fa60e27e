"""Settings to begin a search with, which complement each other: where one does badly, another does well.

Multiple defaults (Pfisterer et al. 2018, arXiv 1811.09409), as in auto-sklearn 2.0 (Feurer et al. 2022, arXiv
2007.04074). Each is told by how many standard deviations of what is expected (``_literature``) it lies from the centre,
so that it means something in any space. Learned by ``benchmarks/portfolio.py`` from ten data sets of LCBench and five
tables of recorded trainings; what it is worth elsewhere is in dev/LOG.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PORTFOLIO: Sequence[Mapping[str, float]] = (
    {},
    {
        "batch_size": -1.6,
        "lr": 0.8,
        "momentum": -0.4,
        "weight_decay": -0.5,
        "dropout": -0.5,
        "layers": 1,
        "units": 1.1,
        "beta1": 0.2,
    },
    {
        "batch_size": -1.2,
        "lr": 0.4,
        "momentum": -1.5,
        "weight_decay": -0.4,
        "dropout": 0.2,
        "layers": 1.1,
        "units": -0.3,
        "beta1": 1.6,
    },
    {
        "batch_size": -1.5,
        "lr": 1.9,
        "momentum": -0.1,
        "weight_decay": 0.2,
        "dropout": 1.5,
        "layers": 0.9,
        "units": -1.1,
        "beta1": -1.3,
    },
    {
        "batch_size": -0.4,
        "lr": -0.2,
        "momentum": 1.3,
        "weight_decay": 1.6,
        "dropout": 1.6,
        "layers": 0.1,
        "units": 1.3,
        "beta1": 0.5,
    },
    {
        "batch_size": -1.3,
        "lr": 1.8,
        "momentum": 0.2,
        "weight_decay": -0.6,
        "dropout": -1.7,
        "layers": 0.7,
        "units": 0.9,
        "beta1": 1.4,
    },
    {
        "batch_size": -1.8,
        "lr": -0.5,
        "momentum": -2,
        "weight_decay": -0.1,
        "dropout": -1.3,
        "layers": 1.2,
        "units": -0.7,
        "beta1": -0.1,
    },
    {
        "batch_size": -0.5,
        "lr": -0.3,
        "momentum": 0.3,
        "weight_decay": -1.6,
        "dropout": 0.8,
        "layers": 2,
        "units": -0.2,
        "beta1": -1,
    },
)
