"""ONNX Runtime as a peer: inference and streaming of models built with onnx' helper."""

import itertools

from protocol import Unsupported, absent, half_square, input_of, serve, threads, weights_of

try:
    import numpy
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    absent(error.name)

# ONNX orders the gates i o f c and z r h; weights_of has i f g o and r z n.
ORDER = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
OPERATORS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
STATES = {"lstm": ("h", "c"), "gru": ("h",), "rnn": ("h",)}


def reordered(case, value):
    gates = numpy.split(value, case.gates)
    return numpy.concatenate([gates[gate] for gate in ORDER[case.cell]])


def layer_nodes(case, layer, weights, source, states):
    """The operator of one layer and the squeeze of its direction axis; weights as constants."""
    W, U, b, d = (reordered(case, value) for value in weights)
    constants = {f"W{layer}": W[None], f"R{layer}": U[None],
                 f"B{layer}": numpy.concatenate([b, d])[None]}
    options = {"linear_before_reset": 1} if case.cell == "gru" else {}
    initial = [f"{state}_0" for state in states]
    final = [f"{state}_n" for state in states]
    recurrent = helper.make_node(
        OPERATORS[case.cell], [source, *constants, *([""] + initial if initial else [])],
        [f"raw{layer}", *final], hidden_size=case.hidden_size, **options)
    squeeze = helper.make_node("Squeeze", [f"raw{layer}", "axis"], [f"y{layer}"])
    return [recurrent, squeeze], constants


def model_of(case, states=()):
    """x [steps, batch, I] → y; with `states`, their initial and final values too (one layer)."""
    nodes, constants, source = [], {"axis": numpy.array([1], numpy.int64)}, "x"
    for layer, weights in enumerate(weights_of(case)):
        more_nodes, more_constants = layer_nodes(case, layer, weights, source, states)
        nodes += more_nodes
        constants |= more_constants
        source = f"y{layer}"

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    state_shape = (1, case.batch, case.hidden_size)
    graph = helper.make_graph(
        nodes, "stack",
        [value("x", case.steps, case.batch, case.input_size),
         *(value(f"{state}_0", *state_shape) for state in states)],
        [value(source, case.steps, case.batch, case.hidden_size),
         *(value(f"{state}_n", *state_shape) for state in states)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])


class Call:
    """A session with inputs and outputs bound to fixed memory, so that a run copies nothing.

    The bindings point into the arrays; the object keeps them alive.
    """

    def __init__(self, session, inputs, outputs):
        self.session, self.arrays = session, (inputs, outputs)
        self.binding = session.io_binding()
        for name, array in inputs.items():
            self.binding.bind_ortvalue_input(name, self.value(array))
        for name, array in outputs.items():
            self.binding.bind_ortvalue_output(name, self.value(array))

    def value(self, array):
        return onnxruntime.OrtValue.ortvalue_from_numpy(array)

    def run(self):
        self.session.run_with_iobinding(self.binding)
        return next(iter(self.arrays[1].values()))


def inference(case):
    session = session_of(model_of(case))
    y = numpy.zeros((case.steps, case.batch, case.hidden_size), numpy.float32)
    return Call(session, {"x": input_of(case)}, {session.get_outputs()[0].name: y}).run


def streaming(case):
    """Two bindings take turns, so that the final state of one call is the initial of the next."""
    states = STATES[case.cell]
    session = session_of(model_of(case, states))
    x, shape = input_of(case), (1, case.batch, case.hidden_size)
    y = numpy.zeros(shape, numpy.float32)
    sides = [{s: numpy.zeros(shape, numpy.float32) for s in states} for _ in range(2)]
    calls = [
        Call(session, {"x": x} | {f"{s}_0": now[s] for s in states},
             {"y0": y} | {f"{s}_n": after[s] for s in states})
        for now, after in (sides, sides[::-1])]
    runs = itertools.cycle([call.run for call in calls])
    return lambda: next(runs)()


def prepare(case):
    makers = {"infer": inference, "stream": streaming}
    if case.mode not in makers:
        raise Unsupported("ONNX Runtime does not train")
    return makers[case.mode](case)


def probe(case):
    return (half_square(inference(case)()),)


if __name__ == "__main__":
    serve("ONNX-Runtime", onnxruntime.__version__, prepare, probe)
