#!/usr/bin/env python3
"""The same job in PyTorch: python3 torch_classifier.py FILE > torch.json, five seeds; seconds of one thread."""

import csv
import json
import os
import sys
import time

import torch
from torch.utils.data import DataLoader, TensorDataset

TRAINING, BATCH, EPOCHS = 30, 10, 60


class TimeFirst(torch.nn.Module):
    """[B,C,T] as [B,T,C], so that Flatten orders the numbers as sluice has them; the net is the same."""

    def forward(self, x):
        return x.transpose(1, 2)


def make_net(channels, steps, outputs):
    return torch.nn.Sequential(
        torch.nn.Conv1d(channels, 64, 2), torch.nn.ReLU(), torch.nn.MaxPool1d(2, 1),
        torch.nn.Conv1d(64, 128, 2), torch.nn.ReLU(), torch.nn.MaxPool1d(2, 1),
        TimeFirst(), torch.nn.Flatten(),
        torch.nn.Linear(128 * (steps - 4), 50), torch.nn.ReLU(), torch.nn.Linear(50, outputs))


def demo():
    torch.manual_seed(1)
    conv = torch.nn.Conv1d(4, 2, 3, stride=2)
    return [[round(value, 4) for value in row] for row in conv(torch.randn(1, 4, 9))[0].tolist()]


def read(path):
    with open(path, newline='', encoding='utf-8') as file:
        rows = list(csv.reader(file))[1:]
    names = sorted({row[0] for row in rows})
    x = torch.tensor([[float(value) for value in row[1:]] for row in rows])
    return x[:, None, :], torch.tensor([names.index(row[0]) for row in rows])


def run(x, y, seed):
    start = time.process_time()
    torch.manual_seed(seed)
    net = make_net(1, x.shape[2], 3)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(x[:TRAINING], y[:TRAINING]), batch_size=BATCH, shuffle=True,
                        generator=torch.Generator().manual_seed(seed))
    for _ in range(EPOCHS):
        for batch_x, batch_y in loader:
            adam.zero_grad()
            torch.nn.functional.cross_entropy(net(batch_x), batch_y).backward()
            adam.step()
    seconds = time.process_time() - start
    with torch.no_grad():
        right = net(x[TRAINING:]).argmax(1) == y[TRAINING:]
    return {'accuracy': 100 * right.double().mean().item(), 'seconds': seconds}


def main(path):
    torch.set_num_threads(1)
    x, y = read(path)
    runs = [run(x, y, seed) for seed in range(1, 6)]
    count = sum(parameter.numel() for parameter in make_net(15, 24, 1).parameters())
    print(json.dumps({'versions': f'PyTorch {torch.__version__}', 'conv1d': demo(), 'note_parameters': count,
                      os.path.basename(path): {key: [round(r[key], 3) for r in runs] for key in runs[0]}},
                     indent=1))


if __name__ == '__main__':
    main(sys.argv[1])
