"""Ten steps of PyTorch's optimizers on given gradients: the update rules alone, without a model.

Run `python make_optimizer_steps.py`; it rewrites optimizer_steps.safetensors.
"""

import torch
from golden import Draws, GoldenFile

STEPS = 10
SHAPES = {"matrix": (5, 7), "vector": (9,)}
RATES = [0.05] * 5 + [0.02] * 5  # the learning rate changes on the way

# name -> our optimizer and options, PyTorch's optimizer and options
CASES = {
    "sgd": ("sgd", {}, torch.optim.SGD, {}),
    "momentum": ("sgd", {"momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9}),
    "dampening": ("sgd", {"momentum": 0.9, "dampening": 0.3}, torch.optim.SGD,
                  {"momentum": 0.9, "dampening": 0.3}),
    "nesterov": ("sgd", {"momentum": 0.8, "nesterov": "true"}, torch.optim.SGD,
                 {"momentum": 0.8, "nesterov": True}),
    "sgd_decay": ("sgd", {"momentum": 0.9, "weight_decay": 0.1}, torch.optim.SGD,
                  {"momentum": 0.9, "weight_decay": 0.1}),
    "adam": ("adam", {}, torch.optim.Adam, {}),
    "adam_betas": ("adam", {"beta1": 0.8, "beta2": 0.95, "epsilon": 0.001}, torch.optim.Adam,
                   {"betas": (0.8, 0.95), "eps": 0.001}),
    "adam_decay": ("adam", {"weight_decay": 0.1}, torch.optim.Adam, {"weight_decay": 0.1}),
    "adamw": ("adamw", {}, torch.optim.AdamW, {}),
    "adamw_decay": ("adamw", {"weight_decay": 0.5}, torch.optim.AdamW, {"weight_decay": 0.5}),
}


def run(optimizer_class, options, given):
    parameters = {name: torch.nn.Parameter(torch.tensor(given[f"initial/{name}"]))
                  for name in SHAPES}
    optimizer = optimizer_class(parameters.values(), lr=RATES[0], **options)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATES[step]
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(given[f"gradient/{name}"][step])
        optimizer.step()
    return {f"final/{name}": parameter.detach().numpy() for name, parameter in parameters.items()}


def main():
    file = GoldenFile("optimizer_steps", torch=torch.__version__)
    for name, (ours, our_options, optimizer_class, options) in CASES.items():
        draws = Draws(name)
        given = {}
        for parameter, shape in SHAPES.items():
            given[f"initial/{parameter}"] = draws.normal(*shape)
            given[f"gradient/{parameter}"] = draws.normal(STEPS, *shape)
        description = {"optimizer": ours, "learning_rates": RATES,
                       "options": {key: str(value) for key, value in our_options.items()}}
        file.add(name, description, given | run(optimizer_class, options, given))
    file.write()


if __name__ == "__main__":
    main()
