"""The processes a benchmark compares: one each, pinned, stopped while another is measured."""

import os
import pathlib
import selectors
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent

# Peers by name: script and extra environment; and the benchmarks each can run.
PEERS = {
    "PyTorch": ("pytorch.py", {}, ("train_step", "infer", "stream_step", "cells", "layers")),
    "PyTorch compiled": ("pytorch_compiled.py", {}, ("cells", "layers")),
    "JAX": ("jax_scan.py", {}, ("train_step", "infer", "stream_step")),
    "JAX/scan": ("jax_scan.py", {"JAX_FORMS": "plain"}, ("train_step", "infer")),
    "Keras/JAX": ("keras_layers.py", {"KERAS_BACKEND": "jax"}, ("train_step", "infer")),
    "Keras/TF": ("keras_layers.py", {"KERAS_BACKEND": "tensorflow"}, ("train_step", "infer")),
    "ONNX Runtime": ("onnx_runtime.py", {}, ("infer", "stream_step")),
}
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                    "TF_NUM_INTRAOP_THREADS")
# What caps the instruction set; ONNX Runtime and parts of TensorFlow offer nothing.
CAPS = {
    "avx2": {"SLUICE_TARGET": "avx2", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2",
             "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"},
    "avx512": {"SLUICE_TARGET": "avx512"},
    "sse4": {"SLUICE_TARGET": "sse4"},
}


class Lost(Exception):
    """The program ended, was too slow, or was not understood; the text says which."""


class Unsupported(Exception):
    """The program has no such cell, mode or command."""


class Program:
    """One process that answers a line with a line."""

    def __init__(self, name, command, cores, environment, seconds):
        self.name, self.seconds = name, seconds
        self.command = ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]
        threads = dict.fromkeys(THREAD_VARIABLES, str(len(cores)))
        self.environment = os.environ | threads | environment
        self.version = self.start()

    def start(self):
        """Starts the process, anew if it was lost; returns the version it greets with."""
        self.process = subprocess.Popen(
            self.command, env=self.environment, bufsize=0, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.buffer = b""
        self.running = True
        return self.greeting()

    def greeting(self):
        words = self.read_line().split(maxsplit=2)
        if words[:1] == ["absent"]:
            raise Lost(f"not installed: no {words[1]}")
        if words[:1] != ["ready"] or len(words) < 3:
            raise Lost(f"greeted with {' '.join(words)!r} instead of `ready <name> <version>`")
        self.pause()
        return words[2]

    def ask(self, line):
        """Sends a line and returns the answer; the process runs only in between."""
        self.resume()
        try:
            self.process.stdin.write(line.encode() + b"\n")
            answer = self.read_line()
        except BrokenPipeError:
            raise Lost(f"ended with status {self.process.wait()}") from None
        self.pause()
        if answer.startswith("unsupported"):
            raise Unsupported(answer)
        return answer

    def read_line(self):
        deadline = time.monotonic() + self.seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self.end()
                    raise Lost(f"no answer within {self.seconds} s")
                received = os.read(self.process.stdout.fileno(), 4096)
                if not received:
                    raise Lost(f"ended with status {self.process.wait()}")
                self.buffer += received
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode()

    def pause(self):
        """Spinning threads of an idle runtime must not take the cores from the next."""
        if self.running:
            self.process.send_signal(signal.SIGSTOP)
            self.running = False

    def resume(self):
        if not self.running:
            self.process.send_signal(signal.SIGCONT)
            self.running = True

    def end(self):
        self.resume()
        self.process.kill()
        self.process.wait()


def start_peers(benchmark, python, cores, cap, seconds, wanted):
    """Returns the peers that run this benchmark, and a sentence for each that could not start."""
    started, missing = [], {}
    for name, (script, extra, benchmarks) in PEERS.items():
        if benchmark not in benchmarks or (wanted and name not in wanted):
            continue
        command = [python, HERE / "peers" / script]
        try:
            started.append(Program(name, command, cores, CAPS.get(cap, {}) | extra, seconds))
        except Lost as reason:
            missing[name] = str(reason)
    return started, missing


def start_ours(benchmark, build, cores, cap, seconds):
    """Our program, or None and why."""
    path = pathlib.Path(build) / "bench" / benchmark
    if not path.exists():
        return None, f"{path} does not exist: build with -DSLUICE_BENCH=ON"
    try:
        return Program("sluice", [path], cores, CAPS.get(cap, {}), seconds), None
    except Lost as reason:
        return None, str(reason)
