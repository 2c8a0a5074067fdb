"""Golden cases of one-dimensional convolution and pooling from the ONNX standard's own tests.

Run `python make_onnx_layers.py`; it rewrites onnx_layers.safetensors from the node cases and the
models converted from PyTorch that come with the package onnx. The layout is that of layers.safetensors:
ONNX' [batch, channels, steps] is turned round here.
"""

import numpy
import onnx
import onnx.backend.test.case.node as node_cases
import onnx.backend.test.loader
from golden import GoldenFile
from onnx import numpy_helper

LAYERS = {"Conv": "conv1d", "MaxPool": "max_pool1d", "AveragePool": "avg_pool1d"}
NODES = "test_maxpool_1d_default", "test_averagepool_1d_default"


def padding_of(attributes):
    before, after = attributes.get("pads", [0, 0])
    assert before == after, "a layer pads both ends alike"
    return str(before)


def options_of(node, weight):
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    assert attributes.pop("auto_pad", b"NOTSET") == b"NOTSET", node
    options = {"kernel_size": attributes["kernel_shape"][0],
               "stride": attributes.get("strides", [1])[0],
               "padding": padding_of(attributes)}
    if node.op_type == "Conv":
        options |= {"dilation": attributes.get("dilations", [1])[0],
                    "groups": attributes.get("group", 1), "out_channels": len(weight),
                    "bias": "true" if len(node.input) == 3 else "false"}
    return {key: str(value) for key, value in options.items()}


def add(file, name, model, inputs, outputs):
    (node,) = model.graph.node
    tensors = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    names = [i.name for i in model.graph.input if i.name not in tensors]
    tensors |= dict(zip(names, inputs))
    x, *parameters = (tensors[i] for i in node.input)
    given = {"input": x.swapaxes(1, 2), "f32/output": outputs[0].swapaxes(1, 2)}
    given |= dict(zip(("weight/weight", "weight/bias"), parameters))
    description = {"layer": LAYERS[node.op_type], "input_size": x.shape[1],
                   "options": options_of(node, parameters[0] if parameters else None)}
    file.add(name, description, given)


def converted_cases():
    """Models converted from PyTorch, with the tensors that lie beside them."""
    for case in onnx.backend.test.loader.load_model_tests(kind="pytorch-converted"):
        if not case.name.startswith("test_Conv1d"):
            continue
        folder = f"{case.model_dir}/test_data_set_0"
        read = [numpy_helper.to_array(onnx.load_tensor(f"{folder}/{kind}_0.pb"))
                for kind in ("input", "output")]
        yield case.name, onnx.load(f"{case.model_dir}/model.onnx"), read[:1], read[1:]


def node_models():
    with numpy.errstate(all="ignore"):  # it makes those of every other operator as well
        standard = node_cases.collect_testcases(None)
    for case in standard:
        if case.name in NODES:
            yield case.name, case.model, *case.data_sets[0]


def main():
    file = GoldenFile("onnx_layers", onnx=onnx.__version__)
    for case in sorted([*converted_cases(), *node_models()], key=lambda case: case[0]):
        add(file, *case)
    assert len(file.cases) == 8 + len(NODES), file.cases
    file.write()


if __name__ == "__main__":
    main()
