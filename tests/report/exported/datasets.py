"""Datasets: one that is always the same, and one that is noisier each time."""

import torch
from torch import nn
from torch.utils.data import Dataset

from luthier import Task

CLASSES = 3


class Fixed(Dataset):
    def __init__(self, rows: int, shift: float = 0.0):
        self.rows, self.shift = rows, shift

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, i: int):
        return torch.full((6,), i + self.shift).sin().numpy().astype("float64"), i % CLASSES


class Noisy(Fixed):
    def __getitem__(self, i: int):
        inputs, target = super().__getitem__(i)
        return torch.as_tensor(inputs) + torch.rand(6), target


def model(config):
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(inplace=True), nn.Dropout(0.1), nn.Linear(8, CLASSES))


class Lines(Fixed):
    """Sequences of many lengths."""

    def __getitem__(self, i: int):
        return {"line": torch.arange(1 + i % 7), "label": i % CLASSES}


class Mean(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(8, 4), nn.Linear(4, CLASSES)

    def forward(self, line, length):
        return self.out(self.words(line).mean(1) * length[:, None])


def padded(samples):
    """Lines padded to the longest of a batch, with their lengths."""
    lines = [sample["line"] for sample in samples]
    length = torch.tensor([float(len(line)) for line in lines])
    line = nn.utils.rnn.pad_sequence(lines, batch_first=True, padding_value=7)
    return {"line": line, "length": length}, torch.tensor([sample["label"] for sample in samples])


lines = Task(lambda config: Mean(), lambda: Lines(70), lambda: Lines(31), collate=padded)
fixed = Task(model, lambda: Fixed(70), lambda: Fixed(31, shift=0.5))
noisy = Task(model, Noisy(70), Noisy(31, shift=0.5))
split = Task(model, lambda: Noisy(101), 0.3, evaluations_per_epoch=3)
