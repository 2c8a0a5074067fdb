"""PyTorch as a peer: eager nn.LSTM, nn.GRU, nn.RNN with its fused Adam; LSTMCell for streaming."""

from protocol import (BETA1, BETA2, EPSILON, LEARNING_RATE, Unsupported, absent, half_square,
                    input_of, serve, threads, weights_of)

try:
    import torch
except ImportError:
    absent("torch")

LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
CELLS = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell, "rnn": torch.nn.RNNCell}


def module_of(case):
    """Steps first, PyTorch's own layout."""
    module = LAYERS[case.cell](case.input_size, case.hidden_size, case.layers)
    with torch.no_grad():
        for layer, weights in enumerate(weights_of(case)):
            for parameter, value in zip(module.all_weights[layer], weights):
                parameter.copy_(torch.from_numpy(value))
    return module


def training_step(case):
    """Forward, BPTT with dL/dy = y, all weight gradients, dX, Adam."""
    module = module_of(case)
    x = torch.from_numpy(input_of(case)).requires_grad_()
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE, betas=(BETA1, BETA2),
                                 eps=EPSILON, fused=True)

    def step():
        x.grad = None
        optimizer.zero_grad(set_to_none=True)
        y, _ = module(x)
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
    makers = {"train": training_step, "infer": inference, "stream": streaming}
    if case.mode not in makers:
        raise Unsupported(case.mode)
    return makers[case.mode](case)


def probe(case):
    if case.mode == "infer":
        return (half_square(inference(case)()[0]),)
    step = training_step(case)
    y, dx = step()
    loss, gradient = half_square(y.detach()), 2 * half_square(dx)
    return loss, gradient, half_square(step()[0].detach())


if __name__ == "__main__":
    torch.set_num_threads(threads())
    serve("PyTorch", torch.__version__, prepare, probe)
