"""Layers other than the recurrent ones, in PyTorch: forward, backward with dL/dy = y (or from the
cross-entropy), gradients of all weights and of the inputs."""

import math

import torch
from torch.nn import functional

from protocol import half_square, wave


class Conv1d(torch.nn.Module):
    """As long behind as before: PyTorch's own layout, channels before time."""

    def __init__(self, case):
        super().__init__()
        self.layer = torch.nn.Conv1d(case.input_size, case.hidden_size, case.kernel_size,
                                     dilation=case.dilation, padding="same")

    @staticmethod
    def inputs(case):
        return [sequence(case).transpose(1, 2).contiguous()]

    def forward(self, x):
        return self.layer(x)


class SelfAttention(torch.nn.Module):
    """What nn.MultiheadAttention computes, by the fused product it calls; by itself it is slower."""

    def __init__(self, case):
        super().__init__()
        size = case.hidden_size
        self.heads, self.causal = case.heads, bool(case.causal)
        self.into = torch.nn.Linear(size, 3 * size)
        self.out = torch.nn.Linear(size, size)

    @staticmethod
    def inputs(case):
        return [sequence(case)]

    def forward(self, x):
        batch, steps, size = x.shape
        parts = self.into(x).view(batch, steps, 3, self.heads, size // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(y.transpose(1, 2).reshape(batch, steps, size))


class Luong(torch.nn.Module):
    """score = q · W value; one query after the other, as a decoder asks."""

    def __init__(self, case):
        super().__init__()
        size = case.hidden_size
        self.weight = torch.nn.Parameter(torch.empty(size, size))

    @staticmethod
    def inputs(case):
        shape = (case.queries, case.batch, case.hidden_size)
        return [sequence(case), numbers(shape, 9)]

    def keys_of(self, values):
        return functional.linear(values, self.weight)

    def scores(self, query, keys):
        return torch.bmm(keys, query.unsqueeze(2)).squeeze(2)

    def forward(self, values, queries):
        keys = self.keys_of(values)
        contexts = []
        for query in queries.unbind(0):
            weights = torch.softmax(self.scores(query, keys), 1)
            contexts.append(torch.bmm(weights.unsqueeze(1), values).squeeze(1))
        return torch.stack(contexts)


class Bahdanau(Luong):
    """score = v · tanh(W query + U value)"""

    def __init__(self, case):
        torch.nn.Module.__init__(self)
        size = case.hidden_size
        self.query_weight = torch.nn.Parameter(torch.empty(size, size))
        self.key_weight = torch.nn.Parameter(torch.empty(size, size))
        self.v = torch.nn.Parameter(torch.empty(size))

    def keys_of(self, values):
        return functional.linear(values, self.key_weight)

    def scores(self, query, keys):
        return torch.tanh(functional.linear(query, self.query_weight).unsqueeze(1) + keys) @ self.v


class Words(torch.nn.Module):
    """The mean cross-entropy of the words that follow, from a table and a matrix of all words."""

    def __init__(self, case):
        super().__init__()
        self.table = torch.nn.Embedding(case.input_size, case.hidden_size)
        self.head = torch.nn.Linear(case.hidden_size, case.input_size)

    @staticmethod
    def inputs(case):
        words = torch.tensor([[(7919 * k + 104729 * n) % case.input_size
                               for k in range(case.batch * case.steps)] for n in range(2)])
        return list(words)

    def forward(self, words, following):
        return functional.cross_entropy(self.head(self.table(words)), following)


MODULES = {"conv1d": Conv1d, "self_attention": SelfAttention, "luong": Luong, "bahdanau": Bahdanau,
           "words": Words}


def numbers(shape, phase):
    return torch.from_numpy(wave(math.prod(shape), phase).reshape(shape)).float()


def sequence(case):
    """x [batch, steps, input_size]"""
    return numbers((case.batch, case.steps, case.input_size), 0)


def training_step(case, compiled=None):
    """A function that returns the outputs y, or the loss."""
    module = MODULES[case.cell](case)
    with torch.no_grad():
        for n, parameter in enumerate(module.parameters()):
            parameter.copy_(numbers(parameter.shape, 1 + n) / math.sqrt(case.hidden_size))
    inputs = [x.requires_grad_(x.is_floating_point()) for x in module.inputs(case)]
    call = compiled(module) if compiled else module

    def step():
        for tensor in (*inputs, *module.parameters()):
            tensor.grad = None
        y = call(*inputs)
        y.backward(y.detach() if y.dim() else None)
        return y

    step.inputs, step.module = inputs, module
    return step


def probe(case, compiled=None):
    """½Σy² or the loss; the squared lengths of the inputs' gradients and of the weights'."""
    step = training_step(case, compiled)
    y = step().detach()
    loss = half_square(y) if y.dim() else y.item()
    lengths = [2 * sum(half_square(tensor.grad) for tensor in tensors if tensor.grad is not None)
               for tensors in (step.inputs, step.module.parameters())]
    return loss, *lengths
