"""Recurrent cells as their papers write them, one row and one step at a time.

A step takes the parameters of one direction of one layer (`Parameters`), the input x of the step
and the states; it gives the new states, h first.
"""

import dataclasses
from collections.abc import Callable

import torch

relu, sigmoid, tanh = torch.relu, torch.sigmoid, torch.tanh
log_sigmoid = torch.nn.functional.logsigmoid


def named(text, default):
    """'a b:2' → {"a": default, "b": "2"}"""
    pairs = (word.partition(":") for word in text.split())
    return {name: value or default for name, _, value in pairs}


@dataclasses.dataclass(frozen=True)
class Cell:
    """What a cell computes and what it needs for that.

    rows: the pre-activations in the order of their blocks. The letters say what one has: `x` a
    product with the input (`p`: only where the input is not as wide as the hidden state), `h` one
    with the hidden state or with a value of this step, `b` a bias; all three where none is given.
    vectors: parameters of [H], one number a unit. matrices: name:blocks, each [blocks·H, H].
    """

    step: Callable
    rows: str
    states: str = "h"
    vectors: str = ""
    matrices: str = ""

    @property
    def knows_square(self):
        """Whether the raw input takes the place of a product where it is as wide as h."""
        return any("p" in letters for letters in named(self.rows, "").values())

    def row_letters(self, input_size, hidden_size):
        wide = input_size != hidden_size
        return {name: letters.replace("p", "x" if wide else "")
                for name, letters in named(self.rows, "xhb").items()}

    def shapes(self, case, input_size):
        """Parameters of one direction of one layer: name → shape."""
        hidden, rows = case.hidden_size, self.row_letters(input_size, case.hidden_size)
        blocks = {"weight_ih": (rows_with("x", rows), input_size),
                  "weight_hh": (rows_with("h", rows), hidden // case.options.get("heads", 1))}
        if case.bias:
            blocks |= {"bias_ih": (rows_with("b", rows),), "bias_hh": (rows_with("bh", rows),)}
        blocks |= {name: ("." * int(count), hidden)
                   for name, count in named(self.matrices, "1").items()}
        blocks |= {name: (".",) for name in named(self.vectors, "1")}
        return {name: (len(of) * hidden, *columns) for name, (of, *columns) in blocks.items() if of}


def rows_with(letters, rows):
    return [name for name, has in rows.items() if set(letters) <= set(has)]


class Parameters:
    """W, U and the biases b (of `bias_ih`) and d (of `bias_hh`) by row; everything else by name."""

    def __init__(self, cell, case, input_size, tensors):
        rows = cell.row_letters(input_size, case.hidden_size)
        kinds = {"W": ("x", "weight_ih"), "U": ("h", "weight_hh"),
                 "b": ("b", "bias_ih"), "d": ("bh", "bias_hh")}
        zero = torch.zeros((), dtype=next(iter(tensors.values())).dtype)
        for name, (letters, tensor) in kinds.items():
            has = rows_with(letters, rows)
            blocks = dict(zip(has, tensors[tensor].chunk(len(has)))) if tensor in tensors else {}
            setattr(self, name, blocks if name in "WU" else dict.fromkeys(rows, zero) | blocks)
        for name, tensor in tensors.items():
            setattr(self, name, tensor)
        self.options = case.options

    def z(self, row, x=None, h=None):
        """W x + b + U h + b' of one row, or the part of it whose factor is given."""
        z = self.b[row] if x is None else self.W[row] @ x + self.b[row]
        return z if h is None else z + self.U[row] @ h + self.d[row]

    def projected(self, row, x):
        """x, through the row's W where the layer has one: where x is not as wide as h."""
        return self.W[row] @ x if row in self.W else x


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


PEEPHOLES = "peephole_i peephole_f peephole_o"
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
    "minlstm": Cell(minlstm, "f:xb i:xb h:xb"),
    "slstm": Cell(slstm, "i f z o", "h c n m"),
    "multiplicative_lstm": Cell(multiplicative_lstm, "m:xh i f g o", "h c"),
    "lem": Cell(lem, "d1 d2 z y", "h z"),
}
