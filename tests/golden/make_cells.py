"""Golden cases of cells that no framework has, from the papers' equations and autograd.

Run `python make_cells.py`; it rewrites `<cell>.safetensors` for every cell of cell_equations.py.
The loop takes rows, directions and layers one after another, so it has nothing to get wrong.
"""

import dataclasses

import numpy
import torch
from cell_equations import CELLS, Parameters
from golden import Draws, prefixed
from make_recurrent import Case, small_cases, write


@dataclasses.dataclass
class CellCase(Case):
    @property
    def states(self):
        return tuple(CELLS[self.cell].states.split())

    def layers(self):
        """Of every direction of every layer: its suffix, its cell and its input size."""
        for layer in range(self.num_layers):
            below = self.hidden_size * self.directions if layer else self.input_size
            for suffix in ("", "_reverse")[:self.directions]:
                yield f"_l{layer}{suffix}", CELLS[self.cell], below

    def parameters(self):
        """PyTorch's names where it has them, and shapes."""
        for suffix, cell, below in self.layers():
            for name, shape in cell.shapes(self, below).items():
                yield name + suffix, shape

    def admissible(self, given):
        """The normaliser of sLSTM is positive."""
        if "n_0" in given:
            given["n_0"] = 0.5 + numpy.abs(given["n_0"])
        return given


def run_row(cell, parameters, sequence, state):
    """All steps of one row through one direction of one layer: outputs and the last states."""
    outputs = []
    for x in sequence:
        state = cell.step(parameters, x, *state)
        outputs.append(state[0])
    return torch.stack(outputs), state


def forward(case, leaves):
    """Output [B,T,D·H] or [T,B,D·H], final states [layers·D,B,H]."""
    lengths = case.lengths or [case.steps] * case.batch
    given = leaves["input"] if case.batch_first else leaves["input"].transpose(0, 1)
    rows = [row[:steps] for row, steps in zip(given, lengths)]
    zero = torch.zeros(case.hidden_size, dtype=given.dtype)
    final = {name: [] for name in case.states}
    above = [[] for _ in rows]
    for index, (suffix, cell, below) in enumerate(case.layers()):
        tensors = {name: leaves[name + suffix] for name in cell.shapes(case, below)}
        parameters = Parameters(cell, case, below, tensors)
        reverse, last = suffix.endswith("_reverse"), []
        for b, row in enumerate(rows):
            state = [leaves[f"{s}_0"][index, b] if case.initial_state else zero
                     for s in case.states]
            output, state = run_row(cell, parameters, row.flip(0) if reverse else row, state)
            above[b].append(output.flip(0) if reverse else output)
            last.append(state)
        for s, name in enumerate(case.states):
            final[name].append(torch.stack([state[s] for state in last]))
        if len(above[0]) == case.directions:
            rows, above = [torch.cat(parts, 1) for parts in above], [[] for _ in rows]
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
    gradients = {name: torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
                 for name, leaf in leaves.items()}
    everything = {"output": output, **final, **prefixed("gradient", gradients)}
    return {name: value.detach().numpy() for name, value in everything.items()}


def square_cases(cell):
    """Input and hidden state of one width."""
    yield Case(f"{cell}_square_state", cell, 5, 5, 4, 6, initial_state=True)
    name = f"{cell}_square_layers2_ragged"
    lengths = Draws(name + "lengths").lengths(4, 6, longest=5)
    yield Case(name, cell, 5, 5, 4, 6, num_layers=2, lengths=lengths)


def slstm_cases(cell):
    """One head in the small cases, then two."""
    for case in small_cases(cell):
        yield dataclasses.replace(case, options={"heads": 1})
    heads = {"options": {"heads": 2}}
    yield Case(f"{cell}_heads2_state", cell, 3, 6, 4, 6, initial_state=True, **heads)
    yield Case(f"{cell}_heads2_layers2_bidirectional_ragged", cell, 3, 6, 4, 6, 2, True,
               lengths=[2, 5, 1, 4], **heads)


def fgr_cases(cell):
    """Narrower than the others: it has nine more matrices."""
    for case in small_cases(cell):
        yield dataclasses.replace(case, hidden_size=4)


OWN_CASES = {"fgr": fgr_cases, "slstm": slstm_cases}


def cases(cell):
    drawn = [*OWN_CASES.get(cell, small_cases)(cell)]
    if CELLS[cell].knows_square:
        drawn += square_cases(cell)
    return (CellCase(**dataclasses.asdict(case)) for case in drawn)


if __name__ == "__main__":
    write(CELLS, cases, run)
