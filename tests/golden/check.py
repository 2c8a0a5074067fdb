"""Holds the golden files against the numpy reference: outputs and states to 1e-12, and gradients
against the slope of the loss along random directions.

Run `python check.py`; it names each file with its worst deviation and fails above the limits.
"""

import json
import sys

import numpy
from golden import HERE, Draws
from reference import GruResetAfter, GruResetBefore, Lstm, LstmProjected, Rnn, run_stack
from safetensors import safe_open

STEP = 1e-6  # small: a kink of relu or hard sigmoid must not lie within it
LIMITS = {"values": 1e-12, "slopes": 1e-7}


def pytorch_layers(case, weights):
    kinds = {"lstm": Lstm, "lstm_projected": LstmProjected, "gru": GruResetAfter,
             "rnn_tanh": Rnn, "rnn_relu": Rnn}
    activation = "relu" if case["cell"] == "rnn_relu" else "tanh"
    layers = []
    for layer in range(case["num_layers"]):
        cells = []
        for suffix in ("", "_reverse")[:case["directions"]]:
            parts = (weights.get(f"{kind}_l{layer}{suffix}", 0.0)
                     for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
            cells.append(kinds[case["cell"]](*parts, activation=activation))
            if case["cell"] == "lstm_projected":
                cells[-1].projection = weights[f"weight_hr_l{layer}{suffix}"]
        layers.append(cells)
    return layers


def keras_cell(case, weights):
    """Keras' kernels are transposed, its GRU's gates stand in the order z r h."""
    order = numpy.arange(len(weights["kernel"].T))
    if case["cell"] == "gru":
        z, r, n = numpy.split(order, 3)
        order = numpy.concatenate([r, z, n])
    gru = GruResetAfter if case["reset_after"] else GruResetBefore
    kinds = {"lstm": Lstm, "rnn": Rnn, "gru": gru}
    bias = weights.get("bias", numpy.zeros(len(order)))
    b, d = bias if bias.ndim == 2 else (bias, numpy.zeros_like(bias))
    return kinds[case["cell"]](
        weights["kernel"].T[order], weights["recurrent_kernel"].T[order], b[order], d[order],
        case["activation"], case["recurrent_activation"])


def keras_layers(case, weights):
    if not case["bidirectional"]:
        return [[keras_cell(case, weights)]]
    return [[keras_cell(case, part(weights, direction)) for direction in ("forward", "backward")]]


def part(tensors, prefix):
    """The tensors under `<prefix>/`, without it."""
    return {name.removeprefix(prefix + "/"): value for name, value in tensors.items()
            if name.startswith(prefix + "/")}


def pytorch_forward(case, leaves):
    batch_first = case["batch_first"]
    sequence = leaves["input"] if batch_first else leaves["input"].swapaxes(0, 1)
    lengths = case["lengths"] or [case["steps"]] * case["batch"]
    rows = [x[:length] for x, length in zip(sequence, lengths)]
    initial = [leaves[name] for name in ("h_0", "c_0") if name in leaves] or None
    outputs, final = run_stack(pytorch_layers(case, leaves), rows, initial)
    padded = numpy.zeros((len(rows), case["steps"], outputs[0].shape[1]))
    for row, output in enumerate(outputs):
        padded[row, :len(output)] = output
    results = {"output": padded if batch_first else padded.swapaxes(0, 1)}
    return results | dict(zip(("h_n", "c_n"), final))


def keras_forward(case, leaves):
    sequence, real = leaves["input"], real_steps(case)
    rows = [x[steps] for x, steps in zip(sequence, real)]
    initial = [leaves[name][None] for name in ("h_0", "c_0") if name in leaves] or None
    outputs, final = run_stack(keras_layers(case, leaves), rows, initial)
    if case["outputs"] == "last":
        hidden = final[0].shape[2]
        results = [numpy.concatenate([o[-1, :hidden], o[0, hidden:]]) for o in outputs]
    else:
        before = numpy.zeros_like(final[0][0]) if initial is None else initial[0][0]
        results = [placed(case["padded_output"], output, steps, h)
                   for output, steps, h in zip(outputs, real, before)]
    states = {} if case["bidirectional"] else dict(zip(("h_n", "c_n"), (s[0] for s in final)))
    return {"output": numpy.array(results), **states}


def real_steps(case):
    """[batch, steps] true where a row has a value."""
    if "mask" in case:
        return numpy.array(case["mask"], bool)
    steps = numpy.arange(case["steps"])[None, :]
    lengths = numpy.array(case["lengths"] or [case["steps"]] * case["batch"])[:, None]
    return steps >= case["steps"] - lengths if case["padding"] == "left" else steps < lengths


def placed(padded_output, output, real, before):
    """The outputs at their steps; elsewhere 0 or, held, the last one: at first the given state."""
    everywhere = numpy.zeros((len(real), output.shape[1]))
    everywhere[real] = output
    if padded_output == "hold":
        for step in numpy.flatnonzero(~real):
            everywhere[step] = everywhere[step - 1] if step else before
    return everywhere


def loss_of(forward, case, leaves, tensors):
    results = forward(case, leaves)
    return sum((value * tensors[f"{name}_gradient"]).sum() for name, value in results.items()
               if f"{name}_gradient" in tensors)


def slope_deviation(forward, case, leaves, tensors):
    """One random direction per leaf: difference quotient of the loss against the gradient."""
    worst, draws = 0.0, Draws("slope")
    for name, value in leaves.items():
        gradient = tensors[f"f64/gradient/{name}"]
        direction = draws.normal(*value.shape).astype(numpy.float64)
        losses = [loss_of(forward, case, leaves | {name: value + k * STEP * direction}, tensors)
                  for k in (-2, -1, 1, 2)]
        slope = (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / (12 * STEP)
        scale = numpy.abs(gradient).max() * numpy.sqrt(gradient.size)
        worst = max(worst, abs(slope - (gradient * direction).sum()) / scale)
    return worst


def check_case(forward, case, tensors):
    leaves = {name: tensors[name] for name in ("input", "h_0", "c_0") if name in tensors}
    leaves |= part(tensors, "weight")
    leaves = {name: value.astype(numpy.float64) for name, value in leaves.items()}
    values = 0.0
    for name, value in forward(case, leaves).items():
        expected = tensors[f"f64/{name}"]
        values = max(values, numpy.abs(value - expected).max() / numpy.abs(expected).max())
    return {"values": values, "slopes": slope_deviation(forward, case, leaves, tensors)}


def check_file(name, forward):
    """Prints the file's worst deviations; true if they are within the limits."""
    worst = dict.fromkeys(LIMITS, (0.0, ""))
    with safe_open(HERE / f"{name}.safetensors", "numpy") as file:
        metadata = file.metadata()
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    cases = json.loads(metadata["cases"])
    for case in cases:
        found = check_case(forward, json.loads(metadata[case]), part(tensors, case))
        worst = {kind: max(worst[kind], (found[kind], case)) for kind in LIMITS}
    print(f"{name}: {len(cases)} cases;", "; ".join(
        f"{kind} within {value:.1e} ({case})" for kind, (value, case) in worst.items()))
    return all(worst[kind][0] <= limit for kind, limit in LIMITS.items())


if __name__ == "__main__":
    good = [check_file(name, pytorch_forward)
            for name in ("rnn_tanh", "rnn_relu", "lstm", "lstm_projected", "gru")]
    good += [check_file(name, keras_forward) for name in ("keras", "keras_masking")]
    sys.exit(0 if all(good) else 1)
