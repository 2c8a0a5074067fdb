"""Golden cases of Keras' LSTM, GRU and SimpleRNN on the JAX backend: outputs, states, gradients.

Run `python make_keras.py`, or name the files to write; it rewrites keras.safetensors, keras_masking.safetensors and
keras_merge.safetensors (each precision in a process of its own, because Keras and JAX fix their
number type when they are first used).
"""

import argparse
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy
from golden import Draws, GoldenFile, precision_gap, prefixed

BATCH, STEPS, INPUT, HIDDEN = 4, 6, 3, 5


@dataclasses.dataclass
class Case:
    """One layer; `padding` is none, right or left, `lengths` the true steps of each row; `mask` has
    a 1 for every true step, for rows with steps left out in the middle; `merge` makes one output of
    both directions'."""

    name: str
    cell: str
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    reset_after: bool | None = None
    use_bias: bool = True
    bidirectional: bool = False
    initial_state: bool = False
    outputs: str = "all"
    padding: str = "none"
    lengths: list | None = None
    mask: list | None = None
    merge: str | None = None


def plain_cases():
    yield Case("lstm", "lstm", initial_state=True)
    yield Case("lstm_hard_sigmoid", "lstm", recurrent_activation="hard_sigmoid")
    yield Case("lstm_hard_sigmoid_slope_0.2", "lstm",
               recurrent_activation="hard_sigmoid_slope_0.2")
    yield Case("lstm_relu", "lstm", activation="relu", initial_state=True)
    yield Case("lstm_nobias_last", "lstm", use_bias=False, outputs="last")
    yield Case("lstm_bidirectional", "lstm", bidirectional=True)
    for reset_after, word in ((True, "after"), (False, "before")):
        yield Case(f"gru_reset_{word}", "gru", reset_after=reset_after, initial_state=True)
        yield Case(f"gru_reset_{word}_hard_sigmoid", "gru", initial_state=True,
                   recurrent_activation="hard_sigmoid", reset_after=reset_after)
        yield Case(f"gru_reset_{word}_hard_sigmoid_slope_0.2_nobias", "gru", use_bias=False,
                   recurrent_activation="hard_sigmoid_slope_0.2", reset_after=reset_after)
        yield Case(f"gru_reset_{word}_relu", "gru", activation="relu", reset_after=reset_after)
    yield Case("rnn", "rnn", initial_state=True)
    yield Case("rnn_relu_nobias", "rnn", activation="relu", use_bias=False)


def padded_cases():
    lengths = [4, 6, 1, 3]
    for padding in ("right", "left"):
        for cell, reset_after in (("lstm", None), ("gru", True), ("gru", False), ("rnn", None)):
            word = {True: "_reset_after", False: "_reset_before", None: ""}[reset_after]
            yield Case(f"{cell}{word}_padded_{padding}", cell, reset_after=reset_after,
                       initial_state=True, padding=padding, lengths=lengths)
        for outputs in ("all", "last"):
            yield Case(f"lstm_bidirectional_padded_{padding}_{outputs}", "lstm", padding=padding,
                       bidirectional=True, outputs=outputs, lengths=lengths)


def masked_cases():
    """Steps left out at the start, in the middle and at the end; one row with a single true step."""
    mask = [[1, 0, 1, 1, 0, 1], [0, 1, 1, 0, 0, 1], [1, 1, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0]]
    for cell, reset_after in (("lstm", None), ("gru", True), ("gru", False), ("rnn", None)):
        word = {True: "_reset_after", False: "_reset_before", None: ""}[reset_after]
        yield Case(f"{cell}{word}_masked", cell, reset_after=reset_after, initial_state=True,
                   mask=mask)
    yield Case("lstm_masked_last", "lstm", outputs="last", mask=mask)
    for outputs in ("all", "last"):
        yield Case(f"lstm_bidirectional_masked_{outputs}", "lstm", bidirectional=True,
                   outputs=outputs, mask=mask)


def merged_cases():
    """Both directions in one; concatenated they are among the plain cases."""
    for merge in ("sum", "ave", "mul"):
        yield Case(f"lstm_{merge}", "lstm", bidirectional=True, merge=merge)
        yield Case(f"gru_{merge}", "gru", reset_after=True, bidirectional=True, merge=merge)
        yield Case(f"lstm_{merge}_last", "lstm", bidirectional=True, outputs="last", merge=merge)
        yield Case(f"lstm_{merge}_padded", "lstm", bidirectional=True, merge=merge,
                   padding="right", lengths=[4, 6, 1, 3])


FILES = {"keras": [*plain_cases(), *padded_cases()], "keras_masking": [*masked_cases()],
         "keras_merge": [*merged_cases()]}


def real_steps(case):
    """[batch, steps] true where a row has a value; None where nothing is padded."""
    if case.mask is not None:
        return numpy.array(case.mask, bool)
    if case.padding == "none":
        return None
    step, length = numpy.arange(STEPS)[None, :], numpy.array(case.lengths)[:, None]
    return step < length if case.padding == "right" else step >= STEPS - length


def hard_sigmoid_slope_02(x):
    """clip(0.2 x + 0.5, 0, 1): `hard_sigmoid` of Keras before 2.3."""
    import keras
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def exact_tanh(x):
    """tanh in the type of x: that of Keras 3.15 on JAX rounds float64 to float32."""
    import jax
    return jax.numpy.tanh(x)


def activation_of(name):
    import keras
    exact = {"hard_sigmoid_slope_0.2": hard_sigmoid_slope_02}
    if keras.config.floatx() == "float64":
        keras.saving.get_custom_objects()["exact_tanh"] = exact_tanh
        exact["tanh"] = exact_tanh
    return exact.get(name, name)


def make_layer(case):
    import keras
    options = {"return_sequences": case.outputs == "all", "return_state": True,
               "activation": activation_of(case.activation),
               "use_bias": case.use_bias, "dtype": keras.config.floatx()}
    if case.cell != "rnn":
        options["recurrent_activation"] = activation_of(case.recurrent_activation)
    if case.cell == "gru":
        options["reset_after"] = case.reset_after
    layers = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}
    layer = layers[case.cell](HIDDEN, **options)
    if case.bidirectional:
        layer = keras.layers.Bidirectional(layer, merge_mode=case.merge or "concat")
    layer.build((BATCH, STEPS, INPUT))
    return layer


def weight_name(variable):
    """`kernel`, or `backward/kernel` within a bidirectional layer."""
    return ("backward/" if "backward" in variable.path else
            "forward/" if "forward" in variable.path else "") + variable.name


def draw(case, layer):
    """Inputs, weights and output gradients in float32, so that both precisions start alike."""
    draws = Draws("keras " + case.name)
    given = {"input": draws.normal(BATCH, STEPS, INPUT)}
    real = real_steps(case)
    if real is not None:
        given["input"][~real] = 1e3  # must not be read; Keras itself would spread a NaN
    states = state_names(case)
    if case.initial_state:
        given |= {f"{s}_0": draws.normal(BATCH, HIDDEN, scale=0.7) for s in states}
    for variable in layer.trainable_variables:
        given[f"weight/{weight_name(variable)}"] = draws.uniform(*variable.shape, bound=0.6)
    features = HIDDEN * (2 if case.bidirectional and case.merge in (None, "concat") else 1)
    shape = (BATCH, STEPS, features) if case.outputs == "all" else (BATCH, features)
    given["output_gradient"] = draws.normal(*shape)
    if not case.bidirectional:
        given |= {f"{s}_n_gradient": draws.normal(BATCH, HIDDEN) for s in states}
    return given


def state_names(case):
    return ("h", "c") if case.cell == "lstm" else ("h",)


def run(case, layer, given):
    """Forward, and backward by jax.vjp, in the number type Keras is set to."""
    import jax
    import keras
    given = {name: jax.numpy.asarray(array, keras.config.floatx()) for name, array in given.items()}
    names = [weight_name(variable) for variable in layer.trainable_variables]
    leaves = {name: given[name] for name in ("input", "h_0", "c_0") if name in given}
    leaves |= {name: given[f"weight/{name}"] for name in names}
    real = real_steps(case)

    def forward(leaves):
        state = [leaves[f"{s}_0"] for s in state_names(case)] if case.initial_state else None
        results, _ = layer.stateless_call(
            [leaves[name] for name in names], [v.value for v in layer.non_trainable_variables],
            leaves["input"], initial_state=state,
            mask=None if real is None else jax.numpy.asarray(real))
        kept = ["output"] if case.bidirectional else [
            "output", *[f"{s}_n" for s in state_names(case)]]
        return dict(zip(kept, results))

    results, pull_back = jax.vjp(forward, leaves)
    (gradients,) = pull_back({name: given[f"{name}_gradient"] for name in results})
    everything = {**results, **prefixed("gradient", gradients)}
    return {name: numpy.asarray(value) for name, value in everything.items()}


def description(case):
    """Keras holds outputs over padding, but sets zero_output_for_mask within Bidirectional."""
    padded_output = "zero" if case.bidirectional else "hold"
    sizes = {"batch": BATCH, "steps": STEPS, "input_size": INPUT, "hidden_size": HIDDEN}
    fields = {name: value for name, value in dataclasses.asdict(case).items()
              if name not in ("mask", "merge") or value is not None}
    return {**fields, **sizes, "padded_output": padded_output}


def run_all(precision, path, files):
    """Every case of the files in one precision, saved for the parent process."""
    import jax
    import keras
    if precision == "f64":
        jax.config.update("jax_enable_x64", True)
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
    results = {}
    for case in (case for name in files for case in FILES[name]):
        layer = make_layer(case)
        given = draw(case, layer)
        if precision == "f32":
            results |= prefixed(case.name, given)
        results |= prefixed(f"{case.name}/{precision}", run(case, layer, given))
    numpy.savez(path, **results)


def main(files):
    import jax
    import keras
    tensors = {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in ("f32", "f64"):
            path = pathlib.Path(folder) / f"{precision}.npz"
            subprocess.run([sys.executable, __file__, "--precision", precision, "--to", path, *files],
                           check=True)
            tensors |= dict(numpy.load(path))
    for name in files:
        cases = FILES[name]
        file = GoldenFile(name, keras=keras.__version__, jax=jax.__version__)
        for case in cases:
            parts = {part.removeprefix(case.name + "/"): array for part, array in tensors.items()
                     if part.startswith(case.name + "/")}
            file.add(case.name, description(case), parts)
        file.write()
        precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", choices=("f32", "f64"))
    parser.add_argument("--to")
    parser.add_argument("files", nargs="*", default=[*FILES], help="those to write; default: all")
    arguments = parser.parse_args()
    (run_all(arguments.precision, arguments.to, arguments.files) if arguments.precision
     else main(arguments.files))
