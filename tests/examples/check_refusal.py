#!/usr/bin/env python3
"""Wrong input gets one sentence: check_refusal.py PROGRAM SCRATCH

PROGRAM is example_NAME; each of its cases is a file made wrong, what stderr must say of it, and arguments."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def travel():
    days = (ROOT / 'examples/travel/twin.csv').read_text(encoding='utf-8')
    lines = days.splitlines(keepends=True)
    yield days.replace('Num', 'Trips', 1), 'column=Num: the file has no column "Num"'
    yield days.replace('DateType', 'Kind', 1), 'the file has no column "DateType"'
    yield ''.join(lines[:30]), '29 days are too few for windows of 5 and a test of 31'
    yield days.replace(',1,133.0', ',1', 1), 'wrong.csv:2'


def csi300():
    make = [sys.executable, str(ROOT / 'examples/csi300/make_twin.py')]
    days = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    lines = days.splitlines(keepends=True)
    yield days.replace('high', 'top', 1), 'target=high: the file has no column "high"'
    yield ''.join(lines[:100]), 'rows up to 2020-06-24 are too few'
    yield 'high\n' + ''.join(f'{i}\n' for i in range(3000)), 'its rows have no dates'


def classifier():
    make = [sys.executable, str(ROOT / 'examples/classifier/make_cbf.py')]
    series = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    lines = series.splitlines(keepends=True)
    yield series.replace('class', 'shape', 1), 'target=class: the file has no column "class"'
    yield ''.join(lines[:31]), '30 series are too few'
    yield ''.join(','.join(line.split(',')[:4]) + '\n' for line in lines), '3 numbers a row are too few'
    yield ''.join(lines[:2]) + lines[2].replace(',', ',many,', 1).rsplit(',', 1)[0] + '\n' + ''.join(lines[3:]), \
        'wrong.csv:3'


def sine_to_cosine():
    waves = (ROOT / 'examples/sine_to_cosine/waves.csv').read_text(encoding='utf-8')
    lines = waves.splitlines(keepends=True)
    yield waves.replace('cosine', 'cos', 1), 'target=cosine: the file has no column "cosine"'
    yield waves.replace('sine,', 'sin,', 1), 'input=sine: the file has no column "sine"'
    yield ''.join(lines[:101]), '100 rows are not the job\'s'
    yield waves.replace('0.188311666', 'much', 1), 'wrong.csv:3'


def flights():
    months = (ROOT / 'data/flights.csv').read_text(encoding='utf-8')
    lines = months.splitlines(keepends=True)
    yield months.replace('passengers', 'travellers', 1), 'target=passengers: the file has no column "passengers"'
    yield ''.join(lines[:100]), '99 months are too few'
    yield months.replace(',112', ',many', 1), 'wrong.csv:2'


def household():
    make = [sys.executable, str(ROOT / 'examples/household/make_minutes.py'), '40']
    minutes = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    lines = minutes.splitlines(keepends=True)
    broken = lines[:50000] + [lines[50000].rpartition(';')[0] + '\n'] + lines[50001:]
    yield ''.join(broken), 'wrong.csv:50001: the row has 8 cells where the header has 9'
    worded = lines[:50000] + [lines[50000].replace(':00;', ':00;off', 1)] + lines[50001:]
    yield ''.join(worded), 'wrong.csv:50001: column "Global_active_power"'
    yield minutes.replace('Sub_metering_3', 'Meter', 1), 'the file has no column "Sub_metering_3"'
    yield minutes, '46 windows of horizon 7 and the 2 rows before take 324 rows, the data has 39'
    days = (ROOT / 'data/household-power-days.csv').read_text(encoding='utf-8')
    yield days.replace('Global_active', 'Active', 1), 'the file has no column "Global_active_power"'
    too_long = 'lookback 2000 and horizon 7 need 2007 training rows, there are 1113'
    yield days, too_long, '--only', 'lstm', 'lookback=2000'


def main(program, scratch):
    folder = pathlib.Path(scratch)
    folder.mkdir(parents=True, exist_ok=True)
    wrong = folder / 'wrong.csv'
    for text, sentence, *more in globals()[pathlib.Path(program).name.removeprefix('example_')]():
        wrong.write_text(text, encoding='utf-8')
        result = subprocess.run([program, str(wrong), '--out', str(folder)] + more, cwd=ROOT,
                                capture_output=True, text=True, check=False)
        print(result.stderr, end='')
        if result.returncode != 2 or sentence not in result.stderr or result.stderr.count('\n') != 1:
            sys.exit(f'{result.returncode}, not 2 and one line with: {sentence}')
    usage = subprocess.run([program, '--seeds', '0'], capture_output=True, text=True, check=False)
    if usage.returncode != 3 or not usage.stderr.startswith('usage:'):
        sys.exit(f'--seeds 0: {usage.returncode} {usage.stderr}')


if __name__ == '__main__':
    main(*sys.argv[1:])
