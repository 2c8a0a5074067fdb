#!/usr/bin/env python3
"""The same job in PyTorch: python3 torch_csi300.py FILE... > torch.json, five seeds each; seconds of one thread."""

import csv
import json
import os
import sys
import time

import numpy
import torch

LOOKBACK, BATCH, EPOCHS = 30, 60, 10


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = torch.nn.GRU(1, 8, batch_first=True)
        self.linear = torch.nn.Linear(8, 1)

    def forward(self, x):
        return self.linear(self.gru(x)[0][:, -1])


def windows(values, begin, end):
    x = numpy.stack([values[i - LOOKBACK:i] for i in range(begin, end)])
    base = x[:, -1:]
    return (torch.tensor((x - base)[..., None], dtype=torch.float32),
            torch.tensor((values[begin:end, None] - base), dtype=torch.float32), base[:, 0])


def run(values, training, seed):
    mean, sd = values[:training].mean(), values[:training].std()
    scaled = (values - mean) / sd
    x, y, _ = windows(scaled, LOOKBACK, training)
    test_x, _, base = windows(scaled, training, len(values))
    start = time.process_time()
    torch.manual_seed(seed)
    net = Net()
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x), generator=generator).split(BATCH):
            adam.zero_grad()
            torch.nn.functional.mse_loss(net(x[rows]), y[rows]).backward()
            adam.step()
    with torch.no_grad():
        predicted = (net(test_x)[:, 0].numpy() + base) * sd + mean
    seconds = time.process_time() - start
    return {'rmse': float(numpy.sqrt(((predicted - values[training:]) ** 2).mean())), 'seconds': seconds}


def main(paths):
    torch.set_num_threads(1)
    answer = {'versions': f'PyTorch {torch.__version__}'}
    for path in paths:
        with open(path, newline='', encoding='utf-8') as file:
            highs = [float(row['high']) for row in csv.DictReader(file) if row['datetime'] <= '2020-06-24']
        newest_first = numpy.array(highs)
        for order, values, training in (('newest first', newest_first, 2046),
                                        ('in the order of time', newest_first[::-1], len(highs) - 500)):
            runs = [run(values.copy(), training, seed) for seed in range(1, 6)]
            answer[f'{os.path.basename(path)}, {order}'] = {
                key: [round(r[key], 3) for r in runs] for key in runs[0]}
    print(json.dumps(answer, indent=1))


if __name__ == '__main__':
    main(sys.argv[1:])
