#!/usr/bin/env python3
"""The same job in PyTorch: python3 torch_flights.py FILE > torch.json, ten seeds, both ways; seconds of one thread."""

import csv
import json
import os
import sys
import time

import numpy
import torch

LOOKBACK, TRAINING, EPOCHS, SEEDS = 3, 112, 1000, 10


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(LOOKBACK, 6, num_layers=2)
        self.linear = torch.nn.Linear(6, 1)

    def forward(self, x):
        return self.linear(self.lstm(x)[0])


def rmse(errors):
    return float(numpy.sqrt((errors ** 2).mean()))


def run(passengers, fit_on_all, seed):
    fitted = passengers if fit_on_all else passengers[:LOOKBACK + TRAINING]
    low, high = fitted.min(), fitted.max()
    scaled = (passengers - low) / (high - low)
    windows = numpy.stack([scaled[i:i + LOOKBACK] for i in range(len(scaled) - LOOKBACK)])
    x = torch.tensor(windows, dtype=torch.float32)[:, None]
    y = torch.tensor(scaled[LOOKBACK:], dtype=torch.float32)[:, None, None]
    start = time.process_time()
    torch.manual_seed(seed)
    net = Net()
    adam = torch.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(EPOCHS):
        adam.zero_grad()
        torch.nn.functional.mse_loss(net(x[:TRAINING]), y[:TRAINING]).backward()
        adam.step()
    seconds = time.process_time() - start
    with torch.no_grad():
        errors = (net(x)[:, 0, 0].numpy() * (high - low) + low) - passengers[LOOKBACK:]
    return {'train_rmse': rmse(errors[:TRAINING]), 'rmse': rmse(errors[TRAINING:]), 'seconds': seconds}


def main(path):
    torch.set_num_threads(1)
    with open(path, newline='', encoding='utf-8') as file:
        passengers = numpy.array([float(row['passengers']) for row in csv.DictReader(file)])
    answer = {'versions': f'PyTorch {torch.__version__}'}
    for fit_on_all in (True, False):
        runs = [run(passengers, fit_on_all, seed) for seed in range(1, SEEDS + 1)]
        name = f'{os.path.basename(path)}, scaled on {"all" if fit_on_all else "training"} rows'
        answer[name] = {key: [round(r[key], 3) for r in runs] for key in runs[0]}
    print(json.dumps(answer, indent=1))


if __name__ == '__main__':
    main(sys.argv[1])
