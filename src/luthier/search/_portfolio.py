"""Settings to begin a search with, cheap ones that complement each other: where one does badly, another does well.

Multiple defaults (Pfisterer et al. 2018, arXiv 1811.09409), as in auto-sklearn 2.0 (Feurer et al. 2022, arXiv
2007.04074). Each is told by how many standard deviations of what is expected (``_literature``) it lies from the centre,
so that it means something in any space. Learned by ``benchmarks/portfolio.py`` from ten data sets of LCBench and five
tables of recorded trainings; what it is worth elsewhere is in dev/LOG.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_NAMES = ("batch_size", "lr", "momentum", "weight_decay", "dropout", "layers", "units", "beta1")
_DEVIATIONS = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (1.1, 0.7, -0.2, -0.7, 0.2, 0.8, -1.4, -0.9),
    (-1.7, 1.7, -0.4, -0.8, -2.0, 0.9, -1.5, 1.3),
    (-1.2, 0.4, -1.5, -0.4, 0.2, 1.1, -0.3, 1.6),
    (0.4, 0.1, 0.0, 0.2, 0.4, -1.4, -0.1, -0.9),
    (0.1, 1.7, -0.2, 0.1, -0.3, 1.2, 0.9, 0.7),
    (1.9, -0.5, 0.5, 1.4, 0.6, -1.7, 0.2, 0.3),
    (-0.5, -1.9, -0.3, 1.0, -1.5, 1.5, -1.1, -1.0),
)
#: The centre first. What is said of units holds for other measures of a layer's width.
PORTFOLIO: Sequence[Mapping[str, float]] = [
    {**setting, "channels": setting["units"], "d_model": setting["units"]}
    for setting in (dict(zip(_NAMES, row, strict=True)) for row in _DEVIATIONS)
]
