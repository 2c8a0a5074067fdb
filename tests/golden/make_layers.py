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
    assert len(layer.variables) == len(weights), [v.path for v in layer.variables]
    values = list(zip(layer.trainable_variables, [w for w in weights if w.requires_grad]))
    values += list(zip(layer.non_trainable_variables, [w for w in weights if not w.requires_grad]))
    with keras.StatelessScope(state_mapping=values):
        return layer(x)


def keras_type(x):
    return "float64" if x.dtype == torch.float64 else "float32"


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


def draw(case):
    draws = Draws(case.full_name)
    given = {"input": draws.normal(*case.shape)}
    for name, shape in case.weights.items():
        given[f"weight/{name}"] = draws.normal(*shape, scale=0.6)
    return given


def run(case, given, dtype):
    leaves = {name.removeprefix("weight/"): torch.tensor(array, dtype=dtype, requires_grad=True)
              for name, array in given.items() if name != "output_gradient"}
    output = case.function(leaves, case.options)
    if "output_gradient" not in given:
        given["output_gradient"] = Draws(case.full_name + "gradient").normal(*output.shape)
    output.backward(torch.tensor(given["output_gradient"], dtype=dtype))
    gradients = prefixed("gradient", {name: leaf.grad for name, leaf in leaves.items()})
    return {name: value.detach().numpy()
            for name, value in {"output": output, **gradients}.items()}


def text_of(value):
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def main():
    torch.set_num_threads(1)
    file = GoldenFile("layers", torch=torch.__version__, keras=keras.__version__,
                      numpy=numpy.__version__)
    for case in window_cases():
        given, results = draw(case), {}
        for precision, dtype in PRECISIONS.items():
            results |= prefixed(precision, run(case, given, dtype))
        description = {"layer": case.layer, "input_size": case.shape[-1],
                       "options": {key: text_of(value) for key, value in case.options.items()}}
        file.add(case.full_name, description, {**given, **results})
    file.write()
    precision_gap(file.tensors, file.cases)


if __name__ == "__main__":
    main()
