#!/usr/bin/env python3
"""Writes cylinders, bells and funnels, by the rule of Saito (1994): python3 make_cbf.py > cbf.csv

A series has 128 steps of noise N(0,1). From a ~ U{16 … 32} to b = a + U{32 … 96} something stands on it, of
height h = 6 + N(0,1): a cylinder h, a bell that rises, h (t − a) / (b − a), or a funnel that falls,
h (b − t) / (b − a). The classes take turns; 30 series to train on, 900 to test, as the set of this name in the
UCR archive has them; seed 1."""

import random

STEPS, ROWS = 128, 930
SHAPES = {'cylinder': lambda t, a, b: 1, 'bell': lambda t, a, b: (t - a) / (b - a),
          'funnel': lambda t, a, b: (b - t) / (b - a)}


def series(shape, rule):
    begin = rule.randint(16, 32)
    end = begin + rule.randint(32, 96)
    height = 6 + rule.gauss(0, 1)
    for t in range(1, STEPS + 1):
        yield height * shape(t, begin, end) * (begin <= t <= end) + rule.gauss(0, 1)


def main():
    rule = random.Random(1)
    print('class,' + ','.join(f'x{t}' for t in range(1, STEPS + 1)))
    for row in range(ROWS):
        name = list(SHAPES)[row % len(SHAPES)]
        print(name + ',' + ','.join(f'{value:.3f}' for value in series(SHAPES[name], rule)))


if __name__ == '__main__':
    main()
