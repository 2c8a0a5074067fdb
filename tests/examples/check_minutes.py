#!/usr/bin/env python3
"""A file of minutes becomes days as the tutorials make them: check_minutes.py PROGRAM SLUICE SCRATCH

56,000 minutes, a part of them missing; the days that example_household writes are compared with the
tutorials' loops written out here. The same file runs on to a forecast, in the program and as a recipe that brings
minutes together itself, with one number."""

import csv
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICK = ['epochs=1', 'windows=1', 'threads=1']


def days_of(minutes):
    """Missing minutes from the day before, what no sub-meter measured, sums by day."""
    lines = [line.split(';') for line in minutes.splitlines()[1:]]
    missing, rows, days = 0, [], {}
    for number, (date, _, *cells) in enumerate(lines):
        missing += cells[0] == '?'
        rows.append(rows[number - 1440] if cells[0] == '?' else [float(cell) for cell in cells])
        values = rows[-1] + [rows[-1][0] * 1000 / 60 - sum(rows[-1][4:7])]
        day, month, year = map(int, date.split('/'))
        sums = days.setdefault(f'{year}-{month:02d}-{day:02d}', [0] * 8)
        days[f'{year}-{month:02d}-{day:02d}'] = [a + b for a, b in zip(sums, values)]
    return len(lines), missing, days


def compare_recipe(sluice, minutes, printed):
    """`sluice backtest` on the minutes, beside the program's RMSE."""
    command = [sluice, 'backtest', 'examples/household/best.yaml', f'data={minutes}', 'missing=seasonal', 'aggregate=D',
               'seeds=1', '--json'] + QUICK
    answer = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    recipe = [model['rmse'] for model in answer['models'] if not model['baseline']][-1]
    program = float(re.search(r'^ridge and a GRU on it +([0-9.]+)', printed, re.MULTILINE).group(1))
    print(f'program {program}, recipe {recipe:.4f}')
    if abs(program - recipe) > 0.0006:  # the program prints three digits
        sys.exit('the program and the recipe do not give the same number')


def main(program, sluice, scratch):
    folder = pathlib.Path(scratch)
    folder.mkdir(parents=True, exist_ok=True)
    make = [sys.executable, str(ROOT / 'examples/household/make_minutes.py'), '40']
    minutes = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    (folder / 'minutes.txt').write_text(minutes, encoding='utf-8')
    count, missing, expected = days_of(minutes)
    run = [program, str(folder / 'minutes.txt'), '--only', 'best', '--seeds', '1', '--out', str(folder)]
    said = subprocess.run(run + QUICK, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    print(said)
    if not missing or not said.startswith(f'{count} minutes read'):
        sys.exit(f'{missing} of {count} minutes are missing')
    with open(folder / 'days.csv', newline='', encoding='utf-8') as file:
        days = {row[0]: [float(cell) for cell in row[1:]] for row in list(csv.reader(file))[1:]}
    if list(days) != list(expected):
        sys.exit(f'days are {list(days)}')
    for day, sums in expected.items():
        if any(abs(a - b) > 1e-6 * max(1, abs(b)) for a, b in zip(days[day], sums, strict=True)):
            sys.exit(f'{day}: {days[day]}, not {sums}')
    compare_recipe(sluice, (folder / 'minutes.txt').resolve(), said)


if __name__ == '__main__':
    main(*sys.argv[1:])
