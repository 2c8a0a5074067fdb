"""The workloads: the one list of sizes; every program is told them by the driver."""

import dataclasses

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
MODES = {"train_step": "train", "infer": "infer", "stream_step": "stream"}


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
    return STEPS if benchmark == "stream_step" else SEQUENCES
