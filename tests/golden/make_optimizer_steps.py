"""Ten steps of PyTorch's and Keras' optimizers on given gradients: the update rules alone, without a
model. PyTorch runs in float32. Keras runs in float64: in float32 it takes 1 − β2^t from a β2 rounded
to float32, which leaves five digits of the first corrections.

Run `python make_optimizer_steps.py`; it rewrites optimizer_steps.safetensors.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch
from golden import Draws, GoldenFile

STEPS = 10
SHAPES = {"matrix": (5, 7), "vector": (9,)}
RATES = [0.05] * 5 + [0.02] * 5  # the learning rate changes on the way

# name -> our optimizer and options, PyTorch's optimizer and options
PYTORCH = {
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
    "amsgrad": ("adam", {"amsgrad": "true", "beta2": 0.8}, torch.optim.Adam,
                {"amsgrad": True, "betas": (0.9, 0.8)}),
    "adamw": ("adamw", {}, torch.optim.AdamW, {}),
    "adamw_decay": ("adamw", {"weight_decay": 0.5}, torch.optim.AdamW, {"weight_decay": 0.5}),
    "adamw_amsgrad": ("adamw", {"amsgrad": "true", "beta2": 0.8}, torch.optim.AdamW,
                      {"amsgrad": True, "betas": (0.9, 0.8)}),
    "nadam": ("nadam", {}, torch.optim.NAdam, {}),
    "nadam_decay": ("nadam", {"weight_decay": 0.1, "momentum_decay": 0.05}, torch.optim.NAdam,
                    {"weight_decay": 0.1, "momentum_decay": 0.05}),
    "nadam_decoupled": ("nadam", {"weight_decay": 0.1, "decay": "decoupled"}, torch.optim.NAdam,
                        {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "rmsprop": ("rmsprop", {}, torch.optim.RMSprop, {}),
    "rmsprop_epsilon": ("rmsprop", {"rho": 0.8, "epsilon": 0.1}, torch.optim.RMSprop,
                        {"alpha": 0.8, "eps": 0.1}),
    "rmsprop_centered": ("rmsprop", {"centered": "true"}, torch.optim.RMSprop, {"centered": True}),
    "rmsprop_momentum": ("rmsprop", {"momentum": 0.9, "weight_decay": 0.1}, torch.optim.RMSprop,
                         {"momentum": 0.9, "weight_decay": 0.1}),
    "rmsprop_centered_momentum": ("rmsprop", {"centered": "true", "momentum": 0.9},
                                  torch.optim.RMSprop, {"centered": True, "momentum": 0.9}),
    "adagrad": ("adagrad", {}, torch.optim.Adagrad, {}),
    "adagrad_options": ("adagrad", {"learning_rate_decay": 0.1, "initial_accumulator": 0.2,
                                    "epsilon": 0.1, "weight_decay": 0.1}, torch.optim.Adagrad,
                        {"lr_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 0.1,
                         "weight_decay": 0.1}),
    "adadelta": ("adadelta", {}, torch.optim.Adadelta, {}),
    "adadelta_options": ("adadelta", {"rho": 0.7, "epsilon": 0.01, "weight_decay": 0.1},
                         torch.optim.Adadelta, {"rho": 0.7, "eps": 0.01, "weight_decay": 0.1}),
    "rprop": ("rprop", {}, torch.optim.Rprop, {}),
    "rprop_options": ("rprop", {"shrink": 0.6, "grow": 1.5, "smallest": 0.03, "largest": 0.06},
                      torch.optim.Rprop, {"etas": (0.6, 1.5), "step_sizes": (0.03, 0.06)}),
}

# The same for Keras; the convention is added to ours.
KERAS = {
    "keras_sgd": ("sgd", {}, keras.optimizers.SGD, {}),
    "keras_momentum": ("sgd", {"momentum": 0.9}, keras.optimizers.SGD, {"momentum": 0.9}),
    "keras_nesterov": ("sgd", {"momentum": 0.9, "nesterov": "true"}, keras.optimizers.SGD,
                       {"momentum": 0.9, "nesterov": True}),
    "keras_sgd_decay": ("sgd", {"momentum": 0.9, "weight_decay": 0.1, "decay": "decoupled"},
                        keras.optimizers.SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    "keras_adam": ("adam", {}, keras.optimizers.Adam, {}),
    "keras_adam_epsilon": ("adam", {"epsilon": 0.01}, keras.optimizers.Adam, {"epsilon": 0.01}),
    "keras_amsgrad": ("adam", {"amsgrad": "true", "beta2": 0.8}, keras.optimizers.Adam,
                      {"amsgrad": True, "beta_2": 0.8}),
    "keras_adamw": ("adamw", {}, keras.optimizers.AdamW, {}),
    "keras_nadam": ("nadam", {}, keras.optimizers.Nadam, {}),
    "keras_nadam_epsilon": ("nadam", {"epsilon": 0.01, "beta1": 0.8}, keras.optimizers.Nadam,
                            {"epsilon": 0.01, "beta_1": 0.8}),
    "keras_rmsprop": ("rmsprop", {}, keras.optimizers.RMSprop, {}),
    "keras_rmsprop_epsilon": ("rmsprop", {"epsilon": 0.1}, keras.optimizers.RMSprop,
                              {"epsilon": 0.1}),
    "keras_rmsprop_momentum": ("rmsprop", {"momentum": 0.9}, keras.optimizers.RMSprop,
                               {"momentum": 0.9}),
    "keras_rmsprop_centered_momentum": ("rmsprop", {"centered": "true", "momentum": 0.9},
                                        keras.optimizers.RMSprop,
                                        {"centered": True, "momentum": 0.9}),
    "keras_adagrad": ("adagrad", {}, keras.optimizers.Adagrad, {}),
    "keras_adagrad_epsilon": ("adagrad", {"initial_accumulator": 0.0, "epsilon": 0.1},
                              keras.optimizers.Adagrad,
                              {"initial_accumulator_value": 0.0, "epsilon": 0.1}),
    "keras_adadelta": ("adadelta", {}, keras.optimizers.Adadelta, {}),
}


def run_pytorch(optimizer_class, options, given):
    parameters = {name: torch.nn.Parameter(torch.tensor(given[f"initial/{name}"]))
                  for name in SHAPES}
    optimizer = optimizer_class(parameters.values(), lr=RATES[0], **options)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = RATES[step]
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(given[f"gradient/{name}"][step])
        optimizer.step()
    return {f"final/{name}": parameter.detach().numpy() for name, parameter in parameters.items()}


def run_keras(optimizer_class, options, given):
    variables = {name: keras.Variable(given[f"initial/{name}"], dtype="float64") for name in SHAPES}
    optimizer = optimizer_class(learning_rate=RATES[0], **options)
    optimizer.build(list(variables.values()))
    for step in range(STEPS):
        optimizer.learning_rate = RATES[step]
        gradients = [keras.ops.convert_to_tensor(given[f"gradient/{name}"][step], dtype="float64")
                     for name in SHAPES]
        optimizer.apply(gradients)
    return {f"final/{name}": keras.ops.convert_to_numpy(variable)
            for name, variable in variables.items()}


def add_cases(file, cases, run, convention):
    for name, (ours, our_options, optimizer_class, options) in cases.items():
        draws = Draws(name)
        given = {}
        for parameter, shape in SHAPES.items():
            given[f"initial/{parameter}"] = draws.normal(*shape)
            given[f"gradient/{parameter}"] = draws.normal(STEPS, *shape)
        all_options = {key: str(value) for key, value in {**our_options, **convention}.items()}
        description = {"optimizer": ours, "learning_rates": RATES, "options": all_options}
        file.add(name, description, given | run(optimizer_class, options, given))


def main():
    keras.config.set_floatx("float64")
    file = GoldenFile("optimizer_steps", torch=torch.__version__, keras=keras.__version__)
    add_cases(file, PYTORCH, run_pytorch, {})
    add_cases(file, KERAS, run_keras, {"convention": "keras"})
    file.write()


if __name__ == "__main__":
    main()
