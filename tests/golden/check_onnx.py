"""Holds the golden files of ONNX against the operators' equations in numpy and double precision.

Run `python check_onnx.py`; it names each file with its worst deviation and fails above the limit.
The equations are those of the standard, one row and one step at a time. What it leaves open is
as ONNX Runtime has it: `clip` bounds what goes into the gates and the candidate, but not the cell
on its way out; `input_forget` ignores every parameter of the forget gate; Y behind a short row
is 0, and Y_h and Y_c are those of the row's last true step.
"""

import json
import sys

import numpy
from golden import HERE
from safetensors import safe_open

LIMIT = 1e-6  # of the tensor's largest value: the golden outputs are float32


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def hard_sigmoid(x):
    return numpy.clip(0.2 * x + 0.5, 0, 1)


FUNCTIONS = {"Tanh": numpy.tanh, "Relu": lambda x: numpy.maximum(x, 0), "Sigmoid": sigmoid,
             "HardSigmoid": hard_sigmoid}
DEFAULTS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}


class Direction:
    """One direction of a node: its matrices by gate, and the step of its operator."""

    def __init__(self, about, tensors, index):
        self.about, self.operator = about, about["operator"]
        self.hidden_size = tensors["R"].shape[2]
        gates = len(tensors["R"][index]) // self.hidden_size
        split = {name: numpy.split(tensors[name][index], gates) for name in "WR"}
        self.W, self.R = split["W"], split["R"]
        bias = tensors["B"][index] if "B" in tensors else numpy.zeros(2 * gates * self.hidden_size)
        halves = numpy.split(bias, 2)
        self.Wb, self.Rb = (numpy.split(half, gates) for half in halves)
        peepholes = tensors["P"][index] if "P" in tensors else numpy.zeros(3 * self.hidden_size)
        self.P = numpy.split(peepholes, 3)
        names = about["activations"] or DEFAULTS[self.operator]
        self.functions = [FUNCTIONS[name] for name in names]

    def clipped(self, function, x):
        clip = self.about["clip"]
        return function(numpy.clip(x, -clip, clip) if clip else x)

    def step(self, x, h, c):
        return getattr(self, self.operator.lower())(x, h, c)

    def rnn(self, x, h, c):
        z = self.W[0] @ x + self.R[0] @ h + self.Wb[0] + self.Rb[0]
        return self.clipped(self.functions[0], z), c

    def gru(self, x, h, c):
        from_x = [W @ x + b for W, b in zip(self.W, self.Wb)]
        f, g = self.functions
        z, r = (self.clipped(f, from_x[k] + self.R[k] @ h + self.Rb[k]) for k in (0, 1))
        if self.about["linear_before_reset"]:
            candidate = from_x[2] + r * (self.R[2] @ h + self.Rb[2])
        else:
            candidate = from_x[2] + self.R[2] @ (r * h) + self.Rb[2]
        return (1 - z) * self.clipped(g, candidate) + z * h, c

    def lstm(self, x, h, c):
        i, o, f, g = (W @ x + R @ h + b + d
                      for W, R, b, d in zip(self.W, self.R, self.Wb, self.Rb))
        Pi, Po, Pf = self.P
        gate, candidate, output = self.functions
        i = self.clipped(gate, i + Pi * c)
        f = 1 - i if self.about["input_forget"] else self.clipped(gate, f + Pf * c)
        c = f * c + i * self.clipped(candidate, g)
        return self.clipped(gate, o + Po * c) * output(c), c


def run(about, tensors):
    """Y [T,D,B,H], Y_h and Y_c [D,B,H]; with layout 1 the batch comes first."""
    def arrange(array, axes):
        return array.transpose(axes) if about["layout"] else array

    X = arrange(tensors["X"], (1, 0, 2))
    steps, batch = X.shape[:2]
    lengths = about["sequence_lens"] or [steps] * batch
    directions, hidden = len(tensors["W"]), tensors["R"].shape[2]
    Y = numpy.zeros((steps, directions, batch, hidden))
    states = {name: arrange(tensors[f"initial_{name}"], (1, 0, 2)).copy()
              if f"initial_{name}" in tensors else numpy.zeros((directions, batch, hidden))
              for name in "hc"}
    for d in range(directions):
        direction = Direction(about, tensors, d)
        backward = about["direction"] == "reverse" or d == 1
        for b, length in enumerate(lengths):
            for t in reversed(range(length)) if backward else range(length):
                h, c = direction.step(X[t, b], states["h"][d, b], states["c"][d, b])
                Y[t, d, b], states["h"][d, b], states["c"][d, b] = h, h, c
    return {"Y": arrange(Y, (2, 0, 1, 3)), "Y_h": arrange(states["h"], (1, 0, 2)),
            "Y_c": arrange(states["c"], (1, 0, 2))}


def check_file(name):
    worst = (0.0, "")
    with safe_open(HERE / f"{name}.safetensors", "numpy") as file:
        metadata = file.metadata()
        tensors = {key: file.get_tensor(key).astype(numpy.float64) for key in file.keys()}
    cases = json.loads(metadata["cases"])
    for case in cases:
        parts = {key.removeprefix(case + "/"): value for key, value in tensors.items()
                 if key.startswith(case + "/")}
        for output, value in run(json.loads(metadata[case]), parts).items():
            if f"f32/{output}" in parts:
                expected = parts[f"f32/{output}"]
                deviation = numpy.abs(value - expected).max() / numpy.abs(expected).max()
                worst = max(worst, (deviation, f"{case} {output}"))
    print(f"{name}: {len(cases)} cases; values within {worst[0]:.1e} ({worst[1]})")
    return worst[0] <= LIMIT


if __name__ == "__main__":
    sys.exit(0 if all([check_file(name) for name in ("onnx_nodes", "onnx_runtime")]) else 1)
