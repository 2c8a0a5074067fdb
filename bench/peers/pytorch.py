"""PyTorch as a peer: eager nn.LSTM, nn.GRU, nn.RNN with its fused Adam; LSTMCell for streaming;
ragged rows packed; an LSTM with peepholes as its users write it, a loop over a cell."""

from protocol import (BETA1, BETA2, EPSILON, LAYERS, LEARNING_RATE, Unsupported, absent, half_square,
                    input_of, lengths_of, serve, threads, weights_of)

try:
    import torch
except ImportError:
    absent("torch")

import pytorch_layers

STACKS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
CELLS = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell, "rnn": torch.nn.RNNCell}


def peephole_cell(x, state, weights):
    """One step: x [B,I], state h, c [B,H], weights in the order of weights_of()."""
    h, c = state
    w, u, b, d, of_i, of_f, of_o = weights
    z = torch.nn.functional.linear(x, w, b) + torch.nn.functional.linear(h, u, d)
    i, f, g, o = z.chunk(4, 1)
    i, f = torch.sigmoid(i + of_i * c), torch.sigmoid(f + of_f * c)
    c = f * c + i * torch.tanh(g)
    o = torch.sigmoid(o + of_o * c)
    return o * torch.tanh(c), c


class PeepholeLstm(torch.nn.Module):
    """Stacked; `cell` is peephole_cell, or what torch.compile makes of it."""

    def __init__(self, case, cell=peephole_cell):
        super().__init__()
        self.hidden_size, self.cell = case.hidden_size, cell
        self.all_weights = []
        for layer, weights in enumerate(weights_of(case)):
            self.all_weights.append([torch.nn.Parameter(torch.from_numpy(w)) for w in weights])
            for number, weight in enumerate(self.all_weights[-1]):
                self.register_parameter(f"weight_{layer}_{number}", weight)

    def forward(self, x):
        for weights in self.all_weights:
            state = (x.new_zeros(x.shape[1], self.hidden_size),) * 2
            outputs = []
            for step in x.unbind(0):
                state = self.cell(step, state, weights)
                outputs.append(state[0])
            x = torch.stack(outputs)
        return x, state


def module_of(case):
    """Steps first, PyTorch's own layout."""
    if case.cell == "peephole":
        return PeepholeLstm(case)
    module = STACKS[case.cell](case.input_size, case.hidden_size, case.layers)
    with torch.no_grad():
        for layer, weights in enumerate(weights_of(case)):
            for parameter, value in zip(module.all_weights[layer], weights):
                parameter.copy_(torch.from_numpy(value))
    return module


def outputs_of(module, x, lengths):
    """The outputs of all steps, zero where a row has ended."""
    if lengths is None:
        return module(x)[0]
    rnn = torch.nn.utils.rnn
    y, _ = module(rnn.pack_padded_sequence(x, lengths, enforce_sorted=False))
    return rnn.pad_packed_sequence(y, total_length=x.shape[0])[0]


def training_step(case, make=module_of):
    """Forward, BPTT with dL/dy = y, all weight gradients, dX, Adam."""
    module = make(case)
    lengths = lengths_of(case)
    if lengths and case.cell == "peephole":
        raise Unsupported("ragged rows of a loop")
    x = torch.from_numpy(input_of(case)).requires_grad_()
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE, betas=(BETA1, BETA2),
                                 eps=EPSILON, fused=True)

    def step():
        x.grad = None
        optimizer.zero_grad(set_to_none=True)
        y = outputs_of(module, x, lengths)
        y.backward(y.detach())
        optimizer.step()
        return y, x.grad

    return step


def inference(case):
    module = module_of(case).eval()
    x = torch.from_numpy(input_of(case))

    def call():
        with torch.inference_mode():
            return module(x)

    return call


def streaming(case):
    """One step of one series, the state kept from call to call."""
    cell = CELLS[case.cell](case.input_size, case.hidden_size).eval()
    x = torch.from_numpy(input_of(case))[0]
    state = None

    @torch.inference_mode()
    def call():
        nonlocal state
        state = cell(x, state)

    return call


def prepare(case):
    if case.cell in LAYERS:
        return pytorch_layers.training_step(case)
    makers = {"train": training_step, "infer": inference, "stream": streaming}
    if case.mode not in makers:
        raise Unsupported(case.mode)
    return makers[case.mode](case)


def probe(case, make=module_of):
    if case.cell in LAYERS:
        return pytorch_layers.probe(case)
    if case.mode == "infer":
        return (half_square(inference(case)()[0]),)
    step = training_step(case, make)
    y, dx = step()
    loss, gradient = half_square(y.detach()), 2 * half_square(dx)
    return loss, gradient, half_square(step()[0].detach())


if __name__ == "__main__":
    torch.set_num_threads(threads())
    serve("PyTorch", torch.__version__, prepare, probe)
