"""Golden cases of cells that no framework has, from the papers' equations and autograd.

Run `python make_cells.py`; it rewrites `<cell>.safetensors` for every cell below. Each is one
function from a row's input and states to its new states, written as the paper writes it; the loop
takes rows, directions and layers one after another, so it has nothing to get wrong.
"""

import dataclasses

import torch
from golden import prefixed
from make_recurrent import Case, small_cases, write

sigmoid, tanh = torch.sigmoid, torch.tanh


def affine(p, x, h, gate):
    """W x + b + U h + b' of one gate."""
    return p["W"][gate] @ x + p["b"][gate] + p["U"][gate] @ h + p["d"][gate]


def cifg(p, x, h, c):
    """Greff et al. 2015: f = 1 - i."""
    i, g, o = (affine(p, x, h, gate) for gate in range(3))
    c = (1 - sigmoid(i)) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def cifg_forget(p, x, h, c):
    """TensorFlow's coupled cell: i = 1 - f."""
    f, g, o = (affine(p, x, h, gate) for gate in range(3))
    c = sigmoid(f) * c + (1 - sigmoid(f)) * tanh(g)
    return sigmoid(o) * tanh(c), c


def mgu(p, x, h):
    """Zhou et al. 2016, equations 7 to 9."""
    f = sigmoid(affine(p, x, h, 0))
    n = tanh(affine(p, x, f * h, 1))
    return ((1 - f) * h + f * n,)


# The cell, its gates and its states.
CELLS = {"cifg": (cifg, 3, "hc"), "cifg_forget": (cifg_forget, 3, "hc"), "mgu": (mgu, 2, "h")}


@dataclasses.dataclass
class CellCase(Case):
    @property
    def states(self):
        return tuple(CELLS[self.cell][2])

    def parameters(self):
        """PyTorch's names and shapes."""
        gates = CELLS[self.cell][1] * self.hidden_size
        for layer in range(self.num_layers):
            below = self.hidden_size * self.directions if layer else self.input_size
            for suffix in ("", "_reverse")[:self.directions]:
                yield f"weight_ih_l{layer}{suffix}", (gates, below)
                yield f"weight_hh_l{layer}{suffix}", (gates, self.hidden_size)
                if self.bias:
                    yield f"bias_ih_l{layer}{suffix}", (gates,)
                    yield f"bias_hh_l{layer}{suffix}", (gates,)


def run_row(cell, weights, sequence, state):
    """All steps of one row through one direction of one layer: outputs and the last states."""
    outputs = []
    for x in sequence:
        state = cell(weights, x, *state)
        outputs.append(state[0])
    return torch.stack(outputs), state


def weights_of(case, leaves, layer, suffix):
    split = {"W": "weight_ih", "U": "weight_hh", "b": "bias_ih", "d": "bias_hh"}
    gates, zero = CELLS[case.cell][1], torch.zeros((), dtype=leaves["input"].dtype)
    return {name: leaves[f"{kind}_l{layer}{suffix}"].chunk(gates)
            if f"{kind}_l{layer}{suffix}" in leaves else [zero] * gates
            for name, kind in split.items()}


def forward(case, leaves):
    """Output [B,T,D·H] or [T,B,D·H], final states [layers·D,B,H]."""
    cell, length = CELLS[case.cell][0], case.lengths or [case.steps] * case.batch
    given = leaves["input"] if case.batch_first else leaves["input"].transpose(0, 1)
    rows = [row[:steps] for row, steps in zip(given, length)]
    zero = torch.zeros(case.hidden_size, dtype=given.dtype)
    final = {name: [] for name in case.states}
    for layer in range(case.num_layers):
        above = [[] for _ in rows]
        for direction in range(case.directions):
            weights = weights_of(case, leaves, layer, "_reverse" if direction else "")
            index, last = layer * case.directions + direction, []
            for b, row in enumerate(rows):
                state = [leaves[f"{s}_0"][index, b] if case.initial_state else zero
                         for s in case.states]
                output, state = run_row(cell, weights, row.flip(0) if direction else row, state)
                above[b].append(output.flip(0) if direction else output)
                last.append(state)
            for s, name in enumerate(case.states):
                final[name].append(torch.stack([state[s] for state in last]))
        rows = [torch.cat(parts, 1) for parts in above]
    pad = [torch.nn.functional.pad(row, (0, 0, 0, case.steps - len(row))) for row in rows]
    output = torch.stack(pad)
    return (output if case.batch_first else output.transpose(0, 1),
            {f"{name}_n": torch.stack(states) for name, states in final.items()})


def run(case, given, dtype):
    """Forward and backward of one case in one precision."""
    tensor = {name: torch.tensor(array, dtype=dtype) for name, array in given.items()}
    leaves = {name.removeprefix("weight/"): value.requires_grad_()
              for name, value in tensor.items() if not name.endswith("_gradient")}
    output, final = forward(case, leaves)
    loss = (output * tensor["output_gradient"]).sum()
    loss = loss + sum((value * tensor[f"{name}_gradient"]).sum() for name, value in final.items())
    loss.backward()
    gradients = {name: leaf.grad for name, leaf in leaves.items()}
    everything = {"output": output, **final, **prefixed("gradient", gradients)}
    return {name: value.detach().numpy() for name, value in everything.items()}


def cases(cell):
    return (CellCase(**dataclasses.asdict(case)) for case in small_cases(cell))


if __name__ == "__main__":
    write(CELLS, cases, run)
