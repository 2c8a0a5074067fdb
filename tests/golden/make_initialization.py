"""PyTorch's random numbers and the parameters its layers start with, for given seeds.

Run `python make_initialization.py`; it rewrites random.safetensors and initialization.safetensors.
Values are float32, drawn on the CPU. Large tensors are kept as their first values and their sum.
"""

import numpy
import torch
from golden import GoldenFile

WHOLE = 700  # elements up to which a tensor is kept whole
FIRST = 24

LAYERS = {
    "lstm_3_3": lambda: torch.nn.LSTM(3, 3),
    "lstm_1_16": lambda: torch.nn.LSTM(1, 16),
    "lstm_3_6_layers2": lambda: torch.nn.LSTM(3, 6, 2),
    "lstm_nobias": lambda: torch.nn.LSTM(4, 7, bias=False),
    "lstm_bidirectional_layers2": lambda: torch.nn.LSTM(2, 5, 2, bidirectional=True),
    "gru_5_9": lambda: torch.nn.GRU(5, 9),
    "gru_bidirectional": lambda: torch.nn.GRU(3, 4, bidirectional=True),
    "rnn_3_8_layers2": lambda: torch.nn.RNN(3, 8, 2),
    "lstm_200_200": lambda: torch.nn.LSTM(200, 200),
    "linear_16_1": lambda: torch.nn.Linear(16, 1),
    "linear_7_3": lambda: torch.nn.Linear(7, 3),
    "linear_nobias": lambda: torch.nn.Linear(12, 5, bias=False),
    "lstm_then_linear": lambda: torch.nn.Sequential(torch.nn.LSTM(1, 16), torch.nn.Linear(16, 1)),
    "gru_then_two_linear": lambda: torch.nn.Sequential(
        torch.nn.GRU(3, 10), torch.nn.Linear(10, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)),
}
SEEDS = {"lstm_3_3": (0, 1, 42, 2**32 + 5), "lstm_1_16": (0, 7)}

# Each sequence of draws runs from one seeding: the position in the stream is part of the test.
DRAWS = {
    "uniform": lambda: [torch.rand(n) for n in (1, 5, 16, 700)],
    "uniform_range": lambda: [torch.empty(50).uniform_(-0.25, 0.75)],
    "uniform_double": lambda: [torch.rand(n, dtype=torch.float64) for n in (3, 20)],
    "normal_small": lambda: [torch.randn(n) for n in (1, 1, 3, 15, 2)],
    "normal_blocks": lambda: [torch.randn(n) for n in (16, 32, 160)],
    "normal_with_tail": lambda: [torch.randn(n) for n in (17, 30, 100)],
    "normal_after_kept": lambda: [torch.randn(n) for n in (3, 16, 1, 40, 1)],
    "normal_double": lambda: [torch.randn(n, dtype=torch.float64) for n in (5, 16, 37)],
    "normal_then_uniform": lambda: [torch.randn(20), torch.rand(4), torch.randn(2), torch.rand(4)],
    "permutation": lambda: [torch.randperm(n).float() for n in (1, 2, 10, 100)],
    "notebook": lambda: [*[torch.randn(1, 3) for _ in range(5)], torch.randn(1, 1, 3)],
}


def kept(value):
    """The whole tensor if it is small; else its first values and its sum in float64."""
    array = value.detach().numpy()
    if array.size <= WHOLE:
        return {"": array}
    total = numpy.array([array.astype(numpy.float64).sum(), array.size])
    return {"/first": array.reshape(-1)[:FIRST], "/sum_and_count": total}


def write_layers():
    file = GoldenFile("initialization", torch=torch.__version__)
    for layer, make in LAYERS.items():
        for seed in SEEDS.get(layer, (3,)):
            torch.manual_seed(seed)
            module = make()
            tensors = {}
            for name, parameter in module.named_parameters():
                tensors |= {name + suffix: part for suffix, part in kept(parameter).items()}
            tensors["next_uniform"] = torch.rand(1).numpy()
            shapes = {name: list(p.shape) for name, p in module.named_parameters()}
            description = {"layer": layer, "seed": seed, "shapes": shapes}
            file.add(f"{layer}_seed{seed}", description, tensors)
    file.write()


def write_draws():
    capability = torch.backends.cpu.get_cpu_capability()
    file = GoldenFile("random", torch=torch.__version__, capability=capability)
    for name, draw in DRAWS.items():
        for seed in (0, 1, 12345):
            torch.manual_seed(seed)
            draws = draw()
            tensors = {f"draw{index}": value.numpy() for index, value in enumerate(draws)}
            tensors["next_uniform"] = torch.rand(1).numpy()
            description = {"draws": name, "seed": seed, "counts": [d.numel() for d in draws]}
            file.add(f"{name}_seed{seed}", description, tensors)
    file.write()


if __name__ == "__main__":
    write_layers()
    write_draws()
