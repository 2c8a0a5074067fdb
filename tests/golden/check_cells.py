"""Holds the cells of make_cells.py against what is known otherwise: numbers of parameters from the
papers, difference quotients, and the models of PyTorch and of reference.py that they turn into.

Run `python check_cells.py`; it names each check with its deviation and fails above the limit.
"""

import sys
from unittest import mock

import cell_equations
import numpy
import torch
from cell_equations import CELLS
from make_cells import CellCase, cases, forward
from make_recurrent import draw
from reference import GruResetBefore, run_stack

LIMIT = 1e-12
WIDE_OPEN = 1e3  # sigmoid is 1 there
OPTIONS = {"slstm": {"heads": 2}, "clockwork": {"periods": [1, 2, 4], "first_step": 0},
           "grid2": {"priority": None}}


def case_of(cell, input_size=3, **fields):
    """Two rows of five steps through one layer, with a given state unless it says otherwise."""
    usual = {"hidden_size": 6, "batch": 2, "steps": 5, "initial_state": True,
             "options": OPTIONS.get(cell, {})}
    case = CellCase("check_" + cell, cell, input_size, **(usual | fields))
    given = {name.removeprefix("weight/"): torch.tensor(array, dtype=torch.float64)
             for name, array in draw(case).items()}
    return case, given


def module_of(kind, case, given):
    """PyTorch's layer on the tensors of the same names."""
    module = kind(given["input"].shape[-1], case.hidden_size, case.num_layers, batch_first=True)
    module.to(torch.float64).load_state_dict({name: given[name] for name in module.state_dict()})
    states = [given[f"{name}_0"] for name in case.states[:2]]  # the first two, of more
    output, final = module(given["input"], tuple(states) if len(states) > 1 else states[0])
    final = final if len(states) > 1 else (final,)
    return {"output": output} | {f"{name}_n": value for name, value in zip(case.states, final)}


def lstm_of(case, given):
    return module_of(torch.nn.LSTM, case, given)


def deviation(case, given, expected):
    output, final = forward(case, given)
    seen = {"output": output} | final
    return max((seen[name] - value).abs().max().item() for name, value in expected.items())


def without(given, *words):
    """The same with zeros for the tensors that have one of the words in their name."""
    return {name: torch.zeros_like(value) if any(word in name for word in words) else value
            for name, value in given.items()}


def with_open_gate(given, at):
    """The same with a gate before block `at` that is 1 whatever it reads."""
    hidden, changed = given["h_0"].shape[-1], dict(given)
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
        before, after = given[name].tensor_split([at * hidden])
        open_gate = torch.full_like(given[name][:hidden], WIDE_OPEN if name == "bias_ih_l0" else 0)
        changed[name] = torch.cat([before, open_gate, after])
    return changed


def lstm_with_zero_extras(cell):
    case, given = case_of(cell, num_layers=2)
    given = without(given, "peephole", "weight_from")
    return deviation(case, given, lstm_of(case, given))


def lstm_with_a_stuck_gate(cell, at):
    """PyTorch's LSTM, one of whose gates is open for ever, in place of a cell without it."""
    case, given = case_of(cell)
    given = without(given, "peephole")
    return deviation(case, given, lstm_of(case, with_open_gate(given, at)))


def coupled_with_zero_peepholes():
    case, given = case_of("cifg_peephole", num_layers=2)
    given = without(given, "peephole")
    output, final = forward(case_of("cifg", num_layers=2)[0], given)
    return deviation(case, given, {"output": output} | final)


def multiplicative_as_lstm_of_m():
    """One step: PyTorch's cell with m as its hidden state."""
    case, given = case_of("multiplicative_lstm", steps=1)
    x, h, c = given["input"][:, 0], given["h_0"][0], given["c_0"][0]
    W, U = given["weight_ih_l0"], given["weight_hh_l0"]
    cell = torch.nn.LSTMCell(3, 6).to(torch.float64)
    cell.load_state_dict({"weight_ih": W[6:], "weight_hh": U[6:],
                          "bias_ih": given["bias_ih_l0"], "bias_hh": given["bias_hh_l0"]})
    h, c = cell(x, ((x @ W[:6].T) * (h @ U[:6].T), c))
    return deviation(case, given, {"h_n": h[None], "c_n": c[None]})


def mut2_as_gru():
    """With a projection of x, MUT2 is the GRU that resets before, its z turned round."""
    case, given = case_of("mut2")
    order = numpy.r_[6:12, 0:6, 12:18]
    sign = numpy.r_[numpy.ones(6), -numpy.ones(6), numpy.ones(6)]
    parts = [given[f"{kind}_l0"].numpy()[order] for kind in
             ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    cell = GruResetBefore(*((part.T * sign).T for part in parts))
    outputs, (h,) = run_stack([[cell]], list(given["input"].numpy()), [given["h_0"].numpy()])
    return deviation(case, given, {"output": torch.tensor(numpy.array(outputs)),
                                   "h_n": torch.tensor(h)})


def indrnn_as_diagonal_rnn():
    case, given = case_of("indrnn")
    module = torch.nn.RNN(3, 6, nonlinearity="relu", batch_first=True).to(torch.float64)
    module.load_state_dict({
        "weight_ih_l0": given["weight_ih_l0"], "weight_hh_l0": torch.diag(given["u_l0"]),
        "bias_ih_l0": given["bias_ih_l0"], "bias_hh_l0": torch.zeros(6)})
    output, h = module(given["input"], given["h_0"])
    return deviation(case, given, {"output": output, "h_n": h})


def slstm_without_stabiliser():
    """From zero states, h is what the paper's unstabilised equations give; c and n are theirs
    divided by exp(m)."""
    case, given = case_of("slstm", initial_state=False)
    W, R = given["weight_ih_l0"], given["weight_hh_l0"].reshape(4, 2, 3, 3)
    bias = given["bias_ih_l0"] + given["bias_hh_l0"]
    h = c = n = torch.zeros(2, 6, dtype=torch.float64)
    for x in given["input"].unbind(1):
        recurrent = torch.einsum("gkij,bkj->bgki", R, h.reshape(2, 2, 3)).reshape(2, 24)
        i, f, z, o = (x @ W.T + recurrent + bias).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.exp(i) * torch.tanh(z)
        n = torch.sigmoid(f) * n + torch.exp(i)
        h = torch.sigmoid(o) * c / n
    scale = torch.exp(-forward(case, given)[1]["m_n"][0])
    return deviation(case, given, {"h_n": h[None], "c_n": (c * scale)[None],
                                   "n_n": (n * scale)[None]})


def depth_gated_with_closed_gate():
    case, given = case_of("depth_gated", num_layers=2)
    given = without(given, "peephole")
    given["bias_ih_l1"][4 * 6:] = -WIDE_OPEN
    stacked = {name: value[:4 * 6] if name in ("weight_ih_l1", "bias_ih_l1") else value
               for name, value in given.items()}
    return deviation(case, given, lstm_of(case, stacked))


def depth_gated_with_open_gate():
    """With the gates i and f closed and d open, the second layer's c is the first one's."""
    case, given = case_of("depth_gated", num_layers=2)
    given["bias_ih_l1"][:2 * 6] = -WIDE_OPEN
    given["bias_ih_l1"][4 * 6:] = WIDE_OPEN
    c = forward(case, given)[1]["c_n"]
    return (c[1] - c[0]).abs().max().item()


def clockwork_of_one_period():
    case, given = case_of("clockwork", options={"periods": [3, 3, 3], "first_step": 0})
    every_third = given | {"input": given["input"][:, ::3]}
    expected = module_of(torch.nn.RNN, case, every_third)
    return deviation(case, given, {"h_n": expected["h_n"]})


def clockwork_slowest_module():
    """It reads itself alone, so it is PyTorch's RNN of every fourth input, from the first on."""
    case, given = case_of("clockwork", steps=11, options={"periods": [1, 2, 4], "first_step": 2})
    module = torch.nn.RNN(3, 2, batch_first=True).to(torch.float64)
    module.load_state_dict({
        "weight_ih_l0": given["weight_ih_l0"][4:], "weight_hh_l0": given["weight_hh_l0"][4:, 4:],
        "bias_ih_l0": given["bias_ih_l0"][4:], "bias_hh_l0": given["bias_hh_l0"][4:]})
    expected, _ = module(given["input"][:, 2::4], given["h_0"][..., 4:].contiguous())
    seen = forward(case, given)[0][..., 4:]
    before = (seen[:, :2] - given["h_0"][0, :, None, 4:]).abs().max().item()
    held = expected.repeat_interleave(4, 1)[:, :9]
    return max(before, (seen[:, 2:] - held).abs().max().item())


def the_norm():
    _, given = case_of("layer_norm_lstm")
    values, gain, shift = given["bias_ih_l0"], given["norm_ih_gain_l0"], given["norm_ih_shift_l0"]
    expected = torch.nn.functional.layer_norm(values, values.shape, gain, shift)
    return (cell_equations.normalised(values, gain, shift) - expected).abs().max().item()


def layer_norm_without_norm(cell, kind):
    case, given = case_of(cell, num_layers=2)
    with mock.patch("cell_equations.normalised", lambda values, gain, shift: values):
        return deviation(case, given, module_of(kind, case, given))


def grid_as_two_lstms(cell, priority):
    """Time is PyTorch's LSTM of h from below, depth a step of PyTorch's LSTM at each time."""
    case, given = case_of(cell, 12, options={"priority": priority})
    h_below, m_below = given["input"].chunk(2, 2)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    time = given | {"input": h_below} | {name: given[name][:24] for name in names}
    expected = lstm_of(case, time)
    block = torch.nn.LSTMCell(6, 6).to(torch.float64)
    block.load_state_dict({name.removesuffix("_l0"): given[name][-24:] for name in names})
    after = expected["output"]
    before = torch.cat([given["h_0"].transpose(0, 1), after[:, :-1]], 1)
    seen = after if priority == "depth" else before
    depth = [torch.cat(block(h_below[:, t], (seen[:, t], m_below[:, t])), 1) for t in range(5)]
    return deviation(case, given, expected | {"output": torch.stack(depth, 1)})


def parameter_numbers():
    """With one bias, as the papers count; sLSTM with two heads."""
    I, H = 3, 6
    lstm, coupled = 4 * H * (I + H + 1), 3 * H * (I + H + 1)
    expected = {
        "cifg": coupled, "cifg_forget": coupled, "mgu": 2 * H * (I + H + 1),
        "peephole": lstm + 3 * H, "niaf": lstm + 3 * H, "noaf": lstm + 3 * H,
        "nig": coupled + 2 * H, "nfg": coupled + 2 * H, "nog": coupled + 2 * H,
        "cifg_peephole": coupled + 2 * H, "fgr": lstm + 3 * H + 9 * H * H,
        "mut1": 2 * I * H + 2 * H * H + 3 * H + I * H,
        "mut2": 2 * I * H + 3 * H * H + 3 * H + I * H, "mut3": 3 * I * H + 3 * H * H + 3 * H,
        "indrnn": I * H + 2 * H, "sru": 3 * I * H + 4 * H + I * H,
        "mingru": 2 * I * H + 2 * H, "mingru_g": 2 * I * H + 2 * H, "minlstm": 3 * I * H + 3 * H,
        "slstm": 4 * H * I + 4 * H * H // 2 + 4 * H,
        "multiplicative_lstm": 5 * H * (I + H) + 4 * H, "lem": lstm,
        "depth_gated": lstm + 3 * H, "clockwork": H * (I + H + 1),
        "layer_norm_lstm": lstm + 2 * (4 * H + 4 * H) + 2 * H,
        "layer_norm_gru": coupled + 2 * (3 * H + 3 * H), "grid2": 16 * H * H + 8 * H,
        "grid1": 4 * H * (H + 1), "grid2_tied": 4 * H * (2 * H + 1),
        "grid2_tied_priority": 4 * H * (2 * H + 1), "grid3": 12 * H * (3 * H + 1),
        "grid3_tied": 4 * H * (3 * H + 1), "grid3_times": 8 * H * (2 * H + 1),
    }
    upper = {"depth_gated": 4 * H * (2 * H + 1) + 3 * H + H * H + 3 * H}
    wrong = 0
    for cell in CELLS:
        for layers in (1, 2) if cell in upper else (1,):
            wide = 2 * CELLS[cell].parts * H if CELLS[cell].given == 4 else CELLS[cell].parts * H
            case, _ = case_of(cell, wide if CELLS[cell].parts > 1 else I, num_layers=layers)
            found = sum(numpy.prod(shape) for name, shape in case.parameters()
                        if not name.startswith("bias_hh"))
            wrong += abs(found - expected[cell] - (layers - 1) * upper.get(cell, 0))
    return wrong


def gradient_checks():
    """torch's own comparison with difference quotients, every leaf of a small case of each cell."""
    failed = 0
    for cell in CELLS:
        known = [*cases(cell)]
        both_ways = any(case.bidirectional for case in known)
        for like in {(case.input_size, str(case.options)): case for case in known}.values():
            case, given = case_of(cell, like.input_size, hidden_size=like.hidden_size, batch=1,
                                  steps=3, num_layers=2 if CELLS[cell].upper else 1,
                                  bidirectional=both_ways, options=like.options)
            leaves = {name: value.requires_grad_() for name, value in given.items()
                      if not name.endswith("_gradient")}

            def values(*tensors):
                output, final = forward(case, dict(zip(leaves, tensors)))
                return output, *final.values()

            failed += not torch.autograd.gradcheck(values, tuple(leaves.values()))
    return failed


CHECKS = {
    "numbers of parameters": parameter_numbers,
    "peephole, zeros: LSTM": lambda: lstm_with_zero_extras("peephole"),
    "fgr, zeros: LSTM": lambda: lstm_with_zero_extras("fgr"),
    "nig: LSTM, i = 1": lambda: lstm_with_a_stuck_gate("nig", 0),
    "nfg: LSTM, f = 1": lambda: lstm_with_a_stuck_gate("nfg", 1),
    "nog: LSTM, o = 1": lambda: lstm_with_a_stuck_gate("nog", 3),
    "cifg_peephole, zeros: cifg": coupled_with_zero_peepholes,
    "multiplicative_lstm: LSTM of m": multiplicative_as_lstm_of_m,
    "mut2: GRU": mut2_as_gru,
    "indrnn: RNN": indrnn_as_diagonal_rnn,
    "slstm: not stabilised": slstm_without_stabiliser,
    "depth_gated, d = 0: LSTM": depth_gated_with_closed_gate,
    "depth_gated, d = 1: c from below": depth_gated_with_open_gate,
    "clockwork, one period: RNN": clockwork_of_one_period,
    "clockwork, slowest module: RNN": clockwork_slowest_module,
    "layer norm": the_norm,
    "layer_norm_lstm, no norm: LSTM": lambda: layer_norm_without_norm(
        "layer_norm_lstm", torch.nn.LSTM),
    "layer_norm_gru, no norm: GRU": lambda: layer_norm_without_norm(
        "layer_norm_gru", torch.nn.GRU),
    "grid2: two LSTMs": lambda: grid_as_two_lstms("grid2", None),
    "grid2, depth last: two LSTMs": lambda: grid_as_two_lstms("grid2", "depth"),
    "grid2_tied: two LSTMs": lambda: grid_as_two_lstms("grid2_tied", None),
    "grid2_tied, depth last: two LSTMs": lambda: grid_as_two_lstms(
        "grid2_tied_priority", "depth"),
    "difference quotients": gradient_checks,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    found = {name: check() for name, check in CHECKS.items()}
    for name, value in found.items():
        print(f"{name}: within {value:.1e}")
    sys.exit(0 if all(value <= LIMIT for value in found.values()) else 1)
