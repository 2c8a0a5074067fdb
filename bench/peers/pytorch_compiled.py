"""PyTorch as a peer, under torch.compile: the LSTM with peepholes of pytorch.py by the cell or, where
compiling all steps ends in reasonable time, as a whole, the faster being measured; and the layers of
pytorch_layers.py."""

from protocol import LAYERS, Unsupported, absent, fastest, serve, threads

try:
    import torch
except ImportError:
    absent("torch")

import pytorch_layers
from pytorch import PeepholeLstm, peephole_cell, probe, training_step

MOST_UNROLLED = 64  # steps


def by_cell(case):
    return PeepholeLstm(case, torch.compile(peephole_cell, dynamic=False))


def as_a_whole(case):
    module = PeepholeLstm(case)
    module.compile()
    return module


def prepare(case):
    if case.cell in LAYERS:
        return pytorch_layers.training_step(case, torch.compile)
    if case.cell != "peephole" or case.mode != "train":
        raise Unsupported(f"{case.cell} {case.mode}")
    makers = {"by the cell": by_cell}
    if case.steps <= MOST_UNROLLED:
        makers["as a whole"] = as_a_whole
    return fastest({name: training_step(case, make) for name, make in makers.items()})


def check(case):
    if case.cell in LAYERS:
        return pytorch_layers.probe(case, torch.compile)
    prepare(case)  # refuses what is not its own
    return probe(case, by_cell)


if __name__ == "__main__":
    torch.set_num_threads(threads())
    serve("PyTorch", f"{torch.__version__} compiled", prepare, check)
