"""Writes the digits of scikit-learn, split, to src/luthier/task/digits.npz: python dev/digits.py.

So that the embedded task is there at once: importing scikit-learn takes most of a second.
"""

from pathlib import Path

import numpy as np

import luthier.task
from luthier.task.digits import digits_data

arrays = {}
for name, (images, labels) in zip(("train", "validation"), digits_data(), strict=True):
    arrays[f"{name}_images"] = (images * 16).numpy().astype(np.uint8)
    arrays[f"{name}_labels"] = labels.numpy().astype(np.uint8)
np.savez_compressed(Path(luthier.task.__file__).with_name("digits.npz"), **arrays)
