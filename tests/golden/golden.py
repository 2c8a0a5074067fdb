"""What the golden scripts share: reproducible small arrays and one file format.

A golden file is a safetensors file. Tensor names are `<case>/<part>`; the file's metadata holds,
under each case's name, a JSON object that describes the case (see README.md).
"""

import json
import pathlib
import zlib

import numpy

HERE = pathlib.Path(__file__).resolve().parent


class Draws:
    """Reproducible float32 arrays, seeded by the name of the case."""

    def __init__(self, name):
        self.generator = numpy.random.default_rng(zlib.crc32(name.encode()))

    def normal(self, *shape, scale=1.0):
        return (scale * self.generator.standard_normal(shape)).astype(numpy.float32)

    def uniform(self, *shape, bound=1.0):
        return self.generator.uniform(-bound, bound, shape).astype(numpy.float32)

    def lengths(self, rows, steps, longest=None):
        """One row of one step, one of the longest, the others between; in random order."""
        longest = longest or steps
        between = self.generator.integers(1, longest + 1, max(rows - 2, 0)).tolist()
        lengths = [longest, 1, *between][:rows]
        self.generator.shuffle(lengths)
        return [int(length) for length in lengths]


class GoldenFile:
    """Collects cases and writes them to `<name>.safetensors`."""

    def __init__(self, name, **versions):
        self.path = HERE / f"{name}.safetensors"
        self.tensors = {}
        self.metadata = {key: str(value) for key, value in versions.items()}
        self.cases = []

    def add(self, case, description, tensors):
        """`tensors` maps part to array, float32 or float64."""
        assert case not in self.cases, f"two cases are called {case}"
        self.cases.append(case)
        self.metadata[case] = json.dumps(description)
        for part, array in tensors.items():
            array = numpy.ascontiguousarray(array)
            assert array.dtype in (numpy.float32, numpy.float64), f"{case}/{part}: {array.dtype}"
            self.tensors[f"{case}/{part}"] = array

    def write(self):
        self.metadata["cases"] = json.dumps(self.cases)
        write_safetensors(self.path, self.tensors, self.metadata)
        kilobytes = self.path.stat().st_size / 1024
        print(f"{self.path.name}: {len(self.cases)} cases, {kilobytes:.0f} KB")


def write_safetensors(path, tensors, metadata):
    """The format by hand: the package's writer orders metadata at random, and the same values
    should give the same file."""
    header, end = {"__metadata__": dict(sorted(metadata.items()))}, 0
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0]))
    for name, array in ordered:
        start, end = end, end + array.nbytes
        header[name] = {"dtype": f"F{8 * array.itemsize}", "shape": list(array.shape),
                        "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for _, array in ordered)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def prefixed(prefix, tensors):
    """The same tensors under `<prefix>/<name>`."""
    return {f"{prefix}/{name}": array for name, array in tensors.items()}


def precision_gap(tensors, case_names):
    """Prints the largest max|f32 − f64| / max|f64|: what single precision costs the reference."""
    gap, where = 0.0, ""
    for name, exact in tensors.items():
        if "/f64/" not in name or not numpy.any(exact):
            continue
        single = tensors[name.replace("/f64/", "/f32/")]
        relative = numpy.abs(single - exact).max() / numpy.abs(exact).max()
        if relative > gap:
            gap, where = relative, name
    print(f"  float32 against float64, worst of {len(case_names)} cases: {gap:.1e} ({where})")
