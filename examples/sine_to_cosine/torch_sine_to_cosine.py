#!/usr/bin/env python3
"""The same job in PyTorch: python3 torch_sine_to_cosine.py > torch.json, five seeds; seconds of one thread."""

import json
import time

import numpy
import torch

POINTS, TRAINING, MAX_EPOCHS = 200, 100, 10000


class SineToCosine(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, 16)
        self.linear = torch.nn.Linear(16, 1)

    def forward(self, x):
        return self.linear(self.lstm(x)[0])


def part(values, rows):
    return torch.tensor(values.astype('float32').reshape(-1, rows, 1))


def run(rows, seed):
    """Five rows begin the test part from zeros, as the source's; one row carries its state on into it."""
    t = numpy.linspace(0, 12 * numpy.pi, POINTS)
    x, y = (part(wave[:TRAINING], rows) for wave in (numpy.sin(t), numpy.cos(t)))
    seen = numpy.sin(t) if rows == 1 else numpy.sin(t[TRAINING:])
    start = time.process_time()
    torch.manual_seed(seed)
    net = SineToCosine()
    adam = torch.optim.Adam(net.parameters(), lr=1e-2)
    for epoch in range(1, MAX_EPOCHS + 1):
        adam.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x), y)
        loss.backward()
        adam.step()
        if loss.item() < 1e-4:
            break
    seconds = time.process_time() - start
    with torch.no_grad():
        said = net(part(seen, rows)).numpy().ravel()[-TRAINING:]
    mse = float(((said - numpy.cos(t[TRAINING:])) ** 2).mean())
    return {'epochs': epoch, 'test_mse': round(mse, 7), 'seconds': round(seconds, 3)}


def main():
    torch.set_num_threads(1)
    answer = {'versions': f'PyTorch {torch.__version__}'}
    for name, rows in (('five rows', 5), ('one sequence', 1)):
        runs = [run(rows, seed) for seed in range(1, 6)]
        answer[name] = {key: [r[key] for r in runs] for key in runs[0]}
    print(json.dumps(answer, indent=1))


if __name__ == '__main__':
    main()
