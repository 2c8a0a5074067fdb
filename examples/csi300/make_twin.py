#!/usr/bin/env python3
"""Writes a made-up file of the shape of sh300.csv, which may not be copied: python3 make_twin.py > twin.csv

2,580 working days back from 2020-08-14, newest first. The close is a walk, exp of 0.013 · N(0,1) a day from
3500 on the oldest one; the high stands above the larger of open and close by a share |0.006 · N(0,1)|, the
low below the smaller one; seed 1."""

import datetime
import math
import random

ROWS = 2580


def working_days(last):
    day = last
    while True:
        if day.weekday() < 5:
            yield day
        day -= datetime.timedelta(1)


def main():
    noise = random.Random(1)
    rows, close = [], 3500.0
    for _ in range(ROWS):
        opening = close * math.exp(0.004 * noise.gauss(0, 1))
        close *= math.exp(0.013 * noise.gauss(0, 1))
        high = max(opening, close) * (1 + abs(0.006 * noise.gauss(0, 1)))
        low = min(opening, close) * (1 - abs(0.006 * noise.gauss(0, 1)))
        rows.append(f'{opening:.2f},{close:.2f},{high:.2f},{low:.2f}')
    print('datetime,code,open,close,high,low')
    for day, row in zip(working_days(datetime.date(2020, 8, 14)), reversed(rows)):
        print(f'{day},000000,{row}')


if __name__ == '__main__':
    main()
