"""The workloads: the one list of sizes; every program is told them by the driver."""

import dataclasses

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
MODES = {"train_step": "train", "infer": "infer", "stream_step": "stream", "layers": "train"}


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    batch: int
    steps: int
    input_size: int
    hidden_size: int
    layers: int

    def line(self, command, cell, mode, options=""):
        """The protocol's line for this workload; `options` are further words."""
        return (f"{command} {self.name} {cell} {mode} batch={self.batch} steps={self.steps} "
                f"input_size={self.input_size} hidden_size={self.hidden_size} "
                f"layers={self.layers} {options}").rstrip()

    def operations(self, cell, mode):
        """2 · gates · H · (I+H) · B · T a layer, three times for training."""
        inputs = [self.input_size] + [self.hidden_size] * (self.layers - 1)
        products = sum(self.hidden_size * (size + self.hidden_size) for size in inputs)
        forward = 2 * GATES[cell] * products * self.batch * self.steps
        return forward * (3 if mode == "train" else 1)


@dataclasses.dataclass(frozen=True)
class LayerWorkload(Workload):
    """A layer that is no recurrent one, and further words of its line."""

    layer: str = ""
    words: str = ""
    multiply_adds: int = 0  # of the products, forward, for one row of the batch

    def line(self, command, cell, mode, options=""):
        return super().line(command, cell, mode, f"{self.words} {options}".strip())

    def operations(self, cell, mode):
        return 2 * self.multiply_adds * self.batch * (3 if mode == "train" else 1)


def conv1d(name, batch, steps, channels, outputs, kernel, dilation=1):
    return LayerWorkload(name, batch, steps, channels, outputs, 1, "conv1d",
                         f"kernel_size={kernel} dilation={dilation}",
                         steps * channels * outputs * kernel)


def self_attention(name, batch, steps, size, heads, causal=0):
    """Projections to queries, keys and values and back: 4 E² a step; scores and sums: 2 E a pair."""
    return LayerWorkload(name, batch, steps, size, size, 1, "self_attention",
                         f"heads={heads} causal={causal}", 4 * steps * size**2 + 2 * steps**2 * size)


def queries(layer, name, batch, steps, size, count):
    """Keys, made once a source, and for each of `count` queries scores and a context."""
    own = count * size**2 if layer == "bahdanau" else 0
    return LayerWorkload(name, batch, steps, size, size, 1, layer, f"queries={count}",
                         steps * size**2 + own + 2 * count * steps * size)


def words(name, batch, steps, vocabulary, size):
    """Looked up, multiplied by the matrix of all words, compared with what was right."""
    return LayerWorkload(name, batch, steps, vocabulary, size, 1, "words", "",
                         steps * size * vocabulary)


LAYERS = [
    conv1d("power", 16, 14, 8, 64, 3),
    conv1d("signal", 32, 336, 7, 64, 5),
    conv1d("mid", 32, 128, 64, 64, 3),
    conv1d("tcn", 32, 160, 150, 150, 5, dilation=4),
    self_attention("short", 32, 24, 64, 4),
    self_attention("mid", 32, 96, 64, 4),
    self_attention("causal", 16, 128, 128, 8, causal=1),
    self_attention("long", 8, 336, 256, 8),
    queries("luong", "decoder", 32, 50, 256, 20),
    queries("bahdanau", "decoder", 32, 50, 256, 20),
    words("ptb", 20, 20, 10000, 200),
    words("ptb_wide", 20, 35, 10000, 650),
]
SEQUENCES = [
    Workload("airline", 1, 112, 3, 6, 2),
    Workload("sincos", 5, 20, 1, 16, 1),
    Workload("power", 16, 7, 1, 200, 1),
    Workload("covid", 148, 5, 3, 256, 2),
    Workload("mid", 32, 30, 16, 64, 2),
    Workload("ptb", 20, 20, 200, 200, 2),
    Workload("hydro", 256, 365, 5, 256, 1),
    Workload("big", 64, 64, 512, 1024, 1),
]
STEPS = [Workload(f"{i}->{h}", 1, 1, i, h, 1)
         for i, h in ((1, 16), (16, 16), (1, 32), (32, 32), (1, 64), (64, 64))]


def workloads_of(benchmark):
    return {"stream_step": STEPS, "layers": LAYERS}.get(benchmark, SEQUENCES)


def cells_of(workload, cells):
    """What is measured with a workload: the cells asked for, or the layer whose workload it is."""
    return [workload.layer] if isinstance(workload, LayerWorkload) else cells
