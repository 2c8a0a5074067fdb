#!/usr/bin/env python3
"""A made-up file of minutes: python3 make_minutes.py [DAYS] > minutes.txt

Written as the file of UCI data set 235 is: `;`, d/m/Y, three decimals, `?` where nothing was
measured; with all its days 2,075,259 rows, 16/12/2006 17:24 to 26/11/2010 21:02. Each day's sums are
those of data/household-power-days.csv, spread over its minutes: a wave of eight hours for what grows and
falls, whole numbers for the meters. The first six hours of every twentieth day are missing."""

import csv
import itertools
import math
import pathlib
import sys

DAYS = pathlib.Path(__file__).resolve().parents[2] / 'data/household-power-days.csv'
FIRST, LAST = 17 * 60 + 24, 21 * 60 + 3  # of the first day, and behind the last
NAMES = ['Global_active_power', 'Global_reactive_power', 'Voltage', 'Global_intensity', 'Sub_metering_1',
         'Sub_metering_2', 'Sub_metering_3']
WAVE = [1 + 0.8 * math.sin(2 * math.pi * minute / 480) for minute in range(1440)]


def parts(total, weights, unit):
    """`total` cut by the weights into numbers of so many units, none lost by rounding."""
    share = total / sum(weights)
    done = 0
    for given in itertools.accumulate(weights):
        upto = round(given * share / unit)
        yield upto - done
        done = upto


def write_day(row, begin, end, missing):
    year, month, day = (int(part) for part in row['datetime'].split('-'))
    flat = [1] * (end - begin)
    wave = WAVE[begin:end]
    columns = [parts(float(row[NAMES[0]]), wave, 0.001), parts(float(row[NAMES[1]]), wave, 0.001),
               parts(float(row[NAMES[2]]), flat, 0.01), parts(float(row[NAMES[3]]), wave, 0.1)]
    columns += [parts(float(row[name]), flat, 1) for name in NAMES[4:]]
    date = f'{day}/{month}/{year}'
    lines = []
    for minute, cells in enumerate(zip(*columns), begin):
        a, r, v, i, one, two, three = cells
        values = f'{a / 1000:.3f};{r / 1000:.3f};{v / 100:.3f};{i / 10:.3f};{one}.000;{two}.000;{three}.000'
        if missing and minute < 360:
            values = '?;?;?;?;?;?;'
        lines.append(f'{date};{minute // 60:02d}:{minute % 60:02d}:00;{values}\n')
    sys.stdout.write(''.join(lines))


def main(count):
    with open(DAYS, newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    sys.stdout.write(';'.join(['Date', 'Time'] + NAMES) + '\n')
    for number, row in enumerate(rows[:count]):
        write_day(row, FIRST if number == 0 else 0, LAST if number == len(rows) - 1 else 1440,
                  number > 0 and number % 20 == 0)


if __name__ == '__main__':
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
