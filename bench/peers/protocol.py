"""The line protocol of the benchmark's programs (bench/README.md), for the Python peers.

A peer supplies `prepare(case)`, which returns a function that does the whole work once and waits for
it, and `probe(case)`, which returns the numbers of the `check` command.
"""

import dataclasses
import math
import os
import sys
import time

try:
    import numpy
except ImportError:
    print("absent numpy", flush=True)
    sys.exit(0)

SAMPLE_SECONDS = 0.15
CHOICE_SECONDS = 3.0
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
GATES = {"lstm": 4, "gru": 3, "rnn": 1, "peephole": 4}
LAYERS = ("conv1d", "self_attention", "luong", "bahdanau", "words")


class Unsupported(Exception):
    """The peer has no such cell or mode; the driver leaves the field empty."""


@dataclasses.dataclass(frozen=True)
class Case:
    """What one `case` line asks for."""

    name: str
    cell: str
    mode: str
    batch: int
    steps: int
    input_size: int
    hidden_size: int
    layers: int
    ragged: int = 0
    processor_time: int = 0
    # of the other layers
    kernel_size: int = 1
    dilation: int = 1
    heads: int = 1
    causal: int = 0
    queries: int = 1

    @classmethod
    def parse(cls, words):
        name, cell, mode, *sizes = words
        given = dict(size.split("=") for size in sizes)
        strangers = given.keys() - {field.name for field in dataclasses.fields(cls)}
        if strangers or cell not in (*GATES, *LAYERS):
            raise Unsupported(" ".join([cell, *sorted(strangers)]))
        return cls(name, cell, mode, **{key: int(value) for key, value in given.items()})

    @property
    def gates(self):
        return GATES[self.cell]

    def layer_input(self, layer):
        return self.input_size if layer == 0 else self.hidden_size


def threads():
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


def wave(count, phase):
    """The numbers of the `check` command, easy to make in any language: sin(0.7 k² + phase)."""
    k = numpy.arange(count, dtype=numpy.float64)
    return numpy.sin(0.7 * (k % 1009) ** 2 + 0.3 * k + phase)


def input_of(case):
    """x [steps, batch, input_size] in float32."""
    shape = (case.steps, case.batch, case.input_size)
    return wave(math.prod(shape), 0).reshape(shape).astype(numpy.float32)


def weights_of(case):
    """For each layer W [gates·H, I], U [gates·H, H], b, d [gates·H]: PyTorch's layout and order;
    then the peepholes of i, f and o [H] where the cell has them."""
    rows, layers = case.gates * case.hidden_size, []
    for layer in range(case.layers):
        shapes = [(rows, case.layer_input(layer)), (rows, case.hidden_size), (rows,), (rows,)]
        if case.cell == "peephole":
            shapes += [(case.hidden_size,)] * 3
        layers.append([
            (wave(math.prod(shape), 1 + len(shapes) * layer + kind).reshape(shape)
             / math.sqrt(case.hidden_size)).astype(numpy.float32)
            for kind, shape in enumerate(shapes)])
    return layers


def lengths_of(case):
    """Steps of each row, 1 to T, spread evenly; None where all rows are whole."""
    if not case.ragged:
        return None
    golden = 0.6180339887498949
    return [1 + int((row + 0.5) * golden % 1 * case.steps) for row in range(case.batch)]


def half_square(y):
    """The loss, whose derivative is y itself."""
    return 0.5 * (numpy.asarray(y, numpy.float64) ** 2).sum()


def fastest(candidates):
    """Returns the fastest of some forms, so that a peer shows its best; their turns interleave."""
    for call in candidates.values():
        call()  # compiles
    times = dict.fromkeys(candidates, math.inf)
    start = time.perf_counter()
    for turn in range(20):
        if len(times) == 1 or (turn >= 2 and time.perf_counter() - start > CHOICE_SECONDS):
            break
        for name in times:
            times[name] = min(times[name], timed(candidates[name], 1))
        limit = 1.5 * min(times.values())
        if turn >= 1:
            times = {name: seconds for name, seconds in times.items() if seconds <= limit}
    best = min(times, key=times.get)
    print(*(f"{name} {1e3 * seconds:.3g} ms," for name, seconds in times.items()),
          f"of {len(candidates)}: {best}", file=sys.stderr)
    return candidates[best]


def timed(call, repetitions, clock=time.perf_counter):
    start = clock()
    for _ in range(repetitions):
        call()
    return clock() - start


class Sampler:
    """Keeps the case that was asked for last, warm."""

    def __init__(self, prepare):
        self.prepare = prepare
        self.case = None

    def sample(self, case):
        """Milliseconds per call, over as many calls as fill a sample."""
        if case != self.case:
            self.case = self.call = None
            self.call = self.prepare(case)
            self.clock = time.process_time if case.processor_time else time.perf_counter
            timed(self.call, 2)
            # The least of a few: a call that had to wait says nothing.
            once = min(timed(self.call, 1, self.clock) for _ in range(3))
            self.repetitions = max(1, round(SAMPLE_SECONDS / once))
            self.case = case
        return 1e3 * timed(self.call, self.repetitions, self.clock) / self.repetitions


def serve(name, version, prepare, probe):
    """Answers commands until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    print(f"ready {name} {version}", file=answers)
    sampler = Sampler(prepare)
    for line in sys.stdin:
        command, *words = line.split()
        try:
            if command == "case":
                print(f"{sampler.sample(Case.parse(words)):.6g}", file=answers)
            elif command == "check":
                print(*(f"{value:.6g}" for value in probe(Case.parse(words))), file=answers)
            elif command == "quit":
                return
            else:
                print(f"unsupported command {command}", file=answers)
        except Unsupported as reason:
            print(f"unsupported {reason}", file=answers)


def absent(package):
    """Says that the peer is not installed, and ends."""
    print(f"absent {package}", flush=True)
    sys.exit(0)
