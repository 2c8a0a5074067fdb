"""Golden cases of ONNX' operators RNN, GRU and LSTM, in ONNX' own tensors and order of gates.

Run `python make_onnx.py`; it rewrites onnx_nodes.safetensors, the node cases of the standard that
come with the package onnx, and onnx_runtime.safetensors, cases of our own with the outputs of ONNX
Runtime: the standard's have no short row, no clip, no coupled gates and no linear_before_reset.
"""

import dataclasses

import numpy
import onnx
import onnx.backend.test.case.node as node_cases
import onnxruntime
from golden import Draws, GoldenFile, prefixed

BATCH, STEPS, INPUT, HIDDEN = 4, 7, 3, 5
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
INPUTS = {"RNN": "X W R B sequence_lens initial_h".split()}
INPUTS["GRU"] = INPUTS["RNN"]
INPUTS["LSTM"] = [*INPUTS["RNN"], "initial_c", "P"]
OUTPUTS = {"RNN": ["Y", "Y_h"], "GRU": ["Y", "Y_h"], "LSTM": ["Y", "Y_h", "Y_c"]}
DEFAULTS = {"direction": "forward", "layout": 0, "clip": 0.0, "input_forget": 0,
            "linear_before_reset": 0, "activations": None}
OPSET = 14


def add(file, name, operator, attributes, inputs, outputs):
    """`sequence_lens` goes to the description, because a golden file holds floating point alone."""
    lengths = inputs.pop("sequence_lens", None)
    description = {"operator": operator, **DEFAULTS, **attributes,
                   "sequence_lens": None if lengths is None else lengths.tolist()}
    file.add(name, description, {**inputs, **prefixed("f32", outputs)})


def text_of(attribute):
    value = onnx.helper.get_attribute_value(attribute)
    return value.decode() if isinstance(value, bytes) else value


def write_nodes():
    file = GoldenFile("onnx_nodes", onnx=onnx.__version__)
    with numpy.errstate(all="ignore"):  # it makes those of every other operator as well
        standard = node_cases.collect_testcases(None)
    for case in standard:
        nodes = case.model.graph.node if case.model else []
        if len(nodes) != 1 or nodes[0].op_type not in GATES:
            continue
        (node,), (given, results) = nodes, case.data_sets[0]
        attributes = {attribute.name: text_of(attribute) for attribute in node.attribute}
        tensors = dict(zip([name for name in node.input if name], given))
        outputs = dict(zip([name for name in node.output if name], results))
        add(file, case.name, node.op_type, attributes, tensors, outputs)
    file.write()


@dataclasses.dataclass
class Case:
    """One node; `activations` are those of one direction, `lengths` is None for full rows."""

    name: str
    operator: str
    attributes: dict
    peepholes: bool = False
    bias: bool = True
    initial: bool = False
    lengths: list | None = None

    @property
    def directions(self):
        return 2 if self.attributes["direction"] == "bidirectional" else 1


SETTINGS = {
    "rnn": ("RNN", {}),
    "rnn_relu": ("RNN", {"activations": ["Relu"]}),
    "rnn_clip": ("RNN", {"clip": 0.5}),
    "gru": ("GRU", {}),
    "gru_clip": ("GRU", {"clip": 0.5}),
    "gru_linear_before_reset": ("GRU", {"linear_before_reset": 1}),
    "gru_linear_before_reset_clip": ("GRU", {"linear_before_reset": 1, "clip": 0.5}),
    "lstm": ("LSTM", {}),
    "lstm_hard_sigmoid": ("LSTM", {"activations": ["HardSigmoid", "Tanh", "Tanh"]}),
    "lstm_clip": ("LSTM", {"clip": 0.5}),
    "lstm_input_forget": ("LSTM", {"input_forget": 1}),
    "lstm_peepholes": ("LSTM", {}),
    "lstm_peepholes_clip": ("LSTM", {"clip": 0.5}),
    "lstm_peepholes_input_forget": ("LSTM", {"input_forget": 1}),
    "lstm_peepholes_input_forget_clip": ("LSTM", {"input_forget": 1, "clip": 0.5}),
}
FULL_ROWS = "rnn", "gru", "gru_linear_before_reset", "lstm"  # these have a case without lengths too


def cases():
    """Every setting in every direction on ragged rows; half of the batches end before the last
    step."""
    count = 0
    for setting, (operator, attributes) in SETTINGS.items():
        for direction in ("forward", "reverse", "bidirectional"):
            name = f"{setting}_{direction}"
            longest = STEPS - count // 2 % 2
            lengths = Draws(name + "lengths").lengths(BATCH, STEPS, longest)
            case = Case(name, operator, {**attributes, "direction": direction},
                        peepholes="peepholes" in setting, bias=count % 5 != 4,
                        initial=count % 2 == 0, lengths=lengths)
            yield case
            if setting in FULL_ROWS:
                yield dataclasses.replace(case, name=f"{name}_full", lengths=None, bias=True)
            count += 1


def draw(case):
    draws, directions, gates = Draws(case.name), case.directions, GATES[case.operator]
    given = {"X": draws.normal(STEPS, BATCH, INPUT),
             "W": draws.uniform(directions, gates * HIDDEN, INPUT, bound=0.8),
             "R": draws.uniform(directions, gates * HIDDEN, HIDDEN, bound=0.8)}
    if case.bias:
        given["B"] = draws.uniform(directions, 2 * gates * HIDDEN, bound=0.5)
    if case.lengths:
        given["sequence_lens"] = numpy.array(case.lengths, numpy.int32)
        padding = numpy.arange(STEPS)[:, None] >= given["sequence_lens"][None, :]
        given["X"][padding] = numpy.nan
    states = ["initial_h", "initial_c"] if case.operator == "LSTM" else ["initial_h"]
    if case.initial:
        given |= {name: draws.normal(directions, BATCH, HIDDEN, scale=0.7) for name in states}
    if case.peepholes:
        given["P"] = draws.uniform(directions, 3 * HIDDEN, bound=0.8)
    return given


def model_of(case, given):
    """A graph of one node; an input that is not given is called ""."""
    types = {name: onnx.helper.make_tensor_value_info(
        name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in given.items()}
    attributes = dict(case.attributes)
    if "activations" in attributes:
        attributes["activations"] = attributes["activations"] * case.directions
    node = onnx.helper.make_node(
        case.operator, [name if name in given else "" for name in INPUTS[case.operator]],
        OUTPUTS[case.operator], hidden_size=HIDDEN, **attributes)
    results = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT,
                                                  [None] * (4 if name == "Y" else 3))
               for name in OUTPUTS[case.operator]]
    graph = onnx.helper.make_graph([node], case.name, list(types.values()), results)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)],
                                   ir_version=8)
    onnx.checker.check_model(model)
    return model


def run(case, given):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model_of(case, given).SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    return dict(zip(OUTPUTS[case.operator], session.run(OUTPUTS[case.operator], given)))


def write_runtime():
    file = GoldenFile("onnx_runtime", onnx=onnx.__version__, onnxruntime=onnxruntime.__version__)
    for case in cases():
        given = draw(case)
        add(file, case.name, case.operator, case.attributes, given, run(case, given))
    file.write()


if __name__ == "__main__":
    write_nodes()
    write_runtime()
