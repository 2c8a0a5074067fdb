#!/usr/bin/env python3
"""The table of `make examples` has a row for every result: check_table.py BUILD SCRATCH

Runs the jobs that take no time, and holds every committed answer of a framework to what the table needs of it."""

import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check_answer(path):
    answer = json.loads(path.read_text(encoding='utf-8'))
    if not answer.get('versions'):
        sys.exit(f'{path} does not say which version it is of')
    for name, entry in answer.items():
        lists = [values for values in entry.values() if isinstance(values, list)] if isinstance(entry, dict) else []
        if len(set(map(len, lists))) > 1:
            sys.exit(f'{path}: "{name}" has lists of unequal length')


def main(build, scratch):
    for path in sorted(ROOT.glob('examples/*/*.json')):
        check_answer(path)
    command = [sys.executable, str(ROOT / 'examples/run_all.py'), build, scratch, '--seeds', '1', '--jobs',
               'sine_to_cosine', 'pytorch_trace', 'return_sequences']
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    print(table)
    torch = json.loads((ROOT / 'examples/sine_to_cosine/torch.json').read_text(encoding='utf-8'))
    epochs = f'{statistics.mean(torch["five rows"]["epochs"]):.5g} ± {statistics.stdev(torch["five rows"]["epochs"]):.4g}'
    for text in (epochs, torch['versions'], 'floor: two taps, exact', 'differ from PyTorch\'s', 'from Keras',
                 '3 jobs in', '1 figures in'):
        if text not in table:
            sys.exit(f'the table does not say: {text}')


if __name__ == '__main__':
    main(*sys.argv[1:])
