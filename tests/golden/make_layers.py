"""Golden cases of the layers around the cells, from PyTorch and Keras: outputs and gradients.

Run `python make_layers.py`; it rewrites layers.safetensors. A case is a layer by its name and options
in a recipe; sequences are [batch, steps, channels], and PyTorch's own [batch, channels, steps] is
turned round here, as are Keras' weights. Keras runs on PyTorch, whose tape gives the gradients of both.
"""

import dataclasses
import os

os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy
import torch
from golden import Draws, GoldenFile, precision_gap, prefixed
from make_recurrent import PRECISIONS

F = torch.nn.functional


@dataclasses.dataclass
class Case:
    """`function(tensors, options)` gives the output; `weights` are names and shapes in our layout."""

    layer: str
    name: str
    shape: tuple
    function: object
    options: dict = dataclasses.field(default_factory=dict)
    weights: dict = dataclasses.field(default_factory=dict)

    @property
    def full_name(self):
        return f"{self.layer}_{self.name}"


def steps_last(function):
    """PyTorch's [batch, channels, steps] for a function of sequences."""
    return lambda x, *rest, **options: function(x.transpose(1, 2), *rest, **options).transpose(1, 2)


def torch_conv(given, options):
    keys = ("stride", "padding", "dilation", "groups")
    return steps_last(F.conv1d)(given["input"], given["weight"], given.get("bias"),
                                **{key: options[key] for key in keys if key in options})


def keras_layer(layer, weights, x):
    """The output of a Keras layer with these weights, on PyTorch's tape."""
    layer.build(x.shape)
    values = list(zip(layer.trainable_variables, weights, strict=True))
    with keras.StatelessScope(state_mapping=values):
        return layer(x)


def keras_type(x):
    """The number type of a Keras layer; some of them compute in Keras' own whatever theirs is."""
    keras.config.set_floatx("float64" if x.dtype == torch.float64 else "float32")
    return keras.config.floatx()


def hard_sigmoid(x):
    """PyTorch's own has a gradient of single precision."""
    return F.relu6(x + 3) / 6


def keras_conv(given, options):
    x, kernel = given["input"], given["weight"].permute(2, 1, 0)
    layer = keras.layers.Conv1D(
        options["out_channels"], options["kernel_size"], strides=options.get("stride", 1),
        padding=options["padding"], dilation_rate=options.get("dilation", 1),
        groups=options.get("groups", 1), dtype=keras_type(x))
    return keras_layer(layer, [kernel, given["bias"]], x)


def same_mean(given, options):
    """Keras' average pooling with "same" padding: of what a window sees. Keras on PyTorch pads with the
    values at the ends where the padding is uneven; on JAX and on TensorFlow it does this."""
    x, kernel, stride = given["input"], options["kernel_size"], options["stride"]
    steps = x.shape[1]
    missing = max(0, (-(-steps // stride) - 1) * stride + kernel - steps)
    ends = (missing // 2, missing - missing // 2)
    total = F.pad(x.transpose(1, 2), ends).unfold(2, kernel, stride).sum(-1)
    seen = F.pad(torch.ones_like(x[:, :, :1].transpose(1, 2)), ends).unfold(2, kernel, stride).sum(-1)
    return (total / seen).transpose(1, 2)


def conv_case(name, function, channels=3, steps=9, bias=True, **options):
    groups = options.get("groups", 1)
    weights = {"weight": (options["out_channels"], channels // groups, options["kernel_size"])}
    if bias:
        weights["bias"] = (options["out_channels"],)
    else:
        options["bias"] = "false"
    return Case("conv1d", name, (2, steps, channels), function, options, weights)


def torch_pool(function):
    return lambda given, options: steps_last(function)(given["input"], **options)


def keras_pool(kind):
    def run(given, options):
        layer = kind(options["kernel_size"], options.get("stride"), options["padding"],
                     dtype=keras_type(given["input"]))
        return layer(given["input"])
    return run


def window_cases():
    yield conv_case("plain", torch_conv, out_channels=4, kernel_size=3)
    yield conv_case("stride", torch_conv, out_channels=2, kernel_size=3, stride=2)
    yield conv_case("padding_dilation", torch_conv, out_channels=5, kernel_size=3, padding=2,
                    dilation=2)
    yield conv_case("groups", torch_conv, channels=6, out_channels=4, kernel_size=2, groups=2)
    yield conv_case("depthwise_nobias", torch_conv, channels=4, bias=False, out_channels=8,
                    kernel_size=3, padding=1, groups=4)
    yield conv_case("pointwise", torch_conv, out_channels=7, kernel_size=1)
    yield conv_case("one_channel_long", torch_conv, channels=1, steps=70, out_channels=17,
                    kernel_size=5, stride=3, padding=1)
    yield conv_case("same_even_torch", torch_conv, out_channels=2, kernel_size=4, padding="same")
    yield conv_case("same_stride", keras_conv, out_channels=4, kernel_size=4, stride=2,
                    padding="same")
    yield conv_case("same_dilation", keras_conv, steps=7, out_channels=3, kernel_size=4, dilation=2,
                    padding="same")
    yield conv_case("causal", keras_conv, out_channels=4, kernel_size=3, padding="causal")
    yield conv_case("causal_dilation_stride", keras_conv, steps=8, out_channels=2, kernel_size=3,
                    stride=2, padding="causal")
    yield conv_case("causal_dilation", keras_conv, out_channels=2, kernel_size=2, dilation=3,
                    padding="causal")
    for layer, function, keras_kind in (
            ("max_pool1d", F.max_pool1d, keras.layers.MaxPooling1D),
            ("avg_pool1d", F.avg_pool1d, keras.layers.AveragePooling1D)):
        own = {"dilation": 2} if layer == "max_pool1d" else {"count_include_pad": False}
        shape, run = (2, 10, 3), torch_pool(function)
        yield Case(layer, "plain", shape, run, {"kernel_size": 2})
        yield Case(layer, "overlap", shape, run, {"kernel_size": 3, "stride": 1})
        yield Case(layer, "padding", shape, run, {"kernel_size": 4, "stride": 3, "padding": 2})
        yield Case(layer, "own_option", shape, run,
                   {"kernel_size": 3, "stride": 2, "padding": 1, **own})
        for kernel, stride, padding in ((3, 2, 0), (2, 3, 1), (4, 3, 1)):
            yield Case(layer, f"ceil_{kernel}_{stride}_{padding}", shape, run,
                       {"kernel_size": kernel, "stride": stride, "padding": padding,
                        "ceil_mode": True})
        yield Case(layer, "same", shape,
                   keras_pool(keras_kind) if layer == "max_pool1d" else same_mean,
                   {"kernel_size": 4, "stride": 3, "padding": "same"})
        yield Case(layer, "same_odd", (2, 7, 2), keras_pool(keras_kind),
                   {"kernel_size": 2, "padding": "same"})


def torch_norm(given, options):
    return F.layer_norm(given["input"], given["input"].shape[-1:], given.get("weight"),
                        given.get("bias"), float(options.get("epsilon", 1e-5)))


def torch_batch_norm(given, options):
    """PyTorch writes the running moments where they stand."""
    x, state = given["input"], (given["running_mean"], given["running_var"])
    flat = x.reshape(-1, x.shape[-1])
    y = F.batch_norm(flat, *state, given.get("weight"), given.get("bias"),
                     training=options.get("training", True),
                     momentum=float(options.get("momentum", 0.1)),
                     eps=float(options.get("epsilon", 1e-5)))
    return y.reshape(x.shape)


def keras_batch_norm(given, options):
    """Keras' rules by hand, since its layer computes in float32 whatever its type; in float32 the layer
    itself stands beside them."""
    x, training = given["input"], options["training"]
    before = [given[name].detach().clone() for name in ("running_mean", "running_var")]
    mean, variance = before
    if training:
        mean, variance = x.mean((0, 1)), x.var((0, 1), unbiased=False)
        for name, moment in (("running_mean", mean), ("running_var", variance)):
            given[name].lerp_(moment.detach(), float(options["momentum"]))
    y = (x - mean) / (variance + float(options["epsilon"])).sqrt() * given["weight"] + given["bias"]
    if x.dtype == torch.float32:
        layer = keras.layers.BatchNormalization(momentum=1 - float(options["momentum"]),
                                                epsilon=float(options["epsilon"]))
        layer.build(x.shape)
        for v, value in zip(layer.variables, [given["weight"], given["bias"], *before]):
            v.assign(value.detach())
        wanted = layer(x, training=training), layer.moving_mean, layer.moving_variance
        for seen, value in zip((y, given["running_mean"], given["running_var"]), wanted):
            assert (seen - value).abs().max() < 1e-5, "not what Keras' layer does"
    return y


def keras_norm(given, options):
    """As for keras_batch_norm: its layer stands beside the rule in float32."""
    y = torch_norm(given, options)
    if y.dtype == torch.float32:
        layer = keras.layers.LayerNormalization(epsilon=float(options["epsilon"]))
        wanted = keras_layer(layer, [given["weight"], given["bias"]], given["input"])
        assert (y - wanted).abs().max() < 1e-5, "not what Keras' layer does"
    return y


def torch_embedding(given, options):
    index = given["input"].long()
    return F.embedding(index, given["weight"], options.get("padding_idx"))


def norm_cases():
    shape, affine = (4, 5, 6), {"weight": (6,), "bias": (6,)}
    running = {"running_mean": (6,), "running_var": (6,)}
    yield Case("layer_norm", "torch", shape, torch_norm, {}, affine)
    yield Case("layer_norm", "plain", (3, 7), torch_norm, {"affine": False, "epsilon": "0.1"})
    yield Case("layer_norm", "keras", shape, keras_norm, {"epsilon": "1e-3"}, affine)
    keras_options = {"momentum": "0.01", "epsilon": "1e-3", "unbiased": False}
    for training in (True, False):
        word = "training" if training else "evaluation"
        yield Case("batch_norm1d", f"torch_{word}", shape, torch_batch_norm,
                   {"training": training}, affine | running)
        yield Case("batch_norm1d", f"keras_{word}", shape, keras_batch_norm,
                   {"training": training, **keras_options}, affine | running)
    yield Case("batch_norm1d", "rows_plain", (9, 6), torch_batch_norm,
               {"training": True, "affine": False, "momentum": "0.3"}, running)


def embedding_cases():
    for name, options in (("plain", {}), ("padding_idx", {"padding_idx": 3})):
        yield Case("embedding", name, (3, 8), torch_embedding,
                   {"num_embeddings": 6, "embedding_dim": 4, **options}, {"weight": (6, 4)})


ACTIVATIONS = {
    "relu": F.relu, "leaky_relu": F.leaky_relu, "elu": F.elu, "selu": F.selu, "gelu": F.gelu,
    "silu": F.silu, "mish": F.mish, "tanh": torch.tanh, "hard_tanh": F.hardtanh,
    "sigmoid": torch.sigmoid, "hard_sigmoid": hard_sigmoid, "hard_swish": F.hardswish,
    "softplus": F.softplus, "softsign": F.softsign, "exponential": torch.exp,
    "softmax": lambda x: F.softmax(x, -1), "log_softmax": lambda x: F.log_softmax(x, -1),
}


def activation_cases():
    def plain(layer):
        return lambda given, options: ACTIVATIONS[layer](given["input"])
    for layer in ACTIVATIONS:
        yield Case(layer, "plain", (7, 9), plain(layer))
    yield Case("leaky_relu", "slope", (7, 9), lambda g, o: F.leaky_relu(g["input"], 0.3),
               {"slope": "0.3"})
    yield Case("elu", "alpha", (7, 9), lambda g, o: F.elu(g["input"], 2.5), {"alpha": "2.5"})
    yield Case("gelu", "tanh", (7, 9), lambda g, o: F.gelu(g["input"], approximate="tanh"),
               {"approximate": "tanh"})
    yield Case("hard_sigmoid", "keras2", (7, 9),
               lambda g, o: torch.clip(0.2 * g["input"] + 0.5, 0, 1), {"slope": "0.2"})


def wrapper_cases():
    yield Case("repeat_vector", "plain", (3, 4),
               lambda g, o: g["input"][:, None].expand(3, 5, 4), {"count": 5})
    yield Case("residual", "linear", (2, 3, 4),
               lambda g, o: g["input"] + F.linear(g["input"], g["layer.weight"], g["layer.bias"]),
               {"output_size": 4}, {"layer.weight": (4, 4), "layer.bias": (4,)})
    yield Case("time_distributed", "linear", (2, 3, 4),
               lambda g, o: torch.stack([F.linear(step, g["layer.weight"], g["layer.bias"])
                                         for step in g["input"].unbind(1)], 1),
               {"layer": "linear", "output_size": 2}, {"layer.weight": (2, 4), "layer.bias": (2,)})


def keras_conv_lstm(given, options):
    """Steps in, [batch, images · rows · columns, channels] out; our kernels are [outputs, channels, ...]."""
    x = given["input"]
    images = x.reshape(len(x), -1, options.get("rows", 1), options["columns"], x.shape[-1])
    size = given["weight_ih"].shape[2:]
    gates = {"sigmoid": torch.sigmoid, "hard_sigmoid": hard_sigmoid,
             "hard_sigmoid_keras2": lambda z: torch.clip(0.2 * z + 0.5, 0, 1)}
    layer = keras.layers.ConvLSTM2D(
        options["out_channels"], tuple(size), padding=options.get("padding", "valid"),
        strides=[int(number) for number in options.get("stride", "1,1").split(",")],
        activation=options.get("activation", "tanh"),
        recurrent_activation=gates[options.get("recurrent_activation", "sigmoid")],
        return_sequences=options["outputs"] == "all", dtype=keras_type(x))
    weights = [given[name].permute(2, 3, 1, 0) for name in ("weight_ih", "weight_hh")]
    y = keras_layer(layer, [*weights, given["bias"]], images)
    return y.reshape(len(x), -1, options["out_channels"])


def conv_lstm_cases():
    def case(name, kernel, shape, channels, **options):
        weights = {"weight_ih": (4 * channels, shape[-1], *kernel),
                   "weight_hh": (4 * channels, channels, *kernel), "bias": (4 * channels,)}
        options |= {"out_channels": channels, "kernel_size": "%d,%d" % kernel}
        return Case("conv_lstm2d", name, shape, keras_conv_lstm, options, weights)
    yield case("week", (1, 3), (2, 21, 2), 3, columns=7, outputs="last", activation="relu")
    yield case("all_keras2", (1, 3), (2, 18, 1), 2, columns=6, outputs="all",
               recurrent_activation="hard_sigmoid_keras2")
    yield case("same", (3, 2), (2, 36, 2), 2, rows=3, columns=4, outputs="all", padding="same",
               recurrent_activation="hard_sigmoid")
    yield case("stride", (2, 3), (1, 70, 1), 2, rows=5, columns=7, outputs="last",
               stride="1,2")


def draw(case):
    draws = Draws(case.full_name)
    given = {"input": draws.normal(*case.shape, scale=1.5)}
    if case.layer == "embedding":
        given["input"] = draws.generator.integers(0, 6, case.shape).astype(numpy.float32)
    for name, shape in case.weights.items():
        given[f"weight/{name}"] = draws.normal(*shape, scale=0.6)
    if "weight/running_var" in given:
        given["weight/running_var"] = numpy.abs(given["weight/running_var"]) + numpy.float32(0.5)
    return given


def run(case, given, dtype):
    tensors = {name.removeprefix("weight/"): torch.tensor(array, dtype=dtype)
               for name, array in given.items() if name != "output_gradient"}
    leaves = {name: t.requires_grad_() for name, t in tensors.items()
              if not name.startswith("running") and not (case.layer, name) == ("embedding", "input")}
    output = case.function(tensors, case.options)
    if "output_gradient" not in given:
        given["output_gradient"] = Draws(case.full_name + "gradient").normal(*output.shape)
    output.backward(torch.tensor(given["output_gradient"], dtype=dtype))
    gradients = prefixed("gradient", {name: leaf.grad for name, leaf in leaves.items()})
    state = prefixed("state", {name: t for name, t in tensors.items() if name.startswith("running")})
    return {name: value.detach().numpy()
            for name, value in {"output": output, **gradients, **state}.items()}


def text_of(value):
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def main():
    torch.set_num_threads(1)
    file = GoldenFile("layers", torch=torch.__version__, keras=keras.__version__,
                      numpy=numpy.__version__)
    groups = (window_cases, norm_cases, embedding_cases, activation_cases, wrapper_cases,
              conv_lstm_cases)
    for case in (case for group in groups for case in group()):
        given, results = draw(case), {}
        for precision, dtype in PRECISIONS.items():
            results |= prefixed(precision, run(case, given, dtype))
        options = dict(case.options)
        description = {"layer": case.layer, "input_size": case.shape[-1],
                       "training": options.pop("training", True),
                       "options": {key: text_of(value) for key, value in options.items()}}
        file.add(case.full_name, description, {**given, **results})
    file.write()
    precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    main()
