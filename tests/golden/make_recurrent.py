"""Golden cases of PyTorch's RNN, LSTM and GRU: outputs, final states and every gradient.

Run `python make_recurrent.py`; it rewrites rnn_tanh, rnn_relu, lstm, lstm_projected and gru
`.safetensors`.
"""

import dataclasses

import numpy
import torch
from golden import Draws, GoldenFile, precision_gap, prefixed
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CELLS = {
    "rnn_tanh": lambda *args, **options: torch.nn.RNN(*args, nonlinearity="tanh", **options),
    "rnn_relu": lambda *args, **options: torch.nn.RNN(*args, nonlinearity="relu", **options),
    "lstm": torch.nn.LSTM,
    "lstm_projected": torch.nn.LSTM,
    "gru": torch.nn.GRU,
}
PRECISIONS = {"f32": torch.float32, "f64": torch.float64}


@dataclasses.dataclass
class Case:
    """One configuration; `lengths` is None where every row has all steps, `options` is what only
    this cell has."""

    name: str
    cell: str
    input_size: int
    hidden_size: int
    batch: int
    steps: int
    num_layers: int = 1
    bidirectional: bool = False
    bias: bool = True
    initial_state: bool = False
    batch_first: bool = True
    lengths: list | None = None
    options: dict = dataclasses.field(default_factory=dict)

    @property
    def directions(self):
        return 2 if self.bidirectional else 1

    def sequence_shape(self, features):
        leading = (self.batch, self.steps) if self.batch_first else (self.steps, self.batch)
        return (*leading, features)

    def state_size(self, state):
        projected = state == "h" and "proj_size" in self.options
        return self.options["proj_size"] if projected else self.hidden_size

    def state_shape(self, state):
        return (self.num_layers * self.directions, self.batch, self.state_size(state))

    def module(self, dtype):
        return CELLS[self.cell](
            self.input_size, self.hidden_size, num_layers=self.num_layers, bias=self.bias,
            batch_first=self.batch_first, bidirectional=self.bidirectional,
            **self.options).to(dtype)

    @property
    def states(self):
        return ("h", "c") if self.cell.startswith("lstm") else ("h",)

    def parameters(self):
        """Names and shapes, in order."""
        for name, parameter in self.module(torch.float32).named_parameters():
            yield name, parameter.shape

    @property
    def output_size(self):
        return self.state_size("h") * self.directions

    def admissible(self, given):
        """What was drawn, moved to where the cell is defined."""
        return given

    def description(self):
        fields = dataclasses.asdict(self)
        options = fields.pop("options")
        return {**fields, "directions": self.directions, **options}


# Bias, given state and layout of the small cases: every pair of properties occurs.
SMALL = {
    (1, False, False): "bias state",
    (1, False, True): "nobias state",
    (1, True, False): "nobias stepfirst",
    (1, True, True): "bias",
    (2, False, False): "bias stepfirst",
    (2, False, True): "bias state",
    (2, True, False): "bias state",
    (2, True, True): "nobias stepfirst",
    (3, False, False): "nobias state",
    (3, False, True): "bias stepfirst",
    (3, True, False): "bias",
    (3, True, True): "bias state stepfirst",
}


def small_cases(cell):
    """Every (layers, directions, ragged); some ragged ones end before the last step."""
    for (layers, bidirectional, ragged), words in SMALL.items():
        properties = ["bidirectional"] * bidirectional + ["ragged"] * ragged
        properties += [word for word in words.split() if word != "bias"]
        name = "_".join([cell, f"layers{layers}", *properties])
        lengths = Draws(name + "lengths").lengths(4, 6, longest=5 if layers == 2 else 6)
        yield Case(name, cell, 3, 5, 4, 6, layers, bidirectional, "nobias" not in properties,
                   "state" in properties, "stepfirst" not in properties,
                   lengths if ragged else None)


def cases(cell):
    if cell == "lstm_projected":
        for case in small_cases(cell):
            yield dataclasses.replace(case, options={"proj_size": 4})
        return
    yield from small_cases(cell)
    yield Case(f"{cell}_one_row_one_step", cell, 2, 1, 1, 1, initial_state=True)
    yield Case(f"{cell}_odd", cell, 7, 18, 5, 7, 2, initial_state=True)
    yield Case(f"{cell}_odd_bidirectional_ragged", cell, 7, 18, 5, 7, 1, True, initial_state=True,
               lengths=[3, 7, 1, 6, 4])
    yield Case(f"{cell}_medium_ragged", cell, 16, 64, 9, 12,
               lengths=[12, 5, 9, 1, 12, 2, 7, 11, 8])


def real_steps(case):
    """[batch, steps] true where a row has a value; None where it has all."""
    if case.lengths is None:
        return None
    real = numpy.arange(case.steps)[None, :] < numpy.array(case.lengths)[:, None]
    return real if case.batch_first else real.T


def draw(case):
    """Inputs, weights and output gradients in float32, so that both precisions start alike."""
    draws = Draws(case.name)
    bound = 1.3 / case.hidden_size**0.5
    given = {"input": draws.normal(*case.sequence_shape(case.input_size))}
    real = real_steps(case)
    if real is not None:
        given["input"][~real] = numpy.nan
    if case.initial_state:
        given |= {f"{s}_0": draws.normal(*case.state_shape(s), scale=0.7) for s in case.states}
    given |= {f"weight/{name}": draws.uniform(*shape, bound=bound)
              for name, shape in case.parameters()}
    given["output_gradient"] = draws.normal(*case.sequence_shape(case.output_size))
    given |= {f"{s}_n_gradient": draws.normal(*case.state_shape(s)) for s in case.states}
    return case.admissible(given)


def run(case, given, dtype):
    """Forward and backward of one case in one precision."""
    tensor = {name: torch.tensor(array, dtype=dtype) for name, array in given.items()}
    module = case.module(dtype)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(tensor[f"weight/{name}"])
    names = case.states
    leaves = {name: tensor[name].requires_grad_()
              for name in ("input", "h_0", "c_0") if name in tensor}
    output, final = forward(case, module, leaves, names)
    results = dict(zip([f"{s}_n" for s in names], final))
    loss = (output * tensor["output_gradient"]).sum()
    loss = loss + sum((results[f"{s}_n"] * tensor[f"{s}_n_gradient"]).sum() for s in names)
    loss.backward()
    gradients = {name: leaf.grad for name, leaf in leaves.items()}
    gradients |= {name: parameter.grad for name, parameter in module.named_parameters()}
    everything = {"output": output, **results, **prefixed("gradient", gradients)}
    return {name: value.detach().numpy() for name, value in everything.items()}


def forward(case, module, leaves, names):
    state = tuple(leaves[f"{s}_0"] for s in names) if case.initial_state else None
    if state is not None and len(names) == 1:
        state = state[0]
    sequence = leaves["input"]
    if case.lengths is not None:
        sequence = pack_padded_sequence(
            sequence, torch.tensor(case.lengths), case.batch_first, enforce_sorted=False)
    output, final = module(sequence, state)
    if case.lengths is not None:
        output, _ = pad_packed_sequence(output, case.batch_first, total_length=case.steps)
    return output, (final,) if len(names) == 1 else final


def write(cells, cases, run):
    """One file a cell: its cases, each run in both precisions."""
    torch.set_num_threads(1)
    for cell in cells:
        file = GoldenFile(cell, torch=torch.__version__, numpy=numpy.__version__)
        for case in cases(cell):
            given = draw(case)
            tensors = dict(given)
            for precision, dtype in PRECISIONS.items():
                tensors |= prefixed(precision, run(case, given, dtype))
            file.add(case.name, case.description(), tensors)
        file.write()
        precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    write(CELLS, cases, run)
