"""What collisions.py imports."""

from torch import nn

WIDTH = 6


def accuracy(number):
    return number // 2


def halved(number):
    return accuracy(number)


class Network(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(width, width)

    def forward(self, x):
        return self.layer(x).relu()
