"""Writes the digits of scikit-learn, split, to src/luthier/task/digits.npz: python dev/digits.py.

So that the embedded task is there at once: importing scikit-learn takes most of a second.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

images, labels = load_digits(return_X_y=True)
parts = train_test_split(
    images.astype(np.uint8), labels.astype(np.uint8), test_size=360, stratify=labels, random_state=0
)
names = ("train_images", "validation_images", "train_labels", "validation_labels")
folder = Path(__file__).parent.parent / "src" / "luthier" / "task"
np.savez_compressed(folder / "digits.npz", **dict(zip(names, parts, strict=True)))
