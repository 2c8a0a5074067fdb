"""Golden cases of attention: PyTorch's own where it has one, the papers' equations in PyTorch elsewhere.

Run `python make_attention.py`; it rewrites attention.safetensors. Additive, Luong's and Xu's scores are
worked out row by row over the true steps alone, and PyTorch differentiates them; self-attention is
nn.MultiheadAttention with its masks.
"""

import dataclasses

import numpy
import torch
from golden import Draws, GoldenFile, precision_gap, prefixed
from make_recurrent import PRECISIONS


@dataclasses.dataclass
class Case:
    """`kind` is additive, luong, xu or self; `lengths` is None where every row has all steps."""

    name: str
    kind: str
    query_size: int = 3
    key_size: int = 4
    attention_size: int = 5
    batch: int = 3
    steps: int = 6
    score: str = ""
    window: str = "global"
    half_width: int = 2
    step: int = 0
    gate: bool = False
    heads: int = 1
    causal: bool = False
    bias: bool = True
    lengths: list | None = None
    left: bool = False

    def parameters(self):
        q, k, a = self.query_size, self.key_size, self.attention_size
        concat = {"query_weight": (a, q), "key_weight": (a, k), "v": (a,)}
        if self.kind == "self":
            shapes = {"in_proj_weight": (3 * q, q), "out_proj.weight": (q, q)}
            return shapes | ({"in_proj_bias": (3 * q,), "out_proj.bias": (q,)} if self.bias else {})
        if self.kind == "additive":
            return concat
        if self.kind == "xu":
            gate = {"gate_weight": (1, q), "gate_bias": (1,)} if self.gate else {}
            return concat | {"bias": (a,)} | gate
        shapes = {"dot": {}, "general": {"weight": (q, k)}, "concat": concat}[self.score]
        place = {"position_weight": (a, q), "position_v": (a,)}
        return shapes | (place if self.window == "predictive" else {})

    def times(self, row):
        length = self.lengths[row] if self.lengths else self.steps
        first = self.steps - length if self.left else 0
        return range(first, first + length)


def draw(case):
    draws = Draws(case.name)
    width = case.query_size if case.kind == "self" else case.key_size
    given = {"input" if case.kind == "self" else "values": draws.normal(case.batch, case.steps, width)}
    for row in range(case.batch):
        padding = [t for t in range(case.steps) if t not in case.times(row)]
        next(iter(given.values()))[row, padding] = numpy.nan
    if case.kind != "self":
        given["query"] = draws.normal(case.batch, case.query_size)
    given |= {f"weight/{name}": draws.normal(*shape, scale=0.7)
              for name, shape in case.parameters().items()}
    shape = (case.batch, case.steps, width) if case.kind == "self" else (case.batch, width)
    given["output_gradient"] = draws.normal(*shape)
    given["weights_gradient"] = draws.normal(case.batch, case.steps)
    return given


def score(case, leaves, q, k):
    """Of one query and one value."""
    if case.kind == "luong" and case.score == "dot":
        return q @ k
    if case.kind == "luong" and case.score == "general":
        return q @ leaves["weight"] @ k
    inner = leaves["query_weight"] @ q + leaves["key_weight"] @ k + leaves.get("bias", 0)
    return leaves["v"] @ torch.tanh(inner)


def weights_of(case, leaves, q, values, times):
    """Over the steps of one row: the window, the softmax in it, the bell around a predicted place."""
    centre = case.step
    if case.window == "predictive":
        inner = torch.tanh(leaves["position_weight"] @ q)
        centre = len(times) * torch.sigmoid(leaves["position_v"] @ inner)
    middle = float(torch.as_tensor(centre).detach())
    near = [t for t in times if case.window == "global" or abs(t - middle) <= case.half_width]
    assert near, f"{case.name}: a window is empty"
    weights = torch.softmax(torch.stack([score(case, leaves, q, values[t]) for t in near]), 0)
    if case.window == "predictive":
        distance = torch.tensor(near, dtype=q.dtype) - centre
        weights = weights * torch.exp(-distance ** 2 / (2 * (case.half_width / 2) ** 2))
    return weights.new_zeros(case.steps).index_add(0, torch.tensor(near), weights)


def attend(case, leaves):
    contexts, all_weights = [], []
    for row in range(case.batch):
        q, times = leaves["query"][row], case.times(row)
        weights = weights_of(case, leaves, q, leaves["values"][row], times)
        context = sum(weights[t] * leaves["values"][row, t] for t in times)
        if case.gate:
            context = torch.sigmoid(leaves["gate_weight"] @ q + leaves["gate_bias"]) * context
        contexts.append(context)
        all_weights.append(weights)
    return torch.stack(contexts), torch.stack(all_weights)


def attend_to_itself(case, leaves):
    x = leaves["input"]
    layer = torch.nn.MultiheadAttention(case.query_size, case.heads, bias=case.bias,
                                        batch_first=True, dtype=x.dtype)
    real = torch.zeros(case.batch, case.steps, dtype=torch.bool)
    for row in range(case.batch):
        real[row, list(case.times(row))] = True
    clean = torch.where(real[:, :, None], x, 0)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(case.steps, dtype=x.dtype)
    hidden = torch.zeros(real.shape, dtype=x.dtype).masked_fill(~real, -torch.inf)
    weights = {name: leaves[name] for name in case.parameters()}
    output, attention = torch.func.functional_call(
        layer, weights, (clean, clean, clean),
        {"key_padding_mask": hidden, "attn_mask": mask if case.causal else None})
    # What a step of padding gives is nobody's business; PyTorch leaves it there.
    output = torch.where(real[:, :, None], output, 0)
    attention = torch.where(real[:, :, None], attention, 0)
    return output, attention.sum(1)


def run(case, given, dtype):
    tensor = {name: torch.tensor(array, dtype=dtype) for name, array in given.items()}
    leaves = {name.removeprefix("weight/"): value.requires_grad_()
              for name, value in tensor.items() if not name.endswith("_gradient")}
    function = attend_to_itself if case.kind == "self" else attend
    output, weights = function(case, leaves)
    loss = (output * tensor["output_gradient"]).sum()
    if case.kind != "self":
        loss = loss + (weights * tensor["weights_gradient"]).sum()
    loss.backward()
    gradients = {name: torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
                 for name, leaf in leaves.items()}
    return {name: value.detach().numpy() for name, value in
            {"output": output, "weights": weights, **prefixed("gradient", gradients)}.items()}


def cases():
    ragged = {"lengths": [4, 6, 1]}
    yield Case("additive", "additive")
    yield Case("additive_ragged", "additive", **ragged)
    yield Case("additive_left", "additive", left=True, **ragged)
    for kind in ("dot", "general", "concat"):
        size = {"key_size": 3} if kind == "dot" else {}
        yield Case(f"luong_{kind}", "luong", score=kind, **size)
        yield Case(f"luong_{kind}_ragged", "luong", score=kind, **size, **ragged)
        yield Case(f"luong_{kind}_monotonic", "luong", score=kind, window="monotonic", step=3, **size)
        yield Case(f"luong_{kind}_predictive", "luong", score=kind, window="predictive", **size)
    yield Case("luong_general_predictive_ragged", "luong", score="general", window="predictive",
               half_width=3, **ragged)
    yield Case("xu", "xu")
    yield Case("xu_gate_ragged", "xu", gate=True, **ragged)
    yield Case("self", "self", query_size=4)
    yield Case("self_heads3_causal", "self", query_size=6, heads=3, causal=True)
    yield Case("self_heads2_ragged", "self", query_size=8, heads=2, **ragged)
    yield Case("self_causal_ragged_nobias", "self", query_size=4, heads=2, causal=True, bias=False,
               **ragged)


def main():
    torch.set_num_threads(1)
    file = GoldenFile("attention", torch=torch.__version__, numpy=numpy.__version__)
    for case in cases():
        given = draw(case)
        results = {}
        for precision, dtype in PRECISIONS.items():
            results |= prefixed(precision, run(case, given, dtype))
        if case.kind == "self":
            given.pop("weights_gradient")
        file.add(case.name, dataclasses.asdict(case), {**given, **results})
    file.write()
    precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    main()
