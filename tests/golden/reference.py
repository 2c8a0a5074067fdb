"""The recurrent cells in plain numpy and double precision, written from their equations.

An oracle that shares no code with PyTorch, Keras or sluice: one row at a time, true steps only.
`python check.py` holds every golden file against it.
"""

import numpy


def sigmoid(x):
    return 1.0 / (1.0 + numpy.exp(-x))


ACTIVATIONS = {
    "tanh": numpy.tanh,
    "relu": lambda x: numpy.maximum(x, 0.0),
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: numpy.clip(x / 6.0 + 0.5, 0.0, 1.0),
    "hard_sigmoid_slope_0.2": lambda x: numpy.clip(0.2 * x + 0.5, 0.0, 1.0),
}


class Cell:
    """One direction of one layer.

    W [gates·H, I] and U [gates·H, H] hold the gates in the orders i f g o, r z n; b and d are the
    biases [gates·H] beside W x and U h. `state` is a tuple: (h,) or (h, c), each [H].
    """

    def __init__(self, W, U, b=0.0, d=0.0, activation="tanh", recurrent_activation="sigmoid"):
        self.W, self.U = W, U
        self.b, self.d = (numpy.broadcast_to(bias, W.shape[:1]) for bias in (b, d))
        self.hidden_size = U.shape[1]
        self.squash = ACTIVATIONS[activation]
        self.gate = ACTIVATIONS[recurrent_activation]

    def initial(self):
        return (numpy.zeros(self.hidden_size),) * self.states


class Rnn(Cell):
    states = 1

    def step(self, x, state):
        (h,) = state
        return (self.squash(self.W @ x + self.b + self.U @ h + self.d),)


class Lstm(Cell):
    states = 2

    def step(self, x, state):
        h, c = state
        i, f, g, o = numpy.split(self.W @ x + self.b + self.U @ h + self.d, 4)
        c = self.gate(f) * c + self.gate(i) * self.squash(g)
        return self.gate(o) * self.squash(c), c


class LstmProjected(Lstm):
    """Its h is P numbers: what `projection` [P, H] makes of the LSTM's."""

    projection = None

    def initial(self):
        return tuple(numpy.zeros(size) for size in self.projection.shape)

    def step(self, x, state):
        h, c = super().step(x, state)
        return self.projection @ h, c


class GruResetAfter(Cell):
    states = 1

    def step(self, x, state):
        (h,) = state
        wr, wz, wn = numpy.split(self.W @ x + self.b, 3)
        ur, uz, un = numpy.split(self.U @ h + self.d, 3)
        z = self.gate(wz + uz)
        n = self.squash(wn + self.gate(wr + ur) * un)
        return ((1.0 - z) * n + z * h,)


class GruResetBefore(Cell):
    states = 1

    def step(self, x, state):
        (h,) = state
        wr, wz, wn = numpy.split(self.W @ x + self.b + self.d, 3)
        Ur, Uz, Un = numpy.split(self.U, 3)
        r, z = self.gate(wr + Ur @ h), self.gate(wz + Uz @ h)
        n = self.squash(wn + Un @ (r * h))
        return ((1.0 - z) * n + z * h,)


def run_row(cell, x, state, reverse=False):
    """x [steps, I] of one row → outputs [steps, H] in the order of x, final state."""
    outputs = numpy.zeros((len(x), cell.hidden_size))
    steps = range(len(x))
    for step in reversed(steps) if reverse else steps:
        state = cell.step(x[step], state)
        outputs[step] = state[0]
    return outputs, state


def run_stack(layers, rows, initial=None):
    """Runs stacked layers over ragged rows.

    layers: for each layer the cells of its directions (the second runs backward in time).
    rows: a list of [true steps, I]. initial: per state [layers·directions, batch, H], or None.
    Returns a list of outputs [true steps, directions·H], and for each state an array
    [layers·directions, batch, H].
    """
    final = []
    for index, cells in enumerate(layers):
        results = []
        for direction, cell in enumerate(cells):
            slot = index * len(cells) + direction
            states = [cell.initial() if initial is None else tuple(s[slot, row] for s in initial)
                      for row in range(len(rows))]
            results.append([run_row(cell, x, state, direction == 1)
                            for x, state in zip(rows, states)])
            final.append([state for _, state in results[-1]])
        rows = [numpy.concatenate([outputs for outputs, _ in row], axis=1)
                for row in zip(*results)]
    count = len(final[0][0])
    stacked = [numpy.array([[state[s] for state in slot] for slot in final]) for s in range(count)]
    return rows, stacked
