#!/usr/bin/env python3
"""Runs the notebooks' jobs and prints one table: run_all.py BUILD OUT [--jobs NAME…] [--seeds N]

BUILD/examples/example_NAME writes its figures and result.json into OUT/NAME; what Keras or PyTorch gave is in
the example's folder, with the script that made it."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
# In the order of examples/README.md; the data of some are made by a rule first.
JOBS = {'travel': None, 'household': None, 'csi300': 'make_twin.py', 'return_sequences': None, 'flights': None,
        'classifier': 'make_cbf.py', 'sine_to_cosine': None, 'pytorch_trace': None}
DATA_NAMES = {'make_twin.py': 'twin.csv', 'make_cbf.py': 'cbf.csv'}


def mean_and_sd(values):
    deviation = f' ± {statistics.stdev(values):.4g}' if len(values) > 1 else ''
    return f'{statistics.mean(values):.5g}{deviation}'


def run(name, build, out, seeds):
    """The rows of result.json."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(build / 'examples' / f'example_{name}')]
    if JOBS[name]:
        data = folder / DATA_NAMES[JOBS[name]]
        with open(data, 'w', encoding='utf-8') as file:
            subprocess.run([sys.executable, str(FOLDER / name / JOBS[name])], check=True, stdout=file)
        command.append(str(data))
    command += ['--out', str(folder)] + (['--seeds', str(seeds)] if seeds else [])
    start = time.time()
    with open(folder / 'output.txt', 'w', encoding='utf-8') as file:
        code = subprocess.run(command, cwd=FOLDER.parent, stdout=file, check=False).returncode
    if code != 0:
        sys.exit(f'{name}: the program exits with {code}; what it printed is in {folder / "output.txt"}')
    print(f'{" ".join(command)}: {time.time() - start:.1f} s', flush=True)
    return json.loads((folder / 'result.json').read_text(encoding='utf-8'))


def peer_of(name, row):
    """Score, seconds and name of the framework, as committed."""
    file, entry, score = row['peer']
    if not file:
        return '', '', ''
    answer = json.loads((FOLDER / name / file).read_text(encoding='utf-8'))
    if entry not in answer:
        sys.exit(f'{name}: {file} has no "{entry}"; run the script beside it on that file')
    numbers = answer[entry]
    seconds = f'{sum(numbers["seconds"]):.1f}' if 'seconds' in numbers else ''  # not all were timed
    return mean_and_sd(numbers[score]), seconds, answer['versions']


def table_lines(name, rows):
    for row in rows:
        score, seconds, versions = peer_of(name, row)
        yield (name, row['metric'], mean_and_sd(row['scores']), score, f'{row["seconds"]:.1f}', seconds, versions)
        for floor, value in row['floors'].items():
            yield ('', f'  floor: {floor}', f'{value:.5g}', '', '', '', '')


def print_table(lines):
    head = ('job', 'score', 'sluice', 'framework', 'seconds', 'theirs', 'framework version')
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    for line in [head, *lines]:
        print('  '.join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('out', type=pathlib.Path)
    parser.add_argument('--jobs', nargs='+', choices=list(JOBS), default=list(JOBS))
    parser.add_argument('--seeds', type=int, default=0)
    arguments = parser.parse_args()
    start, lines = time.time(), []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:  # a job has one thread
        results = pool.map(lambda name: run(name, arguments.build.resolve(), arguments.out.resolve(),
                                            arguments.seeds), arguments.jobs)
        for name, rows in zip(arguments.jobs, results):
            lines += table_lines(name, rows)
    print()
    print_table(lines)
    figures = sorted(path for name in arguments.jobs for path in (arguments.out / name).glob('*.png'))
    print(f'\n{len(arguments.jobs)} jobs in {time.time() - start:.0f} s, {len(figures)} figures in {arguments.out}')


if __name__ == '__main__':
    main()
