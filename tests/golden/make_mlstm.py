"""Golden cases of the mLSTM (Beck et al. 2024), from the paper's equations in PyTorch.

Run `python make_mlstm.py`; it rewrites mlstm.safetensors. Every row and head goes through its own
loop, and PyTorch differentiates it, the stabiliser included. Before it writes, the script holds the
loop against the paper's parallel form (appendix A.3), which has neither states nor a loop.
"""

import dataclasses

import numpy
import torch
from golden import Draws, GoldenFile, precision_gap, prefixed
from make_recurrent import PRECISIONS

EPSILON = 1e-6
STATES = ("memory", "normalizer", "stabilizer")


@dataclasses.dataclass
class Case:
    """One configuration; `lengths` is None where every row has all steps."""

    name: str
    input_size: int
    hidden_size: int
    heads: int
    batch: int
    steps: int
    bias: bool = True
    output_gate: bool = True
    initial_state: bool = False
    batch_first: bool = True
    lengths: list | None = None
    left: bool = False

    @property
    def head_size(self):
        return self.hidden_size // self.heads

    def state_shapes(self):
        d = self.head_size
        shapes = (self.heads, d, d), (self.heads, d), (self.heads,)
        return {name: (self.batch, *shape) for name, shape in zip(STATES, shapes)}

    def parameters(self):
        """Names and shapes, in the layer's order."""
        for name in ("q", "k", "v") + ("output_gate",) * self.output_gate:
            yield f"{name}.weight", (self.hidden_size, self.input_size)
            if self.bias:
                yield f"{name}.bias", (self.hidden_size,)
        for name in ("input_gate", "forget_gate"):
            yield f"{name}.weight", (self.heads, 3 * self.hidden_size)
            yield f"{name}.bias", (self.heads,)

    def times(self, row):
        """First step of a row and the one behind its last."""
        length = self.lengths[row] if self.lengths else self.steps
        first = self.steps - length if self.left else 0
        return first, first + length

    def sequence_shape(self, features):
        leading = (self.batch, self.steps) if self.batch_first else (self.steps, self.batch)
        return (*leading, features)


def draw(case):
    """Inputs, weights and output gradients in float32, so that both precisions start alike."""
    draws = Draws(case.name)
    given = {"input": draws.normal(case.batch, case.steps, case.input_size)}
    for row in range(case.batch):
        first, end = case.times(row)
        given["input"][row, :first] = given["input"][row, end:] = numpy.nan
    if not case.batch_first:
        given["input"] = given["input"].swapaxes(0, 1)
    if case.initial_state:
        given |= {f"{name}_0": draws.normal(*shape)
                  for name, shape in case.state_shapes().items()}
    for name, shape in case.parameters():
        # Gates of every size: now f, now i is 1, and the denominator is on either side of its max.
        bound = 1.5 if name.endswith("gate.bias") else 1.3 / shape[-1] ** 0.5
        given[f"weight/{name}"] = draws.uniform(*shape, bound=bound)
    given["output_gradient"] = draws.normal(*case.sequence_shape(case.hidden_size))
    given |= {f"{name}_n_gradient": draws.normal(*shape)
              for name, shape in case.state_shapes().items()}
    return given


def dense(leaves, name, x):
    y = x @ leaves[f"{name}.weight"].T
    return y + leaves[f"{name}.bias"] if f"{name}.bias" in leaves else y


def projections(case, leaves, x):
    """q, k, v [steps, heads, d], k unscaled, and both gates [steps, heads] before exp and sigmoid."""
    q, k, v = (dense(leaves, name, x) for name in "qkv")
    together = torch.cat([q, k, v], -1)
    heads = [part.unflatten(-1, (case.heads, case.head_size)) for part in (q, k, v)]
    return *heads, dense(leaves, "input_gate", together), dense(leaves, "forget_gate", together)


def run_head(q, k, v, input_gate, forget_gate, state, branches):
    """One row through one head; counts which side of each max was the larger."""
    memory, normalizer, m = state
    outputs = []
    for t in range(len(q)):
        key = k[t] / q.shape[-1] ** 0.5
        decayed = torch.nn.functional.logsigmoid(forget_gate[t]) + m
        m = torch.maximum(decayed, input_gate[t])
        f, i = torch.exp(decayed - m), torch.exp(input_gate[t] - m)
        memory = f * memory + i * torch.outer(key, v[t])
        normalizer = f * normalizer + i * key
        overlap = (q[t] @ normalizer).abs()
        outputs.append(q[t] @ memory / (torch.maximum(overlap, torch.exp(-m)) + EPSILON))
        branches["decayed" if decayed > input_gate[t] else "input"] += 1
        branches["overlap" if overlap > torch.exp(-m) else "least"] += 1
    return torch.stack(outputs), (memory, normalizer, m)


def forward(case, leaves, branches):
    given = leaves["input"] if case.batch_first else leaves["input"].transpose(0, 1)
    rows, final = [], {name: [] for name in STATES}
    for row in range(case.batch):
        first, end = case.times(row)
        x = given[row, first:end]
        q, k, v, input_gate, forget_gate = projections(case, leaves, x)
        zero = [x.new_zeros(shape[2:]) for shape in case.state_shapes().values()]
        heads = []
        for h in range(case.heads):
            state = [leaves[f"{name}_0"][row, h] for name in STATES] if case.initial_state else zero
            heads.append(run_head(q[:, h], k[:, h], v[:, h], input_gate[:, h], forget_gate[:, h],
                                  state, branches))
        output = torch.cat([output for output, _ in heads], -1)
        if case.output_gate:
            output = torch.sigmoid(dense(leaves, "output_gate", x)) * output
        rows.append(torch.nn.functional.pad(output, (0, 0, first, case.steps - end)))
        for s, name in enumerate(STATES):
            final[name].append(torch.stack([state[s] for _, state in heads]))
    output = torch.stack(rows)
    return (output if case.batch_first else output.transpose(0, 1),
            {f"{name}_n": torch.stack(values) for name, values in final.items()})


def run(case, given, dtype, branches):
    """Forward and backward of one case in one precision."""
    tensor = {name: torch.tensor(array, dtype=dtype) for name, array in given.items()}
    leaves = {name.removeprefix("weight/"): value.requires_grad_()
              for name, value in tensor.items() if not name.endswith("_gradient")}
    output, final = forward(case, leaves, branches)
    loss = (output * tensor["output_gradient"]).sum()
    loss = loss + sum((value * tensor[f"{name}_gradient"]).sum() for name, value in final.items())
    loss.backward()
    gradients = prefixed("gradient", {name: leaf.grad for name, leaf in leaves.items()})
    return {name: value.detach().numpy()
            for name, value in {"output": output, **final, **gradients}.items()}


def parallel_head(q, k, v, input_gate, forget_gate):
    """All steps of a head at once: a matrix of decays in the place of the memory."""
    steps = len(q)
    summed = torch.cumsum(torch.nn.functional.logsigmoid(forget_gate), 0)
    log_decay = summed[:, None] - summed[None, :] + input_gate[None, :]
    log_decay = log_decay.masked_fill(~torch.ones(steps, steps).tril().bool(), -torch.inf)
    m = log_decay.max(1).values
    weights = q @ (k / q.shape[-1] ** 0.5).T * torch.exp(log_decay - m[:, None])
    return weights / torch.maximum(weights.sum(1).abs(), torch.exp(-m))[:, None] @ v


def check_parallel_form():
    """The two differ by where the 1e-6 stands: the parallel form's m has no m_0 = 0 in it."""
    case = Case("check", 3, 12, 2, 1, 30)
    leaves = {name.removeprefix("weight/"): torch.tensor(array, dtype=torch.float64)
              for name, array in draw(case).items()}
    q, k, v, input_gate, forget_gate = projections(case, leaves, leaves["input"][0])
    zero = [q.new_zeros(shape[2:]) for shape in case.state_shapes().values()]
    for h in range(case.heads):
        parts = q[:, h], k[:, h], v[:, h], input_gate[:, h], forget_gate[:, h]
        seen = run_head(*parts, zero, dict.fromkeys(("decayed", "input", "overlap", "least"), 0))[0]
        deviation = (seen - parallel_head(*parts)).abs().max() / seen.abs().max()
        assert deviation < 1e-5, f"the parallel form of head {h} deviates by {deviation:.1e}"


CASES = [
    Case("mlstm_plain", 3, 5, 1, 3, 6),
    Case("mlstm_heads2_state", 3, 6, 2, 3, 5, initial_state=True),
    Case("mlstm_nobias_nogate_stepfirst", 3, 8, 2, 2, 6, bias=False, output_gate=False,
         batch_first=False),
    Case("mlstm_heads3_ragged_right_state", 2, 12, 3, 4, 6, initial_state=True,
         lengths=[2, 6, 1, 4]),
    Case("mlstm_ragged_left_state", 2, 7, 1, 4, 6, initial_state=True, lengths=[5, 1, 3, 5],
         left=True),
    Case("mlstm_ragged_right_nogate_stepfirst", 4, 8, 4, 3, 7, output_gate=False,
         batch_first=False, lengths=[3, 7, 2]),
    Case("mlstm_one_row_one_step", 2, 1, 1, 1, 1, initial_state=True),
    Case("mlstm_long", 3, 9, 1, 2, 40),
    Case("mlstm_odd_heads", 7, 38, 2, 2, 11, initial_state=True),
]


def main():
    torch.set_num_threads(1)
    check_parallel_form()
    file = GoldenFile("mlstm", torch=torch.__version__, numpy=numpy.__version__)
    branches = dict.fromkeys(("decayed", "input", "overlap", "least"), 0)
    for case in CASES:
        given = draw(case)
        tensors = dict(given)
        for precision, dtype in PRECISIONS.items():
            tensors |= prefixed(precision, run(case, given, dtype, branches))
        file.add(case.name, dataclasses.asdict(case), tensors)
    assert min(branches.values()) > 100, f"one side of a max is hardly there: {branches}"
    file.write()
    precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    main()
