"""Reads the file that sluice wrote with the `safetensors` package, and writes one for sluice.

Usage: other_readers_test.py FROM_SLUICE FOR_SLUICE
Exit code 77: the package is not installed.
"""

import sys

try:
    import numpy
    from safetensors import safe_open
    from safetensors.numpy import save_file
except ImportError:
    sys.exit(77)

from_sluice, for_sluice = sys.argv[1:]
with safe_open(from_sluice, framework="numpy") as file:
    metadata = file.metadata()
    tensors = {name: file.get_tensor(name) for name in file.keys()}

assert metadata["recipe"] == "horizon: 12\n", metadata
assert metadata["columns"] == '["Month","客运量"]', metadata
weight = tensors["lstm.weight_ih_l0"]
assert weight.dtype == numpy.float32 and weight.shape == (3, 2), weight
assert (weight == [[1, 2], [3, 4], [5, 6]]).all(), weight
assert tensors["scale"].dtype == numpy.float64, tensors["scale"]
assert (tensors["scale"] == [104, 622]).all(), tensors["scale"]

save_file(
    {
        "count": numpy.array([-3, 1 << 40], dtype=numpy.int64),
        "flag": numpy.array([True, False]),
        "weight": numpy.array([[0.5, -2.0]], dtype=numpy.float32),
        "scale": numpy.array(0.1, dtype=numpy.float64),
    },
    for_sluice,
    metadata={"made by": "numpy"},
)
