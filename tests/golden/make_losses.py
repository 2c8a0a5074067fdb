"""Losses and their gradients: PyTorch's own, Keras' where PyTorch has none, and the densities of
torch.distributions. Keras' means go through float32 in either precision.

Run `python make_losses.py`; it rewrites losses.safetensors.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy
import torch
from golden import Draws, GoldenFile, precision_gap, prefixed
from torch.nn import functional

ROWS, STEPS, TARGETS, CLASSES = 3, 5, 2, 7
LENGTHS = [5, 2, 4]
QUANTILES = [0.1, 0.5, 0.8]
LEAST = 1e-6


def positive(x):
    return functional.softplus(x) + LEAST


def mean_pinball(guess, truth):
    error = truth[:, None] - guess
    levels = torch.tensor(QUANTILES, dtype=guess.dtype)
    return torch.maximum(levels * error, (levels - 1) * error).mean()


def gaussian(guess, truth):
    law = torch.distributions.Normal(guess[:, 0], positive(guess[:, 1]))
    return -law.log_prob(truth).mean()


def student_t(guess, truth):
    law = torch.distributions.StudentT(2 + functional.softplus(guess[:, 2]), guess[:, 0],
                                       positive(guess[:, 1]))
    return -law.log_prob(truth).mean()


def negative_binomial(guess, truth):
    mean, alpha = positive(guess[:, 0]), positive(guess[:, 1])
    law = torch.distributions.NegativeBinomial(total_count=1 / alpha, logits=torch.log(mean * alpha))
    return -law.log_prob(truth).mean()


def cross_entropy(**options):
    return lambda guess, truth: functional.cross_entropy(guess, truth.long(), **options)


def keras_cross_entropy(guess, truth):
    one_hot = functional.one_hot(truth.long(), CLASSES).to(guess.dtype)
    return keras.losses.categorical_crossentropy(one_hot, guess, from_logits=True,
                                                 label_smoothing=0.1).mean()


def keras_loss(function):
    def keras_mean(guess, truth):
        return function(truth[:, None], guess).mean()

    return keras_mean


# name -> our loss and options, numbers for each target, what the targets are, the reference: a
# function of guesses [n, numbers] and targets [n], those that are not padding
CASES = {
    "mse": ("mse", {}, 1, "real", lambda g, y: functional.mse_loss(g[:, 0], y)),
    "mae": ("mae", {}, 1, "real", lambda g, y: functional.l1_loss(g[:, 0], y)),
    "huber": ("huber", {"delta": 0.7}, 1, "real",
              lambda g, y: functional.huber_loss(g[:, 0], y, delta=0.7)),
    "huber_keras": ("huber", {}, 1, "real", keras_loss(keras.losses.huber)),
    "log_cosh": ("log_cosh", {}, 1, "real", keras_loss(keras.losses.log_cosh)),
    "mape": ("mape", {}, 1, "real", keras_loss(keras.losses.mean_absolute_percentage_error)),
    "pinball": ("pinball", {"quantiles": "0.1, 0.5, 0.8"}, 3, "real", mean_pinball),
    "gaussian": ("gaussian", {}, 2, "real", gaussian),
    "student_t": ("student_t", {}, 3, "real", student_t),
    "negative_binomial": ("negative_binomial", {}, 2, "count", negative_binomial),
    "cross_entropy": ("cross_entropy", {}, CLASSES, "class", cross_entropy()),
    "cross_entropy_smoothing": ("cross_entropy", {"label_smoothing": 0.2}, CLASSES, "class",
                                cross_entropy(label_smoothing=0.2)),
    "cross_entropy_ignore": ("cross_entropy", {"ignore_index": 2, "label_smoothing": 0.1}, CLASSES,
                             "class", cross_entropy(ignore_index=2, label_smoothing=0.1)),
    "cross_entropy_keras": ("cross_entropy", {"label_smoothing": 0.1}, CLASSES, "class",
                            keras_cross_entropy),
    "binary_cross_entropy": ("binary_cross_entropy", {}, 1, "yes or no",
                             lambda g, y: functional.binary_cross_entropy_with_logits(g[:, 0], y)),
}


def draw_targets(draws, kind, shape):
    if kind == "real":
        return draws.normal(*shape)
    if kind == "class":
        return draws.generator.integers(0, CLASSES, shape).astype(numpy.float32)
    if kind == "count":
        return draws.generator.poisson(3, shape).astype(numpy.float32)
    return draws.generator.integers(0, 2, shape).astype(numpy.float32)


def run(reference, prediction, target, lengths, numbers, dtype):
    guess = torch.tensor(prediction, dtype=dtype, requires_grad=True)
    truth = torch.tensor(target, dtype=dtype)
    rows = range(ROWS)
    real = [slice(0, lengths[row] if lengths else STEPS) for row in rows]
    guesses = torch.cat([guess[row, real[row]].reshape(-1, numbers) for row in rows])
    truths = torch.cat([truth[row, real[row]].reshape(-1) for row in rows])
    loss = reference(guesses, truths)
    loss.backward()
    return {"loss": loss.detach().numpy().reshape(1), "gradient": guess.grad.numpy()}


def main():
    file = GoldenFile("losses", torch=torch.__version__, keras=keras.__version__)
    for name, (ours, options, numbers, kind, reference) in CASES.items():
        for lengths in (None, LENGTHS):
            case = name + ("_ragged" if lengths else "")
            draws = Draws(case)
            targets = 1 if kind == "class" else TARGETS
            target = draw_targets(draws, kind, (ROWS, STEPS, targets))
            prediction = draws.normal(ROWS, STEPS, targets * numbers, scale=1.5)
            tensors = {"prediction": prediction, "target": target}
            for precision, dtype in (("f32", torch.float32), ("f64", torch.float64)):
                tensors |= prefixed(precision,
                                    run(reference, prediction, target, lengths, numbers, dtype))
            description = {"loss": ours, "lengths": lengths, "keras": "keras" in reference.__name__,
                           "options": {key: str(value) for key, value in options.items()}}
            file.add(case, description, tensors)
    file.write()
    precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    main()
