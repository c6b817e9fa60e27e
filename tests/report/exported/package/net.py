from torch import nn

WIDTH = 5


class Net(nn.Sequential):
    def __init__(self, units: int):
        super().__init__(nn.Linear(4, WIDTH), nn.Tanh(), nn.Linear(WIDTH, units))
