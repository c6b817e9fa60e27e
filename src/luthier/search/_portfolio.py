"""Settings to begin a search with, which complement each other: where one does badly, another does well.

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
    (-0.6, 1.4, -1.0, -0.6, -1.1, 1.2, 0.7, 1.7),
    (-1.2, 0.4, -1.5, -0.4, 0.2, 1.1, -0.3, 1.6),
    (-0.4, -0.2, 1.3, 1.6, 1.6, 0.1, 1.3, 0.5),
    (-1.5, 1.9, -0.1, 0.2, 1.5, 0.9, -1.1, -1.3),
    (-1.8, -0.5, -2.0, -0.1, -1.3, 1.2, -0.7, -0.1),
    (-1.3, 1.8, 0.2, -0.6, -1.7, 0.7, 0.9, 1.4),
    (-1.5, 1.1, 0.9, 0.0, -0.3, 0.1, 0.6, -0.7),
)
#: The centre first.
PORTFOLIO: Sequence[Mapping[str, float]] = [dict(zip(_NAMES, row, strict=True)) for row in _DEVIATIONS]
