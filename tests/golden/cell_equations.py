"""Recurrent cells as their papers write them, one row and one step at a time.

A step takes the parameters of one direction of one layer (`Parameters`), the input x of the step
and the states; it gives the new states, h first, and after them what the layer hands up where that
is not h.
"""

import torch
from cell_parameters import Cell

relu, sigmoid, tanh = torch.relu, torch.sigmoid, torch.tanh
log_sigmoid = torch.nn.functional.logsigmoid


def cifg(p, x, h, c):
    """Greff et al. 2015: f = 1 - i."""
    i, g, o = (p.z(row, x, h) for row in "igo")
    c = (1 - sigmoid(i)) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def cifg_forget(p, x, h, c):
    """TensorFlow's coupled cell: i = 1 - f."""
    f, g, o = (p.z(row, x, h) for row in "fgo")
    c = sigmoid(f) * c + (1 - sigmoid(f)) * tanh(g)
    return sigmoid(o) * tanh(c), c


def mgu(p, x, h):
    """Zhou et al. 2016, equations 7 to 9."""
    f = sigmoid(p.z("f", x, h))
    n = tanh(p.z("n", x, f * h))
    return ((1 - f) * h + f * n,)


def peephole(p, x, h, c):
    """Gers, Schraudolph & Schmidhuber 2002: i and f look at the old c, o at the new one."""
    i = sigmoid(p.z("i", x, h) + p.peephole_i * c)
    f = sigmoid(p.z("f", x, h) + p.peephole_f * c)
    c = f * c + i * tanh(p.z("g", x, h))
    o = sigmoid(p.z("o", x, h) + p.peephole_o * c)
    return o * tanh(c), c


def cifg_peephole(p, x, h, c):
    """Greff et al. 2015, CIFG: f = 1 - i."""
    i = sigmoid(p.z("i", x, h) + p.peephole_i * c)
    c = (1 - i) * c + i * tanh(p.z("g", x, h))
    o = sigmoid(p.z("o", x, h) + p.peephole_o * c)
    return o * tanh(c), c


def nig(p, x, h, c):
    """Greff et al. 2015, no input gate: i = 1."""
    f = sigmoid(p.z("f", x, h) + p.peephole_f * c)
    c = f * c + tanh(p.z("g", x, h))
    o = sigmoid(p.z("o", x, h) + p.peephole_o * c)
    return o * tanh(c), c


def nfg(p, x, h, c):
    """Greff et al. 2015, no forget gate: f = 1."""
    i = sigmoid(p.z("i", x, h) + p.peephole_i * c)
    c = c + i * tanh(p.z("g", x, h))
    o = sigmoid(p.z("o", x, h) + p.peephole_o * c)
    return o * tanh(c), c


def nog(p, x, h, c):
    """Greff et al. 2015, no output gate: o = 1."""
    i = sigmoid(p.z("i", x, h) + p.peephole_i * c)
    f = sigmoid(p.z("f", x, h) + p.peephole_f * c)
    c = f * c + i * tanh(p.z("g", x, h))
    return tanh(c), c


def niaf(p, x, h, c):
    """Greff et al. 2015, no input activation function."""
    i = sigmoid(p.z("i", x, h) + p.peephole_i * c)
    f = sigmoid(p.z("f", x, h) + p.peephole_f * c)
    c = f * c + i * p.z("g", x, h)
    o = sigmoid(p.z("o", x, h) + p.peephole_o * c)
    return o * tanh(c), c


def noaf(p, x, h, c):
    """Greff et al. 2015, no output activation function."""
    i = sigmoid(p.z("i", x, h) + p.peephole_i * c)
    f = sigmoid(p.z("f", x, h) + p.peephole_f * c)
    c = f * c + i * tanh(p.z("g", x, h))
    o = sigmoid(p.z("o", x, h) + p.peephole_o * c)
    return o * c, c


def fgr(p, x, h, c, i, f, o):
    """Greff et al. 2015, full gate recurrence: the gates also read the gates of the last step."""
    from_gates = p.weight_from_i @ i + p.weight_from_f @ f + p.weight_from_o @ o
    to_i, to_f, to_o = from_gates.chunk(3)
    i = sigmoid(p.z("i", x, h) + to_i + p.peephole_i * c)
    f = sigmoid(p.z("f", x, h) + to_f + p.peephole_f * c)
    c = f * c + i * tanh(p.z("g", x, h))
    o = sigmoid(p.z("o", x, h) + to_o + p.peephole_o * c)
    return o * tanh(c), c, i, f, o


def mut1(p, x, h):
    """Jozefowicz, Zaremba & Sutskever 2015, MUT1; row x is there where x needs a projection."""
    z = sigmoid(p.z("z", x))
    r = sigmoid(p.z("r", x, h))
    n = tanh(p.z("n", h=r * h) + tanh(p.projected("x", x)))
    return (n * z + h * (1 - z),)


def mut2(p, x, h):
    """Jozefowicz, Zaremba & Sutskever 2015, MUT2."""
    z = sigmoid(p.z("z", x, h))
    r = sigmoid(p.projected("r", x) + p.z("r", h=h))
    n = tanh(p.z("n", x, r * h))
    return (n * z + h * (1 - z),)


def mut3(p, x, h):
    """Jozefowicz, Zaremba & Sutskever 2015, MUT3."""
    z = sigmoid(p.z("z", x, tanh(h)))
    r = sigmoid(p.z("r", x, h))
    n = tanh(p.z("n", x, r * h))
    return (n * z + h * (1 - z),)


def indrnn(p, x, h):
    """Li et al. 2018."""
    return (relu(p.z("h", x) + p.u * h),)


def sru(p, x, h, c):
    """Lei et al. 2018 (version 2): the gates see c; h is never read."""
    value = p.W["x"] @ x
    f = sigmoid(p.z("f", x) + p.v_f * c)
    r = sigmoid(p.z("r", x) + p.v_r * c)
    c = f * c + (1 - f) * value
    return r * c + (1 - r) * p.projected("s", x), c


def mingru(p, x, h):
    """Feng et al. 2024."""
    z = sigmoid(p.z("z", x))
    return ((1 - z) * h + z * p.z("h", x),)


def mingru_g(p, x, h):
    """Feng et al. 2024, the candidate of its log-space form."""
    z, n = sigmoid(p.z("z", x)), p.z("h", x)
    return ((1 - z) * h + z * torch.where(n >= 0, n + 0.5, sigmoid(n)),)


def minlstm(p, x, h):
    """Feng et al. 2024, with the gates normalised to the sum 1."""
    f, i = sigmoid(p.z("f", x)), sigmoid(p.z("i", x))
    return (f / (f + i) * h + i / (f + i) * p.z("h", x),)


def slstm(p, x, h, c, n, m):
    """Beck et al. 2024, stabilised, the forget gate a sigmoid; a unit reads its own head's h."""
    U = {row: torch.block_diag(*p.U[row].chunk(p.options["heads"])) for row in "ifzo"}
    i, f, z, o = (p.z(row, x) + U[row] @ h + p.d[row] for row in "ifzo")
    log_f = m + log_sigmoid(f)
    m = torch.where(n == 0, i, torch.maximum(i, log_f))
    i, f = torch.exp(i - m).clamp(max=1), torch.exp(log_f - m).clamp(max=1)
    c, n = f * c + i * tanh(z), f * n + i
    return sigmoid(o) * c / n, c, n, m


def multiplicative_lstm(p, x, h, c):
    """Krause et al. 2016: m takes the place of h."""
    m = (p.W["m"] @ x) * (p.U["m"] @ h)
    i, f, g, o = (p.z(row, x, m) for row in "ifgo")
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def lem(p, u, y, z):
    """Rusch et al. 2022 with a time step of 1; the input is the paper's u, h its y."""
    step_z, step_y = sigmoid(p.z("d1", u, y)), sigmoid(p.z("d2", u, y))
    z = (1 - step_z) * z + step_z * tanh(p.z("z", u, y))
    y = (1 - step_y) * y + step_y * tanh(p.z("y", u, z))
    return y, z


def depth_gated_first(p, x, h, c):
    """The lowest layer of Yao et al. 2015: its c goes up too."""
    h, c = peephole(p, x, h, c)
    return h, c, torch.cat([h, c])


def depth_gated(p, below, h, c):
    """Yao et al. 2015: d lets the c of the layer below in; it does not read h."""
    x, c_lower = below.chunk(2)
    i = sigmoid(p.z("i", x, h) + p.peephole_i * c)
    f = sigmoid(p.z("f", x, h) + p.peephole_f * c)
    d = sigmoid(p.z("d", x) + p.d_cell * c + p.d_lower * c_lower)
    c = d * c_lower + f * c + i * tanh(p.z("g", x, h))
    o = sigmoid(p.z("o", x, h) + p.peephole_o * c)
    h = o * tanh(c)
    return h, c, torch.cat([h, c])


def unit_periods(hidden_size, options):
    """The period of each unit's module."""
    periods = torch.tensor(options["periods"])
    return periods.repeat_interleave(hidden_size // len(periods))


def reads(period):
    """[H, H], true where the unit of the line reads that of the column: one not faster."""
    return period[None, :] >= period[:, None]


def clockwork(p, x, h):
    """Koutnik et al. 2014; p.step is the number of steps that the row has done."""
    period = unit_periods(len(h), p.options)
    U = p.U["h"] * reads(period)
    active = (p.options["first_step"] + p.step) % period == 0
    return (torch.where(active, tanh(p.z("h", x) + U @ h + p.d["h"]), h),)


def normalised(values, gain, shift):
    """Ba, Kiros & Hinton 2016, equation 4."""
    centred = values - values.mean()
    return gain * centred / torch.sqrt((centred**2).mean() + 1e-5) + shift


def layer_norm_lstm(p, x, h, c):
    """Ba, Kiros & Hinton 2016, equations 20 to 22: c goes on as it was before its norm."""
    wx = normalised(p.weight_ih @ x, p.norm_ih_gain, p.norm_ih_shift).chunk(4)
    uh = normalised(p.weight_hh @ h, p.norm_hh_gain, p.norm_hh_shift).chunk(4)
    i, f, g, o = (w + u + p.b[row] + p.d[row] for row, w, u in zip("ifgo", wx, uh))
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(normalised(c, p.norm_c_gain, p.norm_c_shift)), c


def layer_norm_gru(p, x, h):
    """PyTorch's GRU (r acts on the recurrent part of n) with a norm of W x and one of U h."""
    wx = normalised(p.weight_ih @ x, p.norm_ih_gain, p.norm_ih_shift).chunk(3)
    uh = normalised(p.weight_hh @ h, p.norm_hh_gain, p.norm_hh_shift).chunk(3)
    wr, wz, wn = (w + p.b[row] for row, w in zip("rzn", wx))
    ur, uz, un = (u + p.d[row] for row, u in zip("rzn", uh))
    z, n = sigmoid(wz + uz), tanh(wn + sigmoid(wr + ur) * un)
    return (z * h + (1 - z) * n,)


def grid2(p, below, h, c):
    """Kalchbrenner et al. 2015, two dimensions; h and c are time's, depth's come from below.
    Where depth has priority it sees time's new h."""
    h_depth, m_depth = below.chunk(2)
    h_time, c = grid_dimension(p, "t", h_depth, h, c)
    seen = h_time if p.options["priority"] == "depth" else h
    h_depth, m_depth = grid_dimension(p, "d", h_depth, seen, m_depth)
    return h_time, c, torch.cat([h_depth, m_depth])


def grid1(p, below, h):
    """Kalchbrenner et al. 2015, depth alone."""
    h_depth, m_depth = below.chunk(2)
    h_depth, m_depth = grid_dimension(p, "", h_depth, None, m_depth)
    return h_depth, torch.cat([h_depth, m_depth])


def grid2_tied(p, below, h, c):
    """Kalchbrenner et al. 2015, two dimensions with the same weights."""
    h_depth, m_depth = below.chunk(2)
    h_time, c = grid_dimension(p, "", h_depth, h, c)
    h_depth, m_depth = grid_dimension(p, "", h_depth, h, m_depth)
    return h_time, c, torch.cat([h_depth, m_depth])


def grid2_tied_priority(p, below, h, c):
    """Kalchbrenner et al. 2015, two dimensions with the same weights; depth sees time's new h."""
    h_depth, m_depth = below.chunk(2)
    h_time, c = grid_dimension(p, "", h_depth, h, c)
    h_depth, m_depth = grid_dimension(p, "", h_depth, h_time, m_depth)
    return h_time, c, torch.cat([h_depth, m_depth])


def grid3(p, below, h, c):
    """Kalchbrenner et al. 2015, three dimensions: h and c are the second time's, the others come
    from below and go up, all h before all m."""
    h_first, h_depth, m_first, m_depth = below.chunk(4)
    seen = torch.cat([h_first, h_depth])
    h_second, c = grid_dimension(p, "s", seen, h, c)
    h_first, m_first = grid_dimension(p, "f", seen, h, m_first)
    h_depth, m_depth = grid_dimension(p, "d", seen, h, m_depth)
    return h_second, c, torch.cat([h_first, h_depth, m_first, m_depth])


def grid3_tied(p, below, h, c):
    """Kalchbrenner et al. 2015, three dimensions with the same weights."""
    h_first, h_depth, m_first, m_depth = below.chunk(4)
    seen = torch.cat([h_first, h_depth])
    h_second, c = grid_dimension(p, "", seen, h, c)
    h_first, m_first = grid_dimension(p, "", seen, h, m_first)
    h_depth, m_depth = grid_dimension(p, "", seen, h, m_depth)
    return h_second, c, torch.cat([h_first, h_depth, m_first, m_depth])


def grid3_times(p, below, h, c):
    """Kalchbrenner et al. 2015, the two times of three dimensions where depth comes last."""
    seen, m_first = below.chunk(2)  # in the cases here the h of one dimension comes from below
    h_second, c = grid_dimension(p, "s", seen, h, c)
    h_first, m_first = grid_dimension(p, "f", seen, h, m_first)
    return h_second, c, torch.cat([h_second, h_first, m_first])


def grid_dimension(p, dimension, h_depth, h_time, m):
    """An LSTM of [h_depth; h_time]; its h is o tanh(m), the paper's tanh(o m) is not meant here."""
    i, f, g, o = (p.z(dimension + row, h_depth, h_time) for row in "ifgo")
    m = sigmoid(f) * m + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(m), m


PEEPHOLES = "peephole_i peephole_f peephole_o"
NORMS = "norm_ih_gain:{0} norm_ih_shift:{0} norm_hh_gain:{0} norm_hh_shift:{0}"
NORM_C = " norm_c_gain norm_c_shift"
CELLS = {
    "cifg": Cell(cifg, "i g o", "h c"),
    "cifg_forget": Cell(cifg_forget, "f g o", "h c"),
    "mgu": Cell(mgu, "f n"),
    "peephole": Cell(peephole, "i f g o", "h c", PEEPHOLES),
    "cifg_peephole": Cell(cifg_peephole, "i g o", "h c", "peephole_i peephole_o"),
    "nig": Cell(nig, "f g o", "h c", "peephole_f peephole_o"),
    "nfg": Cell(nfg, "i g o", "h c", "peephole_i peephole_o"),
    "nog": Cell(nog, "i f g", "h c", "peephole_i peephole_f"),
    "niaf": Cell(niaf, "i f g o", "h c", PEEPHOLES),
    "noaf": Cell(noaf, "i f g o", "h c", PEEPHOLES),
    "fgr": Cell(fgr, "i f g o", "h c i f o", PEEPHOLES,
                "weight_from_i:3 weight_from_f:3 weight_from_o:3"),
    "mut1": Cell(mut1, "z:xb r n:hb x:p"),
    "mut2": Cell(mut2, "z r:phb n"),
    "mut3": Cell(mut3, "z r n"),
    "indrnn": Cell(indrnn, "h:xb", vectors="u"),
    "sru": Cell(sru, "x:x f:xb r:xb s:p", "h c", "v_f v_r"),
    "mingru": Cell(mingru, "z:xb h:xb"),
    "mingru_g": Cell(mingru_g, "z:xb h:xb"),
    "minlstm": Cell(minlstm, "f:xb i:xb h:xb"),
    "slstm": Cell(slstm, "i f z o", "h c n m"),
    "multiplicative_lstm": Cell(multiplicative_lstm, "m:xh i f g o", "h c"),
    "lem": Cell(lem, "d1 d2 z y", "h z"),
    "depth_gated": Cell(depth_gated_first, "i f g o", "h c", PEEPHOLES, upper=Cell(
        depth_gated, "i f g o d:xb", "h c", PEEPHOLES + " d_cell d_lower")),
    "clockwork": Cell(clockwork, "h"),
    "layer_norm_lstm": Cell(layer_norm_lstm, "i f g o", "h c", NORMS.format(4) + NORM_C),
    "layer_norm_gru": Cell(layer_norm_gru, "r z n", "h", NORMS.format(3)),
    "grid1": Cell(grid1, "i:xb f:xb g:xb o:xb", parts=2),
    "grid2": Cell(grid2, "ti tf tg to di df dg do", "h c", parts=2),
    "grid2_tied": Cell(grid2_tied, "i f g o", "h c", parts=2),
    "grid2_tied_priority": Cell(grid2_tied_priority, "i f g o", "h c", parts=2),
    "grid3": Cell(grid3, "si sf sg so fi ff fg fo di df dg do", "h c", parts=2, given=4),
    "grid3_tied": Cell(grid3_tied, "i f g o", "h c", parts=2, given=4),
    "grid3_times": Cell(grid3_times, "si sf sg so fi ff fg fo", "h c", parts=2, given=3),
}
