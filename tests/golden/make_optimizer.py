"""Ten optimizer steps of PyTorch on a recurrent layer with a linear head.

Run `python make_optimizer.py`; it rewrites optimizer.safetensors.
"""

import numpy
import torch
from golden import Draws, GoldenFile, precision_gap, prefixed

STEPS = 10
INPUT, HIDDEN, BATCH, LENGTH = 3, 6, 8, 5
CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
OPTIMIZERS = {
    "sgd": {"name": "sgd", "learning_rate": 0.1},
    "sgd_momentum": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "sgd_nesterov": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    "adam": {"name": "adam", "learning_rate": 0.01},
    "adam_clip_norm": {"name": "adam", "learning_rate": 0.01, "clip_norm": 0.5},
    "sgd_clip_norm": {"name": "sgd", "learning_rate": 0.1, "clip_norm": 0.5},
    "sgd_clip_value": {"name": "sgd", "learning_rate": 0.1, "clip_value": 0.05},
}
LOSSES = {"mse": torch.nn.MSELoss, "mae": torch.nn.L1Loss}


class Forecaster(torch.nn.Module):
    """Recurrent stack, its last step, a linear head."""

    def __init__(self, cell, num_layers):
        super().__init__()
        self.recurrent = CELLS[cell](INPUT, HIDDEN, num_layers, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, 2)

    def forward(self, x):
        return self.head(self.recurrent(x)[0][:, -1])


def make_optimizer(parameters, options):
    if options["name"] == "adam":
        return torch.optim.Adam(parameters, lr=options["learning_rate"])
    return torch.optim.SGD(parameters, lr=options["learning_rate"],
                           momentum=options.get("momentum", 0.0),
                           nesterov=options.get("nesterov", False))


def clip(parameters, options):
    if "clip_norm" in options:
        torch.nn.utils.clip_grad_norm_(parameters, options["clip_norm"])
    if "clip_value" in options:
        torch.nn.utils.clip_grad_value_(parameters, options["clip_value"])


def run(case, given, dtype):
    """Losses before each step, and the parameters after the last."""
    model = Forecaster(case["cell"], case["num_layers"]).to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.tensor(given[f"initial/{name}"], dtype=dtype))
    x, y = (torch.tensor(given[name], dtype=dtype) for name in ("input", "target"))
    parameters = list(model.parameters())
    optimizer = make_optimizer(parameters, case["optimizer"])
    loss_of = LOSSES[case["loss"]]()
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        clip(parameters, case["optimizer"])
        optimizer.step()
        losses.append(loss.item())
    final = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    losses = numpy.array(losses, numpy.float32 if dtype == torch.float32 else numpy.float64)
    return {"losses": losses, **prefixed("final", final)}


def cases():
    for optimizer, options in OPTIMIZERS.items():
        yield f"lstm_{optimizer}", {"cell": "lstm", "num_layers": 2, "loss": "mse",
                                    "optimizer": options}
    for cell in ("rnn", "gru"):
        for optimizer in ("sgd", "adam"):
            yield f"{cell}_{optimizer}", {"cell": cell, "num_layers": 1, "loss": "mse",
                                          "optimizer": OPTIMIZERS[optimizer]}
    yield "gru_adam_mae", {"cell": "gru", "num_layers": 1, "loss": "mae",
                           "optimizer": OPTIMIZERS["adam"]}


def main():
    torch.set_num_threads(1)
    file = GoldenFile("optimizer", torch=torch.__version__, numpy=numpy.__version__)
    for name, case in cases():
        draws = Draws(name)
        given = {"input": draws.normal(BATCH, LENGTH, INPUT), "target": draws.normal(BATCH, 2)}
        for parameter, value in Forecaster(case["cell"], case["num_layers"]).named_parameters():
            given[f"initial/{parameter}"] = draws.uniform(*value.shape, bound=HIDDEN**-0.5)
        tensors = dict(given)
        for precision, dtype in (("f32", torch.float32), ("f64", torch.float64)):
            tensors |= prefixed(precision, run(case, given, dtype))
        description = {**case, "input_size": INPUT, "hidden_size": HIDDEN, "steps": STEPS}
        file.add(name, description, tensors)
    file.write()
    precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    main()
