import sys, torch, luthier
class Leaving(torch.nn.Linear):
    def forward(self, x):
        return sys.exit(3) if self.training else super().forward(x)
x = torch.arange(64.0).reshape(64, 1) / 64
task = luthier.Task(lambda config: Leaving(1, 1), (x, 2 * x), loss='MSELoss')
