"""Golden cases of penalties: Keras' kernel, recurrent and bias regularizers of an LSTM, and the
activation and temporal activation regularisation of Merity et al. (2017) in PyTorch.

Run `python make_penalties.py`; it rewrites penalties.safetensors.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax
import keras
import numpy
import torch
from golden import Draws, GoldenFile

INPUT, HIDDEN = 3, 4
FACTORS = {"weight_ih": (0.01, 0.0), "weight_hh": (0.0, 0.02), "bias": (0.03, 0.04)}


def regularizers():
    """By our names of the parameters: what Keras adds to the loss, and its gradient."""
    draws = Draws("regularizers")
    ours = {"weight_ih": draws.uniform(4 * HIDDEN, INPUT), "weight_hh": draws.uniform(4 * HIDDEN, HIDDEN),
            "bias": draws.uniform(4 * HIDDEN)}
    l1l2 = {name: keras.regularizers.L1L2(l1=l1, l2=l2) for name, (l1, l2) in FACTORS.items()}
    layer = keras.layers.LSTM(HIDDEN, kernel_regularizer=l1l2["weight_ih"],
                              recurrent_regularizer=l1l2["weight_hh"],
                              bias_regularizer=l1l2["bias"])
    layer.build((None, None, INPUT))
    layer.set_weights([ours["weight_ih"].T, ours["weight_hh"].T, ours["bias"]])
    parts = {f"weight/{name}": value for name, value in ours.items()}
    parts["f32/penalty"] = numpy.array([float(sum(layer.losses))], numpy.float32)
    for name, variable in zip(ours, layer.trainable_variables):
        gradient = jax.grad(lambda value, name=name: l1l2[name](value))(variable.value)
        parts[f"f32/gradient/{name}"] = numpy.asarray(gradient).T
    description = {"input_size": INPUT, "hidden_size": HIDDEN, "factors": FACTORS}
    return description, parts


def activities(dtype, h, alpha, beta):
    """As the paper's code adds them to the loss; h is [steps, batch, units] there."""
    h = torch.tensor(h, dtype=dtype, requires_grad=True)
    steps_first = h.transpose(0, 1)
    penalty = alpha * steps_first.pow(2).mean()
    penalty = penalty + beta * (steps_first[1:] - steps_first[:-1]).pow(2).mean()
    penalty.backward()
    return {"penalty": penalty.detach().reshape(1).numpy(), "gradient/h": h.grad.numpy()}


def main():
    file = GoldenFile("penalties", keras=keras.__version__, torch=torch.__version__)
    file.add("regularizers", *regularizers())
    h = Draws("activities").normal(2, 5, HIDDEN)
    parts = {"h": h}
    for precision, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        parts |= {f"{precision}/{name}": array
                  for name, array in activities(dtype, h, 2.0, 1.0).items()}
    file.add("activities", {"activation": 2.0, "temporal_activation": 1.0}, parts)
    file.write()


if __name__ == "__main__":
    main()
