#!/usr/bin/env python3
"""Program and recipe, one number: check_same_number.py PROGRAM SLUICE SCRATCH

Every network of the household job, a little training of two seeds each: what the program prints is
the mean and the standard deviation that `sluice backtest` has for the recipe. Then the command gets too few weeks
and too long a window, and must say so in one sentence."""

import json
import pathlib
import re
import subprocess
import sys

from check_recipe import refuse

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICK = ['epochs=1', 'window_step=40', 'seeds=2', 'threads=1']


def output_of(arguments):
    return subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main(program, sluice, scratch):
    folder = ROOT / 'examples/household'
    for recipe in sorted(folder.glob('*.yaml')):
        said = output_of([program, '--only', recipe.stem, '--out', scratch] + QUICK)
        mean, sd = map(float, re.findall(r'^.{26} +([0-9.]+) ± +([0-9.]+) ', said, re.MULTILINE)[-1])
        answer = json.loads(output_of([sluice, 'backtest', str(recipe), '--json'] + QUICK))
        network = [model for model in answer['models'] if not model['baseline']][-1]
        print(f'{recipe.stem}: {mean} ± {sd}, {network["rmse"]} ± {network["rmse_sd"]}')
        if abs(mean - network['rmse']) > 0.0006 or abs(sd - network['rmse_sd']) > 0.0006:
            sys.exit('the program and the recipe do not give the same number')
    backtest = [sluice, 'backtest', folder / 'lstm.yaml']
    refuse(backtest + ['until=2007-03-31'], 2, '46 windows of horizon 7', 'take 324 rows, the data has 105')
    refuse(backtest + ['lookback=2000'], 2, 'lookback 2000 and horizon 7 need 2007 training rows, there are 1113')
    refuse(backtest + ['past=[Volt]'], 2, 'the file has no column "Volt"')


if __name__ == '__main__':
    main(*sys.argv[1:])
