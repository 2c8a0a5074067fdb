"""Golden cases of cells that no framework has, from the papers' equations and autograd.

Run `python make_cells.py`; it rewrites `<cell>.safetensors` for every cell of cell_equations.py.
The loop takes rows, directions and layers one after another, so it has nothing to get wrong.
"""

import dataclasses

import numpy
import torch
from cell_equations import CELLS, reads, unit_periods
from cell_parameters import Parameters
from golden import Draws, prefixed
from make_recurrent import Case, small_cases, write


@dataclasses.dataclass
class CellCase(Case):
    @property
    def states(self):
        return tuple(CELLS[self.cell].states.split())

    @property
    def output_size(self):
        return super().output_size * (CELLS[self.cell].given or CELLS[self.cell].parts)

    def layers(self):
        """Of every direction of every layer: its suffix, its cell and what its W multiplies."""
        cell, below = CELLS[self.cell], self.input_size // CELLS[self.cell].parts
        for layer in range(self.num_layers):
            for suffix in ("", "_reverse")[:self.directions]:
                yield f"_l{layer}{suffix}", cell, below
            cell, below = cell.upper or cell, self.hidden_size * self.directions

    def parameters(self):
        """PyTorch's names where it has them, and shapes."""
        for suffix, cell, below in self.layers():
            for name, shape in cell.shapes(self, below).items():
                yield name + suffix, shape

    def admissible(self, given):
        """The normaliser of sLSTM is positive; a unit of clockwork reads no faster one."""
        if "n_0" in given:
            given["n_0"] = 0.5 + numpy.abs(given["n_0"])
        for name, value in given.items():
            if self.cell == "clockwork" and name.startswith("weight/weight_hh"):
                mask = reads(unit_periods(self.hidden_size, self.options)).numpy()
                given[name] = numpy.where(mask, value, numpy.float32(0))
        return given


def run_row(cell, parameters, sequence, state):
    """All steps of one row through one direction of one layer: outputs and the last states."""
    outputs = []
    for parameters.step, x in enumerate(sequence):
        results = cell.step(parameters, x, *state)
        state, handed_up = results[:len(state)], results[len(state):]
        outputs.append(handed_up[0] if handed_up else state[0])
    return torch.stack(outputs), state


def forward(case, leaves):
    """Output [B,T,D·H] or [T,B,D·H], twice as wide with two parts; final states [layers·D,B,H]."""
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
    output = torch.stack(pad)[..., :case.output_size]
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


def narrow_cases(cell):
    """For cells with so many parameters that the file would be large."""
    for case in small_cases(cell):
        yield dataclasses.replace(case, hidden_size=4)


def depth_gated_cases(cell):
    return (case for case in small_cases(cell) if not case.bidirectional)


def clockwork_cases(cell):
    """Periods that divide each other and such that do not; clocks that start at 0 and at 1."""
    for index, case in enumerate(small_cases(cell)):
        options = {"periods": [1, 2, 4] if index % 3 else [1, 2, 3], "first_step": index % 2}
        yield dataclasses.replace(case, hidden_size=6, options=options)


def grid2_cases(cell):
    for priority, name in ((None, cell), ("depth", f"{cell}_priority_depth")):
        for case in small_cases(name):
            if not case.bidirectional:
                yield dataclasses.replace(case, cell=cell, input_size=10,
                                          options={"priority": priority})


def grid_cases(cell):
    for case in small_cases(cell):
        if not case.bidirectional:
            yield dataclasses.replace(case, input_size=10)


def grid3_cases(cell):
    """One layer: what goes out is not what the layer above reads."""
    for case in small_cases(cell):
        if not case.bidirectional and case.num_layers == 1:
            yield dataclasses.replace(case, hidden_size=3, input_size=12)


def times_cases(cell):
    """One layer, for the same reason."""
    for case in small_cases(cell):
        if not case.bidirectional and case.num_layers == 1:
            yield dataclasses.replace(case, hidden_size=3, input_size=6)


OWN_CASES = {"fgr": narrow_cases, "layer_norm_lstm": narrow_cases, "slstm": slstm_cases,
             "depth_gated": depth_gated_cases, "clockwork": clockwork_cases, "grid2": grid2_cases,
             "grid1": grid_cases, "grid2_tied": grid_cases,
             "grid2_tied_priority": grid_cases, "grid3": grid3_cases,
             "grid3_tied": grid3_cases, "grid3_times": times_cases}


def cases(cell):
    drawn = [*OWN_CASES.get(cell, small_cases)(cell)]
    if CELLS[cell].knows_square:
        drawn += square_cases(cell)
    return (CellCase(**dataclasses.asdict(case)) for case in drawn)


if __name__ == "__main__":
    write(CELLS, cases, run)
