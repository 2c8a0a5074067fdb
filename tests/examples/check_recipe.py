#!/usr/bin/env python3
"""A recipe gives the numbers of the program beside it: check_recipe.py COMMAND PROGRAM SCRATCH

PROGRAM is example_NAME. Both train the same network from the same seed for a few epochs on the same file, and their
scores must be equal; then the command gets wrong files, and must say in one sentence what is wrong."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Job:
    """How a job is run quickly, and which of the command's models each of the program's scores is."""

    def __init__(self, epochs, column, rows, script='', data=''):
        self.epochs, self.column, self.rows = epochs, column, rows
        self.script, self.data = script, data


PRINTED = 2e-5  # scores are printed to six digits
# Rows of result.json -> the command's model and what of it.
JOBS = {
    'travel': Job(3, 'Num', {'RMSE, scaled on all rows': ('fit_on=all', 1),
                             'RMSE, scaled on training rows': ('fit_on=train', 1)},
                  data='examples/travel/twin.csv'),
    'flights': Job(20, 'passengers', {'RMSE, scaled on all rows': ('fit_on=all', 1),
                                      'RMSE, scaled on training rows': ('fit_on=train', 1)}, data='data/flights.csv'),
    'csi300': Job(10, 'high', {'RMSE, in the order of time': ('gru', 1)}, script='make_twin.py'),
    'sine_to_cosine': Job(10000, 'cosine', {'test MSE, one sequence': ('lstm', 2)},
                          data='examples/sine_to_cosine/waves.csv'),
}


def call(words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


def output_of(words):
    result = call(words)
    if result.returncode != 0:
        sys.exit(f'{words}: exits with {result.returncode}\n{result.stderr}')
    return result.stdout


def compare(command, program, recipe, data, job, folder):
    output_of([program, data, '--seeds', 1, '--epochs', job.epochs, '--out', folder])
    rows = {row['metric']: row['scores'][0] for row in json.loads((folder / 'result.json').read_text())}
    fit_on = ['fit_on=all'] if len(job.rows) == 2 else []
    backtest = json.loads(output_of([command, 'backtest', recipe, f'data={data}', 'seeds=1', f'epochs={job.epochs}',
                                     *fit_on, '--json']))
    models = {model['model']: model['rmse'] for model in backtest['models']}
    for metric, (name, power) in job.rows.items():
        found = [rmse for model, rmse in models.items() if name in model]
        if len(found) != 1:
            sys.exit(f'{len(found)} models are called {name}: {list(models)}')
        ours, recipes = rows[metric], found[0] ** power
        print(f'{metric}: program {ours:.6g}, recipe {recipes:.6g}')
        if abs(ours - recipes) > PRINTED * ours:
            sys.exit('the two are not the same number')


def refuse(words, code, *texts):
    result = call(words)
    print(result.stderr, end='')
    if result.returncode != code or result.stderr.count('\n') != 1 or any(text not in result.stderr for text in texts):
        sys.exit(f'{result.returncode}, not {code} and one line with {texts}')


def main(command, program, scratch):
    name = pathlib.Path(program).name.removeprefix('example_')
    job, recipe = JOBS[name], ROOT / f'examples/{name}/{name}.yaml'
    folder = pathlib.Path(scratch).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    data = ROOT / job.data
    if job.script:
        data = folder / 'twin.csv'
        data.write_text(output_of([sys.executable, ROOT / f'examples/{name}/{job.script}']), encoding='utf-8')
    compare(command, program, recipe, data, job, folder)

    text, wrong = data.read_text(encoding='utf-8'), folder / 'wrong.csv'
    wrong.write_text(text.replace(job.column, 'renamed', 1), encoding='utf-8')
    refuse([command, 'backtest', recipe, f'data={wrong}'], 2, f'"{job.column}"', 'wrong.csv')
    refuse([command, 'backtest', recipe, f'data={data}', 'lookback=5000'], 2, 'lookback')
    lines = text.splitlines(keepends=True)
    wrong.write_text(''.join(lines[:1] + lines[-5:]), encoding='utf-8')
    refuse([command, 'backtest', recipe, f'data={wrong}'], 2, 'rows')


if __name__ == '__main__':
    main(*sys.argv[1:])
