"""A faster step for stacks of linear layers, ReLUs and dropout on the CPU.

What autograd adds to the products is, on a small stack, its own work, and on a large one memory traffic: fresh
gradients at every step, a pass over all weights for the update. Here the same kernels run in the same order in buffers
that stay, so that every bit is autograd's; dropout draws the same masks. Only the update of plain SGD on a large stack
is part of the product, ``W - lr * G^T X`` in one ``addmm`` into the weights, and differs by rounding.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from luthier.records import Config, Options
from luthier.task import LossFunction, Resident, Source
from luthier.training._fused import Update
from luthier.training._masks import Mask

#: Weights from which a pass over all of them costs more than being repeatable by autograd is worth.
LARGE = 1 << 18
MEAN, NOTHING_LEFT_OUT = 1, -100  #: torch's codes for a loss's reduction and for the class that it ignores


def suits(
    model: nn.Module, loss: LossFunction, data: Source, config: Config, options: Options
) -> TypeGuard[nn.Sequential]:
    """Whether DenseStep computes what AutogradStep would, on this model, data and config."""
    plain_loss = (
        type(loss) is nn.CrossEntropyLoss
        and loss.weight is None
        and loss.label_smoothing == 0
        and loss.reduction == "mean"
        and loss.ignore_index < 0
    )
    if not plain_loss or options.compile or options.precision != "float32" or config.l1 or config.clip_norm is not None:
        return False
    if type(model) is not nn.Sequential or not _rows_and_classes(data):
        return False
    layers = list(model)
    linear = [m for m in layers if type(m) is nn.Linear]
    return (
        _stacked(layers)
        and all(_plain(m) for m in linear)
        and len({id(p) for m in linear for p in m.parameters()}) == 2 * len(linear)
        and not any(_touched(m) for m in (model, *layers))
    )


def _stacked(layers: list[nn.Module]) -> bool:
    """Whether each linear layer but the last is followed by a ReLU, and that by dropout or nothing."""
    follows: dict[type[nn.Module], set[type[nn.Module]]] = {
        nn.Linear: {nn.ReLU},
        nn.ReLU: {nn.Linear, nn.Dropout},
        nn.Dropout: {nn.Linear},
    }
    types = [type(layer) for layer in layers]
    in_order = all(after in follows.get(before, ()) for before, after in pairwise(types))
    ends = bool(types) and types[0] is nn.Linear and types[-1] is nn.Linear
    return ends and in_order and all(m.training and m.p < 1 for m in layers if isinstance(m, nn.Dropout))


def _rows_and_classes(data: Source) -> bool:
    """Whether inputs are float32 rows and targets classes, none of them left out of the loss."""
    if not isinstance(data, Resident) or not isinstance(data.inputs, Tensor):
        return False
    rows = data.inputs.ndim == 2 and data.inputs.dtype == torch.float32
    return rows and data.targets.ndim == 1 and data.targets.dtype == torch.int64 and int(data.targets.min()) >= 0


def _touched(module: nn.Module) -> bool:
    """Whether somebody wants to see what goes through a module, or put a forward of their own in its place."""
    hooks = (
        module._forward_hooks,
        module._forward_pre_hooks,
        module._backward_hooks,
        module._backward_pre_hooks,
        *(p._backward_hooks for p in module.parameters(recurse=False)),
        *(p._post_accumulate_grad_hooks for p in module.parameters(recurse=False)),
    )
    return any(hooks) or "forward" in vars(module)


def _weights(layers: list[nn.Linear]) -> int:
    return sum(m.weight.numel() for m in layers)


def _plain(layer: nn.Linear) -> bool:
    """Whether both parameters are there, trained, float32 and on the CPU.

    Of a layer one wide, autograd may lay out products otherwise, which rounds differently.
    """
    parameters = [layer.weight, layer.bias]
    return min(layer.weight.shape) > 1 and all(
        type(p) is nn.Parameter and p.requires_grad and p.dtype == torch.float32 and p.device.type == "cpu"
        for p in parameters
    )


class DenseStep:
    """Forward, backward and update of Linear-ReLU-(Dropout-)...-Linear with cross-entropy, in buffers that stay."""

    def __init__(self, model: nn.Sequential, optimizer: torch.optim.Optimizer, config: Config) -> None:
        self._layers: list[nn.Linear] = [m for m in model if isinstance(m, nn.Linear)]
        self._dropped = _dropped(model)
        plain = type(optimizer) is torch.optim.SGD and not config.momentum
        self.rounds = plain and _weights(self._layers) >= LARGE  #: whether the result is autograd's but for rounding
        self._decay = float(config.weight_decay)
        if self.rounds:
            for layer in self._layers:
                _lay_out(layer)
        self._weights = [layer.weight.detach() for layer in self._layers]
        self._transposed = [weight.t() for weight in self._weights]
        self._biases = [layer.bias.detach() for layer in self._layers]
        self._buffers: dict[int, _Buffers] = {}
        if not self.rounds:
            for parameter in model.parameters():
                parameter.grad = torch.zeros_like(parameter)
        self._update = Update(optimizer)

    def __call__(self, inputs: Any, targets: Tensor, lr: float) -> Tensor:
        """Forward, backward, update."""
        buffers = self._buffers.get(len(targets))
        if buffers is None:
            buffers = self._buffers[len(targets)] = _Buffers(len(targets), self._biases, self._dropped)
        with torch.no_grad():
            loss = self._forward(inputs, targets, buffers)
            if self.rounds:
                self._backward_and_descend(inputs, buffers, lr, keep=1 - lr * self._decay)
            else:
                self._backward(inputs, buffers)
                self._update(lr)
        return loss

    def _forward(self, inputs: Tensor, targets: Tensor, buffers: _Buffers) -> Tensor:
        """The mean loss, with its gradient by the last layer's output left in its buffer."""
        hidden, last = inputs, len(self._layers) - 1
        for i, (weight, bias) in enumerate(zip(self._transposed, self._biases, strict=True)):
            hidden = torch.addmm(bias, hidden, weight, out=buffers.outputs[i])
            if i < last:
                hidden.relu_()
                if self._dropped[i]:
                    hidden.mul_(buffers.masks[i].draw())
        log_probabilities = torch.log_softmax(hidden, 1)
        kind = (None, MEAN, NOTHING_LEFT_OUT)
        loss: Tensor
        loss, weight = torch.ops.aten.nll_loss_forward(log_probabilities, targets, *kind)
        by_output = torch.ops.aten.nll_loss_backward(buffers.one, log_probabilities, targets, *kind, weight)
        torch.ops.aten._log_softmax_backward_data.out(
            by_output, log_probabilities, 1, torch.float32, out=buffers.gradients[last]
        )
        return loss

    def _input_gradient(self, i: int, buffers: _Buffers) -> None:
        """From the gradient by layer i's output to that by layer i-1's output before its ReLU."""
        below = torch.mm(buffers.gradients[i], self._weights[i], out=buffers.gradients[i - 1])
        if self._dropped[i - 1]:
            below.mul_(buffers.masks[i - 1].values)
        torch.ops.aten.threshold_backward.grad_input(below, buffers.outputs[i - 1], 0, grad_input=below)

    def _backward_and_descend(self, inputs: Tensor, buffers: _Buffers, rate: float, keep: float) -> None:
        for i in range(len(self._layers) - 1, -1, -1):
            gradient, weight, bias = buffers.transposed[i], self._weights[i], self._biases[i]
            if i:
                self._input_gradient(i, buffers)
            below = buffers.outputs[i - 1] if i else inputs
            torch.addmm(weight, gradient, below, beta=keep, alpha=-rate, out=weight)
            torch.addmv(bias, gradient, buffers.ones, beta=keep, alpha=-rate, out=bias)

    def _backward(self, inputs: Tensor, buffers: _Buffers) -> None:
        for i in range(len(self._layers) - 1, -1, -1):
            gradient, layer = buffers.gradients[i], self._layers[i]
            if i:
                self._input_gradient(i, buffers)
            torch.mm(buffers.transposed[i], buffers.outputs[i - 1] if i else inputs, out=layer.weight.grad)
            torch.sum(gradient, 0, out=layer.bias.grad)


def _dropped(model: nn.Sequential) -> list[float]:
    """The share that is dropped after each linear layer."""
    shares: list[float] = []
    for layer in model:
        if isinstance(layer, nn.Linear):
            shares.append(0.0)
        elif isinstance(layer, nn.Dropout):
            shares[-1] = layer.p
    return shares


def _lay_out(layer: nn.Linear) -> None:
    """Stores a wide layer's weights input by input, which makes forward and update up to a tenth faster at batch 64."""
    if layer.out_features > 16:
        layer.weight.data = layer.weight.data.t().contiguous().t()


class _Buffers:
    """The layers' outputs and the gradients by them, for one batch size."""

    def __init__(self, batch: int, biases: list[Tensor], dropped: list[float]) -> None:
        self.outputs = [torch.empty(batch, len(b)) for b in biases]
        self.gradients = [torch.empty(batch, len(b)) for b in biases]
        self.transposed = [gradient.t() for gradient in self.gradients]
        layers = enumerate(zip(biases, dropped, strict=True))
        self.masks = {i: Mask(batch, len(b), share) for i, (b, share) in layers if share}
        self.ones = torch.ones(batch)
        self.one = torch.ones(())
